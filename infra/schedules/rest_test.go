package schedules_test

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/parley-chat/parley/functions/chat"
)

// calmsDown is what an agent does once the faults have stopped.
func (a *agent) calmsDown() {
	state := chat.Availability(a.row().text("state"))
	switch a.mood {
	case away:
		if a.here {
			a.vanishes()
		}
		return
	case pauses:
		if state != chat.Paused {
			a.becomes(chat.Wish{State: chat.Paused, Reason: "Meeting"})
		}
	default:
		if state != chat.Ready || a.row().has("next") {
			a.becomes(chat.Wish{State: chat.Ready})
		}
	}
	if !a.here {
		a.arrives()
	}
	id := a.mine()
	switch {
	case id == "" || a.mood != busy:
	case a.w.mirror.sessions[id].state.text("agent") == a.id:
		a.closes(id)
	default:
		a.endsAssist(id, a.id)
	}
}

// calmDown stops the faults, and lets everything come to rest.
func (w *world) calmDown() {
	w.quiet = true
	for _, c := range w.customers {
		if stays := w.often(0.7); stays && !c.here {
			c.opens()
		} else if !stays && c.here {
			c.vanishes()
		}
	}
	began := w.clock.Now()
	for !w.promises.over() {
		w.run(w.clock.Now().Add(restEvery))
		restless := w.promises.restless()
		if w.rest = w.clock.Now().Sub(began); restless == "" {
			return
		}
		if w.rest >= calm {
			w.promises.broken(comesToRest, "after %v without faults %s", calm, restless)
		}
	}
}

// restless says what is not as it should be when nothing happens any more, "" if all is.
func (p *promises) restless() string {
	m := p.w.mirror
	for _, c := range p.w.customers {
		for _, page := range c.pages {
			if behind := page.behind(c.session()); behind != "" {
				return behind
			}
		}
	}
	seats := false
	for _, shard := range m.shards {
		seats = seats || shard.int("used") < shard.int("limit")
	}
	for _, id := range slices.Sorted(maps.Keys(m.sessions)) {
		s := m.sessions[id]
		switch s.is() {
		case chat.Active:
			if s.transfer() != nil {
				return fmt.Sprintf("session %s is being handed over", id)
			}
			for _, name := range s.speakers() {
				a := p.w.agent(name)
				if !a.here {
					return fmt.Sprintf("session %s is with %s, who is gone", id, name)
				}
				for _, d := range a.desktops {
					if behind := d.behind(s); behind != "" {
						return behind
					}
				}
			}
		case chat.Offered:
			return fmt.Sprintf("session %s is offered to %s", id, s.state.text("offered"))
		case chat.Waiting:
			for _, name := range slices.Sorted(maps.Keys(m.agents)) {
				if seats && p.free(name, s) {
					return fmt.Sprintf("session %s waits, and %s could take it", id, name)
				}
			}
			if token := s.state.text("token"); !p.w.executions.Waits(token) {
				return fmt.Sprintf("session %s waits, and its token %q is nobody's", id, token)
			}
		}
		running := p.w.executions.Running(id)
		if len(running) > 0 && (!s.inLine() || !slices.Contains(running, s.execution())) || s.inLine() && len(running) != 1 {
			return fmt.Sprintf("session %s is %s and needs the execution %v; these run: %v", id, s.is(), s.execution(), running)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(m.agents)) {
		if offer := m.agents[id].text("offer"); offer != "" {
			return fmt.Sprintf("%s holds the offer %s", id, offer)
		}
	}
	return ""
}

func (w *world) agent(id string) *agent {
	i := slices.IndexFunc(w.agents, func(a *agent) bool { return a.id == id })
	return w.agents[i]
}

// free reports whether an agent could take a session.
func (p *promises) free(id string, s *session) bool {
	a := p.w.mirror.agents[id]
	member := slices.ContainsFunc(a["queues"].L, func(q value) bool { return *q.S == s.state.text("queue") })
	return member && p.w.agent(id).here && a.text("state") == string(chat.Ready) && !a.has("next") && a.text("offer") == "" &&
		len(a.set("open")) < a.int("cap")
}

// behind says what a client that is there does not show of a session.
func (c *client) behind(s *session) string {
	if s == nil || !c.alive || s.is() == chat.Closed {
		return ""
	}
	seen := 0
	if r := c.logs[s.id]; r != nil {
		seen = r.seen
	}
	if seen == s.head() {
		return ""
	}
	return fmt.Sprintf("%s shows session %s up to row %d of %d", c.ID, s.id, seen, s.head())
}

// lostExecution remembers when executions were lost, which no sweep before it can have mended.
func (p *promises) lostExecution(session string) { p.lostAt[session] = p.w.clock.Now() }

// beforeSweep notes what a sweep has to mend, and returns the check that it did.
func (p *promises) beforeSweep() (mends func(chat.Swept)) {
	const lostTurn = 90 * time.Second // chat.lostTurn
	now := p.w.clock.Now()
	lost := map[string]time.Time{}  // session -> last visit of its router
	held := map[holding]time.Time{} // last sign of a lost agent
	overdue := map[string]time.Time{}
	rings := map[string]int{} // the round of a transfer that is over
	for id, s := range p.w.mirror.sessions {
		if visited := s.visited(); s.inLine() && now.Sub(visited) > lostTurn {
			lost[id] = visited
		}
		for _, a := range s.speakers() {
			if seen := p.w.mirror.agents[a].time("seenAt"); now.Sub(seen) > max(lease, p.w.grace(s.state.text("queue"))) {
				held[holding{id, a}] = seen
			}
		}
		if due := s.state.time("due"); s.is() == chat.Active && due.Before(now) {
			overdue[id] = due
		}
		if t := s.transfer(); t != nil && now.Sub(t.time("until")) > time.Minute { // chat.lostTransfer
			rings[id] = t.int("round")
		}
	}
	return func(done chat.Swept) {
		for id, visited := range lost {
			s := p.w.mirror.sessions[id]
			if s.inLine() && s.visited().Equal(visited) && len(p.w.executions.Running(id)) == 0 && p.lostAt[id].Before(now) {
				p.broken(notLost, "the sweep has left session %s alone, which waits without routing", id)
			}
		}
		for h, seen := range held {
			if p.w.mirror.sessions[h.session].speaks(h.agent) && p.w.mirror.agents[h.agent].time("seenAt").Equal(seen) {
				p.broken(notLost, "the sweep has left session %s with %s, who is gone since %v", h.session, h.agent, seen)
			}
		}
		for id, due := range overdue {
			if s := p.w.mirror.sessions[id]; s.is() == chat.Active && s.state.time("due").Equal(due) {
				p.broken(notLost, "the sweep has not looked whether session %s is idle, as it was to at %v", id, due)
			}
		}
		for id, round := range rings {
			if t := p.w.mirror.sessions[id].transfer(); t != nil && t.int("round") == round {
				p.broken(notLost, "the sweep has left transfer %d of session %s ringing", round, id)
			}
		}
		for _, d := range done.Drift {
			if slices.Contains(p.drift, d) { // the mirror knows better
				p.broken(withinLimit, "two sweeps in a row say: %s", d)
			}
		}
		p.drift = done.Drift
	}
}
