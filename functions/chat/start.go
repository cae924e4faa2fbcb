package chat

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Opening is a customer's first message. Nonce names the attempt; Queue "" is the website's first.
type Opening struct {
	Nonce  string
	CID    string
	Text   string
	Queue  string
	Person Person
}

// begin is the transition that makes a session: state row, first row and the customer's pointer to it. was is the session that
// the pointer showed to before, if that one is gone.
func begin(id string, p Principal, q Queue, o Opening, was string, now time.Time, keep time.Duration) Change {
	s := Session{ID: id, State: Waiting, Version: 1, Website: p.Website, Queue: q.ID, Customer: p.ID, Name: o.Person.Name,
		Generation: 1, Patience: q.Patience(), Queued: now, Since: now, Weight: q.Weight, Asked: 1, Started: now}
	person := o.Person
	return Change{Name: "start", New: true, Now: s,
		Row: &Row{Session: id, Place: 1, Kind: KindMessage, Side: FromCustomer, Text: o.Text, CID: o.CID, At: now, Version: 1,
			Person: &person, Expires: now.Add(keep)},
		Writes: []Write{Point{Website: p.Website, Customer: p.ID, Session: id, Was: was}},
	}
}

// Start opens the customer's session on their website. A customer has one session there: if it exists, the text is a message in
// it (and reopens it when it is closed), so two tabs, a double click and a retry are one session.
// Refusals: not_found (website or queue) and those of Send.
func (d *Desk) Start(ctx context.Context, c Connection, o Opening) (View, error) {
	w, err := d.website(ctx, c.Website)
	if errors.Is(err, ErrNotFound) {
		return View{}, Refuse(CodeNotFound, "There is no such website.")
	}
	if err != nil {
		return View{}, err
	}
	if o.Queue == "" && len(w.Queues) > 0 {
		o.Queue = w.Queues[0]
	}
	if !slices.Contains(w.Queues, o.Queue) {
		return View{}, Refuse(CodeNotFound, "This website has no such topic.")
	}
	q, err := d.queue(ctx, o.Queue)
	if err != nil {
		return View{}, err
	}
	id := SessionID(c.Website, c.Principal.ID, o.Nonce)
	var change Change
	var existing string
	err = d.decide(ctx, "start", func() error {
		was, err := d.Store.SessionOf(ctx, c.Website, c.Principal.ID)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		if err == nil {
			_, err := d.Store.Session(ctx, was)
			if err == nil {
				existing = was
				return nil
			}
			if !errors.Is(err, ErrNotFound) {
				return err
			}
		}
		existing = ""
		change = begin(id, c.Principal, q, o, was, d.now(), d.Retention)
		return d.Store.Commit(ctx, change)
	})
	if err != nil {
		return View{}, err
	}
	if existing != "" {
		row, err := d.Send(ctx, c, Outgoing{Session: existing, CID: o.CID, Text: o.Text, After: 1})
		if errors.As(err, new(*Error)) && AsError(err).Code == CodeResync {
			// The first rows are older than the retention: nothing of this attempt can be among them.
			row, err = d.sendAtEnd(ctx, c, existing, o)
		}
		if err != nil {
			return View{}, err
		}
		return d.current(ctx, c, existing, row)
	}
	d.start(ctx, change.Now)
	v := d.view(ctx, change.Now, RoleCustomer, 1, *change.Row)
	d.tell(ctx, c.ID, SessionChanged{v, d.now()}, c.Principal)
	return v, nil
}

// sendAtEnd sends behind the newest row, for a session whose first rows are gone.
func (d *Desk) sendAtEnd(ctx context.Context, c Connection, session string, o Opening) (Row, error) {
	_, last, err := d.readTail(ctx, session)
	if err != nil {
		return Row{}, err
	}
	return d.Send(ctx, c, Outgoing{Session: session, CID: o.CID, Text: o.Text, After: last.Place})
}

// current is the view of a session as it is now, with one row that the caller just caused.
func (d *Desk) current(ctx context.Context, c Connection, session string, rows ...Row) (View, error) {
	s, last, err := d.readTail(ctx, session)
	if err != nil {
		return View{}, err
	}
	return d.view(ctx, s, c.Role, last.Place, rows...), nil
}
