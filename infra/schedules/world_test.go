package schedules_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/parley-chat/parley/functions/chat"
	"github.com/parley-chat/parley/infra/dynamo"
	"github.com/parley-chat/parley/infra/dynamo/faults"
	"github.com/parley-chat/parley/infra/simulation"
)

// morning is when every schedule begins: in the future, so that nothing is past its time to live for the engine.
var morning = time.Date(2040, 11, 24, 9, 0, 0, 0, time.UTC)

const (
	// noise is how long people act and things fail; then the faults stop. In every fourth schedule it is longer, so that agents are
	// lost for long enough to lose their sessions.
	noise, longNoise = 80 * time.Second, 220 * time.Second
	// calm is how long everything then has to come to rest: a lost agent's sessions are theirs for up to two minutes, the reaper
	// comes every minute and takes for lost what has not moved for 90 s.
	calm = 330 * time.Second
	// restEvery is how often it is looked whether it has. Rest is no moment between two steps of the routing: parked sessions are
	// visited at the latest after half a minute.
	restEvery = 31 * time.Second
	// lease is shorter than in production, so that it matters within a schedule.
	lease = 75 * time.Second
	// maxSteps ends a schedule that goes round in circles.
	maxSteps = 40_000
)

// weather is how often each fault happens to a call, in an ordinary schedule.
var weather = faults.Chances{Conflict: 0.03, Throttle: 0.01, LostReply: 0.02}

const (
	deaths = 0.008 // of a command, at one of its calls
	stuck  = 0.004 // of a command, before one of its calls, for up to stuckFor
	ticks  = 0.02  // that time goes on although somebody could move

	stuckFor = 25 * time.Second
	tick     = time.Second
	// late is how often an answer to a routing task is: it is best effort, and may come when its task is long over.
	late = 0.08
)

// paces are how long a call may take, in different schedules: slow ones have more commands under way at once.
var paces = []time.Duration{10 * time.Millisecond, 100 * time.Millisecond, 500 * time.Millisecond}

// world is one schedule.
type world struct {
	*rand.Rand
	seed       uint64
	endpoint   string
	clock      *simulation.Clock
	executions *simulation.Executions
	visits     map[string]chat.Visit // by token
	line       *line
	mirror     *mirror
	promises   *promises

	rough     float64       // how bad the weather is
	pace      time.Duration // the longest time between two calls
	retention time.Duration
	quiet     bool // no faults any more
	agenda    []*event
	order     int // of events

	// mu is held by whoever acts. It is never waited for: commands' goroutines act one at a time, and the schedule when they all
	// stand still. Only what they do before they stop, and behind their last call, they do side by side.
	mu       sync.Mutex
	free     []*hand
	commands []*command
	count    counts
	rest     time.Duration // how long it took to come to it
	story    story

	agents    []*agent
	customers []*customer
	sockets   map[string]*socket
	queues    []chat.Queue
}

// event is something that happens at a time.
type event struct {
	at    time.Time
	order int
	do    func()
}

// newWorld makes a world in which nobody is yet.
func newWorld(seed uint64, endpoint string, l *line, tables dynamo.Tables) *world {
	w := &world{Rand: rand.New(rand.NewPCG(seed, 1)), seed: seed, endpoint: endpoint, clock: simulation.NewClock(morning), line: l,
		mirror: newMirror(tables, l), visits: map[string]chat.Visit{}, sockets: map[string]*socket{}, retention: chat.DefaultRetention}
	w.executions = simulation.NewExecutions(w.clock.Now)
	w.promises = newPromises(w)
	w.rough, w.pace = []float64{0.3, 1, 1, 2}[w.IntN(4)], paces[w.IntN(len(paces))]
	return w
}

// ---- what is to come

// after lets something happen later.
func (w *world) after(d time.Duration, do func()) {
	w.order++
	e := &event{w.clock.Now().Add(d), w.order, do}
	i, _ := slices.BinarySearchFunc(w.agenda, e, func(a, b *event) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.order, b.order))
	})
	w.agenda = slices.Insert(w.agenda, i, e)
}

// within is a random duration below d.
func (w *world) within(d time.Duration) time.Duration { return time.Duration(w.Int64N(int64(d))) }

