// Package customer answers the frames of customers, and every frame that no route knows.
package customer

import (
	"context"

	"github.com/parley-chat/parley/functions/chat"
	"github.com/parley-chat/parley/functions/socket"
	"github.com/parley-chat/parley/functions/wire"
)

// Handler answers frames.
type Handler struct{ desk *chat.Desk }

// New makes a Handler.
func New(desk *chat.Desk) *Handler { return &Handler{desk} }

// Handle answers one frame.
func (h *Handler) Handle(ctx context.Context, e socket.Event) (socket.Reply, error) {
	return socket.Route{Role: chat.RoleCustomer, Decode: wire.DecodeCustomer, Serve: h.serve, Log: h.desk.Log}.Handle(ctx, e)
}

func (h *Handler) serve(ctx context.Context, c chat.Connection, request any) (any, error) {
	if frame, ok, err := socket.Serve(ctx, h.desk, c, request); ok {
		return frame, err
	}
	switch q := request.(type) {
	case *wire.Start:
		o := chat.Opening{Nonce: q.Nonce, CID: q.CID, Text: q.Text, Queue: q.Queue, Offline: q.Offline,
			Person: chat.Person{Name: q.Name, Email: q.Email, Language: q.Language}}
		if q.Page != nil {
			o.Person.PageURL, o.Person.Page = q.Page.URL, q.Page.Title
		}
		v, err := h.desk.Start(ctx, c, o)
		return socket.Session(q.ID, h.desk.Now(), v, err)
	case *wire.Leave:
		v, err := h.desk.Leave(ctx, c, q.Session)
		return socket.Session(q.ID, h.desk.Now(), v, err)
	}
	return nil, chat.Refuse(chat.CodeUnknownType, "Customers cannot ask for that.")
}
