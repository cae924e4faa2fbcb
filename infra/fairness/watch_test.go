package fairness_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/parley-chat/parley/functions/chat"
)

// watch stands between the Desk and its store. It keeps a copy of the open sessions and of the agents as the store has them after
// each write, and measures on it. What is fair it says in its own words, not by the rules that it watches.
type watch struct {
	chat.Store
	now chat.Clock
	// changes hears of a time at which something becomes different by itself.
	changes func(time.Time)
	licence int

	mu       sync.Mutex // a command calls its store from several goroutines
	stale    bool       // something was written since the last look
	queues   map[string]chat.Queue
	members  map[string][]string
	agents   map[string]*staff
	sessions map[string]*guest // that are open
	ringing  map[string]*guest // those of them that are offered to several
	active   int               // sessions with an agent

	figures
}

// figures are what the watch has found.
type figures struct {
	queue  map[string]*lineFigures
	writes int
	offers int
	// besides are waits beside a free agent that ended, overlong those of them that took longer than a park period.
	besides  int
	overlong []beside
	jumps    []jump
	seatless int // times that somebody was passed over who was parked for want of a seat
	// narrowed are decisions of a queue with own agents for which one of them was no candidate, for another reason than an offer.
	narrowed []string
	// gaveUp are agents who were set to not responding; blamed counts offers held against somebody who was full when they ran out.
	gaveUp, blamed int
}

// guest is a session that is open.
type guest struct {
	chat.Session
	asked   string    // the queue that its customer chose
	entered time.Time // the line, this time
	rung    bool      // since then
	rings   []string  // whom an offer to several asks who have not said no
	beside  time.Time // since when it waits beside an agent who is free for it; zero if there is none
	deaf    time.Time // since when an offer to several rings for nobody who could take it, beside somebody who could
}

// staff is an agent and what their day comes to.
type staff struct {
	chat.Agent
	since time.Time // when they became as they are
	// Summed up: the time signed in; of it the time available; the places of the available time; and the sessions held, in time.
	here, ready, room, held time.Duration
	taken, asked            map[string]int // by queue
}

// lineFigures are what a queue's day comes to. Offers count where they were made, all else in the queue that the customer chose.
type lineFigures struct {
	came, taken  int
	again        int // came back to the line from a lost agent
	overflowed   int
	outcomes     map[chat.Outcome]int
	offers       int
	ended        map[chat.OfferOutcome]int
	waits, rings []time.Duration // until somebody took it; until the first offer
	beside, deaf time.Duration   // the longest
	now, longest int             // in the line
}

// beside is a wait beside a free agent.
type beside struct {
	session, queue string
	from           time.Time
	took           time.Duration
}

func (b beside) String() string {
	return fmt.Sprintf("%s: %s of %s waits for %v beside an agent who is free for it", b.from.Format(time.TimeOnly), b.session, b.queue, b.took)
}

// jump is an offer that left nobody for a session which had waited before it.
type jump struct {
	at              time.Time
	session, queue  string
	before, inQueue string
	heavier         bool // the one that was left; else it had come before
}

func (j jump) String() string {
	return fmt.Sprintf("%s: %s of %s was offered and left nobody for %s of %s", j.at.Format(time.TimeOnly), j.session, j.queue, j.before, j.inQueue)
}

func newWatch(store chat.Store, now chat.Clock, p plan) *watch {
	w := &watch{Store: store, now: now, changes: func(time.Time) {}, licence: p.licence, queues: map[string]chat.Queue{}, members: map[string][]string{},
		agents: map[string]*staff{}, sessions: map[string]*guest{}, ringing: map[string]*guest{}, figures: figures{queue: map[string]*lineFigures{}}}
	for _, l := range p.lines {
		w.queues[l.ID] = l.Queue
		w.queue[l.ID] = &lineFigures{outcomes: map[chat.Outcome]int{}, ended: map[chat.OfferOutcome]int{}}
	}
	for _, a := range p.workers {
		w.agents[a.id] = &staff{Agent: chat.Agent{ID: a.id, State: chat.Offline}, since: now(), taken: map[string]int{}, asked: map[string]int{}}
		for _, q := range a.queues {
			w.members[q] = append(w.members[q], a.id)
		}
	}
	return w
}

