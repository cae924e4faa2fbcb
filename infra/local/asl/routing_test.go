package asl_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/parley-chat/parley/infra/local/asl"
)

const (
	machineARN = "arn:aws:states:eu-west-1:000000000000:stateMachine:parley-routing"
	routerARN  = "arn:aws:lambda:eu-west-1:000000000000:function:router"
)

// visit is what the router is told.
type visit struct {
	Session    string    `json:"session"`
	Generation int       `json:"generation"`
	Part       int       `json:"part"`
	Execution  string    `json:"execution"`
	Entered    time.Time `json:"entered"`
	Token      string    `json:"token"`
}

// loop is the routing loop of record with a router that a test plays: it keeps every visit and fails those that it is told to.
type loop struct {
	*asl.Service
	client *sfn.Client

	mu     sync.Mutex
	visits []visit
	fail   func(n int) error // n counts visits from 1
}

func definition(t testing.TB) []byte {
	t.Helper()
	text, err := os.ReadFile("../../routing.asl.json")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func newLoop(t testing.TB, fail func(n int) error) *loop {
	t.Helper()
	machine, err := asl.Load(definition(t), map[string]string{"RouterFunctionArn": routerARN})
	if err != nil {
		t.Fatal(err)
	}
	l := &loop{fail: fail}
	l.Service = asl.NewService(asl.Config{Machine: machine, ARN: machineARN, Invoke: l.router, Log: slog.New(slog.DiscardHandler)})
	l.client = newClient(l.Service)
	t.Cleanup(l.Close)
	return l
}

// newClient is the SDK's own client, as the product uses it, without retries: a second try would hide a wrong first answer.
func newClient(rt http.RoundTripper) *sfn.Client {
	return sfn.New(sfn.Options{
		Region:     "eu-west-1",
		Retryer:    aws.NopRetryer{},
		HTTPClient: &http.Client{Transport: rt},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}, nil
		}),
	})
}

func (l *loop) router(_ context.Context, function string, payload []byte) ([]byte, error) {
	if function != routerARN {
		return nil, fmt.Errorf("invoked %s", function)
	}
	var v visit
	if err := json.Unmarshal(payload, &v); err != nil {
		return nil, err
	}
	l.mu.Lock()
	l.visits = append(l.visits, v)
	n := len(l.visits)
	l.mu.Unlock()
	if l.fail != nil {
		if err := l.fail(n); err != nil {
			return nil, err
		}
	}
	return []byte(`"what a router returns is ignored"`), nil
}

// nth waits until the nth visit has been made and everything is at rest, and returns it.
func (l *loop) nth(t *testing.T, n int) visit {
	t.Helper()
	synctest.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.visits) != n {
		t.Fatalf("the router was visited %d times, want %d", len(l.visits), n)
	}
	return l.visits[n-1]
}

const (
	executionName  = "s1-2-0"
	executionInput = `{"session":"s1","generation":2,"part":0,"patience":21}`
)

func (l *loop) start(t *testing.T) {
	t.Helper()
	if err := l.startAs(t, executionName, executionInput); err != nil {
		t.Fatal(err)
	}
}

func (l *loop) startAs(t *testing.T, name, input string) error {
	_, err := l.client.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: aws.String(machineARN), Name: &name, Input: &input})
	return err
}

func (l *loop) over(t *testing.T, token string) error {
	_, err := l.client.SendTaskSuccess(t.Context(), &sfn.SendTaskSuccessInput{TaskToken: &token, Output: aws.String("{}")})
	return err
}

func (l *loop) failed(t *testing.T, token, name string) error {
	_, err := l.client.SendTaskFailure(t.Context(), &sfn.SendTaskFailureInput{TaskToken: &token, Error: &name})
	return err
}

// trace writes a history as "Offer!Offer.Rejected Offer Done".
func trace(e asl.Execution) string {
	var states []string
	for _, v := range e.Visits {
		s := v.State
		if v.Error != "" {
			s += "!" + v.Error
		}
		states = append(states, s)
	}
	return strings.Join(states, " ")
}

