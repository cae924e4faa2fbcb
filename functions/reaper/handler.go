// Package reaper finds what was forgotten, every minute.
package reaper

import (
	"context"
	"time"

	"github.com/parley-chat/parley/functions/chat"
)

// Request is the schedule's payload; nothing of a schedule's own event is needed. All also restarts routing that may be running,
// for a local runner whose tokens died with the process before.
type Request struct {
	All bool `json:"all"`
}

// Handler sweeps.
type Handler struct{ desk *chat.Desk }

// New makes a Handler.
func New(desk *chat.Desk) *Handler { return &Handler{desk} }

// Handle makes one sweep.
func (h *Handler) Handle(ctx context.Context, r Request) error {
	began := time.Now()
	done, err := h.desk.Sweep(ctx, r.All)
	h.desk.Log.InfoContext(ctx, "sweep", "op", "sweep", "ms", float64(time.Since(began).Microseconds())/1000,
		"restarted", done.Restarted, "offline", done.Offline, "returned", done.Returned, "err", err)
	return err
}
