package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/parley-chat/parley/functions/wire"
	"github.com/parley-chat/parley/infra/e2e/play"
)

const (
	// answerWithin is how long any answer or push may take; clients give up after 8 s, and a cold start is in it.
	answerWithin = 10 * time.Second
	// pace keeps a customer below the five messages a second that they may send.
	pace = 250 * time.Millisecond
	// warm is how many further times something is done that was done once, to tell a cold start from the way there.
	warm = 5
)

// stage is the chat: a customer's socket and the agents'.
type stage struct {
	customer *play.Client
	token    wire.TokenReply
	agents   []*play.Client
	session  string
	head     int
}

// chat plays one chat, question by question. What builds on a question that failed is not asked.
func (s *smoke) chat(ctx context.Context) {
	var c stage
	failed := s.failed
	step := func(name string, ask func(ctx context.Context) (string, error)) {
		s.check(ctx, name, func(ctx context.Context) (string, error) {
			if s.failed > failed {
				return "", errNotAsked("an earlier question of the chat failed")
			}
			return ask(ctx)
		})
	}
	step("Sockets open", func(ctx context.Context) (string, error) { return s.connect(ctx, &c) })
	step("The authorizer's context reaches later frames", func(ctx context.Context) (string, error) { return s.greet(ctx, &c) })
	step("Ping, which no function answers", func(ctx context.Context) (string, error) { return s.ping(ctx, &c) })
	step("A customer's first message reaches an agent", func(ctx context.Context) (string, error) { return s.start(ctx, &c) })
	step("The first to accept wins", func(ctx context.Context) (string, error) { return s.accept(ctx, &c) })
	step("Messages", func(ctx context.Context) (string, error) { return s.talk(ctx, &c) })
	step("A reload misses nothing", func(ctx context.Context) (string, error) { return s.reload(ctx, &c) })
	step("Closing", func(ctx context.Context) (string, error) { return s.close(ctx, &c) })
	for _, agent := range c.agents {
		quick, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerWithin)
		_, _ = agent.Ask(quick, wire.SetStatus{Type: "status", State: wire.AgentOffline}) // nobody is to wait for who is nobody
		cancel()
		agent.Cut()
	}
	if c.customer != nil {
		c.customer.Cut()
	}
}

// ask sends a request, waits for the answer and takes the time.
func ask[T any](ctx context.Context, c *play.Client, request any) (answer T, took time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	began := time.Now()
	f, err := c.Ask(ctx, request)
	if err == nil {
		answer, err = play.As[T](f)
	}
	return answer, time.Since(began), err
}

// await waits for a frame about a session that somebody else caused.
func await[T any](ctx context.Context, c *play.Client, kind string, fits func(T) bool) (T, time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	f, err := c.Await(ctx, kind, func(f play.Frame) bool {
		v, err := play.As[T](f)
		return f.Type == kind && err == nil && fits(v)
	})
	if err != nil {
		var none T
		return none, time.Time{}, err
	}
	v, err := play.As[T](f)
	return v, f.At, err
}

// connect opens a socket for everybody, and some more to see how long it takes when nothing has to start.
func (s *smoke) connect(ctx context.Context, c *stage) (string, error) {
	var err error
	if c.token, err = s.customerToken(ctx); err != nil {
		return "", err
	}
	dial := func(action, token string) (*play.Client, time.Duration, error) {
		began := time.Now()
		client, err := play.Dial(ctx, s.deployment, action, token, play.Options{Origin: s.origin})
		return client, time.Since(began), err
	}
	var first time.Duration
	if c.customer, first, err = dial(wire.ActionCustomer, c.token.Token); err != nil {
		return "", fmt.Errorf("customer: %w (is %s one of the website's origins?)", err, s.origin)
	}
	for i, token := range s.tokens {
		agent, _, err := dial(wire.ActionAgent, token)
		if err != nil {
			return "", fmt.Errorf("agent %d: %w (has the token expired?)", i+1, err)
		}
		c.agents = append(c.agents, agent)
	}
	var later []time.Duration
	for range warm {
		client, took, err := dial(wire.ActionCustomer, c.token.Token)
		if err != nil {
			return "", err
		}
		client.Cut()
		later = append(later, took)
	}
	return fmt.Sprintf("the first after %s, then %s", ms(first), spread(later)), nil
}

