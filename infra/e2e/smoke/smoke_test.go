package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/parley-chat/parley/infra/e2e/play"
)

const root = "../../.."

// Ensure that every question is answered well where everything is well, and that the one which needs AWS says so.
func TestAgainstTheLocalRunner(t *testing.T) {
	t.Parallel()
	binary := filepath.Join(t.TempDir(), "parley")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./infra/local")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the runner: %v\n%s", err, out)
	}
	var log bytes.Buffer
	r, err := play.StartRunner(t.Context(), binary, &log, "-root", root)
	if err != nil {
		t.Fatalf("%v\n%s", err, &log)
	}
	defer func() {
		if err := r.Stop(); err != nil {
			t.Error(err)
		}
	}()
	var out strings.Builder
	if err := run(t.Context(), []string{"-url", r.Origin, "-website", "fern", "-agents", "jonas,marta", "-messages", "3"}, &out); err != nil {
		t.Errorf("%v\n%s", err, &log)
	}
	answers := map[string]int{}
	for _, answer := range []string{"ok", "not asked", "FAILED"} {
		answers[answer] = strings.Count(out.String(), "  "+answer+"  ")
	}
	if answers["ok"] != 12 || answers["not asked"] != 1 || answers["FAILED"] != 0 {
		t.Errorf("answers %v of\n%s", answers, &out)
	}
	t.Logf("\n%s", &out)
}

// Ensure that what is missing is said before anything is asked.
func TestArguments(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{}, {"-url", "http://127.0.0.1:1"}, {"-url", "http://127.0.0.1:1", "-website", "fern"}} {
		if err := run(t.Context(), args, io.Discard); err == nil || !strings.Contains(err.Error(), "AGENT_TOKENS") {
			t.Errorf("%v: %v", args, err)
		}
	}
}

// Histories of a router that fails, as Step Functions tells them. The second is what an emulator makes of it.
const (
	entered   = `{"id":2,"type":"TaskStateEntered","timestamp":100,"stateEnteredEventDetails":{"name":"Offer"}}`
	scheduled = `{"id":3,"type":"TaskScheduled","timestamp":100.1,"taskScheduledEventDetails":{"resource":"invoke.waitForTaskToken","resourceType":"lambda","region":"eu-west-1","parameters":"{}"}}`
	failed    = `{"id":4,"type":"TaskFailed","timestamp":100.2,"taskFailedEventDetails":{"error":"errorString","resource":"invoke.waitForTaskToken","resourceType":"lambda"}}`
	timedOut  = `{"id":4,"type":"TaskTimedOut","timestamp":130,"taskTimedOutEventDetails":{"error":"States.Timeout","resource":"invoke.waitForTaskToken","resourceType":"lambda"}}`
)

func backoff(at string) string {
	return `{"id":5,"type":"WaitStateEntered","timestamp":` + at + `,"stateEnteredEventDetails":{"name":"Backoff"}}`
}

func again(at string) string {
	return `{"id":5,"type":"TaskStateEntered","timestamp":` + at + `,"stateEnteredEventDetails":{"name":"Offer"}}`
}

// states plays the three calls of Step Functions that are made: the history grows with each look.
type states struct {
	mu        sync.Mutex
	histories [][]string
	calls     []string
}

func (s *states) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	call := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "AWSStepFunctions.")
	body, _ := io.ReadAll(r.Body)
	s.calls = append(s.calls, call)
	switch call {
	case "StartExecution":
		var in struct{ Input string }
		_ = json.Unmarshal(body, &in)
		if in.Input != `{"session":"","generation":0,"part":0,"patience":30}` {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		_, _ = io.WriteString(w, `{"executionArn":"arn:aws:states:eu-west-1:000000000000:execution:routing:smoke","startDate":99}`)
	case "GetExecutionHistory":
		n := min(len(s.histories)-1, len(s.calls)-2)
		fmt.Fprintf(w, `{"events":[%s]}`, strings.Join(s.histories[n], ","))
	default:
		_, _ = io.WriteString(w, `{"stopDate":101}`)
	}
}

// Ensure that a machine which takes the way of errors at once is told from one that waits for the token of a task which has failed.
func TestFailingRouter(t *testing.T) {
	for name, test := range map[string]struct {
		histories [][]string
		note, err string
	}{
		"at once": {[][]string{{entered}, {entered, scheduled, failed, backoff("100.25")}},
			"goes to Backoff at once, after 250 ms (errorString)", ""},
		"when the token times out": {[][]string{{entered, scheduled, timedOut, backoff("130")}}, "", "goes to Backoff only after 30000 ms (States.Timeout)"},
		"another way":              {[][]string{{entered, scheduled, timedOut, again("130")}}, "", "asks again after 30000 ms without going to Backoff"},
	} {
		t.Run(name, func(t *testing.T) {
			fake := &states{histories: test.histories}
			server := httptest.NewServer(fake)
			defer server.Close()
			t.Setenv("AWS_ENDPOINT_URL", server.URL)
			t.Setenv("AWS_ACCESS_KEY_ID", "test")
			t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
			s := &smoke{options: options{machine: "arn:aws:states:eu-west-1:000000000000:stateMachine:routing"}}
			note, err := s.failingRouter(t.Context())
			if note != test.note || (err == nil) != (test.err == "") || err != nil && !strings.HasPrefix(err.Error(), test.err) {
				t.Errorf("got %q, %v", note, err)
			}
			if last := fake.calls[len(fake.calls)-1]; last != "StopExecution" {
				t.Errorf("the execution goes on: %v", fake.calls)
			}
		})
	}
}
