package connect_test

import (
	"log/slog"
	"testing"

	"github.com/parley-chat/parley/functions/chat"
	"github.com/parley-chat/parley/functions/connect"
	"github.com/parley-chat/parley/functions/socket"
)

// A browser closes a socket whose sub-protocol was not echoed, and one that was never offered must not be.
func TestConnect(t *testing.T) {
	t.Parallel()
	h := connect.New(chat.New(nil, nil, nil, slog.New(slog.DiscardHandler))) // $connect reads and writes nothing
	for _, c := range []struct {
		name, offered, echoed string
		status                int
	}{
		{"with a token", "parley.v1, t.abc", "parley.v1", 200},
		{"in another order", "t.abc,parley.v1", "parley.v1", 200},
		{"another version", "parley.v0, t.abc", "", 400},
		{"only a token", "t.abc", "", 400},
		{"nothing", "", "", 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := socket.Event{Headers: map[string]string{"sec-websocket-protocol": c.offered}}
			e.RequestContext.RouteKey = "$connect"
			r, err := h.Handle(t.Context(), e)
			if err != nil || r.StatusCode != c.status || r.Headers["Sec-WebSocket-Protocol"] != c.echoed {
				t.Errorf("got %d, %q, %v, want %d, %q", r.StatusCode, r.Headers["Sec-WebSocket-Protocol"], err, c.status, c.echoed)
			}
		})
	}
}
