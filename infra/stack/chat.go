package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/parley-chat/parley/functions/wire"
	"github.com/parley-chat/parley/infra/e2e/play"
)

const (
	// chatWithin ends a scenario that hangs.
	chatWithin = 2 * time.Minute
	// pause between two messages of a customer, who may send five a second.
	pause = 220 * time.Millisecond
	// tryWithin is how long one try of a request may take. The clients wait for 8 s; here somebody kills functions on purpose.
	tryWithin = 2 * time.Second
	// killings is how many processes are killed at work in a scenario.
	killings = 6
)

// room is a customer's session with the agent who took it, and the other agents.
type room struct {
	session  string
	customer *speaker
	agent    *speaker
	agents   []*play.Client
}

// speaker is one side of a session: one message at a time, `after` as the contract wants it.
type speaker struct {
	*play.Client
	session string
	name    string
	after   int
	sent    []string // cids, in order
	at      map[string]time.Time
	acks    []time.Duration
}

// say sends a message and repeats it until it is acknowledged.
func (p *speaker) say(ctx context.Context) error {
	cid := p.name + "-" + strconv.Itoa(len(p.sent))
	message := wire.Send{Type: "send", Session: p.session, CID: cid, After: p.after, Text: "Message " + cid}
	began := time.Now()
	p.at[cid] = began
	for {
		try, cancel := context.WithTimeout(ctx, tryWithin)
		frame, err := p.Ask(try, message)
		cancel()
		if err == nil {
			ack, err := play.As[wire.Ack](frame)
			var refused *play.Error
			switch {
			case err == nil:
				p.acks, p.sent, p.after = append(p.acks, time.Since(began)), append(p.sent, cid), ack.Place
				return nil
			case !errors.As(err, &refused) || !refused.Frame.Retry:
				return fmt.Errorf("%s: %w", cid, err)
			}
		} else if ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded) {
			return fmt.Errorf("%s: %w", cid, err)
		}
	}
}

// greet opens an agent's socket and makes them available.
func (s *stack) greet(ctx context.Context, agent string) (*play.Client, error) {
	token, err := play.AgentToken(ctx, s.Deployment.Deployment, agent)
	if err != nil {
		return nil, err
	}
	c, err := play.Dial(ctx, s.Deployment.Deployment, wire.ActionAgent, token, play.Options{})
	if err != nil {
		return nil, fmt.Errorf("agent %s: %w", agent, err)
	}
	frame, err := c.Ask(ctx, wire.Hello{Type: "hello", SignIn: true})
	if err == nil {
		_, err = play.As[wire.Welcome](frame)
	}
	return c, err
}

// open has a customer write, waits for the offer to the first agent, who accepts, and for the others to be told. at is called
// when the customer has written.
func (s *stack) open(ctx context.Context, at func() error) (*room, error) {
	r := &room{}
	for _, name := range s.Agents {
		a, err := s.greet(ctx, name)
		if err != nil {
			return nil, err
		}
		r.agents = append(r.agents, a)
	}
	token, err := play.CustomerToken(ctx, s.Deployment.Deployment, s.Website, "")
	if err != nil {
		return nil, err
	}
	customer, err := play.Dial(ctx, s.Deployment.Deployment, wire.ActionCustomer, token.Token, play.Options{})
	if err != nil {
		return nil, err
	}
	if _, err := customer.Ask(ctx, wire.Hello{Type: "hello"}); err != nil {
		return nil, err
	}
	frame, err := customer.Ask(ctx, wire.Start{Type: "start", Nonce: token.Customer, CID: "start", Text: "My fern is brown.", Name: "Ada"})
	if err != nil {
		return nil, err
	}
	started, err := play.As[wire.SessionFrame](frame)
	if err != nil {
		return nil, err
	}
	if err := at(); err != nil {
		return nil, err
	}
	r.session = started.Session.Session
	ours := func(kind string) func(play.Frame) bool {
		return func(f play.Frame) bool {
			about, err := play.As[struct{ Session string }](f)
			return f.Type == kind && err == nil && about.Session == r.session
		}
	}
	frame, err = r.agents[0].Await(ctx, "the offer", ours("offer"))
	if err != nil {
		return nil, err
	}
	offer, err := play.As[wire.Offer](frame)
	if err != nil {
		return nil, err
	}
	frame, err = r.agents[0].Ask(ctx, wire.Accept{Type: "accept", Session: r.session, Generation: offer.Generation, Round: offer.Round})
	if err != nil {
		return nil, err
	}
	taken, err := play.As[wire.SessionFrame](frame)
	if err != nil {
		return nil, fmt.Errorf("accept: %w", err)
	}
	for _, other := range r.agents[1:] {
		if _, err := other.Await(ctx, "the others to be told", ours("gone")); err != nil {
			return nil, err
		}
	}
	r.customer = &speaker{Client: customer, session: r.session, name: "customer", after: taken.Session.Head, at: map[string]time.Time{}}
	r.agent = &speaker{Client: r.agents[0], session: r.session, name: "agent", after: taken.Session.Head, at: map[string]time.Time{}}
	return r, nil
}

