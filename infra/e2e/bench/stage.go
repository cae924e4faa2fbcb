package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/parley-chat/parley/functions/wire"
	"github.com/parley-chat/parley/infra/e2e/play"
)

const (
	// agents who answer; each holds capacity chats. The first ringing of them are in the queue whose starts are measured.
	agents   = 40
	capacity = 200
	ringing  = 10
	// patience is how long one message may take before the run is called off.
	patience = 20 * time.Second
)

// scene is the configuration: a queue in which everybody rings, to measure starts, and one that asks one agent after the other.
func scene(n int) string {
	var b strings.Builder
	b.WriteString("websites: [{id: bench, name: Bench, queues: [all, one]}]\nqueues: [{id: all, name: All, strategy: beepall}, {id: one, name: One, strategy: rrmemory}]\nagents:\n")
	for i := range n {
		queues := "one"
		if i < ringing {
			queues = "one, all"
		}
		fmt.Fprintf(&b, "  - {id: a%02d, name: Agent %d, capacity: %d, queues: [%s]}\n", i, i, capacity, queues)
	}
	return b.String()
}

// stage is a runner with agents, and chats between them and customers.
type stage struct {
	runner *play.Runner
	agents []*agent
	chats  []*chat
	lost   atomic.Int64

	offered sync.Map // session -> chan time.Time: first offer heard by any agent
	arrived sync.Map // cid -> chan time.Time
}

type agent struct {
	client *play.Client
	accept atomic.Bool
}

type chat struct {
	customer *play.Client
	agent    *play.Client
	session  string
	after    atomic.Int64
}

// open starts a runner and signs all agents in.
func open(ctx context.Context, binary, root, demo, data, profile string) (*stage, error) {
	args := []string{"-root", root, "-demo", demo, "-data", data, "-rate", "100000"}
	if profile != "" {
		args = append(args, "-cpuprofile", profile)
	}
	r, err := play.StartRunner(ctx, binary, os.Stderr, args...)
	if err != nil {
		return nil, err
	}
	s := &stage{runner: r}
	for i := range agents {
		id := fmt.Sprintf("a%02d", i)
		token, err := play.AgentToken(ctx, r.Deployment, id)
		if err != nil {
			return nil, errors.Join(err, r.Stop())
		}
		a := &agent{}
		a.client, err = play.Dial(ctx, r.Deployment, wire.ActionAgent, token, play.Options{On: func(f play.Frame) { s.hear(a, f) }})
		if err == nil {
			_, err = a.client.Ask(ctx, wire.Hello{Type: "hello", SignIn: true})
		}
		if err != nil {
			return nil, errors.Join(err, r.Stop())
		}
		s.agents = append(s.agents, a)
	}
	return s, nil
}

func (s *stage) close() { _ = s.runner.Stop() }

// hear is what an agent's desktop does: it notes when an offer or a message arrived, and accepts if it is told to.
func (s *stage) hear(a *agent, f play.Frame) {
	switch f.Type {
	case "offer":
		var o wire.Offer
		_ = json.Unmarshal(f.Raw, &o)
		c, _ := s.offered.LoadOrStore(o.Session, make(chan time.Time, 1))
		select {
		case c.(chan time.Time) <- f.At:
		default: // another desktop was first
		}
		if a.accept.Load() {
			go func() {
				_, _ = a.client.Ask(context.Background(), wire.Accept{Type: "accept", Session: o.Session, Generation: o.Generation, Round: o.Round})
			}()
		}
	case "rows":
		s.note(f)
	}
}

// note finds the cid of a pushed message without decoding all of it: the client's work must not be what is measured.
func (s *stage) note(f play.Frame) {
	_, rest, ok := bytes.Cut(f.Raw, []byte(`"cid":"`))
	if !ok {
		return
	}
	cid, _, _ := bytes.Cut(rest, []byte(`"`))
	if c, ok := s.arrived.LoadAndDelete(string(cid)); ok {
		c.(chan time.Time) <- f.At
	}
}

