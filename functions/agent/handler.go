// Package agent answers the frames of agents.
package agent

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
	return socket.Route{Role: chat.RoleAgent, Decode: wire.DecodeAgent, Serve: h.serve, Log: h.desk.Log}.Handle(ctx, e)
}

func (h *Handler) serve(ctx context.Context, c chat.Connection, request any) (any, error) {
	if frame, ok, err := socket.Serve(ctx, h.desk, c, request); ok {
		return frame, err
	}
	switch q := request.(type) {
	case *wire.Accept:
		v, err := h.desk.Accept(ctx, c, chat.OfferRef{Session: q.Session, Generation: q.Generation, Round: q.Round})
		return socket.Session(q.ID, h.desk.Now(), v, err)
	case *wire.Reject:
		err := h.desk.Reject(ctx, c, chat.OfferRef{Session: q.Session, Generation: q.Generation, Round: q.Round})
		return &wire.Done{Type: "done", Re: q.ID}, err
	case *wire.Mark:
		return nil, h.desk.Mark(ctx, c, chat.OfferRef{Session: q.Session, Generation: q.Generation, Round: q.Round}, q.Seen)
	case *wire.Close:
		v, err := h.desk.Close(ctx, c, chat.Closing{Session: q.Session, Generation: q.Generation, Disposition: q.Disposition, Note: q.Note})
		return socket.Session(q.ID, h.desk.Now(), v, err)
	case *wire.Transfer:
		v, err := h.desk.Transfer(ctx, c, chat.Handover{Session: q.Session, Agent: q.Agent, Queue: q.Queue, Assist: q.Assist, Blind: q.Blind, Note: q.Note})
		return socket.Session(q.ID, h.desk.Now(), v, err)
	case *wire.Withdraw:
		v, err := h.desk.Withdraw(ctx, c, q.Session)
		return socket.Session(q.ID, h.desk.Now(), v, err)
	case *wire.Leave:
		v, err := h.desk.EndAssist(ctx, c, q.Session, q.Agent)
		return socket.Session(q.ID, h.desk.Now(), v, err)
	case *wire.AskMessages:
		letters, err := h.desk.Messages(ctx, c)
		messages := wire.FromMessages(q.ID, letters, h.desk.Now())
		return &messages, err
	case *wire.Pick:
		v, err := h.desk.Pick(ctx, c, q.Session)
		return socket.Session(q.ID, h.desk.Now(), v, err)
	case *wire.AskTeam:
		t, err := h.desk.Team(ctx, c)
		team := wire.FromTeam(q.ID, t)
		return &team, err
	case *wire.AskLedger:
		l, err := h.desk.Ledger(ctx, c, q.Session)
		ledger := wire.FromLedger(q.ID, l)
		return &ledger, err
	case *wire.SetStatus:
		a, err := h.desk.SetAvailability(ctx, c, chat.Wish{State: chat.Availability(q.State), Reason: q.Reason, After: q.After, Agent: q.Agent})
		if err != nil {
			return nil, err
		}
		if a.ID != c.Principal.ID {
			team := wire.FromTeam(q.ID, chat.Team{Now: h.desk.Now(), Agents: []chat.Agent{a}})
			return &team, nil
		}
		return &wire.Status{Type: "status", Re: q.ID, Me: wire.FromMe(h.desk.Me(ctx, a))}, nil
	}
	return nil, chat.Refuse(chat.CodeUnknownType, "Agents cannot ask for that.")
}
