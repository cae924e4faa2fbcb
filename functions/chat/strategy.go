package chat

import (
	"cmp"
	"slices"
	"time"
)

// routing is what a routing decision is made on: one session that waits, the queue with its members, the members as agents, the
// licence, and the lines of all queues that the candidates serve.
type routing struct {
	session  Session
	roster   Roster
	agents   []Agent
	shards   []Shard
	ringing  int // how many others ring for a seat, and
	lacking  int // how many before this one lack nothing else, where few seats are left
	customer SideRow
	line     []Waiter
	visit    Visit
	now      time.Time
	lease    time.Duration
	keep     time.Duration
}

// lostTurn is how old the router's last visit may be before a session counts as lost: it is not waited for, and the sweep
// starts its routing again.
const lostTurn = 90 * time.Second

// turning reports whether a router visited a session not long ago, or may still be on its way to one that began to wait then.
func turning(turn, since, now time.Time) bool {
	if turn.IsZero() {
		turn = since
	}
	return now.Sub(turn) <= lostTurn
}

// waitedTooLong reports whether the queue's maximum wait is over.
func (in routing) waitedTooLong() bool {
	return in.roster.MaxWait > 0 && in.now.Sub(in.session.Since) > time.Duration(in.roster.MaxWait)*time.Second
}

// abandoned reports whether the customer's lease is over. To enter the line is a sign of life.
func (in routing) abandoned() bool {
	lastSign := in.session.Queued
	if in.customer.Seen.After(lastSign) {
		lastSign = in.customer.Seen
	}
	return in.now.Sub(lastSign) > in.lease
}

// seats are the seats that the licence has left.
func (in routing) seats() int {
	left := 0
	for _, s := range in.shards {
		left += max(s.Limit-s.Used, 0)
	}
	return left
}

// noSeat reports whether the licence has no seat left for this session.
func (in routing) noSeat() bool { return len(in.shards) > 0 && in.seats() <= in.ringing+in.lacking }

// claims are the sessions of these that come to a seat before this one: those that ring, for when somebody accepts, and those before it
// that lack nothing else.
func (in routing) claims(line []Waiter) (ring, lack []Waiter) {
	for _, w := range line {
		switch {
		case w.Session == in.session.ID:
		case w.State == Offered && in.rings(w):
			ring = append(ring, w)
		case w.State == Waiting && !w.NoSeat.IsZero() && turning(w.Turn, w.Queued, in.now) && w.compare(in.session.waiter()) < 0:
			lack = append(lack, w)
		}
	}
	return ring, lack
}

// newLap reports whether everyone available has been asked, so that asking starts again. That waits for one patience from the
// last no: whoever has just said it is not rung again in the same second.
func (in routing) newLap() bool {
	if in.now.Sub(in.session.Given) < time.Duration(in.session.Patience)*time.Second {
		return false
	}
	available, asked := 0, 0
	for _, a := range in.agents {
		if reason := a.unfit(in.now, in.lease, nil, false); reason == "" || reason == otherOffer {
			available++
			if slices.Contains(in.session.Skip, a.ID) {
				asked++
			}
		}
	}
	return available > 0 && available == asked
}

// candidates are the agents to whom this session may be offered, in the order of the strategy, and why the others are not.
func (in routing) candidates() ([]Agent, Why) {
	why := Why{Excluded: map[string]string{}}
	var fit []Agent
	for _, a := range in.agents {
		if reason := a.unfit(in.now, in.lease, in.session.Skip, in.roster.Strategy.Reserves()); reason != "" {
			why.exclude(a.ID, reason)
			continue
		}
		fit = append(fit, a)
	}
	in.order(fit)
	return fit, why
}

// choose decides whom of the candidates to ask, given what those before need, and explains it; nobody if nobody is left. The first of
// those asked is who is asked alone, where one is.
func (in routing) choose(candidates []Agent, al allotment, why *Why) []Agent {
	asked := al.left(candidates, in.roster.Strategy.Reserves())
	for _, a := range candidates {
		if !slices.ContainsFunc(asked, func(x Agent) bool { return x.ID == a.ID }) {
			why.exclude(a.ID, "kept for one before")
		}
	}
	if again := in.previous(al, asked); again != nil {
		asked, why.Again = again, true
	}
	if len(asked) > MaxAsked {
		asked = asked[:MaxAsked]
	}
	for _, a := range asked {
		why.Candidates = append(why.Candidates, a.ID)
	}
	why.Ahead = len(al.before)
	return asked
}