// greet says hello. Who a frame is from its function knows by what the authorizer said at $connect, and no emulator can prove that API
// Gateway hands that on to every later frame.
func (s *smoke) greet(ctx context.Context, c *stage) (string, error) {
	_, first, err := ask[wire.Welcome](ctx, c.customer, wire.Hello{Type: "hello"})
	if err != nil {
		return "", fmt.Errorf("customer: %w", err)
	}
	var firstAgent time.Duration
	for i, agent := range c.agents {
		w, took, err := ask[wire.Welcome](ctx, agent, wire.Hello{Type: "hello", SignIn: true})
		if err != nil {
			return "", fmt.Errorf("agent %d: %w", i+1, err)
		}
		if w.Me == nil || w.Me.State != wire.AgentReady {
			return "", fmt.Errorf("agent %d is not available: %+v", i+1, w.Me)
		}
		firstAgent = max(firstAgent, took)
	}
	var later []time.Duration
	for range warm {
		_, took, err := ask[wire.Pulse](ctx, c.customer, wire.Beat{Type: "beat"})
		if err != nil {
			return "", err
		}
		later = append(later, took)
	}
	return fmt.Sprintf("yes; the first answer after %s (customer) and %s (agent), then %s", ms(first), ms(firstAgent), spread(later)), nil
}

// ping asks for the answer that API Gateway itself gives.
func (s *smoke) ping(ctx context.Context, c *stage) (string, error) {
	began := time.Now()
	if err := c.customer.Write(ctx, []byte(`{"action":"ping"}`)); err != nil {
		return "", err
	}
	_, at, err := await(ctx, c.customer, "pong", func(wire.Pong) bool { return true })
	return ms(at.Sub(began)), err
}

// start writes the first message and waits for the offer.
func (s *smoke) start(ctx context.Context, c *stage) (string, error) {
	began := time.Now()
	started, took, err := ask[wire.SessionFrame](ctx, c.customer, wire.Start{Type: "start", Nonce: rand.Text(), CID: "start", Name: "Smoke test",
		Text: "This is a smoke test. Nobody has to answer."})
	if err != nil {
		return "", err
	}
	c.session, c.head = started.Session.Session, started.Session.Head
	var slowest time.Time
	for i, agent := range c.agents {
		_, at, err := await(ctx, agent, "offer", func(o wire.Offer) bool { return o.Session == c.session })
		if err != nil {
			return "", fmt.Errorf("agent %d gets no offer (do they serve the website's first queue?): %w", i+1, err)
		}
		if at.After(slowest) {
			slowest = at
		}
	}
	return fmt.Sprintf("stored after %s, offered to %d after %s", ms(took), len(c.agents), ms(slowest.Sub(began))), nil
}

// accept lets the first agent take the session; the others are told who has it.
func (s *smoke) accept(ctx context.Context, c *stage) (string, error) {
	offer, _, err := await(ctx, c.agents[0], "offer", func(o wire.Offer) bool { return o.Session == c.session })
	if err != nil {
		return "", err
	}
	began := time.Now()
	accepted, took, err := ask[wire.SessionFrame](ctx, c.agents[0], wire.Accept{Type: "accept", Session: c.session, Generation: offer.Generation, Round: offer.Round})
	if err != nil {
		return "", err
	}
	c.head = accepted.Session.Head
	note := "after " + ms(took)
	for i, agent := range c.agents[1:] {
		_, at, err := await(ctx, agent, "gone", func(g wire.Gone) bool { return g.Session == c.session && g.By != nil })
		if err != nil {
			return "", fmt.Errorf("agent %d is not told who has it: %w", i+2, err)
		}
		note = fmt.Sprintf("after %s; the others know after %s", ms(took), ms(at.Sub(began)))
	}
	return note, nil
}

