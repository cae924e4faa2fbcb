package chat

import (
	"context"
	"errors"
	"slices"
	"time"
)

// dismiss is the transition of an assistant who leaves. asJudged calls it off when they have given a sign of life since.
func (in ending) dismiss(agent string, asJudged time.Time) Change {
	s := in.session
	next := s
	next.Version = s.Version + 1
	next.Assist = slices.DeleteFunc(slices.Clone(s.Assist), func(a string) bool { return a == agent })
	c := Change{Name: "end assist", Was: s, Now: next,
		Row: &Row{Session: s.ID, Place: in.last.Place + 1, Kind: KindLeft, Side: FromSystem, By: agent, At: in.now, Version: next.Version,
			Expires: in.now.Add(in.keep)}}
	for _, a := range in.leavers {
		if a.ID == agent {
			l := a.goes(s.ID, in.now)
			l.AsJudged = asJudged
			c.Writes, c.Row.Name = append(c.Writes, l), a.Name
		}
	}
	return c
}

// EndAssist lets an assistant leave a session: themselves (agent ""), or whom the owner names. One who does not assist any more is
// fine. Refusals: not_found, not_yours, closed, busy.
func (d *Desk) EndAssist(ctx context.Context, c Connection, session, agent string) (View, error) {
	me := c.Principal.ID
	if agent == "" {
		agent = me
	}
	left, err := d.endAssist(ctx, c.ID, session, agent, time.Time{}, func(in ending) error {
		if agent == me && !slices.Contains(in.session.Assist, me) {
			if in.session.Agent == me {
				return Refuse(CodeBadValue, "You have this chat: close it or hand it over.")
			}
			if r, err := d.lastBy(ctx, me, in.last); err != nil || r.Kind == KindLeft {
				return err
			}
			return Refuse(CodeNotYours, "You are not in this chat.")
		}
		if agent != me && in.session.Agent != me {
			return Refuse(CodeNotYours, "Only the agent who has this chat can do that.")
		}
		return nil
	})
	if err != nil || left != nil {
		if left == nil {
			return View{}, err
		}
		return *left, err
	}
	return d.current(ctx, c, session)
}

// endAssist makes the transition if may allows it, and tells everybody. The view is nil if the agent did not assist.
func (d *Desk) endAssist(ctx context.Context, except, session, agent string, asJudged time.Time, may func(ending) error) (*View, error) {
	var change Change
	err := d.decide(ctx, "end assist", func() error {
		change = Change{}
		in, err := d.readEnding(ctx, session)
		if errors.Is(err, ErrNotFound) {
			return Refuse(CodeNotFound, "There is no such session.")
		}
		if err != nil {
			return err
		}
		if err := may(in); err != nil {
			return err
		}
		if !slices.Contains(in.session.Assist, agent) {
			return nil
		}
		change = in.dismiss(agent, asJudged)
		return d.Store.Commit(ctx, change)
	})
	if err != nil || change.Name == "" {
		return nil, err
	}
	v := d.view(ctx, change.Now, RoleAgent, change.Row.Place, *change.Row)
	_ = together(
		func() error { d.tellSession(ctx, except, v, change.Was.Speakers()); return nil },
		func() error { d.tellLeavers(ctx, change.Writes); return nil },
		func() error { d.wake(ctx, agent); return nil },
	)
	return &v, nil
}
