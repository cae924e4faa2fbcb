package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// Ensure that addresses of API Gateway lead to the emulator that was deployed to, and nowhere else on AWS.
func TestHere(t *testing.T) {
	t.Parallel()
	const emulator = "http://127.0.0.1:4650"
	for _, test := range []struct{ name, address, endpoint, want string }{
		{"HTTPS API", "https://abc123.execute-api.us-east-1.amazonaws.com", emulator, "http://127.0.0.1:4650/_aws/execute-api/abc123/$default"},
		{"socket", "wss://abc123.execute-api.us-east-1.amazonaws.com/stack", emulator, "ws://127.0.0.1:4650/_aws/execute-api/abc123/stack"},
		{"on AWS", "wss://abc123.execute-api.us-east-1.amazonaws.com/stack", "", "wss://abc123.execute-api.us-east-1.amazonaws.com/stack"},
		{"a domain of one's own", "https://api.example.com", emulator, "https://api.example.com"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := here(test.address, test.endpoint); got != test.want {
				t.Errorf("here(%q) = %q, want %q", test.address, got, test.want)
			}
		})
	}
}

// Ensure that a test is a line, that skipping needs a reason, and that a package that does not build does not look like success.
func TestGoScenarios(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		report []string
		want   []scenario
	}{
		{"passed", []string{`{"Action":"run","Test":"TestStories/an_agent_pauses/beepall"}`, `{"Action":"pass","Test":"TestStories/an_agent_pauses/beepall"}`,
			`{"Action":"pass","Test":"TestStories"}`, `{"Action":"pass"}`}, []scenario{{"an agent pauses, beepall", passed, ""}}},
		{"failed", []string{`{"Action":"output","Test":"TestHealth","Output":"    health_test.go:7: got 500\n"}`,
			`{"Action":"output","Test":"TestHealth","Output":"--- FAIL: TestHealth (0.00s)\n"}`, `{"Action":"fail","Test":"TestHealth"}`},
			[]scenario{{"TestHealth", failed, "health_test.go:7: got 500\n    health_test.go:7: got 500\n--- FAIL: TestHealth (0.00s)\n"}}},
		{"out of reach", []string{`{"Action":"output","Test":"TestLost","Output":"    lost_test.go:7: out of reach: leases are long\n"}`,
			`{"Action":"output","Test":"TestLost","Output":"--- SKIP: TestLost (0.00s)\n"}`, `{"Action":"skip","Test":"TestLost"}`},
			[]scenario{{"TestLost", outOfReach, "leases are long"}}},
		{"skipped silently", []string{`{"Action":"skip","Test":"TestLost"}`}, []scenario{{"TestLost", failed, "skipped without saying that it is out of reach"}}},
		{"does not build", []string{`{"Action":"build-output","Output":"x.go:1:1: undefined: y\n"}`, `{"Action":"output","Output":"FAIL\n"}`, `{"Action":"fail"}`},
			[]scenario{{"end-to-end tests over sockets", failed, "x.go:1:1: undefined: y\nx.go:1:1: undefined: y\nFAIL\n"}}},
		{"fails by itself", []string{`{"Action":"pass","Test":"TestHealth"}`, `{"Action":"output","Output":"a runner is left\n"}`, `{"Action":"fail"}`},
			[]scenario{{"TestHealth", passed, ""}, {"end-to-end tests over sockets", failed, "a runner is left\na runner is left\n"}}},
		{"in alphabetical order", []string{`{"Action":"pass","Test":"TestB"}`, `{"Action":"pass","Test":"TestA"}`},
			[]scenario{{"TestA", passed, ""}, {"TestB", passed, ""}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := goScenarios([]byte(strings.Join(test.report, "\n"))); !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

// Ensure the same of Playwright's report.
func TestBrowserScenarios(t *testing.T) {
	t.Parallel()
	report := `{"suites":[{"title":"life.spec.ts","file":"life.spec.ts","specs":[{"title":"it works","tests":[{"status":"expected"}]}],"suites":[{"title":"a queue","file":"life.spec.ts","specs":[
		{"title":"it breaks","tests":[{"status":"unexpected","results":[{"error":{"message":"\u001b[31mno card\u001b[39m\nat all"},"errorLocation":{"file":"/x/life.spec.ts","line":7}}]}]},
		{"title":"it wants more","tests":[{"status":"skipped","annotations":[{"type":"skip","description":"out of reach: no chaos"}]}]},
		{"title":"it is forgotten","tests":[{"status":"skipped","annotations":[]}]}]}]}]}`
	want := []scenario{
		{"in the browser: it works", passed, ""},
		{"in the browser: a queue, it breaks", failed, "life.spec.ts:7: no card\nat all"},
		{"in the browser: a queue, it wants more", outOfReach, "no chaos"},
		{"in the browser: a queue, it is forgotten", failed, "skipped without saying that it is out of reach"},
	}
	if got := browserScenarios([]byte(report)); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := browserScenarios([]byte("no browser")); len(got) != 1 || got[0].result != failed {
		t.Errorf("what is no report is %v, want a failure", got)
	}
}

// Ensure that what a command has started ends with it: an interrupted stack leaves nothing behind.
func TestCommandEndsWithItsChildren(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	cmd := command(ctx, os.Environ(), "sh", "-c", "sleep 600 & echo $!; wait")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err == nil {
		_, err = fmt.Fscan(out, new(int))
	}
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	// The child holds the pipe as long as it lives.
	if _, err := io.ReadAll(out); err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("the command ended well, want it interrupted")
	}
}

func TestQuantiles(t *testing.T) {
	t.Parallel()
	took := []time.Duration{4 * time.Millisecond, time.Millisecond, 3 * time.Millisecond, 2 * time.Millisecond}
	if got := spread(took); got != "p50 3.0 ms, p99 4.0 ms of 4" {
		t.Errorf("spread is %q", got)
	}
	if got := at([]float64{}, 0.5); !math.IsNaN(got) {
		t.Errorf("the median of nothing is %v, want NaN", got)
	}
}

// Ensure that the demo that make run shows can be deployed, and that a typing error in it is told.
func TestDirectory(t *testing.T) {
	t.Parallel()
	d, err := readDirectory("../local/demo.yaml")
	if err != nil || len(d.Agents) == 0 || len(d.Websites) == 0 || len(d.Queues) == 0 {
		t.Errorf("the demo is %+v, %v", d, err)
	}
	if _, err := decodeDirectory([]byte("agents: [{id: ada, nme: Ada}]")); err == nil || !strings.Contains(err.Error(), "nme") {
		t.Errorf("a field that does not exist gives %v, want its name", err)
	}
}
