package traces_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/parley-chat/parley/infra/traces"
)

// collector is an OTLP receiver that remembers.
type collector struct {
	mu     sync.Mutex
	bodies []string
	status int
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bodies = append(c.bodies, r.Method+" "+r.URL.Path+" "+r.Header.Get("Content-Type")+" "+string(body))
	w.WriteHeader(c.status)
}

// handler is a function.
type handler func(ctx context.Context) error

func (h handler) Invoke(ctx context.Context, _ []byte) ([]byte, error) {
	return []byte("answer"), h(ctx)
}

const sampled = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"

// invocation is a context as aws-lambda-go makes it.
func invocation(t *testing.T, header string) context.Context {
	t.Helper()
	ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "r1"})
	//lint:ignore SA1029 the key is theirs
	return context.WithValue(ctx, "x-amzn-trace-id", header)
}

type span struct {
	TraceID, SpanID, ParentSpanID, Name string
	Kind                                int
	StartTimeUnixNano, EndTimeUnixNano  string
	Status                              struct{ Code int }
	Attributes                          []attribute
}

type attribute struct {
	Key   string
	Value map[string]any
}

func (s span) attributes() map[string]any {
	m := map[string]any{}
	for _, a := range s.Attributes {
		for _, v := range a.Value {
			m[a.Key] = v
		}
	}
	return m
}

// spans are those of one request to the collector.
func spans(t *testing.T, request string) []span {
	t.Helper()
	body, ok := strings.CutPrefix(request, "POST /v1/traces application/json ")
	if !ok {
		t.Fatalf("the collector got %q", request)
	}
	var e struct {
		ResourceSpans []struct {
			Resource   struct{ Attributes []attribute }
			ScopeSpans []struct{ Spans []span }
		}
	}
	if err := json.Unmarshal([]byte(body), &e); err != nil {
		t.Fatal(err)
	}
	r := span{Attributes: e.ResourceSpans[0].Resource.Attributes}.attributes()
	if r["service.name"] != "customer" || r["cloud.region"] != "eu-west-1" {
		t.Errorf("resource %v", r)
	}
	return e.ResourceSpans[0].ScopeSpans[0].Spans
}

// Ensure that an invocation and its calls make one trace, below what Lambda traces itself.
func TestTrace(t *testing.T) {
	t.Parallel()
	c := &collector{status: http.StatusOK}
	receiver := httptest.NewServer(c)
	defer receiver.Close()
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer service.Close()
	tracer := traces.New(receiver.URL, "customer", "eu-west-1")
	client := &http.Client{Transport: tracer.Transport(http.DefaultTransport)}
	call := func(ctx context.Context, path, target string) {
		q, err := http.NewRequestWithContext(ctx, http.MethodPost, service.URL+path, strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		if target != "" {
			q.Header.Set("X-Amz-Target", target)
		}
		resp, err := client.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	fails := errors.New("the store is away")
	h := tracer.Around(handler(func(ctx context.Context) error {
		call(ctx, "/", "DynamoDB_20120810.Query")
		call(ctx, "/prod/@connections/abc=", "")
		return fails
	}))
	out, err := h.Invoke(invocation(t, sampled), nil)
	if string(out) != "answer" || !errors.Is(err, fails) {
		t.Errorf("answered %q, %v", out, err)
	}
	call(t.Context(), "/", "") // of no invocation: not recorded
	if len(c.bodies) != 1 {
		t.Fatalf("%d requests to the collector, want 1", len(c.bodies))
	}

	id := regexp.MustCompile(`^[0-9a-f]{16}$`)
	type line struct {
		name, parent string
		kind, status int
	}
	var got []line
	all := spans(t, c.bodies[0])
	root := all[len(all)-1]
	for _, s := range all {
		if s.TraceID != "5759e988bd862e3fe1be46a994272793" || !id.MatchString(s.SpanID) || s.StartTimeUnixNano > s.EndTimeUnixNano {
			t.Errorf("span %+v", s)
		}
		parent := s.ParentSpanID
		if parent == root.SpanID {
			parent = "invoke"
		}
		got = append(got, line{s.Name, parent, s.Kind, s.Status.Code})
	}
	want := []line{{"DynamoDB.Query", "invoke", 3, 0}, {"POST @connections", "invoke", 3, 2}, {"invoke", "53995c3f42cd8ad8", 2, 2}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if a := root.attributes(); a["faas.invocation_id"] != "r1" || a["faas.coldstart"] != true {
		t.Errorf("the invocation's attributes are %v", a)
	}
	if a := all[1].attributes(); a["http.response.status_code"] != "503" {
		t.Errorf("the call's attributes are %v", a)
	}
	if strings.Contains(c.bodies[0], "abc=") {
		t.Error("the id of a connection is in a span")
	}
	if _, err := h.Invoke(invocation(t, sampled), nil); err == nil {
		t.Error("the second invocation did not fail")
	}
	if a := spans(t, c.bodies[1]); a[len(a)-1].attributes()["faas.coldstart"] != false {
		t.Error("the second invocation counts as a cold start")
	}
}

// Ensure that nothing is recorded that Lambda does not sample.
func TestNotSampled(t *testing.T) {
	t.Parallel()
	c := &collector{status: http.StatusOK}
	receiver := httptest.NewServer(c)
	defer receiver.Close()
	h := traces.New(receiver.URL, "customer", "eu-west-1").Around(handler(func(context.Context) error { return nil }))
	for _, header := range []string{"", strings.Replace(sampled, "Sampled=1", "Sampled=0", 1), "Sampled=1", "Root=1-5759e988;Sampled=1"} {
		if out, err := h.Invoke(invocation(t, header), nil); string(out) != "answer" || err != nil {
			t.Errorf("%q: answered %q, %v", header, out, err)
		}
	}
	if len(c.bodies) > 0 {
		t.Errorf("sent %v", c.bodies)
	}
}

// Ensure that a collector which is away or refuses costs a line in the log and nothing else.
func TestCollectorIsAway(t *testing.T) {
	t.Parallel()
	refuses := httptest.NewServer(&collector{status: http.StatusBadRequest})
	defer refuses.Close()
	away := httptest.NewServer(nil)
	away.Close()
	for name, url := range map[string]string{"refuses": refuses.URL, "away": away.URL} {
		var log bytes.Buffer
		tracer := traces.New(url, "customer", "eu-west-1")
		tracer.Log = slog.New(slog.NewTextHandler(&log, nil))
		out, err := tracer.Around(handler(func(context.Context) error { return nil })).Invoke(invocation(t, sampled), nil)
		if string(out) != "answer" || err != nil || !strings.Contains(log.String(), "spans are lost") {
			t.Errorf("%s: answered %q, %v, logged %q", name, out, err, &log)
		}
	}
}
