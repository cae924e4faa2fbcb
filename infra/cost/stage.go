package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/parley-chat/parley/functions/wire"
	"github.com/parley-chat/parley/infra/e2e/play"
	"github.com/parley-chat/parley/infra/local/meter"
)

const (
	// staff answer the base case: enough that a session always finds somebody, twice.
	staff = 12
	// sideBySide is how many chats are played at once.
	sideBySide = 6
	// patience is how long any step may take before the run is called off.
	patience = 30 * time.Second
	// thought is how long an agent looks at an offer: people take seconds, and a mark always arrives before the answer.
	thought = 100 * time.Millisecond
	// probes is how often a thing is done whose single cost is asked for.
	probes = 10
)

// scene is the configuration: a queue for the base case, in which one agent after the other is asked, and one with a single agent,
// for probes.
func scene() string {
	var b strings.Builder
	b.WriteString("websites: [{id: base, name: Base, queues: [line, probe]}]\n" +
		"queues: [{id: line, name: Line, strategy: rrmemory}, {id: probe, name: Probe, strategy: rrmemory}]\nagents:\n" +
		"  - {id: probe, name: Probe, queues: [probe]}\n")
	for i := range staff {
		fmt.Fprintf(&b, "  - {id: a%02d, name: Agent %d, queues: [line]}\n", i, i)
	}
	return b.String()
}

// stage is a metered runner with its agents.
type stage struct {
	runner *play.Runner
	probe  *agent
	heard  sync.Map // what -> chan any: everything that happens, for whoever waits for it

	mu    sync.Mutex
	texts int
}

// agent is a desktop.
type agent struct {
	*play.Client
	id string
	// hold keeps offers unanswered until it is closed; nil: they are answered at once.
	hold chan struct{}
}

// openStage starts a runner.
func openStage(ctx context.Context, binary, root, dir string) (*stage, error) {
	demo := filepath.Join(dir, "demo.yaml")
	if err := os.WriteFile(demo, []byte(scene()), 0o600); err != nil {
		return nil, err
	}
	// A script writes faster than a customer may.
	r, err := play.StartRunner(ctx, binary, os.Stderr, "-meter", "-root", root, "-demo", demo, "-rate", "100000")
	if err != nil {
		return nil, err
	}
	return &stage{runner: r}, nil
}

func (s *stage) close() error { return s.runner.Stop() }

// counts waits until all is quiet and reads the meter.
func (s *stage) counts(ctx context.Context) (meter.Counts, error) {
	var last string
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.runner.Origin+meter.Path, nil)
		if err != nil {
			return meter.Counts{}, err
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			return meter.Counts{}, err
		}
		content, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK {
			return meter.Counts{}, errors.Join(err, fmt.Errorf("the meter answers %s", resp.Status))
		}
		if string(content) == last {
			var c meter.Counts
			return c, json.Unmarshal(content, &c)
		}
		last = string(content)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return meter.Counts{}, ctx.Err()
		}
	}
}

// during counts what something costs.
func (s *stage) during(ctx context.Context, do func() error) (meter.Counts, error) {
	before, err := s.counts(ctx)
	if err != nil {
		return before, err
	}
	if err := do(); err != nil {
		return before, err
	}
	after, err := s.counts(ctx)
	return after.Minus(before), err
}

// ---- what happens

// at is where something is heard.
func (s *stage) at(what string) chan any {
	c, _ := s.heard.LoadOrStore(what, make(chan any, 1))
	return c.(chan any)
}

// say lets whoever waits hear; what nobody waits for is heard once.
func (s *stage) say(what string, v any) {
	select {
	case s.at(what) <- v:
	default:
	}
}

// await waits for something.
func (s *stage) await(ctx context.Context, what string) (any, error) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case v := <-s.at(what):
		return v, nil
	case <-timer.C:
		return nil, fmt.Errorf("waited in vain for: %s", what)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// hear takes note of what a side is told.
func (s *stage) hear(side wire.Side, f play.Frame) {
	switch f.Type {
	case "rows":
		rows, _ := play.As[wire.Rows](f)
		for _, r := range rows.Rows {
			s.say(fmt.Sprintf("%s hears %s", side, r.CID), r.Place)
		}
	case "session":
		v, _ := play.As[wire.SessionFrame](f)
		s.say(fmt.Sprintf("%s sees %s %s", side, v.Session.Session, v.Session.State), v.Session)
	case "typing":
		t, _ := play.As[wire.TypingOut](f)
		s.say(fmt.Sprintf("%s sees typing in %s", side, t.Session), nil)
	case "read":
		r, _ := play.As[wire.ReadOut](f)
		s.say(fmt.Sprintf("%s sees %s read to %d", side, r.Session, r.Place), nil)
	}
}

// signIn opens an agent's desktop.
func (s *stage) signIn(ctx context.Context, id string, hold chan struct{}) (*agent, error) {
	token, err := play.AgentToken(ctx, s.runner.Deployment, id)
	if err != nil {
		return nil, err
	}
	a := &agent{id: id, hold: hold}
	a.Client, err = play.Dial(ctx, s.runner.Deployment, wire.ActionAgent, token, play.Options{On: func(f play.Frame) {
		if f.Type == "offer" {
			o, _ := play.As[wire.Offer](f)
			go s.answer(a, o)
			return
		}
		s.hear(wire.SideAgent, f)
	}})
	if err != nil {
		return nil, err
	}
	_, err = a.Ask(ctx, wire.Hello{Type: "hello", SignIn: true})
	return a, err
}

