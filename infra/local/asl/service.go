package asl

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// Invoke calls a function by the name that the definition gives it and returns its reply. An error is the function's own: it
// fails the task under the name of its type, as Lambda would report it. The context ends when the Service is closed; a task
// that is over does not end it, because on AWS a function runs on as well.
type Invoke func(ctx context.Context, function string, payload []byte) ([]byte, error)

// Config is what a Service needs.
type Config struct {
	Machine *Machine
	// ARN of the state machine: arn:aws:states:<region>:<account>:stateMachine:<name>.
	ARN    string
	Invoke Invoke
	Clock  Clock        // nil: SystemClock
	Log    *slog.Logger // nil: slog.Default
}

const (
	// tokenBytes makes task tokens 1,000 characters long, as AWS's are: they are stored with the session, and their length
	// decides what that costs.
	tokenBytes = 750
	// keepVisits is how many visits an execution's history holds; the oldest go first.
	keepVisits = 200
	// keepHistories is how many closed executions still have one.
	keepHistories = 1000
)

// Service runs the executions of one state machine. It is an http.RoundTripper that answers as the Step Functions API does.
// Close it to end them all.
type Service struct {
	machine *Machine
	arn     string
	invoke  Invoke
	clock   Clock
	log     *slog.Logger
	tokens  [sha256.Size]byte // key by which a token of ours is known, long after its task is over

	functions context.Context // in which functions run
	cancel    context.CancelFunc
	running   sync.WaitGroup

	mu          sync.Mutex // guards all that follows, and every execution and task
	closed      bool
	names       map[string]*execution // all there ever were: AWS, too, refuses a name for 90 days
	order       []*execution          // by start
	ended       []*execution          // those that still have a history, by end
	tasks       map[string]*task      // that wait for an answer, by token
	transitions int
}

// Status is where an execution is.
type Status string

// The states of an execution. All but Running are final.
const (
	Running   Status = "RUNNING"
	Succeeded Status = "SUCCEEDED"
	Failed    Status = "FAILED"
	TimedOut  Status = "TIMED_OUT"
	Aborted   Status = "ABORTED"
)

// Execution is what is known of an execution at one moment.
type Execution struct {
	Name, ARN        string
	Status           Status
	Input, Output    string // JSON; Output is empty unless it succeeded
	Error, Cause     string
	Started, Stopped time.Time // Stopped is zero while it runs
	// Transitions is how many states were entered; AWS bills them.
	Transitions int
	// Visits is its history, oldest first, and its last 200 states at most.
	Visits []Visit
}

// Visit is one state's turn.
type Visit struct {
	State   string
	Entered time.Time
	Exited  time.Time // zero while it is the state's turn
	Error   string    // name of the error that ended it, caught or not
}

// execution is one execution and its goroutine's state. Everything in Execution is guarded by Service.mu.
type execution struct {
	Execution
	task *task // that its goroutine waits for
}

// task is something that an execution waits for. It is settled once, by whoever comes first: an answer to its token, a timer,
// its function, or the end of its execution.
type task struct {
	token   string // "" if nobody outside may answer
	settled bool
	outcome chan outcome
}

type outcome struct {
	result  any
	failure *failure
}

// failure is an error in the sense of the language: a name that catchers match, and a cause for people.
type failure struct{ name, cause string }

// NewService makes a Service with no executions.
func NewService(c Config) *Service {
	s := &Service{machine: c.Machine, arn: c.ARN, invoke: c.Invoke, clock: c.Clock, log: c.Log,
		names: map[string]*execution{}, tasks: map[string]*task{}}
	if s.clock == nil {
		s.clock = SystemClock{}
	}
	if s.log == nil {
		s.log = slog.Default()
	}
	rand.Read(s.tokens[:])
	s.functions, s.cancel = context.WithCancel(context.Background())
	return s
}

// Close aborts all executions, cancels the functions that still run and waits until they have returned.
func (s *Service) Close() {
	s.mu.Lock()
	s.closed = true
	for _, x := range s.order {
		s.end(x, Execution{Status: Aborted, Cause: "the local Step Functions was closed"})
	}
	s.mu.Unlock()
	s.cancel()
	s.running.Wait()
}

// Transitions is how many states all executions together have entered.
func (s *Service) Transitions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.transitions
}

