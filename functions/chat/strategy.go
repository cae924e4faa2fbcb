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

// noSeat reports whether the licence has no seat left.
func (in routing) noSeat() bool {
	_, ok := emptiest(in.shards)
	return len(in.shards) > 0 && !ok
}

// newLap reports whether everyone available has been asked, so that asking starts again. That waits for one patience from the
// last no: whoever has just said it is not rung again in the same second.
func (in routing) newLap() bool {
	if in.now.Sub(in.session.Given) < time.Duration(in.session.Patience)*time.Second {
		return false
	}
	available, asked := 0, 0
	for _, a := range in.agents {
		if a.unfit(in.now, in.lease, nil, false) == "" {
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
		reason := a.unfit(in.now, in.lease, in.session.Skip, in.roster.Strategy.Reserves())
		if reason == "" && a.places() == 0 {
			reason = "has another offer" // which holds their last place: an accept would be refused
		}
		if reason != "" {
			if len(why.Excluded) < maxExcluded {
				why.Excluded[a.ID] = reason
			}
			continue
		}
		fit = append(fit, a)
	}
	in.order(fit)
	if again := in.previous(fit); again != nil {
		fit, why.Again = again, true
	}
	if len(fit) > MaxAsked {
		fit = fit[:MaxAsked]
	}
	for _, a := range fit {
		why.Candidates = append(why.Candidates, a.ID)
	}
	return fit, why
}

// previous is the agent alone who had the session before, if the queue prefers them and they are fit for an offer to them alone.
func (in routing) previous(fit []Agent) []Agent {
	if !in.roster.Previous {
		return nil
	}
	i := slices.IndexFunc(fit, func(a Agent) bool { return a.ID == in.session.Last && a.Offer == "" })
	if i < 0 {
		return nil
	}
	return fit[i : i+1]
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

// ahead are the sessions before this one that one of its candidates could take: those that wait and, where this one is to reserve
// an agent, those that ring for them, too.
func (in routing) ahead(candidates []Agent) []Waiter {
	var before []Waiter
	for _, w := range in.line {
		if in.before(w) && slices.ContainsFunc(candidates, w.takes) {
			before = append(before, w)
		}
	}
	return before
}

// before reports whether a session of the line comes before this one and needs an agent.
func (in routing) before(w Waiter) bool {
	switch {
	case w.compare(in.session.waiter()) >= 0 || !w.NoSeat.IsZero():
		return false
	case w.State == Waiting:
		return turning(w.Turn, w.Queued, in.now)
	}
	return w.State == Offered && w.Offered == Everybody
}

// spare are the candidates who are left when each of those before this session has got one: the last, in the order of the strategy,
// whom it can take. One that rings for several needs a place of theirs, not all of them. This session may be offered when somebody is
// left. "Only the head of the line may" left agents idle behind a head that they had turned down.
func spare(candidates []Agent, before []Waiter) []Agent {
	left, asked := slices.Clone(candidates), map[string]int{}
	for _, w := range before {
		for i, a := range slices.Backward(left) {
			if !w.takes(a) {
				continue
			}
			if asked[a.ID]++; w.State == Waiting || asked[a.ID] >= a.places() {
				left = slices.Delete(left, i, i+1)
			}
			break
		}
	}
	return left
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

// park leaves the session waiting for a wake-up, at the latest for its patience; for one of a seat, if that is what it lacks.
func (in routing) park() Change {
	next := in.session
	next.Token, next.Turn, next.Wake, next.NoSeat = in.visit.Token, in.now, 0, time.Time{}
	if in.noSeat() {
		next.NoSeat = in.now
	}
	return Change{Name: "park", Was: in.session, Now: next, WakeAsRead: true}
}
