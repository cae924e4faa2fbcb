package chat

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Letter is a session that was left as a message for later and that nobody has answered: closed, and in its queue's tray until an
// agent picks it, or its customer writes again.
type Letter struct {
	Session  string
	Queue    Ref
	Website  Ref
	Customer string
	Person   Person
	Text     string
	At       time.Time
}

// trayWidth is how many messages of a queue are shown; the oldest are first, so that the others come up when these are answered.
const trayWidth = 50

// Messages are what customers of the agent's queues have left, the oldest first.
func (d *Desk) Messages(ctx context.Context, c Connection) ([]Letter, error) {
	a, err := d.Store.Agent(ctx, c.Principal.ID)
	if errors.Is(err, ErrNotFound) {
		return nil, refuseStranger()
	}
	if err != nil {
		return nil, err
	}
	trays := make([][]string, len(a.Queues))
	var fs []func() error
	for i, q := range a.Queues {
		fs = append(fs, func() (err error) { trays[i], err = d.Store.Tray(ctx, q, trayWidth); return err })
	}
	if err := together(fs...); err != nil {
		return nil, err
	}
	ids := slices.Concat(trays...)
	letters := make([]Letter, len(ids))
	fs = nil
	for i, id := range ids {
		fs = append(fs, func() (err error) { letters[i], err = d.letter(ctx, id); return ignoreMissing(err) })
	}
	err = together(fs...)
	letters = slices.DeleteFunc(letters, func(l Letter) bool { return l.Session == "" })
	slices.SortFunc(letters, func(x, y Letter) int { return cmp.Or(x.At.Compare(y.At), cmp.Compare(x.Session, y.Session)) })
	return letters, err
}

// letter is a session as a message, the zero Letter if it is none any more: the tray is an index, and may be late.
func (d *Desk) letter(ctx context.Context, session string) (Letter, error) {
	s, err := d.Store.Session(ctx, session)
	if err != nil || !s.left() {
		return Letter{}, err
	}
	l := Letter{Session: s.ID, Queue: d.queueRef(ctx, s.Queue), Website: d.websiteRef(ctx, s.Website), Customer: s.Customer, Person: d.person(ctx, s)}
	rows, err := d.Store.Rows(ctx, []RowRef{s.row(s.Asked)})
	if len(rows) > 0 {
		l.Text, l.At = rows[0].Text, rows[0].At
	}
	return l, err
}

// left reports whether the session was left as a message and nobody has answered.
func (s Session) left() bool { return s.State == Closed && s.Outcome == Message }

// pick is the transition CLOSED -> ACTIVE of a message that an agent answers: a generation of its own, which nobody had to be asked
// for. Refusals: taken, forbidden, paused, full, licence_full.
func (in acceptance) pick() (Change, error) {
	s, a := in.session, in.agent
	switch {
	case s.Speaks(a.ID):
		return Change{}, errYours
	case !s.left() && s.State == Active:
		return Change{}, &Error{Code: CodeTaken, Message: "Somebody else took this message.", By: Ref{ID: s.Agent}}
	case !s.left():
		return Change{}, Refuse(CodeLate, "Nobody waits for an answer to this message any more.")
	case !slices.Contains(a.Queues, s.Queue):
		return Change{}, Refuse(CodeForbidden, "This message is for another queue.")
	}
	if err := in.free(in.now); err != nil {
		return Change{}, err
	}
	next := s
	next.State, next.Version, next.Generation, next.Part, next.Agent = Active, s.Version+1, s.Generation+1, 0, a.ID
	next.Outcome, next.Disposition, next.Expires, next.Started = "", "", time.Time{}, in.now
	next.Due = in.due()
	c := Change{Name: "pick", Was: s,
		Writes: []Write{Take{Agent: a.ID, Session: s.ID, Capacity: a.Capacity, At: in.now}},
		Row: &Row{Session: s.ID, Place: in.last.Place + 1, Kind: KindAccepted, Side: FromSystem, By: a.ID, Name: a.Name, At: in.now,
			Version: next.Version, Expires: in.now.Add(in.keep)}}
	if len(in.shards) > 0 {
		shard, ok := emptiest(in.shards)
		if !ok {
			return Change{}, Refuse(CodeLicenceFull, "All seats of the licence are in use. The message stays where it is.")
		}
		next.Seat = shard
		c.Writes = append(c.Writes, TakeSeat{Shard: shard})
	}
	c.Now = next
	return c, nil
}

// Pick lets an agent answer a message that was left. The first wins; the winner who asks again hears the same, a loser hears who has
// it. Refusals: not_found, taken (By), late, forbidden, paused, full, licence_full, busy.
func (d *Desk) Pick(ctx context.Context, c Connection, session string) (View, error) {
	var change Change
	err := d.decide(ctx, "pick", func() error {
		in, err := d.readPick(ctx, c.Principal.ID, session)
		if err != nil {
			return err
		}
		if change, err = in.pick(); err != nil {
			return err
		}
		return d.Store.Commit(ctx, change)
	})
	var refused *Error
	switch {
	case errors.Is(err, errYours):
		return d.current(ctx, c, session)
	case errors.As(err, &refused) && refused.Code == CodeTaken:
		refused.By = d.agentRef(ctx, refused.By.ID)
		refused.Message = fmt.Sprintf("%s took this message.", refused.By.Name)
		return View{}, refused
	case err != nil:
		return View{}, err
	}
	v := d.view(ctx, change.Now, RoleAgent, change.Row.Place, *change.Row)
	d.tellSession(ctx, c.ID, v, change.Now.Speakers())
	return v, nil
}

// readPick reads what a pick is decided on. Refusals: not_found, forbidden.
func (d *Desk) readPick(ctx context.Context, agent, session string) (acceptance, error) {
	in := acceptance{now: d.now(), keep: d.Retention}
	err := together(
		func() (err error) {
			if in.agent, err = d.Store.Agent(ctx, agent); errors.Is(err, ErrNotFound) {
				return refuseStranger()
			}
			return err
		},
		func() (err error) {
			if in.session, in.last, err = d.readTail(ctx, session); errors.Is(err, ErrNotFound) {
				return Refuse(CodeNotFound, "There is no such session.")
			}
			return err
		},
		func() (err error) { in.shards, err = d.Store.Shards(ctx); return err },
	)
	if err != nil {
		return in, err
	}
	in.queue, err = d.queueOf(ctx, in.session)
	in.idle = d.idle(in.queue)
	return in, err
}
