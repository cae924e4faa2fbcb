package chat

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Team is who is there: where a session can go, and what a supervisor watches.
type Team struct {
	Now    time.Time
	Agents []Agent
	Queues []Crew
}

// Crew is a queue with how many of its agents could take a session now.
type Crew struct {
	Line
	Available int
}

// Team reads all queues, and the agents who are signed in or hold sessions; a supervisor sees everybody. Refusal: forbidden.
func (d *Desk) Team(ctx context.Context, c Connection) (Team, error) {
	me, err := d.Store.Agent(ctx, c.Principal.ID)
	if errors.Is(err, ErrNotFound) {
		return Team{}, refuseStranger()
	}
	if err != nil {
		return Team{}, err
	}
	var ids, queues []string
	if err := together(
		func() (err error) {
			if me.Supervisor {
				ids, err = d.Store.Staff(ctx)
			} else {
				ids, err = d.Store.List(ctx, ListAgents)
			}
			return err
		},
		func() (err error) { queues, err = d.Store.List(ctx, ListQueues); return err },
	); err != nil {
		return Team{}, err
	}
	t := Team{Now: d.now()}
	lines := make([]Line, len(queues))
	fs := []func() error{func() (err error) { t.Agents, err = d.Store.Agents(ctx, ids); return err }}
	for i, q := range queues {
		fs = append(fs, func() error {
			waiting, err := d.Store.Waiting(ctx, q, lineWidth)
			lines[i] = lineOf(d.queueRef(ctx, q), waiting)
			return err
		})
	}
	if err := together(fs...); err != nil {
		return Team{}, err
	}
	for _, l := range lines {
		crew := Crew{Line: l}
		for _, a := range t.Agents {
			if slices.Contains(a.Queues, l.Queue.ID) && a.unfit(t.Now, d.Lease, nil, false) == "" {
				crew.Available++
			}
		}
		t.Queues = append(t.Queues, crew)
	}
	return t, nil
}

// lineOf counts those who wait in a queue.
func lineOf(queue Ref, waiting []Waiter) Line {
	l := Line{Queue: queue, Waiting: len(waiting)}
	for _, w := range waiting {
		if l.Longest.IsZero() || w.Queued.Before(l.Longest) {
			l.Longest = w.Queued
		}
	}
	return l
}

// supervisor refuses whoever may not decide for others.
func (d *Desk) supervisor(ctx context.Context, c Connection) (Agent, error) {
	me, err := d.Store.Agent(ctx, c.Principal.ID)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Agent{}, err
	}
	if !me.Supervisor {
		return Agent{}, Refuse(CodeForbidden, "Only a supervisor can do that for somebody else.")
	}
	return me, nil
}
