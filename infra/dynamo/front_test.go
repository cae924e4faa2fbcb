package dynamo_test

import (
	"slices"
	"testing"
	"time"

	"github.com/parley-chat/parley/functions/chat"
)

// later is a website that takes messages where it cannot serve, open from nine to five in Prague.
func later(o *office) chat.Website {
	w := chat.Website{ID: website, Name: "Shop", Queues: []string{queue, "billing"}, Messages: []chat.Openness{chat.IsFull, chat.IsNobody}, Zone: "Europe/Prague"}
	for d := time.Sunday; d <= time.Saturday; d++ {
		w.Hours = append(w.Hours, chat.Hours{Day: d, From: 9 * 60, Until: 17 * 60})
	}
	ok(o.tb, o.store.PutWebsite(o.tb.Context(), w))
	return w
}

// local sets the office's clock to the next time that a clock in Prague shows this hour; everybody present gives a sign of life.
func (o *office) local(hour int) time.Time {
	o.tb.Helper()
	prague, err := time.LoadLocation("Europe/Prague")
	ok(o.tb, err)
	now := o.clock.now().In(prague)
	at := time.Date(now.Year(), now.Month(), now.Day(), hour, 0, 0, 0, prague)
	for !at.After(now) {
		at = at.AddDate(0, 0, 1)
	}
	o.clock.set(at.UTC())
	o.beats(o.present...)
	return at
}

// Ensure that a page hears truly whether somebody may answer: open, closed and until when, full, nobody here.
func TestFront(t *testing.T) {
	t.Parallel()
	o := opened(t, everybody, "ann")
	ok(t, o.store.PutLicence(t.Context(), 1))
	later(o)
	o.opens(billing, "bob")
	o.present = []chat.Connection{desktop("ann"), desktop("bob"), page("c1")}
	is := func(want chat.Openness, messages bool) chat.Front {
		t.Helper()
		o.pass(6 * time.Second) // it is believed for five who is there
		f, err := o.desk.Front(t.Context(), website)
		if err != nil || f.Open != want || f.Messages != messages || len(f.Queues) != 2 || f.Queues[1].Name != "Billing" {
			t.Errorf("the front is %+v, %v; want %s", f, err, want)
		}
		return f
	}
	o.local(10)
	is(chat.IsOpen, false)
	o.becomes("ann", chat.Paused)
	is(chat.IsOpen, false) // Bob of the other queue is there
	o.becomes("bob", chat.Paused)
	is(chat.IsNobody, true)
	o.becomes("ann", chat.Ready)
	is(chat.IsOpen, false)
	s := o.accepts("ann", o.writes("c1"))
	is(chat.IsFull, true)
	o.closes("ann", s)
	is(chat.IsOpen, false)
	o.clock.set(o.clock.now().Add(3 * time.Minute)) // her lease is over, whatever is stored
	is(chat.IsNobody, true)
	o.local(17)
	if f := is(chat.IsClosed, true); !f.Opens.Equal(o.local(9)) {
		t.Errorf("opens %v, want %v", f.Opens, o.clock.now())
	}
	o.becomes("ann", chat.Ready)
	is(chat.IsOpen, false)
	_, err := o.desk.Front(t.Context(), "none")
	refusedWith(t, err, chat.CodeNotFound)
}