// between is a random duration from a to below b.
func (w *world) between(a, b time.Duration) time.Duration { return a + w.within(b-a) }

// callTakes is the longest time between two calls.
func (w *world) callTakes() time.Duration {
	if w.quiet {
		return paces[0]
	}
	return w.pace
}

// happens is true with a probability; never once the faults have stopped.
func (w *world) happens(p float64) bool { return w.Float64() < p*w.rough && !w.quiet }

// often is true with a probability, faults or not.
func (w *world) often(p float64) bool { return w.Float64() < p }

// ---- commands

// command is one command of a person or of the stack, carried out by a process.
type command struct {
	name   string
	hand   *hand
	cancel context.CancelFunc
	until  time.Time // it is stuck
	hurt   bool      // something failed on its way
	then   func(*command)

	// Guarded by world.mu.
	pending  []*call
	dead     bool
	finished bool
	err      error
}

// call is a call to the world at which a command has stopped.
type call struct {
	command *command
	what    string // GetItem ..., start, answer, push
	body    []byte
	key     string // made when calls of one command have to be told apart
	verdict chan verdict
}

// verdict is what is to become of a call.
type verdict struct {
	fault faults.Fault
	dies  death
}

type death string

const (
	lives      death = ""
	diesBefore death = "dies before it"
	diesAfter  death = "dies behind it"
)

// errDied tells the SDK not to repeat the call: there is nobody who could.
type errDied struct{}

func (errDied) Error() string       { return "the process has died" }
func (errDied) CanceledError() bool { return true }

// do begins a command. then, if it is not nil, hears how it ended.
func (w *world) do(name string, f func(context.Context, *chat.Desk) error, then func(*command)) {
	var h *hand
	if n := len(w.free); n > 0 {
		h, w.free = w.free[n-1], w.free[:n-1]
	} else {
		h = w.hire()
	}
	ctx, cancel := context.WithCancel(context.Background())
	c := &command{name: name, hand: h, cancel: cancel, then: then}
	h.command = c
	w.commands = append(w.commands, c)
	w.count.commands++
	w.tell(c.name, func() string { return "..." })
	go func() {
		err := f(ctx, h.desk)
		w.mu.Lock()
		defer w.mu.Unlock()
		c.finished, c.err = true, err
	}()
	w.settle()
}

// settle lets everybody run until they stand still. Pauses between two tries end, too, and take no time of the world's.
func (w *world) settle() {
	time.Sleep(time.Second) // of the bubble's time: longer than any pause
	synctest.Wait()
	w.mu.Lock()   // what they have done is done
	w.mu.Unlock() //lint:ignore SA2001 nobody else holds it
}

// hand is a process: it carries out one command at a time and remembers names between them, as a Lambda's environment does.
type hand struct {
	w       *world
	desk    *chat.Desk
	command *command
}

func (w *world) hire() *hand {
	h := &hand{w: w}
	cfg := aws.Config{Region: "us-east-1", HTTPClient: h, Credentials: aws.AnonymousCredentials{}}
	s := dynamo.New(dynamo.NewClient(cfg, w.endpoint), w.mirror.tables)
	s.Now = w.clock.Now
	h.desk = chat.New(s, h, h, slog.New(slog.DiscardHandler))
	h.desk.Now, h.desk.Lease, h.desk.Rate, h.desk.Retention = w.clock.Now, lease, 100, w.retention
	return h
}

// stop waits until the schedule lets the call go on.
func (h *hand) stop(what string, body []byte) (*call, verdict) {
	c := &call{command: h.command, what: what, body: body, verdict: make(chan verdict)}
	h.w.mu.Lock()
	if h.command.dead {
		h.w.mu.Unlock()
		return c, verdict{dies: diesBefore}
	}
	h.command.pending = append(h.command.pending, c)
	h.w.mu.Unlock()
	return c, <-c.verdict
}

// Do is the way of the store's calls.
func (h *hand) Do(r *http.Request) (*http.Response, error) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	c, v := h.stop(operation, body)
	if v.dies == diesBefore {
		return nil, errDied{}
	}
	h.w.mu.Lock()
	defer h.w.mu.Unlock()
	r.Body = io.NopCloser(bytes.NewReader(body))
	t := faults.Transport{Base: engine{h.w, c}, Choose: func(string) faults.Fault { return v.fault }}
	resp, err := t.RoundTrip(r)
	if v.fault != faults.None {
		h.w.tell(c.command.name, func() string { return describe(operation, body) + ": " + string(v.fault) })
	}
	if v.dies == diesAfter {
		return nil, errDied{}
	}
	return resp, err
}