func (l *loop) wants(t *testing.T, status asl.Status, history string) asl.Execution {
	t.Helper()
	synctest.Wait()
	e, ok := l.Execution(executionName)
	if !ok {
		t.Fatal("there is no such execution")
	}
	if got := trace(e); e.Status != status || got != history {
		t.Errorf("%s after %q, want %s after %q (%s: %s)", e.Status, got, status, history, e.Error, e.Cause)
	}
	if want := len(strings.Fields(history)); e.Transitions != want || l.Transitions() != want {
		t.Errorf("counted %d transitions, in all %d, want %d", e.Transitions, l.Transitions(), want)
	}
	return e
}

// The scenarios of record. Each plays the router's visits and whoever answers them.
func TestRouting(t *testing.T) {
	t.Parallel()
	routerDown := func(times int) func(int) error {
		return func(n int) error {
			if n <= times {
				return errors.New("the router is down")
			}
			return nil
		}
	}
	for _, tt := range []struct {
		name    string
		fail    func(int) error
		play    func(t *testing.T, l *loop)
		status  asl.Status
		history string
	}{
		{
			name: "accepted at the first offer",
			play: func(t *testing.T, l *loop) { must(t, l.over(t, l.nth(t, 1).Token)) },

			status: asl.Succeeded, history: "Offer Done",
		},
		{
			name: "rejected, then accepted: two offers are three transitions",
			play: func(t *testing.T, l *loop) {
				must(t, l.failed(t, l.nth(t, 1).Token, "Offer.Rejected"))
				must(t, l.over(t, l.nth(t, 2).Token))
			},
			status: asl.Succeeded, history: "Offer!Offer.Rejected Offer Done",
		},
		{
			name: "timed out, then accepted",
			play: func(t *testing.T, l *loop) {
				first := l.nth(t, 1)
				time.Sleep(21*time.Second - time.Nanosecond)
				l.nth(t, 1)
				time.Sleep(time.Nanosecond)
				second := l.nth(t, 2)
				if waited := second.Entered.Sub(first.Entered); waited != 21*time.Second {
					t.Errorf("visited again after %v, want 21s", waited)
				}
				must(t, l.over(t, second.Token))
			},
			status: asl.Succeeded, history: "Offer!States.Timeout Offer Done",
		},
		{
			name: "parked and woken",
			play: func(t *testing.T, l *loop) {
				parked := l.nth(t, 1)
				time.Sleep(3 * time.Second)
				must(t, l.failed(t, parked.Token, "Session.Woken"))
				offered := l.nth(t, 2)
				if waited := offered.Entered.Sub(parked.Entered); waited != 3*time.Second {
					t.Errorf("woken after %v, want 3s", waited)
				}
				must(t, l.over(t, offered.Token))
			},
			status: asl.Succeeded, history: "Offer!Session.Woken Offer Done",
		},
		{
			name: "withdrawn because the agent paused",
			play: func(t *testing.T, l *loop) {
				must(t, l.failed(t, l.nth(t, 1).Token, "Offer.Withdrawn"))
				must(t, l.over(t, l.nth(t, 2).Token))
			},
			status: asl.Succeeded, history: "Offer!Offer.Withdrawn Offer Done",
		},
		{
			name: "the router fails twice and recovers",
			fail: routerDown(2),
			play: func(t *testing.T, l *loop) {
				first := l.nth(t, 1)
				time.Sleep(5 * time.Second)
				l.nth(t, 2)
				time.Sleep(5 * time.Second)
				third := l.nth(t, 3)
				if waited := third.Entered.Sub(first.Entered); waited != 10*time.Second {
					t.Errorf("the third visit was after %v, want 10s", waited)
				}
				must(t, l.over(t, third.Token))
			},
			status: asl.Succeeded, history: "Offer!errorString Backoff Offer!errorString Backoff Offer Done",
		},
		{
			name: "an error of another name backs off",
			play: func(t *testing.T, l *loop) {
				must(t, l.failed(t, l.nth(t, 1).Token, "Something.Else"))
				time.Sleep(5 * time.Second)
				must(t, l.over(t, l.nth(t, 2).Token))
			},
			status: asl.Succeeded, history: "Offer!Something.Else Backoff Offer Done",
		},
		{
			name: "the router that answers and then fails has answered",
			fail: func(int) error { time.Sleep(time.Second); return errors.New("too late") },
			play: func(t *testing.T, l *loop) { must(t, l.over(t, l.nth(t, 1).Token)); time.Sleep(time.Minute) },

			status: asl.Succeeded, history: "Offer Done",
		},
		{
			name: "a late answer is refused and changes nothing",
			play: func(t *testing.T, l *loop) {
				first := l.nth(t, 1)
				time.Sleep(21 * time.Second)
				second := l.nth(t, 2)
				wantError[*types.TaskTimedOut](t, l.over(t, first.Token))
				wantError[*types.TaskTimedOut](t, l.failed(t, first.Token, "Offer.Rejected"))
				l.nth(t, 2)
				must(t, l.over(t, second.Token))
				wantError[*types.TaskTimedOut](t, l.over(t, second.Token))
			},
			status: asl.Succeeded, history: "Offer!States.Timeout Offer Done",
		},
		{
			name: "a foreign token is refused",
			play: func(t *testing.T, l *loop) {
				token := l.nth(t, 1).Token
				forged := "A" + token[1:]
				if forged == token {
					forged = "B" + token[1:]
				}
				wantError[*types.InvalidToken](t, l.over(t, forged))
				wantError[*types.InvalidToken](t, l.over(t, "nonsense"))
				wantError[*types.InvalidOutput](t, func() error {
					_, err := l.client.SendTaskSuccess(t.Context(), &sfn.SendTaskSuccessInput{TaskToken: &token, Output: aws.String("no JSON")})
					return err
				}())
				must(t, l.over(t, token))
			},
			status: asl.Succeeded, history: "Offer Done",
		},
		{
			name: "nobody for twelve hours",
			play: func(t *testing.T, l *loop) {
				time.Sleep(12*time.Hour - time.Millisecond)
				synctest.Wait()
				if e, _ := l.Execution(executionName); e.Status != asl.Running || e.Transitions != 2058 || len(e.Visits) != 200 {
					t.Fatalf("%s with %d transitions and %d visits, want RUNNING, 12 h / 21 s = 2058 and 200", e.Status, e.Transitions, len(e.Visits))
				}
				time.Sleep(time.Millisecond)
				synctest.Wait()
				e, _ := l.Execution(executionName)
				if e.Status != asl.TimedOut {
					t.Errorf("%s, want TIMED_OUT", e.Status)
				}
				wantError[*types.TaskTimedOut](t, l.over(t, l.visits[len(l.visits)-1].Token))
			},
		},
		{
			name: "stopped while it waits",
			play: func(t *testing.T, l *loop) {
				token := l.nth(t, 1).Token
				e, _ := l.Execution(executionName)
				_, err := l.client.StopExecution(t.Context(), &sfn.StopExecutionInput{ExecutionArn: &e.ARN, Cause: aws.String("by hand")})
				must(t, err)
				wantError[*types.TaskTimedOut](t, l.over(t, token))
			},
			status: asl.Aborted, history: "Offer",
		},
		{
			name: "stopped while it backs off",
			fail: routerDown(1),
			play: func(t *testing.T, l *loop) {
				l.nth(t, 1)
				e, _ := l.Execution(executionName)
				_, err := l.client.StopExecution(t.Context(), &sfn.StopExecutionInput{ExecutionArn: &e.ARN})
				must(t, err)
				time.Sleep(time.Minute)
			},
			status: asl.Aborted, history: "Offer!errorString Backoff",
		},
		{
			name: "closed while it waits",
			play: func(t *testing.T, l *loop) {
				token := l.nth(t, 1).Token
				l.Close()
				wantError[*types.TaskTimedOut](t, l.over(t, token))
				wantError[*types.StateMachineDeleting](t, l.startAs(t, "s2-1-0", executionInput))
			},
			status: asl.Aborted, history: "Offer",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := newLoop(t, tt.fail)
				l.start(t)
				tt.play(t, l)
				if tt.history != "" {
					l.wants(t, tt.status, tt.history)
				}
			})
		})
	}
}

