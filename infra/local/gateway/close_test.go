package gateway_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/parley-chat/parley/infra/local/gateway"
)

func TestCloseWaitsForWhatRuns(t *testing.T) {
	t.Parallel()
	began, release, finished := make(chan struct{}), make(chan struct{}), make(chan struct{})
	told := make(chan int64, 1)
	s := start(t, gateway.Config{
		HTTP: gateway.HTTPAPI{Routes: []gateway.HTTPRoute{{Key: "$default", Function: answers(200, "")}}},
		Socket: gateway.SocketAPI{Routes: map[string]gateway.Route{
			"$default": {Function: func(ctx context.Context, _ []byte) ([]byte, error) {
				close(began)
				<-release
				if ctx.Err() != nil {
					t.Error("the function was stopped")
				}
				close(finished)
				return []byte(`{"statusCode":200}`), nil
			}},
			"$disconnect": {Function: socketFunc(func(_ context.Context, r request) (response, error) {
				told <- r.RequestContext.DisconnectStatusCode
				return response{StatusCode: 200}, nil
			})},
		}},
	})
	c := s.dial(t)
	send(t, c, "x")
	<-began
	closed := make(chan error)
	go func() { closed <- s.Close(timeout(t)) }()
	if code := ended(t, c); code != 1001 {
		t.Errorf("closed with %d", code)
	}
	if code := <-told; code != 1001 {
		t.Errorf("$disconnect was told %d", code)
	}
	if c, res := s.try(t); c != nil || res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("handshake while closing: %d", res.StatusCode)
	}
	if res := do(t, "GET", s.url+"/v1", ""); res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("request while closing: %d", res.StatusCode)
	}
	select {
	case err := <-closed:
		t.Errorf("Close returned %v before the function did", err)
	default:
	}
	close(release)
	if err := <-closed; err != nil {
		t.Error(err)
	}
	<-finished
}

func TestCloseGivesUp(t *testing.T) {
	t.Parallel()
	stopped := make(chan struct{})
	g, err := gateway.New(gateway.Config{Socket: gateway.SocketAPI{Selection: "$request.body.action"}, HTTP: gateway.HTTPAPI{Routes: []gateway.HTTPRoute{
		{Key: "$default", Timeout: 50 * time.Millisecond, Function: func(ctx context.Context, _ []byte) ([]byte, error) {
			<-ctx.Done()
			close(stopped)
			return nil, ctx.Err()
		}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	r, _ := http.NewRequest("GET", "/x", http.NoBody)
	g.HTTP().ServeHTTP(w, r)
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("status %d", w.Code)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if err := g.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Close: %v", err)
	}
	<-stopped
}
