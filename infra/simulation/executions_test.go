package simulation_test

import (
	"errors"
	"testing"
	"time"

	"github.com/parley-chat/parley/functions/chat"
	"github.com/parley-chat/parley/infra/simulation"
)

var morning = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

var execution = chat.Execution{Session: "s1", Generation: 1, Patience: 20}

// floor is a state machine on which one execution runs.
func floor(t *testing.T) (*simulation.Clock, *simulation.Executions) {
	t.Helper()
	clock := simulation.NewClock(morning)
	x := simulation.NewExecutions(clock.Now)
	if err := x.Start(t.Context(), execution); err != nil {
		t.Fatal(err)
	}
	return clock, x
}

// visits fails the test unless a visit is due, entered so long after morning.
func visits(t *testing.T, x *simulation.Executions, entered time.Duration) chat.Visit {
	t.Helper()
	v, found := x.Visit()
	if !found || v.Entered.Sub(morning) != entered || v.Session != execution.Session {
		t.Fatalf("visit %+v, %v: want one that was entered after %v", v, found, entered)
	}
	return v
}

// rests fails the test if a visit is due before that time.
func rests(t *testing.T, clock *simulation.Clock, x *simulation.Executions, until time.Duration) {
	t.Helper()
	clock.Set(morning.Add(until - time.Millisecond))
	if v, found := x.Visit(); found {
		t.Fatalf("visit %+v before %v", v, until)
	}
	clock.Set(morning.Add(until))
}

// Ensure that an execution visits with a new token whenever its patience is over, and at once when it is told that its offer is
// over; and that it ends with routing.
func TestVisits(t *testing.T) {
	t.Parallel()
	clock, x := floor(t)
	first := visits(t, x, 0)
	rests(t, clock, x, 20*time.Second)
	second := visits(t, x, 20*time.Second)
	if err := x.Answer(t.Context(), first.Token, chat.AnswerOver); !errors.Is(err, chat.ErrTokenGone) {
		t.Errorf("the answer to a task that timed out: %v", err)
	}
	clock.Advance(time.Second)
	if err := x.Answer(t.Context(), second.Token, chat.AnswerRejected); err != nil {
		t.Fatal(err)
	}
	third := visits(t, x, 21*time.Second)
	if err := x.Answer(t.Context(), third.Token, chat.AnswerOver); err != nil {
		t.Fatal(err)
	}
	if at, runs := x.Next(); runs {
		t.Errorf("it visits again at %v", at)
	}
	if err := x.Start(t.Context(), execution); !errors.Is(err, chat.ErrExecutionExists) {
		t.Errorf("its name is used again: %v", err)
	}
}

// Ensure that a router that failed is visited again after the back-off, and that one that is late does not make the task longer.
func TestRouterFails(t *testing.T) {
	t.Parallel()
	clock, x := floor(t)
	clock.Advance(3 * time.Second)
	late := visits(t, x, 0)
	x.Fail(late.Token)
	rests(t, clock, x, 3*time.Second+simulation.Backoff)
	visits(t, x, 8*time.Second)
	rests(t, clock, x, 28*time.Second)
	visits(t, x, 28*time.Second)
}

// Ensure that a repeated start is the same execution, and that another input is refused.
func TestStartAgain(t *testing.T) {
	t.Parallel()
	_, x := floor(t)
	if err := x.Start(t.Context(), execution); err != nil {
		t.Error(err)
	}
	other := execution
	other.Patience++
	if err := x.Start(t.Context(), other); !errors.Is(err, chat.ErrExecutionExists) {
		t.Errorf("another input: %v", err)
	}
	visits(t, x, 0)
	if _, found := x.Visit(); found {
		t.Error("it runs twice")
	}
}

// Ensure that what is lost visits no more, and that its name is used up unless it was forgotten.
func TestLose(t *testing.T) {
	t.Parallel()
	for _, forgotten := range []bool{false, true} {
		_, x := floor(t)
		v := visits(t, x, 0)
		if n := x.Lose(execution.Session, forgotten); n != 1 || len(x.Running(execution.Session)) != 0 {
			t.Errorf("%d were lost, %v run", n, x.Running(execution.Session))
		}
		if err := x.Answer(t.Context(), v.Token, chat.AnswerWoken); !errors.Is(err, chat.ErrTokenGone) {
			t.Errorf("its task: %v", err)
		}
		if err := x.Start(t.Context(), execution); errors.Is(err, chat.ErrExecutionExists) == forgotten {
			t.Errorf("forgotten %v: started again: %v", forgotten, err)
		}
	}
}

// Ensure that an execution does not outlive what the state machine allows.
func TestLifetime(t *testing.T) {
	t.Parallel()
	clock, x := floor(t)
	clock.Advance(13 * time.Hour)
	if v, found := x.Visit(); found {
		t.Errorf("visit %+v", v)
	}
}
