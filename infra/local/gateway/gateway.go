package gateway

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// AWS's quotas, none of which can be raised.
const (
	maxFrame   = 32 << 10
	maxMessage = 128 << 10
	maxBody    = 10 << 20
	maxContext = 8 << 10 // of what an authorizer returns

	idleLimit = 10 * time.Minute
	ageLimit  = 2 * time.Hour

	shortestTimeout = 50 * time.Millisecond
	socketTimeout   = 29 * time.Second
	httpTimeout     = 30 * time.Second
)

// Names in events and ARNs. On AWS they tell stacks apart; here there is one.
const (
	accountID = "000000000000"
	apiID     = "local"
	arnPrefix = "arn:aws:execute-api:local:" + accountID + ":" + apiID + "/"
)

// Function is a Lambda function as API Gateway sees it: JSON in, JSON out. It is called concurrently. Neither an integration's time-out nor a client that goes away stops it, as on AWS: ctx lives until [Gateway.Close] gives
// up waiting. An error or a panic is a failed invocation; its text is logged and never reaches a client.
type Function func(ctx context.Context, payload []byte) ([]byte, error)

// Lambda makes a Function of a handler, with the decoding and encoding that lambda.Start would give it. The Invoke of
// lambda.NewHandler is not for this: it returns bytes of a pooled buffer that the next invocation overwrites, which is safe
// only where one environment runs one invocation at a time.
func Lambda[In, Out any](handle func(context.Context, In) (Out, error)) Function {
	return func(ctx context.Context, payload []byte) ([]byte, error) {
		var in In
		if err := json.Unmarshal(payload, &in); err != nil {
			return nil, err
		}
		out, err := handle(ctx, in)
		if err != nil {
			return nil, err
		}
		return json.Marshal(out)
	}
}

// Config describes the two APIs.
type Config struct {
	Socket SocketAPI
	HTTP   HTTPAPI
	Limits Limits
	Chaos  Chaos
	Meter  Meter // nil: nobody counts
	// Log hears what AWS writes to the execution log; nil is slog.Default().
	Log *slog.Logger
}

// Meter hears of everything that API Gateway bills by the piece. Its methods are called concurrently.
type Meter interface {
	MessageIn(size int)  // of a client, in bytes
	MessageOut(size int) // to a client: answers and pushes
	Request()            // of the HTTP API, preflights included
}

// nobody counts.
type nobody struct{}

func (nobody) MessageIn(int)  {}
func (nobody) MessageOut(int) {}
func (nobody) Request()       {}

// SocketAPI describes the WebSocket API.
type SocketAPI struct {
	Stage string
	// Selection is the route selection expression: $request.body.<property>.
	Selection string
	// Authorizer guards $connect; nil lets everybody in.
	Authorizer *Authorizer
	// Routes by route key. Without $connect nobody is asked, without $disconnect nobody is told.
	Routes map[string]Route
}

// Authorizer is a REQUEST authorizer.
type Authorizer struct {
	Function Function
	// IdentitySources must all be in the handshake: route.request.header.<name> or route.request.querystring.<name>.
	IdentitySources []string
}

// Route says what becomes of a frame.
type Route struct {
	// Function is called; without one, Mock is the answer.
	Function Function
	// Mock is the response template of a MOCK integration.
	Mock string
	// Timeout is how long the integration may take, 50 ms to 29 s; 0 is 29 s.
	Timeout time.Duration
	// Responds says that the route has a route response. Without one only errors reach the client.
	Responds bool
}

// Limits may be shortened by tests and by those who want to see a limit without waiting for it. Zero values are AWS's.
type Limits struct {
	// Idle ends a socket that has carried no message for so long, in either direction; 0 is 10 minutes.
	Idle time.Duration
	// Age ends every socket; 0 is 2 hours.
	Age time.Duration
	// InFlight is how many frames of one connection run at a time; 0 is 100. The next one is not read before one ends.
	InFlight int
	// PushRate is how many calls a second @connections takes, after a burst of PushBurst; 0 is no limit.
	PushRate  float64
	PushBurst int
}

// Gateway runs the two APIs until Close. Its handlers may be mounted anywhere, and concurrently.
type Gateway struct {
	cfg       Config
	selection []string       // path of the route key in a frame
	mux       *http.ServeMux // of the HTTP API
	log       *slog.Logger
	dice      *dice
	bucket    *rate.Limiter // nil: no limit

	base   context.Context // of every function
	cancel context.CancelFunc

	mu      sync.RWMutex // guards conns and closing
	conns   map[string]*conn
	closing bool
	busy    sync.WaitGroup // sockets, requests, functions, late pushes: what Close waits for
}

