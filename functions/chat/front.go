package chat

import (
	"cmp"
	"context"
	"errors"
)

// Front is a website as a customer finds it.
type Front struct {
	Website Website
	Queues  []Ref
	// Open: open, full (the licence), or nobody (no agent is available).
	Open string
}

// Front reads a website, its queues and whether somebody may answer now. Refusal: not_found.
func (d *Desk) Front(ctx context.Context, website string) (Front, error) {
	w, err := d.website(ctx, website)
	if errors.Is(err, ErrNotFound) {
		return Front{}, Refuse(CodeNotFound, "There is no such website.")
	}
	if err != nil {
		return Front{}, err
	}
	f := Front{Website: w, Open: "nobody"}
	now := d.now()
	for _, id := range w.Queues {
		r, err := d.Store.Roster(ctx, id)
		if errors.Is(err, ErrNotFound) {
			continue // deleted
		}
		if err != nil {
			return Front{}, err
		}
		f.Queues = append(f.Queues, Ref{id, cmp.Or(r.Name, id)})
		if f.Open == "open" {
			continue
		}
		agents, err := d.Store.Agents(ctx, r.agents())
		if err != nil {
			return Front{}, err
		}
		for _, a := range agents {
			if a.State == Ready && a.Present(now, d.Lease) {
				f.Open = "open"
			}
		}
	}
	if shards, err := d.Store.Shards(ctx); err != nil {
		return Front{}, err
	} else if _, ok := emptiest(shards); len(shards) > 0 && !ok {
		f.Open = "full"
	}
	return f, nil
}
