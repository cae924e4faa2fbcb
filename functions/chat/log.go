package chat

import (
	"context"
	"errors"
	"slices"
	"time"
)

const (
	// pageRows is how many rows one read of the log asks for: with MaxText a page may still be cut at DynamoDB's 1 MB.
	pageRows = 200
	// maxPages bounds one command's reading.
	maxPages = 25
	// lookBack is how many rows before `after` a customer's send reads, to count their own: rates cost no write.
	lookBack = 20
	// rateWindow is the time over which Rate is averaged: a burst of rate x window is fine.
	rateWindow = 4 * time.Second
	// pushAgain is how young a repeated message must be to be pushed again.
	pushAgain = 2 * time.Minute
)

// Outgoing is a message that somebody wants to store. After is the last place that its writer had seen; the message is
// stored behind it or not at all, which makes every retry exact.
type Outgoing struct {
	Session string
	CID     string
	Text    string
	After   int
}

// speaker is who wants to write.
type speaker struct {
	Principal
	name string
}

func (p speaker) side() Side {
	if p.Role == RoleAgent {
		return FromAgent
	}
	return FromCustomer
}

// wrote reports whether the row is this speaker's message cid.
func (p speaker) wrote(r Row, cid string) bool {
	return cid != "" && r.CID == cid && r.Side == p.side() && (p.Role == RoleCustomer || r.By == p.ID)
}

// readLog reads a session's log from a place on, and the state row that belongs to it. Rows and state row are not read at one
// instant; a row that knew more changes than the state row proves a torn read, which is read again.
func (d *Desk) readLog(ctx context.Context, session string, from int) ([]Row, Session, error) {
	for range maxTries {
		var rows []Row
		next := max(from, 1)
		for range maxPages {
			page, err := d.Store.Log(ctx, session, next, pageRows)
			if err != nil {
				return nil, Session{}, err
			}
			rows = append(rows, page.Rows...)
			if s := page.Session; s != nil {
				if len(rows) > 0 && rows[len(rows)-1].Version > s.Version {
					break
				}
				return rows, *s, nil
			}
			if len(page.Rows) == 0 {
				return nil, Session{}, ErrNotFound
			}
			next = rows[len(rows)-1].Place + 1
		}
	}
	return nil, Session{}, Refuse(CodeBusy, "This session changes faster than it can be read. Please try again.")
}

// readTail reads the state row and the last row that belongs to it.
func (d *Desk) readTail(ctx context.Context, session string) (Session, Row, error) {
	for range maxTries {
		s, last, err := d.Store.Tail(ctx, session)
		if err != nil || last.Version <= s.Version {
			return s, last, err
		}
	}
	return Session{}, Row{}, Refuse(CodeBusy, "This session changes faster than it can be read. Please try again.")
}

// may says who may read and write a session: its customer, its owner and its assistants.
func (p Principal) may(s Session) error {
	if p.Role == RoleCustomer {
		if s.Customer != p.ID || s.Website != p.Website {
			return Refuse(CodeNotFound, "There is no such session.")
		}
		return nil
	}
	if s.Speaks(p.ID) {
		return nil
	}
	if s.State == Closed {
		return Refuse(CodeClosed, "This chat is closed. The customer can write again to reopen it.")
	}
	return Refuse(CodeNotYours, "This chat is not yours.")
}

// say is the log rule. It finds the message if it is stored already, else the row to store at the next place. reopens says
// that this message reopens the session.
func say(p speaker, s Session, rows []Row, m Outgoing, rate int, now time.Time, keep time.Duration) (row Row, stored, reopens bool, err error) {
	if err := p.may(s); err != nil && (p.Role == RoleCustomer || !anyWrote(p, rows, m)) {
		return Row{}, false, false, err
	}
	head, found := m.After, false
	recent := 0
	for _, r := range rows {
		if r.Place == m.After {
			found = true
		}
		if r.Place > m.After && p.wrote(r, m.CID) {
			return r, true, r.Kind == KindReopened || r.Place == 1, nil
		}
		head = max(head, r.Place)
		if r.Side == FromCustomer && r.At.After(now.Add(-rateWindow)) {
			recent++
		}
	}
	if !found && m.After > 0 {
		if len(rows) > 0 && rows[0].Place > m.After {
			return Row{}, false, false, Refuse(CodeResync, "Older messages have been deleted. Load this chat again.")
		}
		return Row{}, false, false, Refuse(CodeCursorAhead, "This chat has no message number %d yet.", m.After)
	}
	if p.Role == RoleCustomer && recent >= rate*int(rateWindow/time.Second) {
		return Row{}, false, false, Refuse(CodeRateLimited, "That was a lot at once. Please wait a few seconds.")
	}
	row = Row{Session: s.ID, Place: head + 1, Kind: KindMessage, Side: p.side(), Text: m.Text, CID: m.CID, At: now,
		Version: s.Version, Expires: now.Add(keep)}
	if p.Role == RoleAgent {
		row.By, row.Name = p.ID, p.name
	}
	if s.State == Closed {
		row.Kind, row.Version = KindReopened, s.Version+1
		return row, false, true, nil
	}
	return row, false, false, nil
}

