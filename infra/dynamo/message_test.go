package dynamo_test

import (
	"slices"
	"testing"
	"time"

	"github.com/parley-chat/parley/functions/chat"
)

// leaves lets a customer leave a message for later.
func (o *office) leaves(customer, text string) chat.Session {
	o.tb.Helper()
	o.pass(time.Second)
	m := opening(customer)
	m.Text, m.Offline = text, true
	_, err := o.desk.Hello(o.tb.Context(), page(customer), chat.Greeting{})
	ok(o.tb, err)
	v, err := o.desk.Start(o.tb.Context(), page(customer), m)
	ok(o.tb, err)
	o.knows(v.Session.ID)
	return o.session(v.Session.ID)
}

// tray names the customers of the messages that an agent sees.
func (o *office) tray(agent string) (customers []string) {
	o.tb.Helper()
	letters, err := o.desk.Messages(o.tb.Context(), desktop(agent))
	ok(o.tb, err)
	for _, l := range letters {
		customers = append(customers, l.Customer)
	}
	return customers
}

// Ensure that messages left for later lie in the tray of their queue, the oldest first, until somebody answers: the first to pick one
// has it, the others hear who, and what is closed as handled does not come back.
func TestMessagesAreAnswered(t *testing.T) {
	t.Parallel()
	o := opened(t, everybody, "ann", "bob")
	o.opens(chat.Queue{ID: "billing", Name: "Billing"}, "eve")
	ok(t, o.store.PutLicence(t.Context(), 1))
	first := o.leaves("c1", "Do you ship to Madeira?")
	o.leaves("c2", "And to the Azores?")
	if got := o.tray("bob"); !slices.Equal(got, []string{"c1", "c2"}) {
		t.Fatalf("in the tray: %q", got)
	}
	if got := o.tray("eve"); len(got) > 0 {
		t.Errorf("eve of another queue sees %q", got)
	}
	snap, err := o.desk.Hello(t.Context(), desktop("ann"), chat.Greeting{})
	ok(t, err)
	if snap.Lines[0].Messages != 2 || snap.Lines[0].Waiting != 0 {
		t.Errorf("ann's desktop says %+v", snap.Lines[0])
	}
	_, err = o.desk.Pick(t.Context(), desktop("eve"), first.ID)
	refusedWith(t, err, chat.CodeForbidden)

	o.screens.clear()
	for range 2 { // a repeat is the same answer
		v, err := o.desk.Pick(t.Context(), desktop("ann"), first.ID)
		ok(t, err)
		if s := v.Session; s.State != chat.Active || s.Agent != "ann" || s.Generation != 2 || s.Seat != shard || s.Outcome != "" || !s.Expires.IsZero() {
			t.Errorf("picked: %+v", s)
		}
	}
	if heard := o.screens.take("conn-c1"); len(heard) == 0 {
		t.Error("the customer did not hear that somebody answers")
	}
	_, err = o.desk.Pick(t.Context(), desktop("bob"), first.ID)
	if refused := refusedWith(t, err, chat.CodeTaken); refused.By.ID != "ann" || refused.Message != "ANN took this message." {
		t.Errorf("bob hears %+v", refused)
	}
	second := o.sessions[len(o.sessions)-1]
	_, err = o.desk.Pick(t.Context(), desktop("bob"), second)
	refusedWith(t, err, chat.CodeLicenceFull)

	o.closes("ann", o.session(first.ID))
	if got := o.tray("bob"); !slices.Equal(got, []string{"c2"}) {
		t.Errorf("left in the tray: %q", got)
	}
	_, err = o.desk.Pick(t.Context(), desktop("bob"), first.ID)
	refusedWith(t, err, chat.CodeLate)
}

// Ensure that a message leaves the tray when its customer comes back and waits, and lies there when nobody came in time.
func TestMessagesComeAndGo(t *testing.T) {
	t.Parallel()
	o := opened(t, chat.Queue{Strategy: chat.BeepAll, Timeout: 20, MaxWait: 60, Then: chat.ThenMessage}, "ann")
	o.leaves("c1", "Do you ship to Madeira?")
	s := o.session(o.sessions[0])
	_, err := o.desk.Send(t.Context(), page("c1"), chat.Outgoing{Session: s.ID, CID: "m2", Text: "Hello?", After: 1})
	ok(t, err)
	o.settle()
	if got := o.tray("ann"); len(got) > 0 {
		t.Errorf("in the tray while its customer waits: %q", got)
	}
	_, err = o.desk.Pick(t.Context(), desktop("ann"), s.ID)
	refusedWith(t, err, chat.CodeLate)
	o.becomes("ann", chat.Paused)
	for range 4 {
		o.pass(22 * time.Second)
		o.beats(page("c1"), desktop("ann"))
	}
	if s = o.session(s.ID); s.State != chat.Closed || s.Outcome != chat.Message {
		t.Fatalf("after the longest wait it is %s, %s", s.State, s.Outcome)
	}
	letters, err := o.desk.Messages(t.Context(), desktop("ann"))
	ok(t, err)
	if len(letters) != 1 || letters[0].Text != "Hello?" || letters[0].Person.Name != "Mx c1" {
		t.Errorf("in the tray: %+v", letters)
	}
	_, err = o.desk.Pick(t.Context(), desktop("ann"), s.ID)
	refusedWith(t, err, chat.CodePaused)
}
