package dynamo_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/parley-chat/parley/functions/chat"
	"github.com/parley-chat/parley/infra/dynamo/dynamotest"
)

// Ensure that agents hear what an operator set for them to choose from, or the defaults, and believe it for a minute.
func TestSettings(t *testing.T) {
	t.Parallel()
	s := dynamotest.New(t, dynamotest.Options{})
	d := desk(s)
	clock := now()
	d.Now = func() time.Time { return clock }
	furnish(t, s, chat.BeepAll, "a1")
	hears := func(want chat.Settings) {
		t.Helper()
		snap, err := d.Hello(t.Context(), agentConnection("a1"), chat.Greeting{})
		ok(t, err)
		if !slices.Equal(snap.Reasons, want.Reasons) || !slices.Equal(snap.Dispositions, want.Dispositions) {
			t.Errorf("heard %q and %q, want %+v", snap.Reasons, snap.Dispositions, want)
		}
	}

	defaults := chat.DefaultSettings()
	hears(defaults)
	own := chat.Settings{Reasons: []string{"Tea", "Cake"}}
	ok(t, s.PutSettings(t.Context(), own))
	if got, err := s.Settings(t.Context()); err != nil || !slices.Equal(got.Reasons, own.Reasons) || got.Dispositions != nil {
		t.Errorf("stored %+v, %v", got, err)
	}
	hears(defaults) // for a minute
	clock = clock.Add(time.Minute)
	hears(chat.Settings{Reasons: own.Reasons, Dispositions: defaults.Dispositions})
	ok(t, s.PutSettings(t.Context(), chat.Settings{}))
	clock = clock.Add(time.Minute)
	hears(defaults)
}

// Ensure that an agent who is deleted is gone from the staff and from all queues, and that nobody is deleted who is at work.
func TestDeleteAgent(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := dynamotest.New(t, dynamotest.Options{})
	furnish(t, s, chat.BeepAll, "a1", "a2")
	staff := func(want ...string) {
		t.Helper()
		got, err := s.Staff(ctx)
		ok(t, err)
		if !slices.Equal(got, want) {
			t.Errorf("the staff are %q, want %q", got, want)
		}
	}
	staff("a1", "a2")
	a, err := s.Agent(ctx, "a1")
	ok(t, err)
	if err := s.DeleteAgent(ctx, a); !errors.Is(err, chat.ErrStale) { // READY
		t.Errorf("deleted at work: %v", err)
	}
	staff("a1", "a2")
	ok(t, s.SetAvailability(ctx, chat.SetAvailability{Agent: "a1", State: chat.Offline, Empty: true, At: now()}))
	stale := a
	stale.Queues = nil
	if err := s.DeleteAgent(ctx, stale); !errors.Is(err, chat.ErrStale) { // would stay a member
		t.Errorf("deleted with other queues than they have: %v", err)
	}
	ok(t, s.DeleteAgent(ctx, a))
	staff("a2")
	if _, err := s.Agent(ctx, "a1"); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("still there: %v", err)
	}
	r, err := s.Roster(ctx, queue)
	ok(t, err)
	if len(r.Members) != 1 || r.Members[0].Agent != "a2" {
		t.Errorf("members are %+v", r.Members)
	}
}

// Ensure that a deleted queue and a deleted website are gone, its pace included.
func TestDeleteQueueAndWebsite(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := dynamotest.New(t, dynamotest.Options{})
	furnish(t, s, chat.RRMemory)
	ok(t, s.KeepPace(ctx, queue, chat.Pace{Last: at}))
	ok(t, s.DeleteQueue(ctx, queue))
	ok(t, s.DeleteWebsite(ctx, website))
	if _, err := s.Roster(ctx, queue); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("queue: %v", err)
	}
	if _, err := s.Website(ctx, website); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("website: %v", err)
	}
	ok(t, s.PutQueue(ctx, chat.Queue{ID: queue}))
	if p, err := s.Pace(ctx, queue); err != nil || p != (chat.Pace{}) {
		t.Errorf("a queue of the same name has the pace %+v, %v", p, err)
	}
}
