package stepfn_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/parley-chat/parley/functions/chat"
	"github.com/parley-chat/parley/infra/local/asl"
	"github.com/parley-chat/parley/infra/stepfn"
)

const machineARN = "arn:aws:states:eu-west-1:000000000000:stateMachine:routing"

// loop runs the state machine of record; its router only remembers the last token.
type loop struct {
	*asl.Service
	*stepfn.Router
	last atomic.Value
}

// token is that of the last visit, once everything is at rest.
func (l *loop) token() string {
	synctest.Wait()
	return l.last.Load().(string)
}

func newLoop(t *testing.T) *loop {
	t.Helper()
	definition, err := os.ReadFile("../routing.asl.json")
	if err != nil {
		t.Fatal(err)
	}
	machine, err := asl.Load(definition, map[string]string{"RouterFunctionArn": "router"})
	if err != nil {
		t.Fatal(err)
	}
	l := &loop{}
	l.Service = asl.NewService(asl.Config{Machine: machine, ARN: machineARN, Invoke: func(_ context.Context, _ string, payload []byte) ([]byte, error) {
		var visit struct {
			Token string `json:"token"`
		}
		err := json.Unmarshal(payload, &visit)
		l.last.Store(visit.Token)
		return nil, err
	}})
	t.Cleanup(l.Close)
	l.Router = stepfn.New(newClient(l.Service), machineARN)
	return l
}

func newClient(rt http.RoundTripper) *sfn.Client {
	return sfn.New(sfn.Options{Region: "eu-west-1", HTTPClient: &http.Client{Transport: rt}, Retryer: aws.NopRetryer{},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}, nil
		})})
}

var execution = chat.Execution{Session: "s1", Generation: 2, Part: 1, Patience: 21}

func TestStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLoop(t)
		if err := l.Start(t.Context(), execution); err != nil {
			t.Fatal(err)
		}
		e, ok := l.Execution("s1-2-1")
		if want := `{"session":"s1","generation":2,"part":1,"patience":21}`; !ok || e.Input != want {
			t.Errorf("started with %s, want %s", e.Input, want)
		}
		if err := l.Start(t.Context(), execution); err != nil {
			t.Errorf("the same start again: %v", err)
		}
		if err := l.Answer(t.Context(), l.token(), chat.AnswerOver); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := l.Start(t.Context(), execution); !errors.Is(err, chat.ErrExecutionExists) {
			t.Errorf("a start after its end: %v, want %v", err, chat.ErrExecutionExists)
		}
	})
}

func TestAnswer(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		answer chat.Answer
		status asl.Status
		error  string // that ends the first visit
	}{
		{chat.AnswerOver, asl.Succeeded, ""},
		{chat.AnswerRejected, asl.Running, "Offer.Rejected"},
		{chat.AnswerWithdrawn, asl.Running, "Offer.Withdrawn"},
		{chat.AnswerWoken, asl.Running, "Session.Woken"},
	} {
		t.Run(string(tt.answer), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := newLoop(t)
				if err := l.Start(t.Context(), execution); err != nil {
					t.Fatal(err)
				}
				token := l.token()
				if err := l.Answer(t.Context(), token, tt.answer); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				e, _ := l.Execution("s1-2-1")
				if e.Status != tt.status || e.Visits[0].Error != tt.error || e.Transitions != 2 {
					t.Errorf("%s after %+v", e.Status, e.Visits)
				}
				for what, token := range map[string]string{"a second time": token, "of nobody": "nonsense"} {
					if err := l.Answer(t.Context(), token, tt.answer); !errors.Is(err, chat.ErrTokenGone) {
						t.Errorf("an answer %s: %v, want %v", what, err, chat.ErrTokenGone)
					}
				}
			})
		})
	}
}

func TestAnswerAfterPatience(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLoop(t)
		if err := l.Start(t.Context(), execution); err != nil {
			t.Fatal(err)
		}
		late := l.token()
		time.Sleep(time.Duration(execution.Patience) * time.Second)
		synctest.Wait()
		if err := l.Answer(t.Context(), late, chat.AnswerRejected); !errors.Is(err, chat.ErrTokenGone) {
			t.Errorf("a late answer: %v, want %v", err, chat.ErrTokenGone)
		}
		if late == l.token() {
			t.Error("the router was not visited again")
		}
	})
}

// What the service cannot say now is an error that is not about the execution or the token.
func TestFaults(t *testing.T) {
	t.Parallel()
	broken := errors.New("no network")
	r := stepfn.New(newClient(roundTripper(func(*http.Request) (*http.Response, error) { return nil, broken })), machineARN)
	if err := r.Start(t.Context(), execution); !errors.Is(err, broken) || errors.Is(err, chat.ErrExecutionExists) {
		t.Errorf("start: %v, want %v", err, broken)
	}
	if err := r.Answer(t.Context(), "t", chat.AnswerOver); !errors.Is(err, broken) || errors.Is(err, chat.ErrTokenGone) {
		t.Errorf("answer: %v, want %v", err, broken)
	}
	if err := r.Answer(t.Context(), "t", "Perhaps"); err == nil {
		t.Error("an unknown answer was sent")
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
