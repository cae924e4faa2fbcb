package simulation

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/parley-chat/parley/functions/chat"
)

// What infra/routing.asl.json says in seconds.
const (
	// Backoff is how long an execution waits after the router failed.
	Backoff = 5 * time.Second
	// lifetime ends an execution that nobody has ended.
	lifetime = 12 * time.Hour
)

// Executions is chat.Router: the state machine of infra/routing.asl.json without Step Functions. An execution visits the router
// with a new token (Visit), waits until the token is answered or its patience is over, and visits again, until the answer is that
// routing is over. Its name is used up from then on. Its methods may be called by several goroutines at once.
type Executions struct {
	now chat.Clock

	mu    sync.Mutex
	runs  map[string]*run // that are not over, by name
	used  map[string]bool // names of those that are
	tasks map[string]*run // by token, while the task waits
	count int
}

var _ chat.Router = (*Executions)(nil)

// run is one execution. at is when it visits the router next: now, after a back-off, or when the task's patience is over.
type run struct {
	chat.Execution
	name  string
	began time.Time
	at    time.Time
	token string // of the task that waits
}

// NewExecutions makes a state machine that nothing has been started on.
func NewExecutions(now chat.Clock) *Executions {
	return &Executions{now: now, runs: map[string]*run{}, used: map[string]bool{}, tasks: map[string]*run{}}
}

// Start begins an execution, which visits the router at once. chat.ErrExecutionExists if its name is used up, or if it runs with
// another input.
func (x *Executions) Start(_ context.Context, e chat.Execution) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.expire()
	n := name(e)
	switch r := x.runs[n]; {
	case x.used[n] || r != nil && r.Execution != e:
		return fmt.Errorf("%w: %s", chat.ErrExecutionExists, n)
	case r == nil:
		x.runs[n] = &run{Execution: e, name: n, began: x.now(), at: x.now()}
	}
	return nil
}

func name(e chat.Execution) string {
	if e.Round > 0 {
		return fmt.Sprintf("%s-%d-x%d", e.Session, e.Generation, e.Round)
	}
	return fmt.Sprintf("%s-%d-%d", e.Session, e.Generation, e.Part)
}

// Answer ends the task of a token: over ends its execution too, everything else makes it visit the router again at once.
// chat.ErrTokenGone if the task is over.
func (x *Executions) Answer(_ context.Context, token string, a chat.Answer) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	r := x.waiting(token)
	if r == nil {
		return chat.ErrTokenGone
	}
	x.leave(r, x.now())
	if a == chat.AnswerOver {
		x.end(r)
	}
	return nil
}

// Visit takes the visit to the router that has been due for longest. The execution then waits for the answer to its token.
func (x *Executions) Visit() (chat.Visit, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.expire()
	r := x.first()
	now := x.now()
	if r == nil || r.at.After(now) {
		return chat.Visit{}, false
	}
	patience := time.Duration(r.Patience) * time.Second
	entered := r.at // however late the router is
	if !now.Before(entered.Add(patience)) {
		entered = now
	}
	x.count++
	x.leave(r, entered.Add(patience))
	r.token = fmt.Sprintf("token-%d", x.count)
	x.tasks[r.token] = r
	return chat.Visit{Session: r.Session, Generation: r.Generation, Part: r.Part, Round: r.Round, Entered: entered,
		Token: r.token}, true
}

// Next is when the next visit is due; false if nothing runs.
func (x *Executions) Next() (time.Time, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.expire()
	if r := x.first(); r != nil {
		return r.at, true
	}
	return time.Time{}, false
}

// Fail ends a task whose function failed: its execution visits the router again after Backoff.
func (x *Executions) Fail(token string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if r := x.waiting(token); r != nil {
		x.leave(r, x.now().Add(Backoff))
	}
}

// Lose ends the executions of a session as if they had never been: nobody hears of it. It returns how many there were. forgotten:
// their names can be used again, as on a state machine that was made anew. (Those that were used up before stay so.)
func (x *Executions) Lose(session string, forgotten bool) (lost int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, r := range x.runs {
		if r.Session == session {
			lost++
			x.end(r)
			x.used[r.name] = !forgotten
		}
	}
	return lost
}

// Running are the executions of a session that are not over, in the order of their names.
func (x *Executions) Running(session string) (running []chat.Execution) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.expire()
	for _, n := range slices.Sorted(maps.Keys(x.runs)) {
		if r := x.runs[n]; r.Session == session {
			running = append(running, r.Execution)
		}
	}
	return running
}

// Waits reports whether the task of a token waits for its answer.
func (x *Executions) Waits(token string) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.waiting(token) != nil
}

func (x *Executions) waiting(token string) *run {
	r := x.tasks[token]
	if r == nil || !r.at.After(x.now()) {
		return nil
	}
	return r
}

// end uses up an execution's name.
func (x *Executions) end(r *run) {
	delete(x.tasks, r.token)
	delete(x.runs, r.name)
	x.used[r.name] = true
}

// leave takes an execution out of its task; it visits the router at that time.
func (x *Executions) leave(r *run, at time.Time) {
	delete(x.tasks, r.token)
	r.token, r.at = "", at
}

// first is the execution whose visit is due first.
func (x *Executions) first() (first *run) {
	for _, r := range x.runs {
		if first == nil || cmp.Or(r.at.Compare(first.at), cmp.Compare(r.name, first.name)) < 0 {
			first = r
		}
	}
	return first
}

// expire ends what has run for too long.
func (x *Executions) expire() {
	for _, r := range x.runs {
		if x.now().Sub(r.began) > lifetime {
			x.end(r)
		}
	}
}