// Ensure that nobody is made to wait where the website takes messages instead, whether they start or come back, and that what they
// leave is kept without anybody being asked.
func TestMessagesForLater(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		now  func(o *office)
		code chat.Code
	}{
		"closed": {func(o *office) { o.local(18) }, chat.CodeNotOpen},
		"full": {func(o *office) {
			o.local(10)
			o.accepts("ann", o.writes("c9"))
		}, chat.CodeLicenceFull},
		"nobody": {func(o *office) { o.local(10); o.becomes("ann", chat.Paused); o.pass(6 * time.Second) }, chat.CodeNobody},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := opened(t, everybody, "ann")
			ok(t, o.store.PutLicence(t.Context(), 1))
			later(o)
			o.opens(billing, "bob") // who is there, and no help to those who choose sales
			o.present = []chat.Connection{desktop("ann"), desktop("bob")}
			o.local(10)
			old := o.closes("ann", o.accepts("ann", o.writes("c1")))
			c.now(o)
			o.screens.clear()

			// A new customer.
			_, err := o.desk.Start(t.Context(), page("c2"), opening("c2"))
			refusedWith(t, err, c.code)
			if _, err := o.store.SessionOf(t.Context(), website, "c2"); err == nil {
				t.Error("a refused start left a session")
			}
			message := opening("c2")
			message.Offline = true
			for range 2 { // a repeat is the same
				v, err := o.desk.Start(t.Context(), page("c2"), message)
				if err != nil || v.Session.State != chat.Closed || v.Session.Outcome != chat.Message || v.Head != 1 {
					t.Errorf("left: %+v, %v", v, err)
				}
				o.settle()
			}
			id, err := o.store.SessionOf(t.Context(), website, "c2")
			ok(t, err)
			if names := o.loop.running(id); len(names) > 0 {
				t.Errorf("a message is routed: %v", names)
			}
			o.hears(desktop("ann"))

			// One who was here before.
			again := chat.Outgoing{Session: old.ID, CID: "again", Text: "It is broken again.", After: 3}
			_, err = o.desk.Send(t.Context(), page("c1"), again)
			refusedWith(t, err, c.code)
			if now := o.session(old.ID); now.State != chat.Closed || now.Version != old.Version {
				t.Errorf("refused, and %+v", now)
			}
			again.Offline = true
			for range 2 {
				row, err := o.desk.Send(t.Context(), page("c1"), again)
				if err != nil || row.Place != 4 || row.Kind != chat.KindMessage {
					t.Errorf("left: %+v, %v", row, err)
				}
			}
			if now := o.session(old.ID); now.State != chat.Closed || now.Outcome != chat.Message || now.Generation != 1 || now.Asked != 4 || now.Last != "ann" {
				t.Errorf("it is %+v", now)
			}
			if names := o.loop.running(old.ID); len(names) > 0 {
				t.Errorf("a message is routed: %v", names)
			}

			// When somebody is there again, their next word reopens it.
			o.local(10)
			if now, err := o.store.SessionOf(t.Context(), website, "c9"); err == nil {
				o.closes("ann", o.session(now))
			}
			o.becomes("ann", chat.Ready)
			o.pass(6 * time.Second)
			row, err := o.desk.Send(t.Context(), page("c1"), chat.Outgoing{Session: old.ID, CID: "third", Text: "Are you back?", After: 4})
			if err != nil || row.Kind != chat.KindReopened {
				t.Fatalf("reopened: %+v, %v", row, err)
			}
			o.settle()
			o.is(old, chat.Offered, chat.Everybody)
			v, err := o.desk.Start(t.Context(), page("c2"), chat.Opening{Nonce: "another", CID: "m2", Text: "Hello?"})
			if err != nil || v.Session.ID != id || v.Session.State != chat.Waiting {
				t.Errorf("started again: %+v, %v", v, err)
			}
		})
	}
}

// Ensure that where a website lets its customers wait they wait, whoever is there; that hours alone are enough to be closed; and that
// who leaves a message while somebody talks to them simply writes.
func TestCustomersWait(t *testing.T) {
	t.Parallel()
	o := opened(t, everybody, "ann")
	ok(t, o.store.PutLicence(t.Context(), 1))
	o.becomes("ann", chat.Paused)
	s := o.writes("c1")
	o.is(s, chat.Waiting, "")
	o.becomes("ann", chat.Ready)
	s = o.accepts("ann", s)
	o.is(o.writes("c2"), chat.Waiting, "") // full
	message := opening("c1")
	message.CID, message.Nonce, message.Offline = "m2", "another", true
	v, err := o.desk.Start(t.Context(), page("c1"), message)
	if err != nil || v.Session.State != chat.Active || v.Head != 3 {
		t.Errorf("with an agent: %+v, %v", v, err)
	}
	if heard := o.screens.take("conn-ann"); !slices.Contains(heard, "row 3") {
		t.Errorf("ann heard %q", heard)
	}
	o.is(s, chat.Active, "ann")
}
