package chat

import (
	"maps"
	"slices"
)

// allotment gives each session that comes before another one a place that it could take; what nobody needs is left for the other.
// Whoever has a place moves on to another one if that lets one more have any (augmenting paths): to give each the last that it could
// take made a younger session take the agent whom an older one needed.
type allotment struct {
	agents []Agent       // those before take the last first: what is first by the strategy is left
	before []Waiter      // in the order of the line
	has    map[place]int // index of before, or itself
	// later are those of before that are content with any place: they wait behind another one for the same agent.
	later map[int]bool
}

// itself is the session that the others come before.
const itself = -1

// place is one of an agent's free places. By their place 0 an agent can be asked alone; who is asked alone already has none.
type place struct {
	agent string
	n     int
}

// freePlaces are an agent's free places, the one by which they can be asked alone last.
func (a Agent) freePlaces() []place {
	var ps []place
	for n := a.places() - 1 + btoi(a.Offer != ""); n >= btoi(a.Offer != ""); n-- {
		ps = append(ps, place{a.ID, n})
	}
	return ps
}

// allot gives those before this session a place each. others are agents who are no candidates of this session, and free for some of
// those before it.
func (in routing) allot(candidates, others []Agent) allotment {
	al := allotment{agents: slices.Concat(candidates, others), has: map[place]int{}, later: map[int]bool{}}
	al.before = in.ahead(al.agents)
	for i := range al.before {
		al.give(i, map[place]bool{})
	}
	for i, w := range al.before {
		if w.State == Waiting && !al.served(i) {
			al.later[i] = true
			al.give(i, map[place]bool{})
		}
	}
	return al
}

func (al allotment) served(i int) bool {
	for _, j := range al.has {
		if j == i {
			return true
		}
	}
	return false
}

// wants are the places with which one of those before would do, the ones it takes first first. One that rings needs any place of
// those it rings for, for whoever of them accepts. One that waits needs an agent who can be asked; else a place to come to.
func (al allotment) wants(i int) []place {
	var ps []place
	w := al.before[i]
	for _, a := range slices.Backward(al.agents) {
		if !w.takes(a) {
			continue
		}
		free := a.freePlaces()
		if w.State == Waiting && !al.later[i] {
			free = slices.DeleteFunc(free, func(p place) bool { return p.n > 0 })
		}
		ps = append(ps, free...)
	}
	return ps
}

// give finds a place for one of those before, if need be by finding another one for who has it. Whoever has a place keeps one.
func (al allotment) give(i int, tried map[place]bool) bool {
	for _, p := range al.wants(i) {
		if tried[p] {
			continue
		}
		tried[p] = true
		if j, taken := al.has[p]; !taken || al.give(j, tried) {
			al.has[p] = i
			return true
		}
	}
	return false
}

// left are the candidates whom those before leave to this session. alone: it is to be offered to one of them alone.
func (al allotment) left(candidates []Agent, alone bool) []Agent {
	var left []Agent
	for _, a := range candidates {
		if _, ok := al.without(a, alone); ok {
			left = append(left, a)
		}
	}
	return left
}

// without is the allotment when this session has a place of an agent's; not ok if one of those before would lose theirs.
func (al allotment) without(a Agent, alone bool) (allotment, bool) {
	for _, p := range a.freePlaces() {
		if alone && p.n > 0 {
			continue
		}
		rest := al
		rest.has = maps.Clone(al.has)
		i, taken := rest.has[p]
		rest.has[p] = itself
		if !taken || rest.give(i, map[place]bool{p: true}) {
			return rest, true
		}
	}
	return al, false
}

// sleeper is the first of those before that somebody could be asked for, and that may sleep: it has been looked at. nil if there is none.
func (al allotment) sleeper() []Waiter {
	for i, w := range al.before {
		if w.State == Waiting && !w.Turn.IsZero() && !al.later[i] && al.served(i) {
			return al.before[i : i+1]
		}
	}
	return nil
}

// ahead are the sessions before this one that one of these agents could take.
func (in routing) ahead(agents []Agent) []Waiter {
	var before []Waiter
	for _, w := range in.line {
		if in.before(w) && slices.ContainsFunc(agents, w.takes) {
			before = append(before, w)
		}
	}
	return before
}

// rings reports whether an offer shows, or is about to be given back. One that was not, long after its time, holds nobody up.
func (in routing) rings(w Waiter) bool { return !in.now.After(w.Until.Add(nearlyOver)) }

// before reports whether a session of the line comes before this one and needs an agent: it waits, or rings for several.
func (in routing) before(w Waiter) bool {
	switch {
	case w.compare(in.session.waiter()) >= 0 || !w.NoSeat.IsZero():
		return false
	case w.State == Waiting:
		return turning(w.Turn, w.Queued, in.now)
	}
	return w.State == Offered && w.Offered == Everybody && in.rings(w)
}
