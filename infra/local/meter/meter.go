// Package meter counts what AWS would bill of what the local runner does: messages and requests at the gateway, invocations of each
// function with their time, their reads and writes of the store and the bytes that they log, state transitions. It serves the
// totals since its beginning; whoever wants to know what something costs reads them before and after it.
package meter

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/parley-chat/parley/infra/dynamo/faults"
)

// Path is where a runner serves its counts.
const Path = "/debug/meter"

// Counts are totals.
type Counts struct {
	// MessagesIn and MessagesOut are of the socket, in steps of 32 KB; BytesOut is their text.
	MessagesIn, MessagesOut, BytesOut int
	Requests                          int // of the HTTP API
	Transitions                       int // of the state machine
	Functions                         map[string]Use
}

// Use is what one function did.
type Use struct {
	Calls int
	// Millis is the time of all calls, each rounded up to a whole millisecond, as Lambda bills it.
	Millis int
	// Reads and Writes are request units of tables and indexes; Refused are writes whose condition failed, which a local
	// engine counts no units for.
	Reads, Writes float64
	Refused       int
	// Logged is what the function logs at level INFO, in bytes, with what CloudWatch adds to each line.
	Logged int
}

// step is what a message of the socket is billed by.
const step = 32 << 10

// lineOverhead is what CloudWatch Logs adds to each event.
const lineOverhead = 26

// Meter is safe for concurrent use.
type Meter struct {
	// Transitions tells how many states were entered; nil: none.
	Transitions func() int

	mu     sync.Mutex
	counts Counts
}

// New makes a Meter.
func New() *Meter { return &Meter{counts: Counts{Functions: map[string]Use{}}} }

// Counts are the totals of this moment.
func (m *Meter) Counts() Counts {
	transitions := 0
	if m.Transitions != nil {
		transitions = m.Transitions()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.counts
	c.Transitions = transitions
	c.Functions = maps.Clone(c.Functions)
	return c
}

// ServeHTTP answers with the counts as JSON.
func (m *Meter) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(m.Counts()) // a reader who has gone away misses nothing
}

// MessageIn counts a message of a client.
func (m *Meter) MessageIn(size int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.counts.MessagesIn += steps(size)
}

// MessageOut counts a message to a client.
func (m *Meter) MessageOut(size int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.counts.MessagesOut += steps(size)
	m.counts.BytesOut += size
}

// Request counts a request of the HTTP API.
func (m *Meter) Request() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.counts.Requests++
}

func steps(size int) int { return max(1, (size+step-1)/step) }

func (m *Meter) add(function string, change func(*Use)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	use := m.counts.Functions[function]
	change(&use)
	m.counts.Functions[function] = use
}

// Function counts the calls of a function.
func (m *Meter) Function(name string, f func(context.Context, []byte) ([]byte, error)) func(context.Context, []byte) ([]byte, error) {
	return func(ctx context.Context, payload []byte) ([]byte, error) {
		began := time.Now()
		defer func() {
			millis := int(math.Ceil(time.Since(began).Seconds() * 1000))
			m.add(name, func(u *Use) { u.Calls++; u.Millis += millis })
		}()
		return f(ctx, payload)
	}
}

// Log is the log of a function: what it writes at INFO is counted as the function on AWS writes it, and goes on to log.
func (m *Meter) Log(name string, log *slog.Logger) *slog.Logger {
	lambda := slog.NewJSONHandler(m.Lines(name), &slog.HandlerOptions{
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if len(groups) == 0 && a.Key == "function" { // the runner's own, to tell functions apart
				return slog.Attr{}
			}
			return a
		}})
	return slog.New(slog.NewMultiHandler(log.Handler(), lambda))
}

// Lines counts what a function writes to its log besides, such as metrics: each Write is a line.
func (m *Meter) Lines(name string) io.Writer {
	return line(func(n int) { m.add(name, func(u *Use) { u.Logged += n + lineOverhead }) })
}

// line hears how long a line is.
type line func(n int)

func (l line) Write(b []byte) (int, error) {
	l(len(b))
	return len(b), nil
}

// Store stands between a function and DynamoDB. It asks for the consumed capacity of every call and counts it.
func (m *Meter) Store(name string, base http.RoundTripper) http.RoundTripper {
	return asking{&faults.Transport{Base: base, Observe: func(c faults.Call) { m.add(name, func(u *Use) { u.observe(c) }) }}}
}

func (u *Use) observe(c faults.Call) {
	units := 0.0
	for _, t := range c.Capacity {
		units += t.Units
	}
	switch c.Operation {
	case "GetItem", "BatchGetItem", "Query":
		u.Reads += units
	default:
		u.Writes += units
		if c.Status == http.StatusBadRequest {
			u.Refused++
		}
	}
}

// asking adds a parameter to requests of DynamoDB: the functions do not ask for what only a meter wants to know. Their signature does
// not cover it any more, and a local engine does not check it.
type asking struct{ base http.RoundTripper }

// RoundTrip sends a request.
func (a asking) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		return a.base.RoundTrip(r)
	}
	body, err := io.ReadAll(r.Body)
	_ = r.Body.Close()
	if err != nil {
		return nil, err
	}
	if rest, ok := bytes.CutPrefix(body, []byte("{")); ok {
		first := `{"ReturnConsumedCapacity":"INDEXES",`
		if len(bytes.TrimSpace(rest)) == 1 {
			first = first[:len(first)-1] // nothing else is in it
		}
		body = append([]byte(first), rest...)
	}
	own := r.Clone(r.Context())
	own.Body, own.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	own.Header.Set("Content-Length", strconv.Itoa(len(body)))
	return a.base.RoundTrip(own)
}

// Minus is what was counted since before.
func (c Counts) Minus(before Counts) Counts {
	since := Counts{MessagesIn: c.MessagesIn - before.MessagesIn, MessagesOut: c.MessagesOut - before.MessagesOut,
		BytesOut: c.BytesOut - before.BytesOut, Requests: c.Requests - before.Requests, Transitions: c.Transitions - before.Transitions,
		Functions: map[string]Use{}}
	for name, u := range c.Functions {
		since.Functions[name] = u.plus(before.Functions[name], -1)
	}
	return since
}

func (u Use) plus(v Use, sign int) Use {
	return Use{Calls: u.Calls + sign*v.Calls, Millis: u.Millis + sign*v.Millis, Reads: u.Reads + float64(sign)*v.Reads,
		Writes: u.Writes + float64(sign)*v.Writes, Refused: u.Refused + sign*v.Refused, Logged: u.Logged + sign*v.Logged}
}

// All is what all functions did together, but those that are named.
func (c Counts) All(but ...string) (sum Use) {
	for name, u := range c.Functions {
		if !slices.Contains(but, name) {
			sum = sum.plus(u, 1)
		}
	}
	return sum
}