// The router learns which execution, which state entry and which token it serves; every visit has its own token, as long as
// one of AWS's.
func TestRouterIsTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLoop(t, nil)
		time.Sleep(1500 * time.Millisecond)
		l.start(t)
		first := l.nth(t, 1)
		want := visit{Session: "s1", Generation: 2, Part: 0, Execution: executionName, Entered: time.Now().UTC(), Token: first.Token}
		if first != want {
			t.Errorf("told %+v, want %+v", first, want)
		}
		must(t, l.failed(t, first.Token, "Offer.Rejected"))
		second := l.nth(t, 2)
		if len(first.Token) != 1000 || len(second.Token) != 1000 || first.Token == second.Token {
			t.Errorf("tokens of %d and %d characters, want two different ones of 1000", len(first.Token), len(second.Token))
		}
	})
}

func TestStartExecution(t *testing.T) {
	t.Parallel()
	const other = `{"session":"s1","generation":2,"part":0,"patience":30}`
	synctest.Test(t, func(t *testing.T) {
		l := newLoop(t, nil)
		l.start(t)
		l.start(t) // the same again is fine while it runs
		token := l.nth(t, 1).Token
		wantError[*types.ExecutionAlreadyExists](t, l.startAs(t, executionName, other))
		must(t, l.over(t, token))
		synctest.Wait()
		wantError[*types.ExecutionAlreadyExists](t, l.startAs(t, executionName, executionInput))

		for _, name := range []string{strings.Repeat("n", 81), "a b", "a:b", "a/b", "a#b", "a\x07b", "a`b"} {
			wantError[*types.InvalidName](t, l.startAs(t, name, executionInput))
		}
		must(t, l.startAs(t, strings.Repeat("n", 80), executionInput))
		wantError[*types.InvalidExecutionInput](t, l.startAs(t, "bad-input", `{"session":`))
		_, err := l.client.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: aws.String(machineARN + "2")})
		wantError[*types.StateMachineDoesNotExist](t, err)
		synctest.Wait()
		if l.Transitions() != 3 {
			t.Errorf("%d transitions, want 3: refused starts start nothing", l.Transitions())
		}
	})
}

