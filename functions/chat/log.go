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
// stored behind it or not at all, which makes every retry exact. 0: its writer has seen nothing.
type Outgoing struct {
	Session string
	CID     string
	Text    string
	After   int
	Offline bool // to a closed session: leave it as a message for later, do not reopen
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

// may says who may read and write a session: its customer, its owner and its assistants.
func (p Principal) may(s Session) error {
	if p.Role == RoleCustomer {
		if customerOf(s) != p {
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

// said is where a message stands in the log: already (stored), or where it is to be put. Head is the last place with it.
type said struct {
	row    Row
	head   int
	stored bool
}

// say is the log rule. rows are all behind m.After, that place itself, and for a customer some before it. What is stored behind
// After is acknowledged, whoever may speak by now. Else the message goes to the next place, and a customer's reopens a session
// that is closed. Refusals: those of may, cursor_ahead, resync, rate_limited.
func say(p speaker, s Session, rows []Row, m Outgoing, rate int, now time.Time, keep time.Duration) (said, error) {
	refused := p.may(s)
	if refused != nil && p.Role == RoleCustomer {
		return said{}, refused // before anything is compared with what a stranger sent
	}
	head := m.After
	if n := len(rows); n > 0 {
		head = max(head, rows[n-1].Place)
	}
	exists, gap, recent := m.After == 0, false, 0
	for i, r := range rows {
		if r.Place > m.After && p.wrote(r, m.CID) {
			return said{r, head, true}, nil
		}
		exists = exists || r.Place == m.After
		gap = gap || i > 0 && rows[i-1].Place >= m.After && rows[i-1].Place+1 < r.Place
		if r.Side == FromCustomer && r.At.After(now.Add(-rateWindow)) {
			recent++
		}
	}
	switch {
	case refused != nil:
		return said{}, refused
	case !exists && head == m.After:
		return said{}, Refuse(CodeCursorAhead, "This chat has no message number %d yet.", m.After)
	case !exists || gap: // deleted; and the message may be among what is not there
		return said{}, Refuse(CodeResync, "Older messages have been deleted. Load this chat again.")
	case p.Role == RoleCustomer && recent >= rate*int(rateWindow/time.Second):
		return said{}, Refuse(CodeRateLimited, "That was a lot at once. Please wait a few seconds.")
	}
	row := Row{Session: s.ID, Place: head + 1, Kind: KindMessage, Side: p.side(), Text: m.Text, CID: m.CID, At: now,
		Version: s.Version, Expires: now.Add(keep)}
	if p.Role == RoleAgent {
		row.By, row.Name = p.ID, p.name
	}
	if s.State == Closed {
		row.Kind, row.Version = KindReopened, s.Version+1
	}
	return said{row, head + 1, false}, nil
}

// reopen is the transition of a closed session whose customer writes again: a new generation at the end of the line.
func reopen(s Session, q Queue, row Row, now time.Time) Change {
	next := Session{ID: s.ID, State: Waiting, Version: s.Version + 1, Website: s.Website, Queue: q.ID, Customer: s.Customer,
		Name: s.Name, Generation: s.Generation + 1, Round: s.Round, Patience: q.Patience(), Queued: now, Since: now,
		Weight: q.Weight, Asked: row.Place, Started: now, Last: s.Last}
	return Change{Name: "reopen", Was: s, Now: next, Row: &row}
}

// note is the transition of a closed session whose customer leaves a message for later: it stays closed.
func note(s Session, row Row, now time.Time, keep time.Duration) Change {
	next := s
	next.Version, next.Outcome, next.Disposition, next.Asked, next.Expires = s.Version+1, Message, "", row.Place, now.Add(keep)
	row.Kind, row.Version = KindMessage, next.Version
	return Change{Name: "offline message", Was: s, Now: next, Row: &row}
}

// readLog reads a session's log from a place to its end, and the state row that belongs to it. Rows and state row are not read
// at one instant; a row that knew more changes than the state row proves a torn read, which is read again. Refusals: resync if
// that is more than maxPages, busy.
func (d *Desk) readLog(ctx context.Context, session string, from int) ([]Row, Session, error) {
	for range maxTries {
		rows, s, err := d.readPages(ctx, session, max(from, 1))
		if err != nil || len(rows) == 0 || rows[len(rows)-1].Version <= s.Version {
			return rows, s, err
		}
	}
	return nil, Session{}, errTorn
}

func (d *Desk) readPages(ctx context.Context, session string, from int) (rows []Row, s Session, err error) {
	for range maxPages {
		page, err := d.Store.Log(ctx, session, from, pageRows)
		if err != nil {
			return nil, s, err
		}
		rows = append(rows, page.Rows...)
		if page.Session != nil {
			return rows, *page.Session, nil
		}
		if len(page.Rows) == 0 {
			return nil, s, ErrNotFound
		}
		from = rows[len(rows)-1].Place + 1
	}
	return nil, s, Refuse(CodeResync, "A lot has been written since. Load this chat again.")
}

// errTorn: no two reads of a session fitted together.
var errTorn = Refuse(CodeBusy, "This session changes faster than it can be read. Please try again.")

// readTail reads the state row and the last row that belongs to it.
func (d *Desk) readTail(ctx context.Context, session string) (Session, Row, error) {
	for range maxTries {
		s, last, err := d.Store.Tail(ctx, session)
		if err != nil || last.Version <= s.Version {
			return s, last, err
		}
	}
	return Session{}, Row{}, errTorn
}

// lastBy reads the last row that an agent wrote or caused; the zero Row if there is none. It tells a command that is repeated from one
// that is given without right: repeats come within seconds, so the last page must do.
func (d *Desk) lastBy(ctx context.Context, agent string, last Row) (Row, error) {
	page, err := d.Store.Log(ctx, last.Session, max(1, last.Place-pageRows+1), pageRows)
	for _, r := range slices.Backward(page.Rows) {
		if r.By == agent {
			return r, err
		}
	}
	return Row{}, err
}

// readBehind reads the first page of what stands behind a place, the state row, and the last place of the log.
func (d *Desk) readBehind(ctx context.Context, session string, after int) (rows []Row, s Session, head int, err error) {
	// The page begins with the place itself: for those who have seen everything it shows that this is the end.
	page, err := d.Store.Log(ctx, session, max(after, 1), pageRows)
	if err != nil {
		return nil, s, 0, err
	}
	n := len(page.Rows)
	if n > 0 && page.Session != nil && page.Rows[n-1].Version <= page.Session.Version {
		s, head = *page.Session, page.Rows[n-1].Place
	} else {
		var last Row
		if s, last, err = d.readTail(ctx, session); err != nil {
			return nil, s, 0, err
		}
		head = last.Place
	}
	return slices.DeleteFunc(page.Rows, func(r Row) bool { return r.Place <= after }), s, head, nil
}

// Send stores one message and tells the others. A customer's message to a closed session reopens it. A message that is
// stored already is answered with its place. Refusals: not_found, not_yours, closed, cursor_ahead, resync, rate_limited, busy, and
// where a message would reopen a session on a website that takes messages for later instead: not_open, licence_full, nobody.
func (d *Desk) Send(ctx context.Context, c Connection, m Outgoing) (Row, error) {
	p := speaker{Principal: c.Principal}
	from := m.After
	if c.Role == RoleCustomer {
		from -= lookBack
	} else {
		p.name = d.agentRef(ctx, c.Principal.ID).Name
	}
	var it said
	var s Session
	err := d.decide(ctx, "send", func() error {
		rows, state, err := d.readLog(ctx, m.Session, from)
		if errors.Is(err, ErrNotFound) {
			return Refuse(CodeNotFound, "There is no such session.")
		}
		if err != nil {
			return err
		}
		s = state
		now := d.now()
		if it, err = say(p, s, rows, m, d.Rate, now, d.Retention); err != nil {
			return err
		}
		switch {
		case it.stored:
			if c.Role == RoleCustomer && s.State == Waiting && s.Turn.IsZero() {
				d.start(ctx, s) // whoever stored it may have died before this
			}
			return nil
		case it.row.Kind == KindReopened:
			change, err := d.reopening(ctx, s, it.row, m, now)
			if err != nil {
				return err
			}
			if err := d.Store.Commit(ctx, change); err != nil {
				return err
			}
			if s, it.row = change.Now, *change.Row; s.InLine() {
				d.start(ctx, s)
			}
			return nil
		}
		taken, err := d.Store.Append(ctx, it.row)
		if errors.Is(err, ErrStale) && p.wrote(taken, m.CID) {
			it.row, it.stored = taken, true
			return nil
		}
		return err
	})
	if err != nil {
		return Row{}, err
	}
	if it.stored && d.now().Sub(it.row.At) > pushAgain {
		return it.row, nil
	}
	if it.row.Kind == KindReopened || s.State == Closed {
		d.tellSession(ctx, "", d.view(ctx, s, RoleCustomer, it.head, it.row), nil)
		return it.row, nil
	}
	d.tell(ctx, c.ID, RowsAdded{Session: s.ID, Head: it.head, Rows: []Row{it.row}}, participants(s)...)
	return it.row, nil
}

// reopening is what a customer's message to a closed session does: it waits again, or it is left for later. Refusals: those of admit.
func (d *Desk) reopening(ctx context.Context, s Session, row Row, m Outgoing, now time.Time) (Change, error) {
	if m.Offline {
		return note(s, row, now, d.Retention), nil
	}
	q, err := d.queueAgain(ctx, s)
	if err != nil {
		return Change{}, err
	}
	w, err := d.website(ctx, s.Website)
	if ignoreMissing(err) != nil {
		return Change{}, err
	}
	if err := d.admit(ctx, w, q.ID); err != nil {
		return Change{}, err
	}
	return reopen(s, q, row, now), nil
}

// Since reads the first page of what a participant has not seen, and the last place of the log. Rows that were deleted show by a
// first row that is not after+1. Refusals: not_found, not_yours, closed, cursor_ahead.
func (d *Desk) Since(ctx context.Context, c Connection, session string, after int) ([]Row, int, error) {
	rows, s, head, err := d.readBehind(ctx, session, after)
	if errors.Is(err, ErrNotFound) {
		return nil, 0, Refuse(CodeNotFound, "There is no such session.")
	}
	if err != nil {
		return nil, 0, err
	}
	if err := c.may(s); err != nil {
		return nil, 0, err
	}
	if after > head {
		return nil, 0, Refuse(CodeCursorAhead, "This chat has no message number %d yet.", after)
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

// participants are all who may speak in a session.
func participants(s Session) []Principal { return append(agentPrincipals(s.Speakers()), customerOf(s)) }

// others are the participants of a session besides one.
func others(s Session, but Principal) []Principal {
	return slices.DeleteFunc(participants(s), func(p Principal) bool { return p == but })
}

func ignoreMissing(err error) error {
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}
