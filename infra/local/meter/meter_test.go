package meter_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/parley-chat/parley/functions/chat"
	"github.com/parley-chat/parley/infra/dynamo"
	"github.com/parley-chat/parley/infra/dynamo/dynamotest"
	"github.com/parley-chat/parley/infra/local/meter"
)

func TestMain(m *testing.M) { os.Exit(dynamotest.Main(m)) }

// Ensure that units are counted that nobody asked for, by function, reads and writes apart.
func TestStore(t *testing.T) {
	t.Parallel()
	m := meter.New()
	tables, endpoint := dynamotest.Tables(t), dynamotest.Endpoint(t)
	transport := dynamo.NewTransport()
	t.Cleanup(transport.CloseIdleConnections)
	store := func(function string) *dynamo.Store {
		return dynamo.New(dynamo.NewClient(aws.Config{Region: "local", HTTPClient: &http.Client{Transport: m.Store(function, transport)},
			Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}, nil
			})}, endpoint), tables)
	}
	ctx := t.Context()
	writer, reader := store("writer"), store("reader")
	row := chat.Row{Session: "s", Place: 1, Kind: chat.KindMessage, CID: "a", Text: "Hello"}
	for range 2 { // the second is refused
		if _, err := writer.Append(ctx, row); err != nil && !errors.Is(err, chat.ErrStale) {
			t.Fatal(err)
		}
	}
	if _, err := reader.Rows(ctx, []chat.RowRef{{Session: "s", Place: 1}}); err != nil {
		t.Fatal(err)
	}
	got := m.Counts().Functions
	if w := got["writer"]; w.Writes != 1 || w.Reads != 0 || w.Refused != 1 {
		t.Errorf("writer: %+v", w)
	}
	if r := got["reader"]; r.Reads != 1 || r.Writes != 0 || r.Refused != 0 {
		t.Errorf("reader: %+v", r)
	}
}

// Ensure that a function's log is counted as AWS stores it, and still written where it was.
func TestLog(t *testing.T) {
	t.Parallel()
	m := meter.New()
	var out strings.Builder
	log := m.Log("f", slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelWarn}))).With("function", "functions/f")
	log.Debug("not at INFO")
	log.Info("frame", "op", "send")
	const line = `{"time":"2026-01-01T00:00:00.123456789Z","level":"INFO","msg":"frame","op":"send"}` + "\n"
	// Trailing zeros of a time are left out, and another zone is written longer.
	if got, most := m.Counts().Functions["f"].Logged, len(line)+26+5; got > most || got < most-15 {
		t.Errorf("counted %d bytes, want about %d", got, most)
	}
	log.Warn("careful")
	if got := out.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "careful") || !strings.Contains(got, "function=functions/f") {
		t.Errorf("the runner's own log says %q", got)
	}
}

// Ensure that calls are counted with their time, failed ones too, and that the difference of two moments is what happened between.
func TestCounts(t *testing.T) {
	t.Parallel()
	m := meter.New()
	transitions := 3
	m.Transitions = func() int { return transitions }
	f := m.Function("f", func(_ context.Context, payload []byte) ([]byte, error) {
		if len(payload) == 0 {
			return nil, errors.New("empty")
		}
		return payload, nil
	})
	before := m.Counts()
	if out, err := f(t.Context(), []byte("x")); err != nil || string(out) != "x" {
		t.Errorf("got %q, %v", out, err)
	}
	if _, err := f(t.Context(), nil); err == nil {
		t.Error("the error is lost")
	}
	_, _ = m.Function("g", f)(t.Context(), []byte("x"))
	m.MessageIn(10)
	m.MessageOut(32<<10 + 1)
	m.Request()
	transitions = 5
	got := m.Counts().Minus(before)
	if got.MessagesIn != 1 || got.MessagesOut != 2 || got.BytesOut != 32<<10+1 || got.Requests != 1 || got.Transitions != 2 {
		t.Errorf("got %+v", got)
	}
	if u := got.Functions["f"]; u.Calls != 3 || u.Millis < 3 {
		t.Errorf("f: %+v", u)
	}
	if all, some := got.All(), got.All("g"); all.Calls != 4 || some.Calls != 3 {
		t.Errorf("all %+v, but g %+v", all, some)
	}

	w := httptest.NewRecorder()
	m.ServeHTTP(w, httptest.NewRequest(http.MethodGet, meter.Path, nil))
	var served meter.Counts
	if err := json.Unmarshal(w.Body.Bytes(), &served); err != nil || served.Functions["f"].Calls != 3 {
		t.Errorf("served %s: %v", w.Body, err)
	}
}