// leave closes the session and the sockets.
func (r *room) leave(ctx context.Context) error {
	frame, err := r.agent.Ask(ctx, wire.Close{Type: "close", Session: r.session, Disposition: "Solved"})
	if err == nil {
		_, err = play.As[wire.SessionFrame](frame)
	}
	for _, c := range append(r.agents, r.customer.Client) {
		_ = c.Close() // whatever it says, the session is closed
	}
	return err
}

// converse has both sides talk at the same time, each while more says so of the number of its messages.
func (r *room) converse(ctx context.Context, customer, agent func(sent int) (more bool)) error {
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() error {
		tick := time.NewTicker(pause)
		defer tick.Stop()
		for customer(len(r.customer.sent)) {
			if err := r.customer.say(ctx); err != nil {
				return err
			}
			<-tick.C
		}
		return nil
	})
	both.Go(func() error {
		for agent(len(r.agent.sent)) {
			if err := r.agent.say(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	return both.Wait()
}

// check reads the whole log and compares it with what was said: gap-free, everything once, each side's in its order.
func (r *room) check(ctx context.Context) error {
	var rows []wire.Row
	for {
		frame, err := r.agent.Ask(ctx, wire.Since{Type: "since", Session: r.session, After: len(rows)})
		if err != nil {
			return err
		}
		page, err := play.As[wire.Rows](frame)
		if err != nil {
			return err
		}
		rows = append(rows, page.Rows...)
		if len(page.Rows) == 0 || len(rows) >= page.Head {
			break
		}
	}
	log := map[wire.Side][]string{}
	for i, row := range rows {
		if row.Place != i+1 {
			return fmt.Errorf("the log has place %d where %d belongs", row.Place, i+1)
		}
		if row.Kind == wire.RowMessage && row.CID != "start" {
			log[row.Side] = append(log[row.Side], row.CID)
		}
	}
	if !slices.Equal(log[wire.SideCustomer], r.customer.sent) || !slices.Equal(log[wire.SideAgent], r.agent.sent) {
		return fmt.Errorf("the log has %v, acknowledged were %v and %v", log, r.customer.sent, r.agent.sent)
	}
	return nil
}

// heard is how long the messages of one side took until the other heard them.
func heard(ctx context.Context, from, to *speaker) ([]time.Duration, error) {
	var took []time.Duration
	for _, cid := range from.sent {
		frame, err := to.Await(ctx, cid, func(f play.Frame) bool {
			rows, err := play.As[wire.Rows](f)
			return f.Type == "rows" && err == nil && slices.ContainsFunc(rows.Rows, func(row wire.Row) bool { return row.CID == cid })
		})
		if err != nil {
			return nil, err
		}
		took = append(took, frame.At.Sub(from.at[cid]))
	}
	return took, nil
}

// talk plays a whole chat and measures it.
func (s *stack) talk(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, chatWithin)
	defer cancel()
	r, err := s.open(ctx, func() error { return nil })
	if err != nil {
		return "", err
	}
	upTo := func(n int) func(int) bool { return func(sent int) bool { return sent < n } }
	if err := r.converse(ctx, upTo(50), upTo(150)); err != nil {
		return "", err
	}
	toAgent, err := heard(ctx, r.customer, r.agent)
	if err != nil {
		return "", err
	}
	toCustomer, err := heard(ctx, r.agent, r.customer)
	if err != nil {
		return "", err
	}
	if err := errors.Join(r.check(ctx), r.leave(ctx)); err != nil {
		return "", err
	}
	return "ack " + spread(append(r.agent.acks, r.customer.acks...)) + "; heard " + spread(append(toAgent, toCustomer...)), nil
}

// killSpeakers kills the functions of both sides at work while they talk.
func (s *stack) killSpeakers(ctx context.Context) (string, error) {
	if s.Processes == "" {
		return "", errOutOfReach("the functions' processes are not ours to kill")
	}
	ctx, cancel := context.WithTimeout(ctx, chatWithin)
	defer cancel()
	r, err := s.open(ctx, func() error { return nil })
	if err != nil {
		return "", err
	}
	var over atomic.Bool
	talking := func(int) bool { return !over.Load() }
	all, ctx := errgroup.WithContext(ctx)
	all.Go(func() error { return r.converse(ctx, talking, talking) })
	all.Go(func() error {
		defer over.Store(true)
		for _, function := range []string{"AgentFunction", "CustomerFunction"} {
			if err := s.killAtWork(ctx, function, killings); err != nil {
				return err
			}
		}
		return nil
	})
	if err := all.Wait(); err != nil {
		return "", err
	}
	ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), chatWithin)
	defer cancel()
	said := len(r.agent.sent) + len(r.customer.sent)
	return fmt.Sprintf("%d messages, %d processes killed at work", said, 2*killings), errors.Join(r.check(ctx), r.leave(ctx))
}