func TestDescribeExecution(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLoop(t, nil)
		started := time.Now()
		l.start(t)
		arn := "arn:aws:states:eu-west-1:000000000000:execution:parley-routing:" + executionName
		describe := func() *sfn.DescribeExecutionOutput {
			out, err := l.client.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: &arn})
			must(t, err)
			return out
		}
		if got := describe(); got.Status != types.ExecutionStatusRunning || got.StopDate != nil || *got.Input != executionInput ||
			!got.StartDate.Equal(started) || *got.Name != executionName || *got.StateMachineArn != machineARN {
			t.Errorf("running: %+v", got)
		}
		time.Sleep(1234 * time.Millisecond)
		must(t, l.over(t, l.nth(t, 1).Token))
		synctest.Wait()
		if got := describe(); got.Status != types.ExecutionStatusSucceeded || *got.Output != "{}" ||
			!got.StopDate.Equal(started.Add(1234*time.Millisecond)) {
			t.Errorf("over: %+v", got)
		}
		_, err := l.client.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: aws.String(arn + "x")})
		wantError[*types.ExecutionDoesNotExist](t, err)
		if list := l.Executions(10); len(list) != 1 || list[0].Name != executionName {
			t.Errorf("lists %v", list)
		}
	})
}

// What the service does not know it says.
func TestUnknownRequests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLoop(t, nil)
		_, err := l.client.GetExecutionHistory(t.Context(), &sfn.GetExecutionHistoryInput{ExecutionArn: aws.String("x")})
		if err == nil || !strings.Contains(err.Error(), `has no operation "GetExecutionHistory"`) {
			t.Errorf("an unknown operation: %v", err)
		}
		_, err = l.client.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: aws.String(machineARN), TraceHeader: aws.String("x")})
		if err == nil || !strings.Contains(err.Error(), `unknown field "traceHeader"`) {
			t.Errorf("an unknown parameter: %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = l.client.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: aws.String(machineARN)})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("a canceled request: %v", err)
		}
	})
}