// engine is the last part of that way, where writes are followed.
type engine struct {
	w    *world
	call *call
}

func (e engine) RoundTrip(r *http.Request) (*http.Response, error) {
	status, answer, err := e.w.line.call(e.call.what, e.call.body)
	if err != nil {
		e.w.promises.broken(alive, "%v", err)
		return nil, err
	}
	if writes(e.call.what) {
		e.w.follow(e.call, status, answer)
	}
	return &http.Response{StatusCode: status, Status: http.StatusText(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}}, ContentLength: int64(len(answer)),
		Body: io.NopCloser(bytes.NewReader(answer))}, nil
}

func writes(operation string) bool {
	switch operation {
	case "PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems":
		return true
	}
	return false
}

// follow takes a write into the mirror and holds it against the promises.
func (w *world) follow(c *call, status int, answer []byte) {
	if status != http.StatusOK {
		if !bytes.Contains(answer, []byte("ConditionalCheckFailed")) {
			w.promises.broken(works, "the store refuses %s of %s: %s", describe(c.what, c.body), c.command.name, answer)
		}
		w.count.stale++
		w.tell(c.command.name, func() string { return describe(c.what, c.body) + ": stale" })
		return
	}
	changes, err := w.mirror.follow(c.what, c.body, answer)
	if err != nil {
		w.promises.broken(alive, "the mirror cannot follow: %v", err)
		return
	}
	if len(changes) > 0 {
		w.tell(c.command.name, func() string { return describe(c.what, c.body) })
		w.promises.check(c.command, changes)
	}
}

// describe is a write in short: the keys that it writes.
func describe(operation string, body []byte) string {
	if !writes(operation) {
		return operation
	}
	ps, _, err := parts(operation, body)
	if err != nil {
		return err.Error()
	}
	keys := make([]string, len(ps))
	for i, p := range ps {
		keys[i] = strings.TrimPrefix(p.key().pk, "C#") + "/" + p.key().sk
	}
	return "writes " + strings.Join(keys, ", ")
}

var errLost = errors.New("no connection to the executions")

// Start is the way to StartExecution.
func (h *hand) Start(ctx context.Context, e chat.Execution) error {
	return h.reach("start", e, func() error { return h.w.executions.Start(ctx, e) })
}

// Answer is the way to SendTaskSuccess and SendTaskFailure.
func (h *hand) Answer(ctx context.Context, token string, a chat.Answer) error {
	return h.reach("answer", []string{token, string(a)}, func() error {
		if err := h.w.executions.Answer(ctx, token, a); err != nil {
			return err
		}
		h.w.promises.answered(h.w.visits[token], a)
		return nil
	})
}

// reach makes a call to the executions, which may not arrive, or its answer may not.
func (h *hand) reach(what string, about any, call func() error) error {
	body, err := json.Marshal(about)
	if err != nil {
		return err
	}
	c, v := h.stop(what, body)
	h.w.mu.Lock()
	defer h.w.mu.Unlock()
	switch {
	case v.dies == diesBefore:
		return errDied{}
	case v.fault == faults.Throttle || v.fault == faults.Conflict:
		h.w.tell(c.command.name, func() string { return what + " " + string(body) + ": lost" })
		return errLost
	}
	err = call()
	h.w.tell(c.command.name, func() string { return fmt.Sprintf("%s %s: %v", what, body, err) })
	switch {
	case v.dies == diesAfter:
		return errDied{}
	case v.fault == faults.LostReply:
		return errLost
	}
	return err
}

// Push is the way to the sockets.
func (h *hand) Push(_ context.Context, to []chat.Connection, e chat.Event) (gone []chat.Connection) {
	body, err := json.Marshal(struct {
		To    []chat.Connection
		Event chat.Event
	}{to, e})
	if err != nil {
		panic(err) // events are data
	}
	_, v := h.stop("push "+fmt.Sprintf("%T", e), body)
	if v.dies == diesBefore {
		return nil
	}
	h.w.mu.Lock()
	defer h.w.mu.Unlock()
	for _, c := range to {
		if v.fault == faults.None && h.w.deliver(c, e) {
			gone = append(gone, c)
		}
	}
	if v.dies == diesAfter {
		return nil
	}
	return gone
}