// previous is the agent alone who had the session before, if the queue prefers them and they can be asked alone.
func (in routing) previous(al allotment, left []Agent) []Agent {
	i := slices.IndexFunc(left, func(a Agent) bool { return in.roster.Previous && a.ID == in.session.Last })
	if i < 0 {
		return nil
	}
	if _, ok := al.without(left[i], true); !ok {
		return nil
	}
	return left[i : i+1]
}

// order sorts candidates by the queue's strategy; the first is asked first.
func (in routing) order(fit []Agent) {
	notified, last := map[string]time.Time{}, in.roster.last()
	for _, m := range in.roster.Members {
		notified[m.Agent] = m.Notified
	}
	slices.SortFunc(fit, func(a, b Agent) int {
		byID := cmp.Compare(a.ID, b.ID)
		switch in.roster.Strategy {
		case RRMemory:
			// The circle of ids begins behind the one who was asked last.
			return cmp.Or(cmp.Compare(btoi(a.ID <= last), btoi(b.ID <= last)), byID)
		case LeastRecent:
			return cmp.Or(notified[a.ID].Compare(notified[b.ID]), byID)
		case LongestIdle:
			return cmp.Or(a.Idle.Compare(b.Idle), byID)
		case FewestChats:
			return cmp.Or(cmp.Compare(len(a.Open), len(b.Open)), a.Idle.Compare(b.Idle), byID)
		default:
			return byID
		}
	})
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// offer is the transition WAITING -> OFFERED. The offer's end counts from the entry of the routing task that makes it.
func (in routing) offer(candidates []Agent, why Why) (Change, Offer) {
	s := in.session
	next := s
	next.State, next.Round, next.Until = Offered, s.Round+1, in.roster.offerUntil(in.visit.Entered, s.Patience)
	next.Token, next.Turn, next.Wake, next.NoSeat = in.visit.Token, in.now, 0, time.Time{}
	o := Offer{OfferRef: next.offerRef(), Strategy: in.roster.Strategy, Why: why, At: in.now, Until: next.Until, Expires: in.now.Add(in.keep)}
	var writes []Write
	if in.roster.Strategy.Reserves() || why.Again {
		first := candidates[0]
		next.Offered = first.ID
		o.To = []string{first.ID}
		writes = append(writes, Reserve{Agent: first.ID, Offer: o.Reservation(), Lease: in.now.Add(-in.lease), At: in.now})
	} else {
		next.Offered = Everybody
		for _, a := range candidates {
			o.To = append(o.To, a.ID)
		}
	}
	return Change{Name: "offer", Was: s, Now: next, WakeAsRead: true, Writes: append(writes, OpenOffer{Offer: o})}, o
}

// overflow is the transition of a session that has waited for too long to the next queue. It keeps its place by time of arrival.
func (in routing) overflow(to Queue) Change {
	s := in.session
	next := s
	next.Queue, next.Weight, next.Part, next.Patience = to.ID, to.Weight, s.Part+1, to.Patience()
	next.Since, next.Skip, next.Turn, next.Token, next.Wake, next.NoSeat = in.now, nil, time.Time{}, "", 0, time.Time{}
	return Change{Name: "overflow", Was: s, Now: next}
}

// park leaves the session waiting for a wake-up, at the latest for its patience; for one of a seat, if that is all it lacks.
func (in routing) park(candidates []Agent) Change {
	next := in.session
	next.Token, next.Turn, next.Wake, next.NoSeat = in.visit.Token, in.now, 0, time.Time{}
	if len(candidates) > 0 && in.noSeat() {
		next.NoSeat = in.now
	}
	return Change{Name: "park", Was: in.session, Now: next, WakeAsRead: true}
}
