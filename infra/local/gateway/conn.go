package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
	"github.com/coder/websocket"
)

// Close codes that API Gateway uses.
const (
	closeNormal     = websocket.StatusNormalClosure
	closeGoingAway  = websocket.StatusGoingAway
	closeBinary     = websocket.StatusUnsupportedData
	closeAbnormal   = websocket.StatusAbnormalClosure
	closeNotUTF8    = websocket.StatusInvalidFramePayloadData
	closeMessageBig = websocket.StatusMessageTooBig
)

// maxUnread is how many posts may wait for a client that does not read; the next one is refused with 429.
const maxUnread = 32

// conn is one connection, from the handshake to the end of its $disconnect. It can be posted to while it is in g.conns:
// from the upgrade until somebody ends it.
type conn struct {
	g      *Gateway
	id     string
	shared events.APIGatewayWebsocketProxyRequestContext // what its events have in common
	opened time.Time

	ws      *websocket.Conn
	net     *frameConn
	active  atomic.Int64 // time of the last message in either direction, Unix nanoseconds
	expiry  *time.Timer
	slots   chan struct{} // one for each frame that runs
	writing atomic.Int32  // posts that are being written or wait to be

	ending sync.Once // guards the two below: the first reason is the one that counts
	code   websocket.StatusCode
	reason string
}

func newConn(g *Gateway, r *http.Request) *conn {
	ip, _ := address(r)
	c := &conn{g: g, id: newID(), opened: time.Now(), slots: make(chan struct{}, g.cfg.Limits.InFlight)}
	c.shared = events.APIGatewayWebsocketProxyRequestContext{
		APIID:            apiID,
		Stage:            g.cfg.Socket.Stage,
		DomainName:       r.Host,
		ConnectionID:     c.id,
		ConnectedAt:      c.opened.UnixMilli(),
		MessageDirection: "IN",
		Identity:         events.APIGatewayRequestIdentity{SourceIP: ip, UserAgent: r.UserAgent()},
	}
	return c
}

// run is the life of the connection after the upgrade. It returns when $disconnect has been told.
func (c *conn) run(ws *websocket.Conn, frames *frameConn) {
	c.ws, c.net = ws, frames
	c.ws.SetReadLimit(-1) // receive has its own
	c.active.Store(time.Now().UnixNano())
	// Armed by Reset, so that expire sees the assignment.
	c.expiry = time.AfterFunc(time.Hour, c.expire)
	c.expiry.Reset(min(c.g.cfg.Limits.Idle, c.g.cfg.Limits.Age))
	defer c.expiry.Stop()

	c.g.mu.Lock()
	closing := c.g.closing
	if !closing {
		c.g.conns[c.id] = c
	}
	c.g.mu.Unlock()
	if closing { // began during the handshake
		c.end(closeGoingAway, "shutting down")
	}

	for c.receive() {
	}
	c.disconnect()
}

// receive reads one message and starts what it asks for. It says no when the socket has ended.
func (c *conn) receive() bool {
	kind, r, err := c.ws.Reader(context.Background())
	var msg []byte
	if err == nil && kind == websocket.MessageText {
		msg, err = io.ReadAll(io.LimitReader(r, maxMessage+1))
	}
	switch {
	case errors.Is(err, errFrameTooBig):
		c.end(closeMessageBig, "frame over 32 KB")
	case err != nil:
		c.lost(err)
	case kind != websocket.MessageText:
		c.end(closeBinary, "binary frames are not supported")
	case len(msg) > maxMessage:
		c.end(closeMessageBig, "message over 128 KB")
	case !utf8.Valid(msg):
		c.end(closeNotUTF8, "text is not UTF-8")
	default:
		c.active.Store(time.Now().UnixNano())
		c.g.cfg.Meter.MessageIn(len(msg))
		c.slots <- struct{}{}
		c.g.busy.Go(func() {
			defer func() { <-c.slots }()
			c.frame(msg)
		})
		return true
	}
	return false
}

// frame answers one message.
func (c *conn) frame(msg []byte) {
	key := c.g.routeKey(msg)
	ctx := c.context("MESSAGE", key)
	ctx.MessageID = newID()
	route, ok := c.g.cfg.Socket.Routes[key]
	if !ok {
		c.write(c.failure("Forbidden", ctx.RequestID))
		return
	}
	if route.Function == nil {
		if route.Responds {
			c.write([]byte(route.Mock))
		}
		return
	}
	reply, err := c.call(route, events.APIGatewayWebsocketProxyRequest{RequestContext: ctx, Body: string(msg)})
	switch {
	case errors.Is(err, errTimeout):
		c.write(c.failure("Endpoint request timed out", ctx.RequestID))
	case err != nil:
		c.write(c.failure("Internal server error", ctx.RequestID))
	case route.Responds && reply.Body != "":
		c.write([]byte(reply.Body))
	}
}

// routeKey selects the route of a message. The names of the predefined routes are not for clients.
func (g *Gateway) routeKey(msg []byte) string {
	var key string
	for _, property := range g.selection {
		var object map[string]json.RawMessage
		if json.Unmarshal(msg, &object) != nil {
			return "$default"
		}
		msg = object[property]
	}
	if json.Unmarshal(msg, &key) != nil || key == "" || key[0] == '$' {
		return "$default"
	}
	if _, ok := g.cfg.Socket.Routes[key]; !ok {
		return "$default"
	}
	return key
}

