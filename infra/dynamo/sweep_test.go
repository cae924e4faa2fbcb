package dynamo_test

import (
	"reflect"
	"strconv"
	"testing"
	"time"

	"github.com/parley-chat/parley/functions/chat"
)

// Ensure that a sweep sees what operators watch.
func TestSweepSees(t *testing.T) {
	t.Parallel()
	o := opened(t, everybody, "ann")
	ok(t, o.store.PutLicence(t.Context(), 4))
	present := func() { o.beats(page("c1"), page("c2"), desktop("ann")) }
	sees := func(want chat.Swept) {
		t.Helper()
		if got := o.sweeps(); !reflect.DeepEqual(got, want) {
			t.Errorf("saw %+v, want %+v", got, want)
		}
	}
	sees(chat.Swept{Limit: 4})

	taken := o.accepts("ann", o.writes("c1"))
	o.becomes("ann", chat.Paused)
	o.writes("c2")
	o.pass(20 * time.Second)
	present()
	sees(chat.Swept{Waiting: 1, Longest: 20 * time.Second, Used: 1, Limit: 4})

	// Who comes back to the queue keeps their place in the line, but has not waited while somebody talked to them.
	o.pass(2 * time.Minute)
	present()
	for range 7 {
		o.pass(time.Minute)
		o.beats(page("c1"), page("c2"))
	}
	if done := o.sweeps(); done.Returned != 1 || done.Offline != 1 {
		t.Fatalf("swept %+v", done)
	}
	if s := o.session(taken.ID); s.State != chat.Waiting {
		t.Fatalf("the session of the lost agent is %s", s.State)
	}
	o.pass(5 * time.Second)
	sees(chat.Swept{Waiting: 2, Longest: 9*time.Minute + 25*time.Second, Limit: 4})

	// A seat that nobody gave back.
	ok(t, o.store.Commit(t.Context(), chat.Change{Name: "leak", Writes: []chat.Write{chat.TakeSeat{Shard: shard}}}))
	sees(chat.Swept{Waiting: 2, Longest: 9*time.Minute + 25*time.Second, Used: 1, Limit: 4, Drift: []string{"licence shard " + strconv.Itoa(shard) + " counts 1, its sessions are 0"}})
}
