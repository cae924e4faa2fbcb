// Package router serves the routing execution: one visit brings one waiting session one step on.
package router

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/parley-chat/parley/functions/chat"
)

// Visit is the payload of the state machine's Offer task (infra/routing.asl.json).
type Visit struct {
	Session    string    `json:"session"`
	Generation int       `json:"generation"`
	Part       int       `json:"part"`
	Entered    time.Time `json:"entered"`
	Token      string    `json:"token"`
	// Execution is the name; that of a transfer ends in -x<round>.
	Execution string `json:"execution"`
}

// round is that of the transfer that the execution serves, 0 if it routes.
func (v Visit) round() int {
	_, text, _ := strings.Cut(v.Execution, "-x")
	n, _ := strconv.Atoi(text)
	return n
}

// Handler serves visits.
type Handler struct{ desk *chat.Desk }

// New makes a Handler.
func New(desk *chat.Desk) *Handler { return &Handler{desk} }

// Handle serves one visit. An error fails the task, and the execution comes back in 5 s.
func (h *Handler) Handle(ctx context.Context, v Visit) error {
	if v.Session == "" || v.Token == "" {
		return errors.New("a visit without session or token")
	}
	began := time.Now()
	err := h.desk.Route(ctx, chat.Visit{Session: v.Session, Generation: v.Generation, Part: v.Part, Entered: v.Entered, Token: v.Token, Round: v.round()})
	level, status := slog.LevelInfo, "ok"
	if err != nil {
		level, status = slog.LevelError, err.Error()
	}
	h.desk.Log.Log(ctx, level, "route", "op", "route", "status", status, "ms", float64(time.Since(began).Microseconds())/1000,
		"session", v.Session, "generation", v.Generation, "part", v.Part, "transfer", v.round())
	return err
}
