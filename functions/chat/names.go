package chat

import (
	"context"
	"errors"
	"sync"
	"time"
)

// nameTTL is how long names and settings that rarely change are believed: an operator who changes one waits a minute.
const nameTTL = time.Minute

// maxNames bounds the cache; it is emptied when it is full.
const maxNames = 10_000

// names remembers websites, queues and agents' names. Nothing that a rule decides by comes from here, but the settings a new
// session starts with.
type names struct {
	mu sync.Mutex
	m  map[string]named
}

type named struct {
	value any
	until time.Time
}

// cached returns what key stands for, reading it if it is not known or older than ttl.
func cached[T any](d *Desk, key string, ttl time.Duration, read func() (T, error)) (T, error) {
	now := d.now()
	d.names.mu.Lock()
	n, ok := d.names.m[key]
	d.names.mu.Unlock()
	if ok && now.Before(n.until) {
		return n.value.(T), nil
	}
	v, err := read()
	if err != nil {
		return v, err
	}
	d.names.mu.Lock()
	if d.names.m == nil || len(d.names.m) >= maxNames {
		d.names.m = map[string]named{}
	}
	d.names.m[key] = named{v, now.Add(ttl)}
	d.names.mu.Unlock()
	return v, nil
}

func (d *Desk) website(ctx context.Context, id string) (Website, error) {
	return cached(d, "w#"+id, nameTTL, func() (Website, error) { return d.Store.Website(ctx, id) })
}

func (d *Desk) queue(ctx context.Context, id string) (Queue, error) {
	return cached(d, "q#"+id, nameTTL, func() (Queue, error) {
		r, err := d.Store.Roster(ctx, id)
		return r.Queue, err
	})
}

// queueOf is the queue of a session that is there already. One that was deleted has the defaults and nobody in it: no session
// is lost with its queue.
func (d *Desk) queueOf(ctx context.Context, s Session) (Queue, error) {
	q, err := d.queue(ctx, s.Queue)
	if errors.Is(err, ErrNotFound) {
		return Queue{ID: s.Queue}, nil
	}
	return q, err
}

// settings are those of the stack, with the defaults where an operator has said nothing.
func (d *Desk) settings(ctx context.Context) (Settings, error) {
	s, err := cached(d, "settings", nameTTL, func() (Settings, error) { return d.Store.Settings(ctx) })
	return s.withDefaults(), err
}

// firstQueue is the first of a website's queues that exists: it answers those who did not choose.
func (d *Desk) firstQueue(ctx context.Context, w Website) (Queue, error) {
	for _, id := range w.Queues {
		if q, err := d.queue(ctx, id); !errors.Is(err, ErrNotFound) {
			return q, err
		}
	}
	return Queue{}, Refuse(CodeNotFound, "Nobody answers on this website at the moment.")
}

// queueAgain is where a session waits that its customer reopens: its old queue, or if that was deleted, the website's first.
func (d *Desk) queueAgain(ctx context.Context, s Session) (Queue, error) {
	q, err := d.queue(ctx, s.Queue)
	if !errors.Is(err, ErrNotFound) {
		return q, err
	}
	w, err := d.website(ctx, s.Website)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Queue{}, err
	}
	return d.firstQueue(ctx, w)
}

// refs of things whose name could not be read show their id.
func (d *Desk) websiteRef(ctx context.Context, id string) Ref {
	if w, err := d.website(ctx, id); err == nil && w.Name != "" {
		return Ref{id, w.Name}
	}
	return Ref{id, id}
}

func (d *Desk) queueRef(ctx context.Context, id string) Ref {
	if q, err := d.queue(ctx, id); err == nil && q.Name != "" {
		return Ref{id, q.Name}
	}
	return Ref{id, id}
}

func (d *Desk) agentRef(ctx context.Context, id string) Ref {
	if id == "" {
		return Ref{}
	}
	name, err := cached(d, "a#"+id, nameTTL, func() (string, error) {
		a, err := d.Store.Agent(ctx, id)
		return a.Name, err
	})
	if err != nil || name == "" {
		return Ref{id, id}
	}
	return Ref{id, name}
}

// person is who asks in a session, from its first row.
func (d *Desk) person(ctx context.Context, s Session) Person {
	p, err := cached(d, "p#"+s.ID, nameTTL, func() (Person, error) {
		rows, err := d.Store.Rows(ctx, []RowRef{s.row(1)})
		if err != nil || len(rows) == 0 || rows[0].Person == nil {
			return Person{Name: s.Name}, err
		}
		return *rows[0].Person, nil
	})
	if err != nil {
		return Person{Name: s.Name}
	}
	return p
}
