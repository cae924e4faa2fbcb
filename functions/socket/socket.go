// Package socket is what the functions behind the socket's routes have in common: who calls, one answer a frame, one log line an
// operation. What a frame means is decided in package chat.
package socket

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/parley-chat/parley/functions/chat"
	"github.com/parley-chat/parley/functions/wire"
)

// Event is a frame as API Gateway delivers it, Reply what goes back to the caller alone.
type (
	Event = events.APIGatewayWebsocketProxyRequest
	Reply = events.APIGatewayProxyResponse
)

// Caller is who a frame comes from: what the authorizer sealed into the connection.
func Caller(e Event) chat.Connection {
	c := chat.Connection{ID: e.RequestContext.ConnectionID}
	claims, _ := e.RequestContext.Authorizer.(map[string]any)
	text := func(key string) string { s, _ := claims[key].(string); return s }
	c.Principal = chat.Principal{Role: chat.Role(text("role")), ID: text("id"), Website: text("website")}
	return c
}

// Route serves one kind of caller.
type Route struct {
	Role   chat.Role
	Decode func([]byte) (any, error)
	// Serve carries a decoded request out and returns the frame to answer with, nil for none.
	Serve func(ctx context.Context, c chat.Connection, request any) (any, error)
	Log   *slog.Logger
}

// Handle answers one frame. Whatever is wrong with it becomes an error frame: the connection stays up and nothing is stored.
func (r Route) Handle(ctx context.Context, e Event) (Reply, error) {
	began := time.Now()
	c := Caller(e)
	request, err := r.Decode([]byte(e.Body))
	var frame any
	switch {
	case err != nil:
	case c.Role != r.Role || c.Principal.ID == "":
		err = chat.Refuse(chat.CodeForbidden, "This is not for you.")
	default:
		frame, err = r.Serve(ctx, c, request)
	}
	r.log(ctx, e, c, request, err, time.Since(began))
	if err != nil {
		frame = refusal(request, err)
	}
	if frame == nil {
		return Reply{StatusCode: http.StatusOK}, nil
	}
	body, err := wire.Marshal(frame)
	if err != nil {
		return Reply{}, err
	}
	return Reply{StatusCode: http.StatusOK, Body: string(body)}, nil
}

// refusal is the error frame for a request that may not even have been understood.
func refusal(request any, err error) *wire.Error {
	var malformed *wire.Refusal
	if errors.As(err, &malformed) {
		f := malformed.Frame()
		return &f
	}
	f := wire.FromError(requestID(request), err)
	switch q := request.(type) {
	case *wire.Send:
		f.Session, f.CID = q.Session, q.CID
	case *wire.Start:
		f.CID = q.CID
	case *wire.Accept:
		f.Session = q.Session
	case *wire.Close:
		f.Session = q.Session
	case *wire.Transfer:
		f.Session = q.Session
	case *wire.Pick:
		f.Session = q.Session
	}
	return &f
}

func requestID(request any) int64 {
	if q, ok := request.(interface{ RequestID() int64 }); ok {
		return q.RequestID()
	}
	return 0
}

// log writes the one line of an operation: ids and outcome, never texts or tokens. A refusal is an answer; a fault is an error.
func (r Route) log(ctx context.Context, e Event, c chat.Connection, request any, err error, took time.Duration) {
	level, status := slog.LevelInfo, "ok"
	var refused *chat.Error
	var malformed *wire.Refusal
	switch {
	case errors.As(err, &refused):
		status = string(refused.Code)
	case errors.As(err, &malformed):
		status = string(malformed.Code)
	case err != nil:
		level, status = slog.LevelError, "fault"
	}
	if !r.Log.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("op", operation(request)), slog.String("status", status), slog.Float64("ms", float64(took.Microseconds())/1000),
		slog.String("role", string(c.Role)), slog.String("who", c.Principal.ID), slog.String("connection", c.ID),
		slog.String("request", e.RequestContext.RequestID),
	}
	if level == slog.LevelError {
		attrs = append(attrs, slog.String("err", err.Error()))
	}
	r.Log.LogAttrs(ctx, level, "frame", attrs...)
}

// operation names a request in the log.
func operation(request any) string {
	switch request.(type) {
	case nil:
		return "malformed"
	case *wire.Hello:
		return "hello"
	case *wire.Beat:
		return "beat"
	case *wire.Start:
		return "start"
	case *wire.Send:
		return "send"
	case *wire.Since:
		return "since"
	case *wire.Typing:
		return "typing"
	case *wire.Read:
		return "read"
	case *wire.Leave:
		return "leave"
	case *wire.SetStatus:
		return "status"
	case *wire.Accept:
		return "accept"
	case *wire.Reject:
		return "reject"
	case *wire.Mark:
		return "mark"
	case *wire.Close:
		return "close"
	case *wire.Transfer:
		return "transfer"
	case *wire.Withdraw:
		return "withdraw"
	case *wire.AskMessages:
		return "messages"
	case *wire.Pick:
		return "pick"
	case *wire.AskTeam:
		return "team"
	case *wire.AskLedger:
		return "ledger"
	}
	return "other"
}

// Serve answers what customers and agents both may ask; ok is false if it is none of that.
func Serve(ctx context.Context, d *chat.Desk, c chat.Connection, request any) (frame any, ok bool, err error) {
	switch q := request.(type) {
	case *wire.Hello:
		s, err := d.Hello(ctx, c, chat.Greeting{Cursors: q.Cursors, SignIn: q.SignIn})
		w := wire.FromHello(q.ID, s)
		return &w, true, err
	case *wire.Beat:
		s, err := d.Beat(ctx, c)
		p := wire.FromBeat(q.ID, s)
		return &p, true, err
	case *wire.Send:
		row, err := d.Send(ctx, c, chat.Outgoing{Session: q.Session, CID: q.CID, Text: q.Text, After: q.After})
		return &wire.Ack{Type: "ack", Re: q.ID, Session: q.Session, CID: q.CID, Place: row.Place, At: row.At.UnixMilli()}, true, err
	case *wire.Since:
		rows, head, err := d.Since(ctx, c, q.Session, q.After)
		f := &wire.Rows{Type: "rows", Re: q.ID, Session: q.Session, Head: head, Rows: wire.FromRows(rows, c.Role)}
		f.Resync = len(rows) > 0 && rows[0].Place > q.After+1
		return f, true, err
	case *wire.Typing:
		return nil, true, d.Typing(ctx, c, q.Session)
	case *wire.Read:
		return nil, true, d.Read(ctx, c, q.Session, q.Place)
	}
	return nil, false, nil
}

// Session answers with a session's state.
func Session(id int64, now time.Time, v chat.View, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return &wire.SessionFrame{Type: "session", Re: id, Now: now.UnixMilli(), Session: wire.FromView(v)}, nil
}

// Token is the token among the sub-protocols that a client offers, "" if there is none.
func Token(protocols string) string {
	for p := range strings.SplitSeq(protocols, ",") {
		if t, ok := strings.CutPrefix(strings.TrimSpace(p), wire.TokenPrefix); ok {
			return t
		}
	}
	return ""
}

// Header reads a header of any case: API Gateway keeps the client's spelling.
func Header(headers map[string]string, name string) string {
	for k, v := range headers {
		if strings.EqualFold(k, name) {
			return v
		}
	}
	return ""
}