// reply is what a function returns to a WebSocket API.
type reply struct {
	StatusCode int               `json:"statusCode"`
	Headers    map[string]string `json:"headers"`
	Body       string            `json:"body"`
}

// call invokes the function of a route. A failure is logged; all that a client may know is that there was one.
func (c *conn) call(route Route, event events.APIGatewayWebsocketProxyRequest) (reply, error) {
	var r reply
	payload, err := json.Marshal(event)
	if err == nil {
		var out []byte
		if out, err = c.g.invoke(route.Function, payload, route.Timeout); err == nil {
			err = json.Unmarshal(out, &r)
		}
	}
	if err == nil && (r.StatusCode < 200 || r.StatusCode > 599) {
		err = fmt.Errorf("answer with statusCode %d", r.StatusCode)
	}
	if err == nil && len(r.Body) > maxMessage {
		err = fmt.Errorf("answer of %d bytes", len(r.Body))
	}
	if err != nil {
		c.g.log.Error("function failed", "route", event.RequestContext.RouteKey, "connection", c.id, "request", event.RequestContext.RequestID, "err", err)
	}
	return r, err
}

func (c *conn) context(eventType, routeKey string) events.APIGatewayWebsocketProxyRequestContext {
	ctx := c.shared
	now := time.Now().UTC()
	ctx.EventType, ctx.RouteKey = eventType, routeKey
	ctx.RequestID = newID()
	ctx.ExtendedRequestID = ctx.RequestID
	ctx.RequestTime = now.Format("02/Jan/2006:15:04:05 -0700")
	ctx.RequestTimeEpoch = now.UnixMilli()
	return ctx
}

// failure is the body, or the frame, that tells a client that a request failed.
func (c *conn) failure(message, requestID string) []byte {
	return fmt.Appendf(nil, `{"message":%q,"connectionId":%q,"requestId":%q}`, message, c.id, requestID)
}

var errUnread = errors.New("the client does not read")

// write sends one message, in frames of at most 32 KB. It fails with net.ErrClosed when the socket has ended and with errUnread
// when too many messages wait already.
func (c *conn) write(msg []byte) error {
	if c.writing.Add(1) > maxUnread {
		c.writing.Add(-1)
		return errUnread
	}
	defer c.writing.Add(-1)
	switch err := c.writeFrames(msg); {
	case errors.Is(err, net.ErrClosed):
		return net.ErrClosed
	case err != nil:
		c.net.Close() // half a message is out, nothing can follow; receive sees to the rest
		return net.ErrClosed
	}
	c.active.Store(time.Now().UnixNano())
	c.g.cfg.Meter.MessageOut(len(msg))
	return nil
}

func (c *conn) writeFrames(msg []byte) error {
	if len(msg) <= maxFrame {
		return c.ws.Write(context.Background(), websocket.MessageText, msg)
	}
	w, err := c.ws.Writer(context.Background(), websocket.MessageText)
	if err != nil {
		return err
	}
	for part := range slices.Chunk(msg, maxFrame) {
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return w.Close()
}

// expire ends a socket that is too old or has been idle for too long, or looks again when it might be.
func (c *conn) expire() {
	limits := c.g.cfg.Limits
	idle := limits.Idle - time.Since(time.Unix(0, c.active.Load()))
	age := limits.Age - time.Since(c.opened)
	switch {
	case age <= 0:
		c.end(closeGoingAway, "connection is too old")
	case idle <= 0:
		c.end(closeGoingAway, "connection is idle")
	default:
		c.expiry.Reset(min(idle, age))
	}
}

// end closes the socket, with a handshake if the client takes part within 5 s.
func (c *conn) end(code websocket.StatusCode, reason string) {
	c.over(code, reason)
	c.ws.Close(code, reason)
}

// lost cleans up after a socket that the client ended, or that just broke.
func (c *conn) lost(err error) {
	var closed websocket.CloseError
	if errors.As(err, &closed) {
		c.over(closed.Code, closed.Reason)
	} else {
		c.over(closeAbnormal, "connection closed abnormally")
	}
	c.ws.CloseNow()
}

// over makes the connection gone for those who post to it.
func (c *conn) over(code websocket.StatusCode, reason string) {
	c.g.mu.Lock()
	delete(c.g.conns, c.id)
	c.g.mu.Unlock()
	c.ending.Do(func() { c.code, c.reason = code, reason })
}

func (c *conn) disconnect() {
	route, ok := c.g.cfg.Socket.Routes["$disconnect"]
	if !ok || c.g.dice.happens(c.g.dice.DropDisconnect) {
		return
	}
	ctx := c.context("DISCONNECT", "$disconnect")
	ctx.DisconnectStatusCode, ctx.DisconnectReason = int64(c.code), &c.reason
	c.call(route, events.APIGatewayWebsocketProxyRequest{RequestContext: ctx}) // call logs what fails
}