// ---- the schedule

// run plays until that time. Whoever is under way then is brought to the end.
func (w *world) run(until time.Time) {
	for !w.promises.over() {
		w.finish()
		if w.count.steps++; w.count.steps > maxSteps {
			w.promises.broken(works, "it does not come to an end")
			return
		}
		now := w.clock.Now()
		if !now.Before(until) && len(w.commands) == 0 {
			return
		}
		var ready []*command
		for _, c := range w.commands {
			if !c.until.After(now) {
				ready = append(ready, c)
			}
		}
		event, visit := false, false
		if now.Before(until) {
			event = len(w.agenda) > 0 && !w.agenda[0].at.After(now)
			at, more := w.executions.Next()
			visit = more && !at.After(now)
		}
		choices := len(ready)
		for _, more := range []bool{event, visit} {
			if more {
				choices++
			}
		}
		if choices == 0 {
			w.jump(until)
			continue
		}
		if w.happens(ticks) {
			w.clock.Advance(w.within(tick))
		}
		switch i := w.IntN(choices); {
		case i < len(ready):
			w.step(ready[i])
		case event && i == len(ready):
			e := w.agenda[0]
			w.agenda = w.agenda[1:]
			e.do()
		default:
			w.visit()
		}
	}
}

// jump moves the clock to the next thing that happens.
func (w *world) jump(until time.Time) {
	var next time.Time
	sooner := func(t time.Time) {
		if next.IsZero() || t.Before(next) {
			next = t
		}
	}
	if w.clock.Now().Before(until) {
		sooner(until)
		if len(w.agenda) > 0 {
			sooner(w.agenda[0].at)
		}
		if at, more := w.executions.Next(); more {
			sooner(at)
		}
	}
	for _, c := range w.commands {
		sooner(c.until)
	}
	w.clock.Set(next)
}

// step lets one call of a command go on.
func (w *world) step(c *command) {
	w.mu.Lock()
	pending := slices.Clone(c.pending)
	w.mu.Unlock()
	if len(pending) == 0 {
		w.promises.broken(works, "%s stands still without a call", c.name)
		return
	}
	if len(pending) > 1 {
		for _, p := range pending {
			p.identify()
		}
		slices.SortFunc(pending, func(a, b *call) int { return cmp.Compare(a.key, b.key) })
	}
	chosen := pending[w.IntN(len(pending))]
	// Calls that say the same come from goroutines that nothing tells apart: they go on together, and nothing happens to one alone.
	same := []*call{chosen}
	if len(pending) > 1 {
		same = slices.DeleteFunc(pending, func(p *call) bool { return p.key != chosen.key })
	}
	if w.happens(stuck) || chosen.what == "answer" && w.happens(late) {
		c.until, c.hurt = w.clock.Now().Add(w.within(stuckFor)), true
		w.count.stuck++
		w.tell(c.name, func() string { return "is stuck" })
		return
	}
	v := verdict{fault: w.fault(chosen.what)}
	if w.happens(deaths) {
		v.dies = []death{diesBefore, diesAfter}[w.IntN(2)]
	}
	if len(same) > 1 {
		v = verdict{}
	}
	w.clock.Advance(w.within(w.callTakes()))
	w.judge(c, v)
	for _, p := range same {
		w.count.calls++
		w.release(p, v)
	}
}

// judge counts a verdict and makes a death true.
func (w *world) judge(c *command, v verdict) {
	switch v.fault {
	case faults.Conflict:
		w.count.conflicts++
	case faults.Throttle:
		w.count.throttles++
	case faults.LostReply:
		w.count.lostReplies++
	}
	if v.fault != faults.None || v.dies != lives {
		c.hurt = true
	}
	if v.dies != lives {
		w.count.deaths++
		w.tell(c.name, func() string { return "died" })
		w.kill(c)
	}
}

// kill ends a process: from here on it does nothing more. The call that it dies at is released by its verdict.
func (w *world) kill(c *command) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c.dead = true
	c.cancel()
}