func (s *stage) customer(ctx context.Context) (*play.Client, error) {
	token, err := play.CustomerToken(ctx, s.runner.Deployment, "bench", "")
	if err != nil {
		return nil, err
	}
	c, err := play.Dial(ctx, s.runner.Deployment, wire.ActionCustomer, token.Token, play.Options{On: func(f play.Frame) {
		if f.Type == "rows" {
			s.note(f)
		}
	}})
	if err != nil {
		return nil, err
	}
	_, err = c.Ask(ctx, wire.Hello{Type: "hello"})
	return c, err
}

// starts measures from a customer's first message to the first desktop that rings. All sockets are open before the clock runs; the
// customers leave afterwards.
func (s *stage) starts(ctx context.Context, n, side int) (latencies, error) {
	customers := make([]*play.Client, n)
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(side)
	for i := range n {
		g.Go(func() (err error) { customers[i], err = s.customer(gctx); return err })
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	all := make(latencies, n)
	g, gctx = errgroup.WithContext(ctx)
	g.SetLimit(side)
	for i := range n {
		g.Go(func() error {
			// The session's id is known only with the answer, which the offer may overtake: agents hear all sessions.
			began := time.Now()
			f, err := customers[i].Ask(gctx, wire.Start{Type: "start", Nonce: strconv.Itoa(i), CID: "start", Text: "Where is my order?", Queue: "all"})
			if err != nil {
				return err
			}
			v, err := play.As[wire.SessionFrame](f)
			if err != nil {
				return err
			}
			at, err := s.offerOf(gctx, v.Session.Session)
			if err != nil {
				return err
			}
			all[i] = at.Sub(began)
			_, err = customers[i].Ask(gctx, wire.Leave{Type: "leave", Session: v.Session.Session})
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	for _, c := range customers {
		_ = c.Close()
	}
	return all, nil
}

// offerOf waits for the first offer of a session. Offers that came before anybody asked are kept by hear.
func (s *stage) offerOf(ctx context.Context, session string) (time.Time, error) {
	c := make(chan time.Time, 1)
	was, _ := s.offered.LoadOrStore(session, c)
	c = was.(chan time.Time)
	select {
	case at := <-c:
		return at, nil
	case <-time.After(patience):
		return time.Time{}, fmt.Errorf("session %s was never offered", session)
	case <-ctx.Done():
		return time.Time{}, ctx.Err()
	}
}

// talk brings the number of open chats to n: customers start, agents accept.
func (s *stage) talk(ctx context.Context, n int) error {
	for _, a := range s.agents {
		a.accept.Store(true)
	}
	defer func() {
		for _, a := range s.agents {
			a.accept.Store(false)
		}
	}()
	for i := len(s.chats); i < n; i++ {
		c := &chat{}
		owner := make(chan string, 1)
		token, err := play.CustomerToken(ctx, s.runner.Deployment, "bench", "")
		if err != nil {
			return err
		}
		c.customer, err = play.Dial(ctx, s.runner.Deployment, wire.ActionCustomer, token.Token, play.Options{On: func(f play.Frame) {
			switch f.Type {
			case "rows":
				s.note(f)
			case "session":
				var v wire.SessionFrame
				_ = json.Unmarshal(f.Raw, &v)
				if v.Session.Agent != nil {
					select {
					case owner <- v.Session.Agent.ID:
					default:
					}
				}
			}
		}})
		if err == nil {
			_, err = c.customer.Ask(ctx, wire.Hello{Type: "hello"})
		}
		if err != nil {
			return err
		}
		f, err := c.customer.Ask(ctx, wire.Start{Type: "start", Nonce: "talk" + strconv.Itoa(i), CID: "first", Text: "Hello", Queue: "one"})
		if err != nil {
			return err
		}
		v, err := play.As[wire.SessionFrame](f)
		if err != nil {
			return err
		}
		c.session = v.Session.Session
		c.after.Store(2)
		select {
		case id := <-owner:
			k, err := strconv.Atoi(strings.TrimPrefix(id, "a"))
			if err != nil {
				return err
			}
			c.agent = s.agents[k].client
		case <-time.After(patience):
			return fmt.Errorf("nobody took chat %d", i)
		case <-ctx.Done():
			return ctx.Err()
		}
		s.chats = append(s.chats, c)
	}
	return nil
}

// direction of a message.
type direction int

const (
	fromCustomer direction = iota
	fromAgent
)

var sequence atomic.Int64

// send sends one message and waits until the other side has it. The latency counts from due.
func (s *stage) send(ctx context.Context, c *chat, d direction, due time.Time) (time.Duration, error) {
	cid := "m" + strconv.FormatInt(sequence.Add(1), 10)
	heard := make(chan time.Time, 1)
	s.arrived.Store(cid, heard)
	from := c.customer
	if d == fromAgent {
		from = c.agent
	}
	f, err := from.Ask(ctx, wire.Send{Type: "send", Session: c.session, CID: cid, After: int(c.after.Load()), Text: "Is the blue one back in stock?"})
	if err != nil {
		return 0, err
	}
	ack, err := play.As[wire.Ack](f)
	if err != nil {
		return 0, err
	}
	c.after.Store(int64(ack.Place))
	select {
	case at := <-heard:
		return at.Sub(due), nil
	case <-time.After(patience):
		s.lost.Add(1)
		return 0, fmt.Errorf("message %s was acknowledged and never arrived", cid)
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// openLoop sends one message a second in each chat, spread evenly, whether or not the ones before have arrived.
func (s *stage) openLoop(ctx context.Context, n int, length time.Duration, d direction) (latencies, error) {
	g, ctx := errgroup.WithContext(ctx)
	parts := make([]latencies, n)
	began := time.Now().Add(100 * time.Millisecond)
	for i := range n {
		g.Go(func() error {
			due := began.Add(time.Duration(i) * time.Second / time.Duration(n))
			for due.Before(began.Add(length)) {
				select {
				case <-time.After(time.Until(due)):
				case <-ctx.Done():
					return ctx.Err()
				}
				took, err := s.send(ctx, s.chats[i], d, due)
				if err != nil {
					return err
				}
				parts[i] = append(parts[i], took)
				due = due.Add(time.Second)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return slices.Concat(parts...), nil
}

// closedLoop lets every chat send as soon as its message before has arrived.
func (s *stage) closedLoop(ctx context.Context, n int, length time.Duration) (latencies, time.Duration, error) {
	g, ctx := errgroup.WithContext(ctx)
	parts := make([]latencies, n)
	began := time.Now()
	for i := range n {
		g.Go(func() error {
			for time.Since(began) < length {
				took, err := s.send(ctx, s.chats[i], fromCustomer, time.Now())
				if err != nil {
					return err
				}
				parts[i] = append(parts[i], took)
			}
			return nil
		})
	}
	err := g.Wait()
	return slices.Concat(parts...), time.Since(began), err
}

// latencies of many messages.
type latencies []time.Duration

// at is the latency below which the given part of all lies, in milliseconds.
func (l latencies) at(part float64) float64 {
	if len(l) == 0 {
		return math.NaN()
	}
	sorted := slices.Clone(l)
	slices.Sort(sorted)
	i := min(len(sorted)-1, int(math.Ceil(part*float64(len(sorted))))-1)
	return float64(sorted[max(i, 0)].Microseconds()) / 1000
}

// memory is proportional set size in MiB.
type memory struct{ runner, engine float64 }

func (m memory) sum() float64 { return m.runner + m.engine }

func (s *stage) memory() (m memory, err error) {
	if m.runner, err = pss(s.runner.Pid()); err == nil && s.runner.Engine > 0 {
		m.engine, err = pss(s.runner.Engine)
	}
	return m, err
}

// pss reads a process's proportional set size.
func pss(pid int) (float64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "Pss:"); ok {
			kb, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 64)
			return kb / 1024, err
		}
	}
	return 0, errors.New("no Pss")
}
