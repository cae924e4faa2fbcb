package reaper_test

import (
	"context"
	"log/slog"
	"os"
	"slices"
	"testing"

	"github.com/parley-chat/parley/functions/chat"
	"github.com/parley-chat/parley/functions/reaper"
	"github.com/parley-chat/parley/infra/dynamo/dynamotest"
)

func TestMain(m *testing.M) { os.Exit(dynamotest.Main(m)) }

// drifts hears of the drift of each sweep.
type drifts []int

func (d *drifts) Swept(s chat.Swept) { *d = append(*d, len(s.Drift)) }

// Ensure that a drift of the licence is told when two recounts in a row show the same: once may be a session that moved.
func TestDriftIsToldTwice(t *testing.T) {
	t.Parallel()
	store := dynamotest.New(t, dynamotest.Options{})
	seat := func(w chat.Write) {
		t.Helper()
		if err := store.Commit(t.Context(), chat.Change{Name: "seat", Writes: []chat.Write{w}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.PutLicence(t.Context(), 10); err != nil {
		t.Fatal(err)
	}
	var heard drifts
	h := reaper.New(chat.New(store, nil, nil, slog.New(slog.DiscardHandler)), &heard)
	sweep := func() {
		t.Helper()
		if err := h.Handle(t.Context(), reaper.Request{}); err != nil {
			t.Fatal(err)
		}
	}
	sweep()
	seat(chat.TakeSeat{Shard: 1})
	sweep()
	sweep()
	sweep()
	seat(chat.TakeSeat{Shard: 1})
	sweep()
	sweep()
	seat(chat.GiveSeat{Shard: 1})
	seat(chat.GiveSeat{Shard: 1})
	sweep()
	if want := []int{0, 0, 1, 1, 0, 1, 0}; !slices.Equal(heard, want) {
		t.Errorf("told %v, want %v", heard, want)
	}
}

// Ensure that a sweep that did not come to its end is not told: its absence is what wakes people.
func TestFailedSweepIsNotTold(t *testing.T) {
	t.Parallel()
	var heard drifts
	h := reaper.New(chat.New(dynamotest.New(t, dynamotest.Options{}), nil, nil, slog.New(slog.DiscardHandler)), &heard)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := h.Handle(ctx, reaper.Request{}); err == nil || len(heard) > 0 {
		t.Errorf("error %v, told %v", err, heard)
	}
}