// ---- what is written

// Commit follows a transition.
func (w *watch) Commit(ctx context.Context, c chat.Change) error {
	if err := w.Store.Commit(ctx, c); err != nil {
		return err
	}
	touched, err := w.Agents(ctx, touches(c))
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.follow(c)
	for _, a := range touched {
		w.agentIs(a)
	}
	return nil
}

// touches are the agents that a transition writes to.
func touches(c chat.Change) (ids []string) {
	for _, x := range c.Writes {
		switch x := x.(type) {
		case chat.Reserve:
			ids = append(ids, x.Agent)
		case chat.Take:
			ids = append(ids, x.Agent)
		case chat.Release:
			ids = append(ids, x.Agent)
		case chat.Leave:
			ids = append(ids, x.Agent)
		case chat.SetAvailability:
			ids = append(ids, x.Agent)
		}
	}
	return ids
}

// Reject follows a no to an offer to several.
func (w *watch) Reject(ctx context.Context, ref chat.OfferRef, agent string, at time.Time) (chat.Offer, error) {
	o, err := w.Store.Reject(ctx, ref, agent, at)
	if err == nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.wrote()
		s := w.sessions[ref.Session]
		s.rings = slices.DeleteFunc(s.rings, func(a string) bool { return a == agent })
	}
	return o, err
}

// Beat follows a sign of life.
func (w *watch) Beat(ctx context.Context, agent string, at time.Time) (chat.Agent, error) {
	a, err := w.Store.Beat(ctx, agent, at)
	if err == nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.wrote()
		w.agentIs(a)
	}
	return a, err
}

// Blame follows what an offer's end means for an agent.
func (w *watch) Blame(ctx context.Context, b chat.Release) error {
	return w.reread(ctx, b.Agent, w.Store.Blame(ctx, b))
}

// SetAvailability follows a change of an agent's own state.
func (w *watch) SetAvailability(ctx context.Context, s chat.SetAvailability) error {
	return w.reread(ctx, s.Agent, w.Store.SetAvailability(ctx, s))
}

func (w *watch) reread(ctx context.Context, agent string, err error) error {
	if err != nil {
		return err
	}
	a, err := w.Agent(ctx, agent)
	if err == nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.wrote()
		w.agentIs(a)
	}
	return err
}

func (w *watch) wrote() {
	w.writes++
	w.stale = true
}

// agentIs: the agent is like this from now on.
func (w *watch) agentIs(a chat.Agent) {
	s := w.agents[a.ID]
	s.pass(w.now())
	if a.State == chat.NotResponding && s.State == chat.Ready {
		w.gaveUp++
	}
	if a.Missed > s.Missed && len(a.Open) >= a.Capacity {
		w.blamed++
	}
	s.Agent = a
	if a.WrapUntil.After(w.now()) {
		w.changes(a.WrapUntil)
	}
}

// pass sums up the time until now.
func (s *staff) pass(now time.Time) {
	d := now.Sub(s.since)
	s.since = now
	s.held += time.Duration(len(s.Open)) * d
	if s.State == chat.Offline {
		return
	}
	s.here += d
	if s.State == chat.Ready {
		s.ready += d
		s.room += time.Duration(s.Capacity) * d
	}
}

// follow takes over what a transition has written of the session.
func (w *watch) follow(c chat.Change) {
	w.wrote()
	now, s := w.now(), w.sessions[c.Now.ID]
	if c.New {
		s = &guest{asked: c.Now.Queue, entered: now}
		w.sessions[c.Now.ID] = s
		w.queue[s.asked].came++
	}
	for _, x := range c.Writes {
		switch x := x.(type) {
		case chat.OpenOffer:
			w.offered(s, c.Was, x.Offer)
		case chat.EndOffer:
			w.queue[c.Was.Queue].ended[x.Outcome]++
		}
	}
	f := w.queue[s.asked]
	switch is, was := c.Now.State == chat.Active, c.Was.State == chat.Active; {
	case is && !was:
		w.active++
		f.taken++
		f.waits = append(f.waits, now.Sub(s.entered))
		w.agents[c.Now.Agent].taken[c.Now.Queue]++
	case was && !is:
		w.active--
		if c.Now.State == chat.Waiting {
			f.again++
			s.entered, s.rung = now, false
		}
	}
	if c.Now.Queue != c.Was.Queue && !c.New {
		f.overflowed++
	}
	s.Session = c.Now
	if s.Offered == chat.Everybody {
		w.ringing[s.ID] = s
	} else {
		delete(w.ringing, s.ID)
		w.endDeaf(s)
	}
	if s.State != chat.Waiting {
		w.endBeside(s)
	}
	if s.State == chat.Closed {
		f.outcomes[s.Outcome]++
		delete(w.sessions, s.ID)
	}
}