// Execution tells about the execution of that name.
func (s *Service) Execution(name string) (Execution, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x, ok := s.names[name]
	if !ok {
		return Execution{}, false
	}
	return x.snapshot(), true
}

// Executions tells about those started last, newest first, at most limit of them.
func (s *Service) Executions(limit int) []Execution {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Execution, 0, min(limit, len(s.order)))
	for _, x := range slices.Backward(s.order) {
		if len(list) == limit {
			break
		}
		list = append(list, x.snapshot())
	}
	return list
}

func (x *execution) snapshot() Execution {
	e := x.Execution
	e.Visits = slices.Clone(e.Visits)
	return e
}

// begin makes an execution and lets it run. The caller holds mu.
func (s *Service) begin(name, input string, data any) *execution {
	x := &execution{Execution: Execution{Name: name, ARN: s.executionARN(name), Status: Running, Input: input, Started: s.now()}}
	s.names[name] = x
	s.order = append(s.order, x)
	s.running.Go(func() { s.run(x, data) })
	return x
}

// end closes an execution, and what it waits for is over with it. It reports whether the execution was running. The caller
// holds mu.
func (s *Service) end(x *execution, how Execution) bool {
	if x.Status != Running {
		return false
	}
	x.Status, x.Output, x.Error, x.Cause, x.Stopped = how.Status, how.Output, how.Error, how.Cause, s.now()
	x.leave(x.Stopped, "")
	if x.task != nil {
		s.settle(x.task, outcome{})
	}
	s.ended = append(s.ended, x)
	if len(s.ended) > keepHistories {
		s.ended[0].Visits = nil
		s.ended = s.ended[1:]
	}
	return true
}

// enter begins a visit; false if the execution is over.
func (s *Service) enter(x *execution, state string) (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if x.Status != Running {
		return time.Time{}, false
	}
	s.transitions++
	x.Transitions++
	now := s.now()
	if len(x.Visits) == keepVisits {
		x.Visits = slices.Delete(x.Visits, 0, 1)
	}
	x.Visits = append(x.Visits, Visit{State: state, Entered: now})
	return now, true
}

// exit ends a visit.
func (s *Service) exit(x *execution, f *failure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := ""
	if f != nil {
		name = f.name
	}
	x.leave(s.now(), name)
}

func (x *execution) leave(at time.Time, name string) {
	if len(x.Visits) == 0 {
		return
	}
	if v := &x.Visits[len(x.Visits)-1]; v.Exited.IsZero() {
		v.Exited, v.Error = at, name
	}
}

// open makes the task that an execution waits for next; false if the execution is over.
func (s *Service) open(x *execution, token string) (*task, bool) {
	t := &task{token: token, outcome: make(chan outcome, 1)}
	s.mu.Lock()
	defer s.mu.Unlock()
	if x.Status != Running {
		return nil, false
	}
	x.task = t
	if token != "" {
		s.tasks[token] = t
	}
	return t, true
}

// settle ends a task and reports whether it was the first to do so. The caller holds mu.
func (s *Service) settle(t *task, o outcome) bool {
	if t.settled {
		return false
	}
	t.settled = true
	delete(s.tasks, t.token)
	t.outcome <- o
	return true
}

// settleNow is settle for those who do not hold mu.
func (s *Service) settleNow(t *task, o outcome) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.settle(t, o)
}

// newToken makes a random token that ours can tell was made here.
func (s *Service) newToken() string {
	raw := make([]byte, tokenBytes)
	rand.Read(raw[sha256.Size:])
	copy(raw, s.seal(raw[sha256.Size:]))
	return base64.StdEncoding.EncodeToString(raw)
}

// ours reports whether a token was made here, whatever has become of its task.
func (s *Service) ours(token string) bool {
	raw, err := base64.StdEncoding.DecodeString(token)
	return err == nil && len(raw) == tokenBytes && hmac.Equal(raw[:sha256.Size], s.seal(raw[sha256.Size:]))
}

func (s *Service) seal(random []byte) []byte {
	h := hmac.New(sha256.New, s.tokens[:])
	h.Write(random)
	return h.Sum(nil)
}

// now is the time in the precision that the API tells.
func (s *Service) now() time.Time { return s.clock.Now().UTC().Truncate(time.Millisecond) }
