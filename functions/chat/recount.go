package chat

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
)

// recount counts everything again that is kept as a sum or in two places: the seats of the licence, and what agents have open. What
// does not fit is looked at once more, item by item, because the indexes are a moment late.
func (d *Desk) recount(ctx context.Context, done *Swept) error {
	var held []Held
	var shards []Shard
	var agents []Agent
	if err := together(
		func() (err error) { held, err = d.Store.Held(ctx); return err },
		func() (err error) { shards, err = d.Store.Shards(ctx); return err },
		func() error {
			ids, err := d.Store.List(ctx, ListAgents)
			if err != nil {
				return err
			}
			agents, err = d.Store.Agents(ctx, ids)
			return err
		},
	); err != nil {
		return err
	}
	for _, s := range shards {
		done.Used, done.Limit = done.Used+s.Used, done.Limit+s.Limit
	}
	done.Drift = append(seats(held, shards), d.suspects(ctx, disagreements(held, agents))...)
	return nil
}

// seats compares each shard's count with the sessions that name it.
func seats(held []Held, shards []Shard) (drift []string) {
	counted := map[int]int{}
	for _, h := range held {
		counted[h.Seat]++
	}
	for _, s := range shards {
		if n := counted[s.Number]; n != s.Used {
			drift = append(drift, fmt.Sprintf("licence shard %d counts %d, its sessions are %d", s.Number, s.Used, n))
		}
	}
	return drift
}

// holding is an agent who has a session open.
type holding struct{ agent, session string }

// disagreements are the pairs that only one of the two sides knows: the session's row, or the agent's.
func disagreements(held []Held, agents []Agent) []holding {
	sides := map[holding]int{}
	for _, h := range held {
		for _, a := range append([]string{h.Agent}, h.Assist...) {
			sides[holding{a, h.Session}]++
		}
	}
	for _, a := range agents {
		for _, id := range a.Open {
			sides[holding{a.ID, id}]--
		}
	}
	maps.DeleteFunc(sides, func(_ holding, n int) bool { return n == 0 })
	return slices.SortedFunc(maps.Keys(sides), func(x, y holding) int {
		return cmp.Or(cmp.Compare(x.agent, y.agent), cmp.Compare(x.session, y.session))
	})
}

// maxSuspects is how many disagreements one recount looks at: more is an alarm already.
const maxSuspects = 50

// suspects are those that are still there when both items are read.
func (d *Desk) suspects(ctx context.Context, found []holding) (drift []string) {
	for _, h := range found[:min(len(found), maxSuspects)] {
		s, err := d.Store.Session(ctx, h.session)
		if ignoreMissing(err) != nil {
			continue
		}
		a, err := d.Store.Agent(ctx, h.agent)
		if ignoreMissing(err) != nil {
			continue
		}
		if open := slices.Contains(a.Open, h.session); open != s.Speaks(h.agent) {
			drift = append(drift, fmt.Sprintf("agent %s has session %s open: %t, and speaks in it: %t", h.agent, h.session, open, !open))
		}
	}
	return drift
}
