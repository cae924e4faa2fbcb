package apigw_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"

	"github.com/parley-chat/parley/functions/chat"
	"github.com/parley-chat/parley/functions/wire"
	"github.com/parley-chat/parley/infra/apigw"
)

// gateway answers POST /stage/@connections/{id} as the management API does: each connection has a list of statuses to answer
// with, of which the last stays.
type gateway struct {
	mu       sync.Mutex
	statuses map[string][]int
	frames   map[string][]string // by connection, every attempt
	most     int                 // requests under way at once
	now      int
	arrived  chan struct{} // if set, requests report here
	hold     chan struct{} // if set, they then wait for it
}

func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := strings.TrimPrefix(r.URL.Path, "/stage/@connections/")
	frame, _ := io.ReadAll(r.Body)
	g.mu.Lock()
	g.now++
	g.most = max(g.most, g.now)
	n := len(g.frames[id])
	g.frames[id] = append(g.frames[id], string(frame))
	status := http.StatusOK
	if s := g.statuses[id]; len(s) > 0 {
		status = s[min(n, len(s)-1)]
	}
	g.mu.Unlock()
	if g.arrived != nil {
		g.arrived <- struct{}{}
	}
	if g.hold != nil {
		<-g.hold
	}
	g.mu.Lock()
	g.now--
	g.mu.Unlock()
	switch status {
	case http.StatusGone:
		w.Header().Set("X-Amzn-ErrorType", "GoneException")
	case http.StatusTooManyRequests:
		w.Header().Set("X-Amzn-ErrorType", "LimitExceededException")
	case http.StatusForbidden:
		w.Header().Set("X-Amzn-ErrorType", "ForbiddenException")
	}
	w.WriteHeader(status)
}

// newPusher is a Pusher on a gateway, and what it logs.
func newPusher(t *testing.T, g *gateway) (*apigw.Pusher, *bytes.Buffer) {
	t.Helper()
	g.frames = map[string][]string{}
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	p := apigw.New(api.New(api.Options{Region: "eu-west-1", BaseEndpoint: aws.String(server.URL + "/stage"), HTTPClient: server.Client(),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}, nil
		})}))
	var log bytes.Buffer
	p.Log = slog.New(slog.NewTextHandler(&log, nil))
	return p, &log
}

func connections(ids ...string) []chat.Connection {
	list := make([]chat.Connection, len(ids))
	for i, id := range ids {
		list[i] = chat.Connection{Principal: chat.Principal{Role: chat.RoleAgent, ID: "agent of " + id}, ID: id}
	}
	return list
}

var (
	message = chat.RowsAdded{Session: "s1", Head: 3, Rows: []chat.Row{{Session: "s1", Place: 3, Kind: chat.KindMessage, Text: "hello"}}}
	typing  = chat.Typed{Session: "s1", Side: chat.FromCustomer}
)

func TestPush(t *testing.T) {
	t.Parallel()
	const ok, down, throttled, gone = http.StatusOK, http.StatusServiceUnavailable, http.StatusTooManyRequests, http.StatusGone
	for _, tt := range []struct {
		name     string
		event    chat.Event
		answers  []int
		attempts int
		gone     bool
		lost     bool
	}{
		{name: "delivered", event: message, answers: []int{ok}, attempts: 1},
		{name: "a connection that is gone is named and not tried again", event: message, answers: []int{gone}, attempts: 1, gone: true},
		{name: "a full buffer empties", event: message, answers: []int{throttled, throttled, ok}, attempts: 3},
		{name: "the service comes back at the last try", event: message, answers: []int{down, 500, 502, ok}, attempts: 4},
		{name: "the service stays down", event: message, answers: []int{down}, attempts: 4, lost: true},
		{name: "gone after a fault", event: message, answers: []int{down, gone}, attempts: 2, gone: true},
		{name: "not allowed", event: message, answers: []int{http.StatusForbidden}, attempts: 1, lost: true},
		{name: "typing is not tried again", event: typing, answers: []int{throttled}, attempts: 1, lost: true},
		{name: "typing to nobody", event: typing, answers: []int{gone}, attempts: 1, gone: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := &gateway{statuses: map[string][]int{"a=": tt.answers}}
			p, log := newPusher(t, g)
			got := p.Push(t.Context(), connections("a="), tt.event)
			if (len(got) == 1) != tt.gone {
				t.Errorf("gone %v, want %v", got, tt.gone)
			}
			want, err := wire.Encode(tt.event)
			if err != nil {
				t.Fatal(err)
			}
			if tries := g.frames["a="]; len(tries) != tt.attempts || tries[0] != string(want) || tries[len(tries)-1] != string(want) {
				t.Errorf("%d attempts of %q, want %d of %q", len(tries), tries[0], tt.attempts, want)
			}
			if lost := strings.Contains(log.String(), "left to the next beat"); lost != tt.lost {
				t.Errorf("logged %q", log)
			}
		})
	}
}

// One connection's trouble is no other's.
func TestPushToMany(t *testing.T) {
	t.Parallel()
	g := &gateway{statuses: map[string][]int{"b": {410}, "c": {503}, "d": {410}}}
	p, log := newPusher(t, g)
	var counted []int
	p.Pushed = func(sent, gone, lost int) { counted = append(counted, sent, gone, lost) }
	to := connections("a", "b", "c", "d", "e")
	gone := p.Push(t.Context(), to, message)
	if len(gone) != 2 || gone[0] != to[1] || gone[1] != to[3] {
		t.Errorf("gone %v, want b and d", gone)
	}
	if len(g.frames) != 5 || !strings.Contains(log.String(), "lost=1 of=5") || strings.Count(log.String(), "\n") != 1 {
		t.Errorf("sent to %d, logged %q", len(g.frames), log)
	}
	if gone := p.Push(t.Context(), nil, message); gone != nil {
		t.Errorf("to nobody: %v", gone)
	}
	p.Push(t.Context(), to, typing)
	if want := []int{2, 2, 1, 0, 0, 0, 2, 2, 0}; !slices.Equal(counted, want) {
		t.Errorf("counted %v, want %v: a message, to nobody, and typing that nobody misses", counted, want)
	}
}

// Pushes of one event go side by side, but not all of a large company's at once.
func TestPushWidth(t *testing.T) {
	t.Parallel()
	g := &gateway{arrived: make(chan struct{}, 50), hold: make(chan struct{})}
	p, _ := newPusher(t, g)
	var ids []string
	for i := range 50 {
		ids = append(ids, fmt.Sprint("c", i))
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.Push(t.Context(), connections(ids...), message)
	}()
	for range 32 {
		<-g.arrived
	}
	close(g.hold)
	<-done
	if len(g.frames) != 50 || g.most != 32 {
		t.Errorf("%d sent, at most %d at once, want 50 and 32", len(g.frames), g.most)
	}
}

// The caller's deadline ends the trying.
func TestPushEndsWithContext(t *testing.T) {
	t.Parallel()
	g := &gateway{hold: make(chan struct{})}
	p, log := newPusher(t, g)
	defer close(g.hold)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if gone := p.Push(ctx, connections("a"), message); gone != nil || !strings.Contains(log.String(), "lost=1 of=1") {
		t.Errorf("gone %v, logged %q", gone, log)
	}
}
