package dynamo_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/parley-chat/parley/functions/chat"
)

// Ensure that agents see where a chat can go, and supervisors everybody.
func TestTeam(t *testing.T) {
	t.Parallel()
	o, s := talking(t, everybody)
	o.hires("ian", 1, "billing")
	o.becomes("ian", chat.Offline)
	o.signsIn(chat.Agent{ID: "sue", Capacity: 1, Supervisor: true, Queues: []string{"none"}})
	o.becomes("sue", chat.Offline) // she may look all the same
	o.becomes("bob", chat.Paused)
	first := o.writes("c2").Queued
	o.writes("c3")
	team := func(who string) (agents, queues []string) {
		t.Helper()
		got, err := o.desk.Team(t.Context(), desktop(who))
		ok(t, err)
		if !got.Now.Equal(o.clock.now()) {
			t.Errorf("it is %v, want %v", got.Now, o.clock.now())
		}
		for _, a := range got.Agents {
			agents = append(agents, fmt.Sprintf("%s is %s with %d", a.Name, a.Shown(got.Now), len(a.Open)))
		}
		for _, q := range got.Queues {
			queues = append(queues, fmt.Sprintf("%s: %d available, %d wait", q.Queue.Name, q.Available, q.Waiting))
			if (q.Waiting > 0) != q.Longest.Equal(first) {
				t.Errorf("in %s the longest waits since %v, want %v", q.Queue.Name, q.Longest, first)
			}
		}
		return agents, queues
	}
	there := []string{"ANN is READY with 1", "BOB is PAUSED with 0", "EVE is READY with 0"}
	queues := []string{"Billing: 1 available, 0 wait", "Sales: 1 available, 2 wait"}
	gotAgents, gotQueues := team("ann")
	equal(t, "an agent sees", gotAgents, there)
	equal(t, "an agent sees", gotQueues, queues)
	gotAgents, gotQueues = team("sue")
	equal(t, "a supervisor sees", gotAgents, append(there, "IAN is OFFLINE with 0", "SUE is OFFLINE with 0"))
	equal(t, "a supervisor sees", gotQueues, queues)
	_, err := o.desk.Team(t.Context(), desktop("zoe"))
	refusedWith(t, err, chat.CodeForbidden)

	// Available is who could take a chat now: not who is full, wraps up, or leaves after these chats.
	ok(t, o.wishes("ann", lunch))
	ok(t, o.wishes("eve", chat.Wish{State: chat.Offline}))
	_, gotQueues = team("ann")
	equal(t, "with nobody available", gotQueues, []string{"Billing: 0 available, 0 wait", "Sales: 0 available, 2 wait"})
	o.closes("ann", s)
	gotAgents, _ = team("bob")
	equal(t, "at lunch", gotAgents, []string{"ANN is PAUSED with 0", "BOB is PAUSED with 0"})
}

// Ensure that the history of a session's offers tells who was asked, why, and what they did, to those whom it concerns.
func TestLedger(t *testing.T) {
	t.Parallel()
	o := opened(t, everybody, "ann", "bob", "eve")
	o.opens(billing, "kim", "ian")
	o.signsIn(chat.Agent{ID: "sue", Capacity: 1, Supervisor: true, Queues: []string{"none"}})
	o.becomes("eve", chat.Paused)
	s := o.writes("c1")
	began := o.clock.now()
	o.pass(3 * time.Second)
	o.rejects("bob", s)
	o.pass(time.Second)
	o.accepts("ann", s)
	o.hands("ann", s, chat.Handover{Agent: "kim", Assist: true, Note: "Help!"})
	o.accepts("kim", s)
	o.hands("ann", s, chat.Handover{Queue: "billing"})

	read := func(who string) chat.Ledger {
		t.Helper()
		l, err := o.desk.Ledger(t.Context(), desktop(who), s.ID)
		if err != nil {
			t.Fatalf("%s: %v", who, err)
		}
		return l
	}
	l := read("ann")
	if len(l.Offers) != 3 {
		t.Fatalf("%d offers", len(l.Offers))
	}
	for i, want := range []struct {
		kind    chat.OfferKind
		outcome chat.OfferOutcome
		asked   []string
	}{{chat.KindTransfer, "", []string{"ian"}}, {chat.KindAssist, chat.OfferAccepted, []string{"kim"}}, {chat.KindRouting, chat.OfferAccepted, []string{"ann", "bob"}}} {
		if got := l.Offers[i]; got.Round != 3-i || got.Kind != want.kind || got.Outcome != want.outcome || !slices.Equal(got.To, want.asked) {
			t.Errorf("offer %d from the end is %+v, want %+v", i, got, want)
		}
	}
	routed := l.Offers[2]
	equal(t, "excluded", routed.Why, chat.Why{Candidates: []string{"ann", "bob"}, Excluded: map[string]string{"eve": "paused"}})
	for who, want := range map[string]string{"ann": "accepted after 4s", "bob": "rejected after 3s", "eve": ""} {
		got := ""
		if decision, at := routed.Decision(who); decision != "" {
			got = fmt.Sprintf("%s after %v", decision, at.Sub(began))
		}
		equal(t, "what "+who+" did", got, want)
	}
	for id, want := range map[string]string{"ann": "ANN", "bob": "BOB", "eve": "EVE", "ian": "IAN", "kim": "KIM"} {
		equal(t, "the name of "+id, l.Names[id].Name, want)
	}

	read("kim") // assists
	read("bob") // was asked
	read("ian") // is being asked
	read("sue") // supervises
	_, err := o.desk.Ledger(t.Context(), desktop("eve"), s.ID)
	refusedWith(t, err, chat.CodeNotYours)
	_, err = o.desk.Ledger(t.Context(), desktop("zoe"), s.ID)
	refusedWith(t, err, chat.CodeNotYours)
	_, err = o.desk.Ledger(t.Context(), desktop("sue"), "none")
	refusedWith(t, err, chat.CodeNotFound)
	o.closes("ann", s)
	if l := read("ann"); l.Offers[0].Outcome != chat.OfferCanceled {
		t.Errorf("once it is closed, the last offer is %+v", l.Offers[0])
	}
}

// Ensure that a ledger goes on through all generations, the last offer first, and is cut where nobody reads on.
func TestLongLedger(t *testing.T) {
	t.Parallel()
	o := opened(t, everybody)
	o.signsIn(chat.Agent{ID: "sue", Capacity: 1, Supervisor: true, Queues: []string{"none"}})
	s := o.writes("c1")
	for round := 1; round <= 120; round++ {
		r := chat.OfferRef{Session: s.ID, Generation: 1 + round/7, Round: round}
		ok(t, o.store.Commit(t.Context(), chat.Change{Name: "offer", Writes: []chat.Write{chat.OpenOffer{Offer: chat.Offer{OfferRef: r, To: []string{"ann"}}}}}))
	}
	l, err := o.desk.Ledger(t.Context(), desktop("sue"), s.ID)
	ok(t, err)
	if len(l.Offers) != 50 || l.Offers[0].Round != 120 || l.Offers[49].Round != 71 {
		t.Errorf("%d offers, from %d to %d", len(l.Offers), l.Offers[0].Round, l.Offers[len(l.Offers)-1].Round)
	}
}