// offered: an offer is made of a session that has waited until now.
func (w *watch) offered(s *guest, was chat.Session, o chat.Offer) {
	w.offers++
	w.queue[was.Queue].offers++
	if !s.rung {
		s.rung = true
		w.queue[s.asked].rings = append(w.queue[s.asked].rings, w.now().Sub(s.entered))
	}
	for _, a := range o.To {
		w.agents[a].asked[was.Queue]++
	}
	for a, why := range o.Why.Excluded {
		if w.agents[a].Capacity >= ownRoom && why != "has another offer" {
			w.narrowed = append(w.narrowed, fmt.Sprintf("%s: %s is no candidate: %s", w.now().Format(time.TimeOnly), a, why))
		}
	}
	s.rings = slices.Clone(o.To)
	w.judge(was, o.To)
}

// ---- who is free

// reserves reports whether a session's queue makes its offers to one agent alone.
func (w *watch) reserves(s chat.Session) bool { return w.queues[s.Queue].Strategy.Reserves() }

// places are how many sessions an agent could be asked for at this moment: available and not leaving, within reach, and not full.
// The place that an offer to them alone holds is not theirs to give.
func (w *watch) places(a chat.Agent) int {
	now := w.now()
	if a.State != chat.Ready || a.Next != "" || a.WrapUntil.After(now) || a.Seen.Before(now.Add(-chat.DefaultLease)) || !a.Seen.After(a.Unreached) {
		return 0
	}
	n := a.Capacity - len(a.Open)
	if a.Offer != "" {
		n--
	}
	return n
}

// could reports whether the agent may be asked for a session, given that they have a place: they have not said no, and where they
// would be reserved they are not already.
func (w *watch) could(a chat.Agent, s chat.Session) bool {
	return !slices.Contains(s.Skip, a.ID) && (a.Offer == "" || !w.reserves(s))
}

// free reports whether a place of the agent's is free for a session: more are left than sessions that come before it ring for them.
func (w *watch) free(a chat.Agent, s chat.Session) bool {
	n := w.places(a)
	if n <= 0 || !w.could(a, s) {
		return false
	}
	for _, o := range w.ringing {
		if slices.Contains(o.rings, a.ID) && first(o.Session, s) {
			n--
		}
	}
	return n > 0
}

// besideSomebody reports whether an agent is free for a session, and a seat of the licence for which nobody rings.
func (w *watch) besideSomebody(s chat.Session) bool {
	claimed := w.active
	for _, o := range w.sessions {
		if o.State == chat.Offered && o.ID != s.ID {
			claimed++
		}
	}
	return claimed < w.licence && slices.ContainsFunc(w.members[s.Queue], func(id string) bool { return w.free(w.agents[id].Agent, s) })
}

// ringsInVain reports whether none of those for whom a session rings can take it any more, while somebody else could.
func (w *watch) ringsInVain(s *guest) bool {
	return !slices.ContainsFunc(s.rings, func(id string) bool { return w.places(w.agents[id].Agent) > 0 }) && w.besideSomebody(s.Session)
}

// look looks at everybody in the lines, after something has happened.
func (w *watch) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.stale {
		return
	}
	w.stale = false
	for _, f := range w.queue {
		f.now = 0
	}
	for _, s := range w.sessions {
		if s.InLine() {
			f := w.queue[s.Queue]
			f.now++
			f.longest = max(f.longest, f.now)
		}
		switch {
		case s.State == chat.Waiting && w.besideSomebody(s.Session):
			if s.beside.IsZero() {
				s.beside = w.now()
			}
		case s.Offered == chat.Everybody && w.ringsInVain(s):
			if s.deaf.IsZero() {
				s.deaf = w.now()
			}
		default:
			w.endBeside(s)
			w.endDeaf(s)
		}
	}
}

