// Package reaper finds what was forgotten, every minute.
package reaper

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/parley-chat/parley/functions/chat"
)

// Request is the schedule's payload; nothing of a schedule's own event is needed. All also restarts routing that may be running,
// for a local runner whose tokens died with the process before.
type Request struct {
	All bool `json:"all"`
}

// Watcher hears of every sweep that came to its end.
type Watcher interface{ Swept(chat.Swept) }

// Handler sweeps.
type Handler struct {
	desk    *chat.Desk
	watcher Watcher

	mu    sync.Mutex
	drift []string // of the sweep before
}

// New makes a Handler.
func New(desk *chat.Desk, w Watcher) *Handler { return &Handler{desk: desk, watcher: w} }

// Handle makes one sweep.
func (h *Handler) Handle(ctx context.Context, r Request) error {
	began := time.Now()
	done, err := h.desk.Sweep(ctx, r.All)
	done.Drift = h.again(done.Drift)
	for _, d := range done.Drift {
		h.desk.Log.ErrorContext(ctx, "drift", "op", "sweep", "what", d)
	}
	h.desk.Log.InfoContext(ctx, "sweep", "op", "sweep", "ms", float64(time.Since(began).Microseconds())/1000,
		"restarted", done.Restarted, "offline", done.Offline, "returned", done.Returned, "dropped", done.Dropped,
		"warned", done.Warned, "timedOut", done.TimedOut,
		"waiting", done.Waiting, "longest", done.Longest.Seconds(), "used", done.Used, "limit", done.Limit, "drift", len(done.Drift), "err", err)
	if err == nil {
		h.watcher.Swept(done)
	}
	return err
}

// again are the drifts that the sweep before had found, too: the others may be sessions that moved while they were counted.
func (h *Handler) again(found []string) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	before := h.drift
	h.drift = found
	return slices.DeleteFunc(slices.Clone(found), func(d string) bool { return !slices.Contains(before, d) })
}