// New refuses a configuration that it cannot run in words that name the part.
func New(cfg Config) (*Gateway, error) {
	property, ok := strings.CutPrefix(cfg.Socket.Selection, "$request.body.")
	if !ok || property == "" {
		return nil, fmt.Errorf("route selection %q: only $request.body.<property> is understood", cfg.Socket.Selection)
	}
	if a := cfg.Socket.Authorizer; a != nil {
		for _, source := range a.IdentitySources {
			if _, _, err := splitIdentity(source); err != nil {
				return nil, err
			}
		}
	}
	routes := maps.Clone(cfg.Socket.Routes)
	for key, route := range routes {
		if err := route.check(key); err != nil {
			return nil, fmt.Errorf("route %s: %w", key, err)
		}
		route.Timeout = cmp.Or(route.Timeout, socketTimeout)
		routes[key] = route
	}
	cfg.Socket.Routes = routes
	if cfg.Meter == nil {
		cfg.Meter = nobody{}
	}
	cfg.Limits.Idle = cmp.Or(cfg.Limits.Idle, idleLimit)
	cfg.Limits.Age = cmp.Or(cfg.Limits.Age, ageLimit)
	cfg.Limits.InFlight = cmp.Or(cfg.Limits.InFlight, 100)
	g := &Gateway{
		cfg:       cfg,
		selection: strings.Split(property, "."),
		log:       cmp.Or(cfg.Log, slog.Default()),
		dice:      newDice(cfg.Chaos),
		conns:     map[string]*conn{},
	}
	var err error
	if g.mux, err = g.newMux(cfg.HTTP.Routes); err != nil {
		return nil, err
	}
	if cfg.Limits.PushRate > 0 {
		g.bucket = rate.NewLimiter(rate.Limit(cfg.Limits.PushRate), max(cfg.Limits.PushBurst, 1))
	}
	g.base, g.cancel = context.WithCancel(context.Background())
	return g, nil
}

func (r Route) check(key string) error {
	switch {
	case strings.HasPrefix(key, "$") && key != "$connect" && key != "$disconnect" && key != "$default":
		return errors.New("no such predefined route")
	case r.Function == nil && r.Mock == "" || r.Function != nil && r.Mock != "":
		return errors.New("wants either a function or the text of a mock")
	case r.Function == nil && strings.HasPrefix(key, "$") && key != "$default":
		return errors.New("a mock cannot answer it")
	case strings.ContainsAny(r.Mock, "$#"):
		return errors.New("mapping templates with variables or directives are not understood, only constant text")
	case r.Timeout != 0 && (r.Timeout < shortestTimeout || r.Timeout > socketTimeout):
		return fmt.Errorf("a time-out of %v is not between %v and %v", r.Timeout, shortestTimeout, socketTimeout)
	}
	return nil
}

// Close refuses what comes from now on, ends all sockets with 1001 and waits for what runs: frames, requests, $disconnect.
// When ctx ends first it cuts the sockets off, cancels the context of all functions and returns the reason.
func (g *Gateway) Close(ctx context.Context) error {
	defer g.cancel()
	g.mu.Lock()
	g.closing = true
	conns := slices.Collect(maps.Values(g.conns))
	g.mu.Unlock()
	for _, c := range conns {
		go c.end(closeGoingAway, "shutting down")
	}
	idle := make(chan struct{})
	go func() {
		g.busy.Wait()
		close(idle)
	}()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		for _, c := range conns {
			c.net.Close()
		}
		return fmt.Errorf("functions or sockets were still busy: %w", context.Cause(ctx))
	}
}

// enter counts the caller as busy until g.busy.Done, or says no because the gateway closes. What is started by somebody who
// is counted may use g.busy.Go.
func (g *Gateway) enter() bool {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if g.closing {
		return false
	}
	g.busy.Add(1)
	return true
}

var errTimeout = errors.New("the integration timed out")

// invoke calls fn and waits for its answer, but not longer than limit.
func (g *Gateway) invoke(fn Function, payload []byte, limit time.Duration) ([]byte, error) {
	type answer struct {
		out []byte
		err error
	}
	answers := make(chan answer, 1)
	g.busy.Go(func() {
		var a answer
		defer func() {
			if p := recover(); p != nil {
				a = answer{err: fmt.Errorf("panic: %v\n%s", p, debug.Stack())}
			}
			answers <- a
		}()
		a.out, a.err = fn(g.base, payload)
	})
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case a := <-answers:
		return a.out, a.err
	case <-timer.C:
		return nil, errTimeout
	}
}

// newID makes an id of AWS's shape for connections, requests and messages: 11 bytes in URL-safe base64 end in "=".
func newID() string {
	var b [11]byte
	rand.Read(b[:]) // never fails
	return base64.URLEncoding.EncodeToString(b[:])
}