func (w *watch) endBeside(s *guest) {
	if s.beside.IsZero() {
		return
	}
	b := beside{s.ID, s.Queue, s.beside, w.now().Sub(s.beside)}
	s.beside = time.Time{}
	f := w.queue[s.Queue]
	f.beside = max(f.beside, b.took)
	if b.took > 0 {
		w.besides++
	}
	if b.took > time.Duration(s.Patience)*time.Second+visit {
		w.overlong = append(w.overlong, b)
	}
}

func (w *watch) endDeaf(s *guest) {
	if !s.deaf.IsZero() {
		f := w.queue[s.Queue]
		f.deaf = max(f.deaf, w.now().Sub(s.deaf))
		s.deaf = time.Time{}
	}
}

// ---- who is first

// first reports whether a comes before b: by the heavier queue, then by who came first.
func first(a, b chat.Session) bool { return order(a, b) < 0 }

func order(a, b chat.Session) int {
	return cmp.Or(cmp.Compare(b.Weight, a.Weight), a.Queued.Compare(b.Queued), cmp.Compare(a.ID, b.ID))
}

// judge finds out whether an offer of a session to these agents leaves nobody for one that comes before it and wants one of them: one
// that waits, or rings for several.
func (w *watch) judge(s chat.Session, to []string) {
	m := matching{wants: map[string][]string{s.ID: w.wanted(s, to)}, has: map[string]string{}}
	var before []chat.Session
	for _, o := range w.sessions {
		if o.ID == s.ID || !o.InLine() || !first(o.Session, s) || o.State == chat.Offered && o.Offered != chat.Everybody {
			continue
		}
		of := w.members[o.Queue]
		if o.State == chat.Offered {
			of = o.rings
		}
		if !slices.ContainsFunc(of, func(a string) bool { return slices.Contains(to, a) }) {
			continue
		}
		if wants := w.wanted(o.Session, of); len(wants) > 0 {
			if o.State == chat.Waiting && !o.NoSeat.IsZero() {
				w.seatless++
				continue
			}
			m.wants[o.ID] = wants
			before = append(before, o.Session)
		}
	}
	slices.SortFunc(before, order)
	var served []chat.Session
	for _, o := range before {
		if m.give(o.ID, map[string]bool{}) {
			served = append(served, o)
		}
	}
	clear(m.has)
	m.give(s.ID, map[string]bool{})
	for _, o := range served {
		if !m.give(o.ID, map[string]bool{}) {
			w.jumps = append(w.jumps, jump{w.now(), s.ID, s.Queue, o.ID, o.Queue, o.Weight > s.Weight})
			return
		}
	}
}

// wanted are the places of these agents that a session could get. Of who is to be reserved it is always the first: they hold one offer
// at a time.
func (w *watch) wanted(s chat.Session, of []string) (places []string) {
	for _, id := range of {
		a := w.agents[id].Agent
		n := w.places(a)
		if !w.could(a, s) {
			continue
		}
		if w.reserves(s) {
			n = min(n, 1)
		}
		for i := range n {
			places = append(places, fmt.Sprintf("%s/%d", id, i))
		}
	}
	return places
}

// matching gives each session a place that it wants.
type matching struct {
	wants map[string][]string
	has   map[string]string // place -> session
}

// give finds a place for a session, if need be by finding another one for who has it. Whoever has a place keeps one.
func (m matching) give(session string, tried map[string]bool) bool {
	for _, p := range m.wants[session] {
		if tried[p] {
			continue
		}
		tried[p] = true
		if m.has[p] == "" || m.give(m.has[p], tried) {
			m.has[p] = session
			return true
		}
	}
	return false
}

// ---- for the people

// agent is an agent as their desktop knows them.
func (w *watch) agent(id string) chat.Agent {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.agents[id].Agent
}

// session is a session that is open.
func (w *watch) session(id string) (chat.Session, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if s := w.sessions[id]; s != nil {
		return s.Session, true
	}
	return chat.Session{}, false
}

// open are the sessions that are open.
func (w *watch) open() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Sorted(maps.Keys(w.sessions))
}