// release lets a call go on, and with a death all others of its command.
func (w *world) release(p *call, v verdict) {
	w.mu.Lock()
	c := p.command
	c.pending = slices.DeleteFunc(c.pending, func(q *call) bool { return q == p })
	var others []*call
	if c.dead {
		others, c.pending = c.pending, nil
	}
	w.mu.Unlock()
	p.verdict <- v
	w.settle()
	for _, o := range others {
		o.verdict <- verdict{dies: diesBefore}
	}
	if len(others) > 0 {
		w.settle()
	}
}

// fault chooses what happens to a call.
func (w *world) fault(what string) faults.Fault {
	x := w.Float64() / w.rough
	switch {
	case w.quiet:
	case x < weather.Throttle:
		return faults.Throttle
	case x < weather.Throttle+weather.LostReply:
		return faults.LostReply
	case x < weather.Throttle+weather.LostReply+weather.Conflict && (writes(what) || what == "start" || what == "answer"):
		return faults.Conflict
	}
	return faults.None
}

// finish hears of the commands that have ended.
func (w *world) finish() {
	for i := 0; i < len(w.commands); i++ {
		c := w.commands[i]
		w.mu.Lock()
		finished := c.finished
		w.mu.Unlock()
		if !finished {
			continue
		}
		w.commands = slices.Delete(w.commands, i, i+1)
		i--
		c.cancel()
		if !c.dead {
			w.free = append(w.free, c.hand)
			w.promises.ended(c)
		}
		w.tell(c.name, func() string {
			if c.dead {
				return "is dead"
			}
			return fmt.Sprintf("ended: %v", c.err)
		})
		if c.then != nil {
			c.then(c)
		}
	}
}

// abandon ends whatever is under way when a promise is broken.
func (w *world) abandon() {
	for _, c := range w.commands {
		w.kill(c)
		w.mu.Lock()
		pending := c.pending
		c.pending = nil
		w.mu.Unlock()
		for _, p := range pending {
			p.verdict <- verdict{dies: diesBefore}
		}
		w.settle()
	}
}

// identify gives a call a text that does not depend on the order in which Go walks its maps.
func (c *call) identify() {
	if c.key != "" {
		return
	}
	var content map[string]any
	if json.Unmarshal(c.body, &content) != nil {
		c.key = c.what + " " + string(c.body) // start, answer
		return
	}
	delete(content, "ClientRequestToken")
	sorted, err := json.Marshal(content)
	if err != nil {
		panic(err) // it came from JSON
	}
	c.key = c.what + " " + string(sorted)
}

// refused is the code of a refusal, "" for anything else.
func refused(err error) chat.Code {
	var e *chat.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// ---- the story

// told is one line of a story; what happened is put into words only when somebody wants to read it.
type told struct {
	at   time.Time
	who  string
	what func() string
}

// story is the end of what happened, or with keep all of it.
type story struct {
	keep  bool
	lines []told
}

// lastSteps is how much of a story is told when a promise is broken.
const lastSteps = 30

func (w *world) tell(who string, what func() string) {
	s := &w.story
	if !s.keep && len(s.lines) >= 4*lastSteps {
		s.lines = append(s.lines[:0], s.lines[len(s.lines)-lastSteps:]...)
	}
	s.lines = append(s.lines, told{w.clock.Now(), who, what})
}

// read is the story in words. Ids of sessions show as their customer's.
func (w *world) read() []string {
	lines := w.story.lines
	if !w.story.keep {
		lines = lines[max(0, len(lines)-lastSteps):]
	}
	names := w.names()
	all := make([]string, len(lines))
	for i, l := range lines {
		all[i] = names.Replace(fmt.Sprintf("%7.3f %s: %s", l.at.Sub(morning).Seconds(), l.who, l.what()))
	}
	return all
}

// names turns ids of sessions into something that people can read.
func (w *world) names() *strings.Replacer {
	var pairs []string
	for _, id := range slices.Sorted(func(yield func(string) bool) {
		for id := range w.mirror.sessions {
			if !yield(id) {
				return
			}
		}
	}) {
		if customer := w.mirror.sessions[id].state.text("customer"); customer != "" {
			pairs = append(pairs, id, "S"+customer[1:])
		}
	}
	return strings.NewReplacer(pairs...)
}
