// Package simulation is the world around a chat.Desk with a clock of its own: a day goes by in as long as its work takes, and the
// same calls give the same day again. Clock is chat.Clock, Executions is chat.Router. The store is not simulated: tests give
// their Desk the real one.
//
//	clock := simulation.NewClock(morning)
//	executions := simulation.NewExecutions(clock.Now)
//	desk := chat.New(store, pusher, executions, log)
//	desk.Now, store.Now = clock.Now, clock.Now
//
//	for next, more := executions.Next(); more && next.Before(evening); next, more = executions.Next() {
//		clock.Set(next)
//		visit, _ := executions.Visit()
//		if desk.Route(ctx, visit) != nil {
//			executions.Fail(visit.Token)
//		}
//	}
package simulation

import (
	"sync"
	"time"
)

// Clock stands until it is moved, and never goes back. Its methods may be called by several goroutines at once.
type Clock struct {
	mu sync.Mutex
	t  time.Time
}

// NewClock makes a clock that stands at a time.
func NewClock(start time.Time) *Clock { return &Clock{t: start} }

// Now is what it shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

// Advance moves it forward.
func (c *Clock) Advance(d time.Duration) { c.Set(c.Now().Add(d)) }

// Set moves it to a time; one that has passed changes nothing.
func (c *Clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.After(c.t) {
		c.t = t
	}
}
