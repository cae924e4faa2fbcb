package chat

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Opening is a customer's first message. Nonce names the attempt, CID the message; Queue "" is the website's first. Offline leaves
// it as a message for later.
type Opening struct {
	Nonce   string
	CID     string
	Text    string
	Queue   string
	Person  Person
	Offline bool
}

// begin is the transition that makes a session: state row, first row and the customer's pointer to it. was is the session that
// the pointer showed to before, if that one is gone.
func begin(id string, p Principal, q Queue, o Opening, was string, now time.Time, keep time.Duration) Change {
	s := Session{ID: id, State: Waiting, Version: 1, Website: p.Website, Queue: q.ID, Customer: p.ID, Name: o.Person.Name,
		Generation: 1, Patience: q.Patience(), Queued: now, Since: now, Weight: q.Weight, Asked: 1, Started: now}
	if o.Offline {
		s.State, s.Outcome, s.Expires = Closed, Message, now.Add(keep)
	}
	person := o.Person
	return Change{Name: "start", New: true, Now: s,
		Row: &Row{Session: id, Place: 1, Kind: KindMessage, Side: FromCustomer, Text: o.Text, CID: o.CID, At: now, Version: 1,
			Person: &person, Expires: now.Add(keep)},
		Writes: []Write{Point{Website: p.Website, Customer: p.ID, Session: id, Was: was}},
	}
}

// Start opens the customer's session on their website. A customer has one session there: if it exists, the text is a message in
// it (and reopens it when it is closed), so two tabs, a double click and a retry are one session.
// Refusals: not_found (website or queue), where the website takes messages instead: not_open, licence_full, nobody, and those of
// Send.
func (d *Desk) Start(ctx context.Context, c Connection, o Opening) (View, error) {
	w, err := d.knownWebsite(ctx, c.Website)
	if err != nil {
		return View{}, err
	}
	q, err := d.queueFor(ctx, w, o.Queue)
	if err != nil {
		return View{}, err
	}
	id := SessionID(c.Website, c.Principal.ID, o.Nonce)
	var change Change
	var existing string
	err = d.decide(ctx, "start", func() error {
		was, err := d.Store.SessionOf(ctx, c.Website, c.Principal.ID)
		if err == nil {
			existing = was
			_, err = d.Store.Session(ctx, was)
		}
		if !errors.Is(err, ErrNotFound) {
			return err
		}
		existing = ""
		if !o.Offline {
			if err := d.admit(ctx, w, q.ID); err != nil {
				return err
			}
		}
		change = begin(id, c.Principal, q, o, was, d.now(), d.Retention)
		return d.Store.Commit(ctx, change)
	})
	if err != nil {
		return View{}, err
	}
	if existing != "" {
		row, err := d.sendAgain(ctx, c, existing, o)
		if err != nil {
			return View{}, err
		}
		return d.current(ctx, c, existing, row)
	}
	if !o.Offline {
		d.start(ctx, change.Now)
	}
	v := d.view(ctx, change.Now, RoleCustomer, 1, *change.Row)
	d.tell(ctx, c.ID, SessionChanged{v, d.now()}, c.Principal)
	return v, nil
}

// queueFor is the queue that the customer chose, or the website's first.
func (d *Desk) queueFor(ctx context.Context, w Website, chosen string) (Queue, error) {
	if chosen == "" {
		return d.firstQueue(ctx, w)
	}
	q, err := d.queue(ctx, chosen)
	if !slices.Contains(w.Queues, chosen) || errors.Is(err, ErrNotFound) {
		return Queue{}, Refuse(CodeNotFound, "This website has no such topic.")
	}
	return q, err
}

// sendAgain sends the text of an opening to the session that is there. It may be in it already, if it was this very attempt that
// made the session, so the log is searched from its beginning. In a log too long for that the last page must do: an attempt is
// repeated within seconds.
func (d *Desk) sendAgain(ctx context.Context, c Connection, session string, o Opening) (Row, error) {
	m := Outgoing{Session: session, CID: o.CID, Text: o.Text, Offline: o.Offline}
	row, err := d.Send(ctx, c, m)
	var refused *Error
	if !errors.As(err, &refused) || refused.Code != CodeResync {
		return row, err
	}
	_, last, err := d.readTail(ctx, session)
	if err != nil {
		return Row{}, err
	}
	m.After = max(1, last.Place-pageRows)
	return d.Send(ctx, c, m)
}

// current is the view of a session as it is now, with one row that the caller just caused.
func (d *Desk) current(ctx context.Context, c Connection, session string, rows ...Row) (View, error) {
	s, last, err := d.readTail(ctx, session)
	if err != nil {
		return View{}, err
	}
	return d.view(ctx, s, c.Role, last.Place, rows...), nil
}