// killAtWork kills processes of a function that are at work, one after the other.
func (s *stack) killAtWork(ctx context.Context, function string, count int) error {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for killed := 0; killed < count; {
		n, err := s.kill(ctx, function, true)
		if err != nil {
			return err
		}
		killed += n
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%s: %d of %d killed: %w", function, killed, count, ctx.Err())
		}
	}
	return nil
}

// killRouter kills the router when it is about to make an offer.
func (s *stack) killRouter(ctx context.Context) (string, error) {
	if s.Processes == "" {
		return "", errOutOfReach("the functions' processes are not ours to kill")
	}
	ctx, cancel := context.WithTimeout(ctx, chatWithin)
	defer cancel()
	killed := make(chan error, 1)
	go func() { killed <- s.killAtWork(ctx, "RouterFunction", 1) }()
	began := time.Now()
	r, err := s.open(ctx, func() error { return <-killed })
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("accepted after %.0f s", time.Since(began).Seconds()), r.leave(ctx)
}

// forbid takes away the one permission that a message needs, and gives it back.
func (s *stack) forbid(ctx context.Context) (string, error) {
	if s.Endpoint == "" {
		return "", errOutOfReach("nobody changes the roles of an account for a test")
	}
	const action = "dynamodb:PutItem"
	role := s.ids["CustomerFunctionRole"]
	ctx, cancel := context.WithTimeout(ctx, chatWithin)
	defer cancel()
	r, err := s.open(ctx, func() error { return nil })
	if err != nil {
		return "", err
	}
	policy := func(action ...string) error {
		args := append([]string{filepath.Join(home, "sam", "bin", "python"), filepath.Join("infra", "stack", "forbid.py"), role}, action...)
		out, err := command(ctx, s.env, args...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("%w: %s", err, lastLine(string(out)))
		}
		return nil
	}
	if err := policy(action); err != nil {
		return "", err
	}
	frame, err := r.customer.Ask(ctx, wire.Send{Type: "send", Session: r.session, CID: "forbidden", After: r.customer.after, Text: "May I?"})
	if err == nil {
		_, err = play.As[wire.Ack](frame)
	}
	var refused *play.Error
	if !errors.As(err, &refused) {
		err = fmt.Errorf("a message is answered with %s without %s (%w)", frame.Raw, action, err)
	} else {
		err = nil
	}
	if err := errors.Join(err, policy()); err != nil {
		return "", err
	}
	if err := r.customer.say(ctx); err != nil {
		return "", err
	}
	return "without " + action + ": " + string(refused.Frame.Code), errors.Join(r.check(ctx), r.leave(ctx))
}
