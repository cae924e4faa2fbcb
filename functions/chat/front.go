package chat

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"
)

// Openness says whether somebody may answer a customer now.
type Openness string

// What a website may be to somebody who comes now.
const (
	IsOpen   Openness = "open"
	IsClosed Openness = "closed" // outside its hours
	IsFull   Openness = "full"   // the licence has no seat
	IsNobody Openness = "nobody" // no agent of its queues is available
)

// Front is a website as a customer finds it.
type Front struct {
	Website Website
	Queues  []Ref
	Open    Openness
	// Messages: it takes messages for later while it is like this, and sessions only if it is not.
	Messages bool
	Opens    time.Time     // when a closed website opens again, zero if nobody knows
	Wait     time.Duration // of somebody who writes now, 0 if nobody knows
}

// crewTTL is how long it is believed who of a queue is available: everybody who looks at a website's page asks, and agents do not
// come and go by the second.
const crewTTL = 5 * time.Second

// Front reads a website, its queues and whether somebody may answer now. Refusal: not_found.
func (d *Desk) Front(ctx context.Context, website string) (Front, error) {
	w, err := d.knownWebsite(ctx, website)
	if err != nil {
		return Front{}, err
	}
	f := Front{Website: w}
	for _, id := range w.Queues {
		q, err := d.queue(ctx, id)
		if errors.Is(err, ErrNotFound) {
			continue // deleted
		}
		if err != nil {
			return Front{}, err
		}
		f.Queues = append(f.Queues, Ref{id, cmp.Or(q.Name, id)})
	}
	crew := func(id string) (bool, error) {
		return cached(d, "crew#"+id, crewTTL, func() (bool, error) { return d.anybody(ctx, id) })
	}
	if f.Open, f.Opens, err = d.openness(ctx, w, w.Queues, crew); err != nil {
		return Front{}, err
	}
	f.Messages = w.takesMessages(f.Open)
	if len(f.Queues) > 0 && (f.Open == IsOpen || f.Open == IsFull) {
		id := f.Queues[0].ID
		line, err := cached(d, "line#"+id, crewTTL, func() ([]Waiter, error) { return d.Store.Waiting(ctx, id, lineWidth) })
		d.besteffort(ctx, "read line", err)
		if len(line) > 0 || f.Open == IsFull {
			f.Wait = d.pace(ctx, id).wait(len(line)+1, d.now())
		}
	}
	return f, nil
}

// knownWebsite is the website of that id. Refusal: not_found.
func (d *Desk) knownWebsite(ctx context.Context, id string) (Website, error) {
	w, err := d.website(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return w, Refuse(CodeNotFound, "There is no such website.")
	}
	return w, err
}

// takesMessages reports whether customers leave a message instead of waiting while the website is like this. A closed one takes
// no sessions, so it always takes messages.
func (w Website) takesMessages(o Openness) bool {
	return o == IsClosed || slices.Contains(w.Messages, o)
}

// openness is how a website, with these of its queues, is to somebody who comes now. crew tells whether anybody of a queue is there.
func (d *Desk) openness(ctx context.Context, w Website, queues []string, crew func(queue string) (bool, error)) (Openness, time.Time, error) {
	if open, next := w.openAt(d.now()); !open {
		return IsClosed, next, nil
	}
	shards, err := d.Store.Shards(ctx)
	if err != nil {
		return "", time.Time{}, err
	}
	if _, ok := emptiest(shards); len(shards) > 0 && !ok {
		return IsFull, time.Time{}, nil
	}
	for _, id := range queues {
		there, err := crew(id)
		if err != nil {
			return "", time.Time{}, err
		}
		if there {
			return IsOpen, time.Time{}, nil
		}
	}
	return IsNobody, time.Time{}, nil
}

// anybody reports whether an agent of the queue is available, even if they have their hands full.
func (d *Desk) anybody(ctx context.Context, queue string) (bool, error) {
	r, err := d.Store.Roster(ctx, queue)
	if err != nil {
		return false, ignoreMissing(err)
	}
	agents, err := d.Store.Agents(ctx, r.agents())
	now := d.now()
	return slices.ContainsFunc(agents, func(a Agent) bool { return a.State == Ready && a.Present(now, d.Lease) }), err
}

// admit refuses to let a customer wait where their website takes messages instead. Refusals: not_open, licence_full, nobody.
func (d *Desk) admit(ctx context.Context, w Website, queue string) error {
	if len(w.Hours) == 0 && len(w.Messages) == 0 {
		return nil // everybody waits: nothing to read
	}
	o, _, err := d.openness(ctx, w, []string{queue}, func(id string) (bool, error) { return d.anybody(ctx, id) })
	if err != nil || !w.takesMessages(o) {
		return err
	}
	switch o {
	case IsClosed:
		return Refuse(CodeNotOpen, "We are closed at the moment. Leave us a message and we will answer it.")
	case IsFull:
		return Refuse(CodeLicenceFull, "Everybody is busy at the moment. Leave us a message and we will answer it.")
	default:
		return Refuse(CodeNobody, "Nobody is here at the moment. Leave us a message and we will answer it.")
	}
}
