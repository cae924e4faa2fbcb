// Package traces says where an invocation's time goes: one span for the invocation and one for each call to a service, sent in
// OpenTelemetry's protocol (OTLP over HTTP, as JSON) to a collector beside the function, which hands them on to X-Ray or wherever
// an operator looks at traces. It is off unless a collector is named.
//
// OpenTelemetry's own SDK does more, and would nearly double the functions: with its HTTP exporter it adds 7 MB to a binary of
// 9 MB, and each cold start is a person who waits.
package traces

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
)

// exportWithin is how long an invocation waits for the collector, which is a process of the same machine.
const exportWithin = 500 * time.Millisecond

// Tracer records the invocations that Lambda samples. Spans carry names of operations and statuses, nothing of what they are about.
type Tracer struct {
	// Log hears of spans that the collector did not take; slog.Default unless it is set.
	Log *slog.Logger

	url      string
	resource resource
	client   *http.Client
	warm     atomic.Bool
}

// New makes a Tracer for a function. collector is the base address of an OTLP receiver, such as http://127.0.0.1:4318.
func New(collector, function, region string) *Tracer {
	return &Tracer{Log: slog.Default(), url: strings.TrimSuffix(collector, "/") + "/v1/traces", client: &http.Client{Timeout: exportWithin},
		resource: resource{Attributes: attributes{text("service.name", function), text("faas.name", function), text("cloud.provider", "aws"),
			text("cloud.region", region)}}}
}

// Handler is a function as lambda.Handler has it.
type Handler interface {
	Invoke(ctx context.Context, payload []byte) ([]byte, error)
}

// Around makes a Handler that records what another one does.
func (t *Tracer) Around(h Handler) Handler { return traced{h, t} }

type traced struct {
	next   Handler
	tracer *Tracer
}

// Invoke carries out an invocation. It answers when the spans are sent: Lambda may stop the process right after.
func (h traced) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	cold := !h.tracer.warm.Swap(true)
	header, _ := ctx.Value("x-amzn-trace-id").(string) // that is where aws-lambda-go keeps it
	r := begin(header)
	if r == nil {
		return h.next.Invoke(ctx, payload)
	}
	began := time.Now()
	out, err := h.next.Invoke(context.WithValue(ctx, recordingKey{}, r), payload)
	root := span{Name: "invoke", SpanID: r.root, ParentSpanID: r.parent, Kind: kindServer, Attributes: attributes{flag("faas.coldstart", cold)}}
	if c, ok := lambdacontext.FromContext(ctx); ok {
		root.Attributes = append(root.Attributes, text("faas.invocation_id", c.AwsRequestID))
	}
	if err != nil {
		root.Status = &status{Code: statusError}
	}
	r.end(root, began)
	if err := h.tracer.send(ctx, r); err != nil {
		h.tracer.Log.WarnContext(ctx, "spans are lost", "err", err)
	}
	return out, err
}

// Transport makes a transport that records the calls which invocations make.
func (t *Tracer) Transport(next http.RoundTripper) http.RoundTripper { return transport{next} }

type transport struct{ next http.RoundTripper }

// RoundTrip sends a request.
func (t transport) RoundTrip(q *http.Request) (*http.Response, error) {
	r, _ := q.Context().Value(recordingKey{}).(*recording)
	if r == nil {
		return t.next.RoundTrip(q)
	}
	began := time.Now()
	resp, err := t.next.RoundTrip(q)
	s := span{Name: operation(q), SpanID: newID(8), ParentSpanID: r.root, Kind: kindClient,
		Attributes: attributes{text("server.address", q.URL.Hostname()), text("http.request.method", q.Method)}}
	if err == nil {
		s.Attributes = append(s.Attributes, number("http.response.status_code", resp.StatusCode))
	}
	if err != nil || resp.StatusCode >= http.StatusInternalServerError {
		s.Status = &status{Code: statusError}
	}
	r.end(s, began)
	return resp, err
}

// operation names a call: that of a service with a target ("DynamoDB_20120810.Query"), else the method and the first word of the path.
func operation(q *http.Request) string {
	if service, name, ok := strings.Cut(q.Header.Get("X-Amz-Target"), "."); ok {
		service, _, _ = strings.Cut(service, "_")
		return service + "." + name
	}
	if strings.Contains(q.URL.Path, "/@connections/") {
		return q.Method + " @connections"
	}
	return q.Method + " " + q.URL.Hostname()
}

type recordingKey struct{}

// recording is the trace of one invocation.
type recording struct {
	trace, root, parent string

	mu    sync.Mutex
	spans []span
}

// begin reads the header by which Lambda says what it traces: Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1.
// Nil: this invocation is not sampled.
func begin(header string) *recording {
	r := &recording{root: newID(8)}
	sampled := false
	for part := range strings.SplitSeq(header, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "Root":
			r.trace = strings.ReplaceAll(strings.TrimPrefix(value, "1-"), "-", "")
		case "Parent":
			r.parent = value
		case "Sampled":
			sampled = value == "1"
		}
	}
	if !sampled || len(r.trace) != 32 {
		return nil
	}
	return r
}

// end adds a span that is over now.
func (r *recording) end(s span, began time.Time) {
	s.TraceID, s.Start, s.End = r.trace, nanos(began), nanos(time.Now())
	r.mu.Lock()
	defer r.mu.Unlock()
	r.spans = append(r.spans, s)
}

// send gives the spans to the collector.
func (t *Tracer) send(ctx context.Context, r *recording) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	body, err := json.Marshal(export{[]resourceSpans{{Resource: t.resource, ScopeSpans: []scopeSpans{{Scope: scope{"parley"}, Spans: r.spans}}}}})
	if err != nil {
		return err
	}
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, t.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	q.Header.Set("Content-Type", "application/json")
	resp, err := t.client.Do(q)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body) // lets the connection be used again
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the collector answers %d", resp.StatusCode)
	}
	return nil
}

func newID(bytes int) string {
	id := make([]byte, bytes)
	_, _ = rand.Read(id) // never fails
	return hex.EncodeToString(id)
}

func nanos(t time.Time) string { return strconv.FormatInt(t.UnixNano(), 10) }