// answer is what a desktop and its agent do with an offer: mark it, and take it, unless it is the first of a base case, which makes
// two offers.
func (s *stage) answer(a *agent, o wire.Offer) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_ = a.Tell(ctx, wire.Mark{Type: "mark", Session: o.Session, Generation: o.Generation, Round: o.Round, Seen: true})
	time.Sleep(thought)
	if a.hold != nil {
		<-a.hold
	} else if o.Round == 1 {
		_, _ = a.Ask(ctx, wire.Reject{Type: "reject", Session: o.Session, Generation: o.Generation, Round: o.Round})
		return
	}
	f, err := a.Ask(ctx, wire.Accept{Type: "accept", Session: o.Session, Generation: o.Generation, Round: o.Round})
	if err == nil && f.Type == "session" {
		s.say(o.Session+" has an agent", a)
	}
}

// chat is a conversation that a script plays.
type chat struct {
	s        *stage
	customer *play.Client
	agent    *agent
	session  string
	place    int // the last of the log, which both sides have seen
}

// begin is a customer who opens the widget and writes, up to the answer to their first message.
func (s *stage) begin(ctx context.Context, queue string) (*chat, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.runner.Origin+"/v1/websites/base", nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Origin", s.runner.Origin)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	if err != nil || resp.StatusCode != http.StatusOK {
		return nil, errors.Join(err, fmt.Errorf("the website answers %s", resp.Status))
	}
	token, err := play.CustomerToken(ctx, s.runner.Deployment, "base", "")
	if err != nil {
		return nil, err
	}
	c := &chat{s: s, place: 1}
	c.customer, err = play.Dial(ctx, s.runner.Deployment, wire.ActionCustomer, token.Token, play.Options{On: func(f play.Frame) { s.hear(wire.SideCustomer, f) }})
	if err != nil {
		return nil, err
	}
	page := &wire.Page{URL: "https://shop.example/plants/monstera", Title: "Monstera deliciosa"}
	if _, err := c.customer.Ask(ctx, wire.Hello{Type: "hello", Page: page, Language: "en-GB"}); err != nil {
		return nil, err
	}
	f, err := c.customer.Ask(ctx, wire.Start{Type: "start", Nonce: "base", CID: s.cid(), Text: "Hello, where is my parcel? It should have been here on Monday.",
		Name: "Ada Lovelace", Queue: queue, Page: page, Language: "en-GB"})
	if err != nil {
		return nil, err
	}
	v, err := play.As[wire.SessionFrame](f)
	c.session = v.Session.Session
	return c, err
}

// cid makes the id of a message, as long as a browser's.
func (s *stage) cid() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.texts++
	return fmt.Sprintf("%032d", s.texts)
}

// taken waits until an agent has the chat and the customer knows.
func (c *chat) taken(ctx context.Context) error {
	a, err := c.s.await(ctx, c.session+" has an agent")
	if err != nil {
		return err
	}
	c.agent, c.place = a.(*agent), 2
	_, err = c.s.await(ctx, fmt.Sprintf("%s sees %s %s", wire.SideCustomer, c.session, wire.SessionActive))
	return err
}

// other is who hears what a side does, and how they are called.
func (c *chat) other(side wire.Side) wire.Side {
	if side == wire.SideCustomer {
		return wire.SideAgent
	}
	return wire.SideCustomer
}

func (c *chat) client(side wire.Side) *play.Client {
	if side == wire.SideCustomer {
		return c.customer
	}
	return c.agent.Client
}

// say sends a message and waits until the other side has it. Messages have the 60 characters of a usual one.
func (c *chat) say(ctx context.Context, side wire.Side) error {
	cid := c.s.cid()
	f, err := c.client(side).Ask(ctx, wire.Send{Type: "send", Session: c.session, CID: cid, After: c.place, Text: "I see. Could you send it to my neighbour in number 12 instead?"})
	if err != nil {
		return err
	}
	ack, err := play.As[wire.Ack](f)
	if err != nil {
		return err
	}
	c.place = ack.Place
	_, err = c.s.await(ctx, fmt.Sprintf("%s hears %s", c.other(side), cid))
	return err
}

// types shows that a side writes.
func (c *chat) types(ctx context.Context, side wire.Side) error {
	if err := c.client(side).Tell(ctx, wire.Typing{Type: "typing", Session: c.session}); err != nil {
		return err
	}
	_, err := c.s.await(ctx, fmt.Sprintf("%s sees typing in %s", c.other(side), c.session))
	return err
}

// reads shows that a side has read everything.
func (c *chat) reads(ctx context.Context, side wire.Side) error {
	if err := c.client(side).Tell(ctx, wire.Read{Type: "read", Session: c.session, Place: c.place}); err != nil {
		return err
	}
	_, err := c.s.await(ctx, fmt.Sprintf("%s sees %s read to %d", c.other(side), c.session, c.place))
	return err
}