// talk has both sides send messages by turns, and measures until they are stored and until the other side has them.
func (s *smoke) talk(ctx context.Context, c *stage) (string, error) {
	var stored, heard []time.Duration
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for i := range s.messages {
		for _, side := range []struct {
			name     string
			from, to *play.Client
		}{{"customer", c.customer, c.agents[0]}, {"agent", c.agents[0], c.customer}} {
			cid := side.name + "-" + strconv.Itoa(i)
			began := time.Now()
			ack, took, err := ask[wire.Ack](ctx, side.from, wire.Send{Type: "send", Session: c.session, CID: cid, After: c.head, Text: "Message " + cid})
			if err != nil {
				return "", fmt.Errorf("%s: %w", cid, err)
			}
			c.head = ack.Place
			_, at, err := await(ctx, side.to, "rows", func(r wire.Rows) bool {
				return slices.ContainsFunc(r.Rows, func(row wire.Row) bool { return row.CID == cid })
			})
			if err != nil {
				return "", fmt.Errorf("%s is stored and not heard: %w", cid, err)
			}
			stored, heard = append(stored, took), append(heard, at.Sub(began))
		}
		<-tick.C
	}
	return fmt.Sprintf("stored %s; heard %s", spread(stored), spread(heard)), nil
}

// reload ends the customer's socket as a reload does, lets the agent write meanwhile, and comes back.
func (s *smoke) reload(ctx context.Context, c *stage) (string, error) {
	c.customer.Cut()
	seen := c.head
	ack, _, err := ask[wire.Ack](ctx, c.agents[0], wire.Send{Type: "send", Session: c.session, CID: "away", After: c.head, Text: "Are you there?"})
	if err != nil {
		return "", err
	}
	c.head = ack.Place
	if c.customer, err = play.Dial(ctx, s.deployment, wire.ActionCustomer, c.token.Token, play.Options{Origin: s.origin}); err != nil {
		return "", err
	}
	w, took, err := ask[wire.Welcome](ctx, c.customer, wire.Hello{Type: "hello", Cursors: map[string]int{c.session: seen}})
	if err != nil {
		return "", err
	}
	if len(w.Sessions) != 1 || !slices.ContainsFunc(w.Sessions[0].Rows, func(r wire.Row) bool { return r.CID == "away" }) {
		return "", errors.New("what was written meanwhile is missing")
	}
	rows, _, err := ask[wire.Rows](ctx, c.customer, wire.Since{Type: "since", Session: c.session, After: 0})
	if err != nil {
		return "", err
	}
	for i, row := range rows.Rows {
		if row.Place != i+1 {
			return "", fmt.Errorf("the log has place %d where %d belongs", row.Place, i+1)
		}
	}
	return fmt.Sprintf("back after %s; the log has no gap in its first %d places of %d", ms(took), len(rows.Rows), rows.Head), nil
}

// close ends the session.
func (s *smoke) close(ctx context.Context, c *stage) (string, error) {
	closed, took, err := ask[wire.SessionFrame](ctx, c.agents[0], wire.Close{Type: "close", Session: c.session, Note: "Smoke test"})
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s after %s", closed.Session.State, ms(took)), nil
}

// spread words the median, the 95th percentile and the most.
func spread(took []time.Duration) string {
	sorted := slices.Sorted(slices.Values(took))
	n := len(sorted)
	return fmt.Sprintf("p50 %s, p95 %s, most %s of %d", ms(sorted[n/2]), ms(sorted[min(n-1, n*95/100)]), ms(sorted[n-1]), n)
}
