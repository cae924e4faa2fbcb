// Package connect opens sockets and forgets them.
package connect

import (
	"context"
	"net/http"
	"strings"

	"github.com/parley-chat/parley/functions/chat"
	"github.com/parley-chat/parley/functions/socket"
	"github.com/parley-chat/parley/functions/wire"
)

// Handler answers $connect and $disconnect.
type Handler struct{ desk *chat.Desk }

// New makes a Handler.
func New(desk *chat.Desk) *Handler { return &Handler{desk} }

const protocolHeader = "Sec-WebSocket-Protocol"

// Handle lets a socket open (the authorizer has decided), by echoing the sub-protocol, and writes nothing: the connection does
// not exist yet, and its first hello makes it known. $disconnect is a rumour: the row goes, nothing else is decided by it.
func (h *Handler) Handle(ctx context.Context, e socket.Event) (socket.Reply, error) {
	if e.RequestContext.RouteKey == "$disconnect" {
		return socket.Reply{StatusCode: http.StatusOK}, h.desk.Goodbye(ctx, socket.Caller(e))
	}
	for p := range strings.SplitSeq(socket.Header(e.Headers, protocolHeader), ",") {
		if strings.TrimSpace(p) == wire.Version {
			return socket.Reply{StatusCode: http.StatusOK, Headers: map[string]string{protocolHeader: wire.Version}}, nil
		}
	}
	return socket.Reply{StatusCode: http.StatusBadRequest, Body: "This server speaks " + wire.Version + "."}, nil
}