func anyWrote(p speaker, rows []Row, m Outgoing) bool {
	return slices.ContainsFunc(rows, func(r Row) bool { return r.Place > m.After && p.wrote(r, m.CID) })
}

// reopen is the transition of a closed session whose customer writes again: a new generation at the end of the line.
func reopen(s Session, q Queue, row Row, now time.Time) Change {
	next := Session{ID: s.ID, State: Waiting, Version: s.Version + 1, Website: s.Website, Queue: s.Queue, Customer: s.Customer,
		Name: s.Name, Generation: s.Generation + 1, Round: s.Round, Patience: q.Patience(), Queued: now, Since: now,
		Weight: q.Weight, Asked: row.Place, Started: now}
	return Change{Name: "reopen", Was: s, Now: next, Row: &row}
}

// Send stores one message and tells the others. A customer's message to a closed session reopens it. A message that is
// stored already is answered with its place. Refusals: not_found, not_yours, closed, cursor_ahead, resync, rate_limited, busy.
func (d *Desk) Send(ctx context.Context, c Connection, m Outgoing) (Row, error) {
	p := speaker{Principal: c.Principal}
	from := m.After
	if c.Role == RoleCustomer {
		from -= lookBack
	} else {
		p.name = d.agentRef(ctx, c.Principal.ID).Name
	}
	var row Row
	var s Session
	var repeated bool
	err := d.decide(ctx, "send", func() error {
		rows, state, err := d.readLog(ctx, m.Session, from)
		if errors.Is(err, ErrNotFound) {
			return Refuse(CodeNotFound, "There is no such session.")
		}
		if err != nil {
			return err
		}
		now := d.now()
		var stored, reopens bool
		if row, stored, reopens, err = say(p, state, rows, m, d.Rate, now, d.Retention); err != nil {
			return err
		}
		s, repeated = state, stored
		switch {
		case stored:
			if reopens && s.State == Waiting && s.Turn.IsZero() {
				d.start(ctx, s) // whoever stored it may have died before this
			}
			return nil
		case reopens:
			q, err := d.queue(ctx, s.Queue)
			if err != nil {
				return err
			}
			change := reopen(s, q, row, now)
			if err := d.Store.Commit(ctx, change); err != nil {
				return err
			}
			s = change.Now
			d.start(ctx, s)
			return nil
		}
		taken, err := d.Store.Append(ctx, row)
		if errors.Is(err, ErrStale) && p.wrote(taken, m.CID) {
			row, repeated = taken, true
			return nil
		}
		return err
	})
	if err != nil {
		return Row{}, err
	}
	if repeated && d.now().Sub(row.At) > pushAgain {
		return row, nil
	}
	if row.Kind == KindReopened {
		d.tellSession(ctx, "", d.view(ctx, s, RoleCustomer, row.Place, row), nil)
		return row, nil
	}
	d.tell(ctx, c.ID, RowsAdded{Session: s.ID, Head: row.Place, Rows: []Row{row}},
		append(agentPrincipals(s.Speakers()), customerOf(s))...)
	return row, nil
}

// Since reads what a participant has not seen. Resync is reported by a first row that is not after+1.
func (d *Desk) Since(ctx context.Context, c Connection, session string, after int) ([]Row, int, error) {
	rows, s, err := d.readLog(ctx, session, after+1)
	if errors.Is(err, ErrNotFound) {
		return nil, 0, Refuse(CodeNotFound, "There is no such session.")
	}
	if err != nil {
		return nil, 0, err
	}
	if err := c.may(s); err != nil {
		return nil, 0, err
	}
	head := after
	if len(rows) > 0 {
		head = rows[len(rows)-1].Place
	}
	return rows, head, nil
}

// Typing tells the others that somebody writes.
func (d *Desk) Typing(ctx context.Context, c Connection, session string) error {
	s, err := d.Store.Session(ctx, session)
	if err != nil || c.may(s) != nil || s.State != Active {
		return ignoreMissing(err)
	}
	e := Typed{Session: session, Side: FromCustomer}
	if c.Role == RoleAgent {
		e.Side, e.Name = FromAgent, d.agentRef(ctx, c.Principal.ID).Name
	}
	d.tell(ctx, c.ID, e, others(s, c.Principal)...)
	return nil
}

// Read stores how far a side has read, and tells the others.
func (d *Desk) Read(ctx context.Context, c Connection, session string, place int) error {
	s, last, err := d.Store.Tail(ctx, session)
	if err != nil || c.may(s) != nil || place > last.Place {
		return ignoreMissing(err)
	}
	side := speaker{Principal: c.Principal}.side()
	if err := d.Store.Read(ctx, session, side, place); err != nil {
		return err
	}
	d.tell(ctx, c.ID, HasRead{Session: session, Side: side, Place: place}, others(s, c.Principal)...)
	return nil
}

// others are the participants of a session besides one.
func others(s Session, but Principal) []Principal {
	all := append(agentPrincipals(s.Speakers()), customerOf(s))
	return slices.DeleteFunc(all, func(p Principal) bool { return p == but })
}

func ignoreMissing(err error) error {
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

func contains(list []string, s string) bool { return slices.Contains(list, s) }