// An answer and the time-out at the same instant: exactly one of them ends the task, and the answer knows which.
func TestAnswerRacesTimeout(t *testing.T) {
	t.Parallel()
	for round := range 50 {
		synctest.Test(t, func(t *testing.T) {
			l := newLoop(t, nil)
			l.start(t)
			first := l.nth(t, 1)
			answers := make(chan error, 3)
			for range cap(answers) {
				go func() {
					time.Sleep(21 * time.Second)
					answers <- l.over(t, first.Token)
				}()
			}
			won := 0
			for range cap(answers) {
				err := <-answers
				if err == nil {
					won++
					continue
				}
				wantError[*types.TaskTimedOut](t, err)
			}
			synctest.Wait()
			e, _ := l.Execution(executionName)
			want := map[int]string{0: "Offer!States.Timeout Offer", 1: "Offer Done"}[won]
			if trace(e) != want {
				t.Errorf("round %d: %d answers won, and the history is %q", round, won, trace(e))
			}
		})
	}
}

// Executions that are over keep their names, but only the last thousand keep their history.
func TestHistoriesAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLoop(t, nil)
		for i := range 1001 {
			must(t, l.startAs(t, fmt.Sprintf("s-%d", i), executionInput))
			must(t, l.over(t, l.nth(t, i+1).Token))
		}
		synctest.Wait()
		histories := slices.IndexFunc(l.Executions(2000), func(e asl.Execution) bool { return e.Visits == nil })
		if histories != 1000 {
			t.Errorf("%d histories are kept, want 1000", histories)
		}
		wantError[*types.ExecutionAlreadyExists](t, l.startAs(t, "s-0", executionInput))
	})
}

// BenchmarkVisit measures one turn of the loop with everything around it but the router: answer, catch, enter, queries,
// token, invocation.
func BenchmarkVisit(b *testing.B) {
	machine, err := asl.Load(definition(b), map[string]string{"RouterFunctionArn": routerARN})
	if err != nil {
		b.Fatal(err)
	}
	tokens := make(chan string)
	s := asl.NewService(asl.Config{Machine: machine, ARN: machineARN, Invoke: func(_ context.Context, _ string, payload []byte) ([]byte, error) {
		var v visit
		if err := json.Unmarshal(payload, &v); err != nil {
			return nil, err
		}
		tokens <- v.Token
		return nil, nil
	}})
	defer s.Close()
	client := newClient(s)
	if _, err := client.StartExecution(b.Context(), &sfn.StartExecutionInput{StateMachineArn: aws.String(machineARN), Input: aws.String(executionInput)}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		token := <-tokens
		if _, err := client.SendTaskFailure(b.Context(), &sfn.SendTaskFailureInput{TaskToken: &token, Error: aws.String("Offer.Rejected")}); err != nil {
			b.Fatal(err)
		}
	}
	<-tokens
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantError[E error](t *testing.T, err error) {
	t.Helper()
	if _, ok := errors.AsType[E](err); !ok {
		t.Errorf("got %v, want a %T", err, *new(E))
	}
}
