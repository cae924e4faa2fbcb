package gateway_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"

	"github.com/parley-chat/parley/infra/local/gateway"
	"github.com/parley-chat/parley/infra/local/meter"
)

// Ensure that everything is counted that is billed by the piece, once: messages of clients and to them in steps of 32 KB, whoever
// answers them, and requests.
func TestMeter(t *testing.T) {
	t.Parallel()
	m := meter.New()
	s := start(t, gateway.Config{Meter: m,
		Socket: gateway.SocketAPI{Routes: map[string]gateway.Route{"whoami": whoami(), "ping": {Mock: `{"type":"pong"}`, Responds: true}}},
		HTTP:   gateway.HTTPAPI{Routes: []gateway.HTTPRoute{{Key: "GET /health", Function: webFunc(func(webRequest) (webResponse, error) { return webResponse{StatusCode: 200}, nil })}}}})
	c := s.dial(t)
	send(t, c, `{"action":"ping"}`)
	receive(t, c)
	send(t, c, `{"action":"whoami"}`)
	id := receive(t, c)
	send(t, c, `nonsense`) // no route: an error frame
	receive(t, c)
	big := strings.Repeat("x", 33<<10)
	if _, err := s.client(s.Transport()).PostToConnection(timeout(t), &apigatewaymanagementapi.PostToConnectionInput{ConnectionId: aws.String(id), Data: []byte(big)}); err != nil {
		t.Fatal(err)
	}
	if got := receive(t, c); got != big {
		t.Errorf("got %d bytes", len(got))
	}
	do(t, "GET", s.url+"/health", "").Body.Close()

	ctx := timeout(t)
	for tick := time.Tick(time.Millisecond); ; { // an answer is counted when it has been written: a moment after it was read
		got := m.Counts()
		if got.MessagesIn == 3 && got.MessagesOut == 5 && got.Requests == 1 && got.BytesOut > len(big) {
			return
		}
		select {
		case <-tick:
		case <-ctx.Done():
			t.Fatalf("got %+v, want 3 in, 5 out (the big one is two), 1 request", got)
		}
	}
}