// end is the agent who closes and the customer who goes away.
func (c *chat) end(ctx context.Context) error {
	f, err := c.agent.Ask(ctx, wire.Close{Type: "close", Session: c.session, Disposition: "Solved"})
	if err != nil {
		return err
	}
	if _, err := play.As[wire.SessionFrame](f); err != nil {
		return err
	}
	if _, err := c.s.await(ctx, fmt.Sprintf("%s sees %s %s", wire.SideCustomer, c.session, wire.SessionClosed)); err != nil {
		return err
	}
	return c.customer.Close()
}

// base plays one chat of the base case, from the page to its end.
func (s *stage) base(ctx context.Context) error {
	c, err := s.begin(ctx, "line")
	if err != nil {
		return err
	}
	if err := c.taken(ctx); err != nil {
		return err
	}
	for i := range each {
		for _, side := range []wire.Side{wire.SideCustomer, wire.SideAgent} {
			if err := c.types(ctx, side); err != nil {
				return err
			}
			if err := c.say(ctx, side); err != nil {
				return err
			}
			if i%2 == 1 {
				if err := c.reads(ctx, c.other(side)); err != nil {
					return err
				}
			}
		}
	}
	return c.end(ctx)
}

// measure plays n chats and the probes.
func (s *stage) measure(ctx context.Context, n int, memory func(string) float64) (m measured, err error) {
	fail := func(what string, err error) (measured, error) { return m, fmt.Errorf("%s: %w", what, err) }
	began := time.Now()
	var idle meter.Use
	for idle.Calls == 0 { // a runner begins with a sweep
		counts, err := s.counts(ctx)
		if err != nil {
			return fail("begin", err)
		}
		idle = counts.Functions[reaper]
	}
	m.sweep = usage{calls: float64(idle.Calls), gigabytes: float64(idle.Calls) * memory(reaper), reads: idle.Reads, writes: idle.Writes,
		logged: float64(idle.Logged)}.times(1 / float64(idle.Calls))

	counts, err := s.during(ctx, func() error {
		for i := range staff {
			if _, err := s.signIn(ctx, fmt.Sprintf("a%02d", i), nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fail("sign agents in", err)
	}
	m.signIn = used(counts, staff, memory)

	if err := s.probeAll(ctx, &m, memory); err != nil {
		return m, err
	}

	before, err := stored(ctx, s.runner.Store)
	if err != nil {
		return fail("weigh the tables", err)
	}
	counts, err = s.during(ctx, func() error {
		g, ctx := errgroup.WithContext(ctx)
		g.SetLimit(sideBySide)
		for range n {
			g.Go(func() error { return s.base(ctx) })
		}
		return g.Wait()
	})
	if err != nil {
		return fail("play chats", err)
	}
	m.chats, m.refused = n, counts.All(reaper).Refused
	m.chat = used(counts, n, memory)
	after, err := stored(ctx, s.runner.Store)
	if err != nil {
		return fail("weigh the tables", err)
	}
	m.chat.stored = (after - before) / float64(n)
	m.took = time.Since(began)
	return m, nil
}

// probeAll asks for the cost of single things: beats of those who wait and of those who talk, and messages without anything else.
func (s *stage) probeAll(ctx context.Context, m *measured, memory func(string) float64) error {
	hold := make(chan struct{})
	var err error
	if s.probe, err = s.signIn(ctx, "probe", hold); err != nil {
		return fmt.Errorf("sign the probe in: %w", err)
	}
	beats := func(client *play.Client) (usage, error) {
		counts, err := s.during(ctx, func() error {
			for range probes {
				if _, err := client.Ask(ctx, wire.Beat{Type: "beat"}); err != nil {
					return err
				}
			}
			return nil
		})
		return used(counts, probes, memory), err
	}
	var chats [atOnce]*chat
	for i := range chats {
		if chats[i], err = s.begin(ctx, "probe"); err != nil {
			return fmt.Errorf("begin a probe: %w", err)
		}
		if i == 0 {
			if m.beatWaiting, err = beats(chats[0].customer); err != nil {
				return fmt.Errorf("beat while waiting: %w", err)
			}
			close(hold)
		}
		if err := chats[i].taken(ctx); err != nil {
			return fmt.Errorf("take a probe: %w", err)
		}
	}
	if m.beatTalking, err = beats(chats[0].customer); err != nil {
		return fmt.Errorf("beat while talking: %w", err)
	}
	if m.beatAgent, err = beats(s.probe.Client); err != nil {
		return fmt.Errorf("beat of an agent: %w", err)
	}
	counts, err := s.during(ctx, func() error {
		for range probes / 2 {
			if err := errors.Join(chats[0].say(ctx, wire.SideCustomer), chats[0].say(ctx, wire.SideAgent)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("say something: %w", err)
	}
	m.message = used(counts, probes, memory)
	for _, c := range chats {
		if err := c.end(ctx); err != nil {
			return fmt.Errorf("end a probe: %w", err)
		}
	}
	return nil
}
