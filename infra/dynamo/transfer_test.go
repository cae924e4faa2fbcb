package dynamo_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/functions/chat"
)

// billing is a second queue of the office.
var billing = chat.Queue{ID: "billing", Name: "Billing", Strategy: chat.BeepAll, Timeout: 20, Weight: 4}

// talking is an office where Ann of sales has a chat with c1; Bob and Eve work in billing.
func talking(t *testing.T, q chat.Queue) (*office, chat.Session) {
	t.Helper()
	o := opened(t, q, "ann")
	ok(t, o.store.PutLicence(t.Context(), 5))
	o.opens(billing, "bob", "eve")
	s := o.accepts("ann", o.writes("c1"))
	o.screens.clear()
	return o, s
}

// rings fails the test unless a transfer of the session rings at this agent or queue, while Ann has it.
func (o *office) rings(s chat.Session, round int, to string) {
	o.tb.Helper()
	o.is(s, chat.Active, "ann")
	if t := o.session(s.ID).Transfer; t == nil || t.Agent+t.Queue != to || t.Round != round {
		o.tb.Fatalf("rings: %+v, want offer %d to %s", t, round, to)
	}
}

// rests fails the test unless nothing of the session rings, and its ledger ends with this.
func (o *office) rests(s chat.Session, round int, outcome chat.OfferOutcome) {
	o.tb.Helper()
	if now := o.session(s.ID); now.Transfer != nil {
		o.tb.Errorf("rings still: %+v", now.Transfer)
	}
	if got := o.offer(chat.OfferRef{Session: s.ID, Generation: s.Generation, Round: round}); got.Outcome != outcome {
		o.tb.Errorf("offer %d is %q, want %s", round, got.Outcome, outcome)
	}
	for _, a := range o.agents {
		if got := o.agent(a); got.Offer != "" {
			o.tb.Errorf("%s holds %s", a, got.Offer)
		}
	}
	o.settle()
	if names := o.loop.running(s.ID); o.session(s.ID).State != chat.Waiting && len(names) > 0 {
		o.tb.Errorf("executions still running: %v", names)
	}
	o.keepsItsPromises("at rest")
}

func (o *office) says(c chat.Connection, s chat.Session, text string) error {
	o.tb.Helper()
	_, err := o.desk.Send(o.tb.Context(), c, chat.Outgoing{Session: s.ID, CID: c.ID + text, Text: text, After: 1})
	return err
}

// seats are those in use.
func (o *office) seats() (used int) {
	o.tb.Helper()
	shards, err := o.store.Shards(o.tb.Context())
	ok(o.tb, err)
	for _, s := range shards {
		used += s.Used
	}
	return used
}

// Ensure that a chat stays with its agent while a colleague is asked and declines, and is the colleague's once they accept: with its
// log and its seat.
func TestTransferDeclinedThenAccepted(t *testing.T) {
	t.Parallel()
	o, s := talking(t, everybody)
	o.hands("ann", s, chat.Handover{Agent: "bob", Note: "Speaks Czech."})
	o.rings(s, 2, "bob")
	o.hears(desktop("bob"), "transfer 2 of c1")
	o.hears(desktop("ann")) // she has the answer to her own command
	o.hears(page("c1"))     // nothing has happened to the customer
	snap, err := o.desk.Hello(t.Context(), desktop("bob"), chat.Greeting{})
	ok(t, err)
	if len(snap.Offers) != 1 || snap.Offers[0].Kind != chat.KindTransfer || snap.Offers[0].By.Name != "ANN" || snap.Offers[0].Note != "Speaks Czech." ||
		snap.Offers[0].Question != "A question of c1" {
		t.Errorf("a desktop that comes later is offered %+v", snap.Offers)
	}
	ok(t, o.says(desktop("ann"), s, "One moment.")) // goes on as ever
	o.screens.clear()

	o.rejects("bob", s)
	o.hears(desktop("ann"), "gone 2 rejected by BOB", "with ANN")
	o.hears(desktop("bob"))
	o.rests(s, 2, chat.OfferRejected)
	o.is(s, chat.Active, "ann")
	ok(t, o.desk.Reject(t.Context(), desktop("bob"), chat.OfferRef{Session: s.ID, Generation: 1, Round: 2})) // again: fine

	o.hands("ann", s, chat.Handover{Agent: "bob", Note: "Please!"})
	o.rings(s, 3, "bob")
	o.screens.clear()
	now := o.accepts("bob", s)
	o.is(s, chat.Active, "bob")
	if now.Generation != 2 || now.Queue != queue || now.Last != "ann" || now.Seat != shard || o.seats() != 1 {
		t.Errorf("taken over as %+v, %d seats used", now, o.seats())
	}
	o.hears(page("c1"), "with BOB")
	o.hears(desktop("ann"), "with BOB", "gone 3 accepted by BOB")
	o.hears(desktop("bob"))
	o.rests(s, 3, chat.OfferAccepted)
	if a, b := o.agent("ann"), o.agent("bob"); len(a.Open) > 0 || !slices.Equal(b.Open, []string{s.ID}) {
		t.Errorf("open with ann: %v, with bob: %v", a.Open, b.Open)
	}
	refusedWith(t, o.says(desktop("ann"), s, "And one more thing."), chat.CodeNotYours)
	ok(t, o.says(desktop("bob"), s, "Hello, this is Bob."))
	rows, _, err := o.desk.Since(t.Context(), desktop("bob"), s.ID, 0)
	ok(t, err)
	var told []chat.Kind
	for _, r := range rows {
		told = append(told, r.Kind)
	}
	if want := []chat.Kind{chat.KindMessage, chat.KindAccepted, chat.KindMessage, chat.KindTransferred, chat.KindMessage}; !slices.Equal(told, want) {
		t.Errorf("the log is %v, want %v", told, want)
	}
	o.closes("bob", s)
	if o.keepsItsPromises("closed"); o.seats() != 0 {
		t.Errorf("%d seats used", o.seats())
	}
}

// Ensure that a transfer that nobody answers ends by itself, that its end is told to both, and judged by what reached them.
func TestTransferExpires(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		mark   bool
		judged func(chat.Agent) bool
	}{
		"seen":    {true, func(a chat.Agent) bool { return a.Missed == 1 && a.Unreached.IsZero() }},
		"unheard": {false, func(a chat.Agent) bool { return a.Missed == 0 && !a.Unreached.IsZero() }},
	} {
		for _, h := range []chat.Handover{{Agent: "bob"}, {Queue: "billing"}} {
			t.Run(name+" by "+h.Agent+h.Queue, func(t *testing.T) {
				t.Parallel()
				o, s := talking(t, everybody)
				o.hands("ann", s, h)
				o.rings(s, 2, h.Agent+h.Queue)
				if c.mark {
					ok(t, o.desk.Mark(t.Context(), desktop("bob"), handed(o.session(s.ID)), true))
				}
				o.screens.clear()
				o.pass(20 * time.Second)
				o.rings(s, 2, h.Agent+h.Queue)
				_, err := o.desk.Accept(t.Context(), desktop("bob"), chat.OfferRef{Session: s.ID, Generation: 1, Round: 3})
				refusedWith(t, err, chat.CodeNotFound)
				o.pass(2 * time.Second)
				o.rests(s, 2, chat.OfferExpired)
				o.is(s, chat.Active, "ann")
				to := "BOB"
				if h.Queue != "" {
					to = "Billing"
				}
				o.hears(desktop("ann"), "gone 2 expired by "+to, "with ANN")
				o.hears(desktop("bob"), "gone 2 expired")
				if a := o.agent("bob"); !c.judged(a) {
					t.Errorf("bob is judged %+v", a)
				}
				_, err = o.desk.Accept(t.Context(), desktop("bob"), chat.OfferRef{Session: s.ID, Generation: 1, Round: 2})
				refusedWith(t, err, chat.CodeLate)
			})
		}
	}
}

// Ensure that whatever happens to a transfer while it rings, its offer ends, its taker is free, its giver knows, and nothing runs on.
func TestTransferEnds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		happens func(o *office, s chat.Session)
		state   chat.State
		ann     []string // hears
	}{
		"taken back": {func(o *office, s chat.Session) {
			for range 2 { // a repeat is the same answer
				v, err := o.desk.Withdraw(o.tb.Context(), desktop("ann"), s.ID)
				if err != nil || v.Session.Agent != "ann" || v.Transfer != nil {
					o.tb.Errorf("withdrawn: %+v, %v", v, err)
				}
			}
		}, chat.Active, []string{"gone 2 canceled by BOB", "with ANN"}},
		"the taker pauses": {func(o *office, _ chat.Session) { o.becomes("bob", chat.Paused) }, chat.Active,
			[]string{"gone 2 canceled by BOB", "with ANN"}},
		"the taker signs out": {func(o *office, _ chat.Session) { o.becomes("bob", chat.Offline) }, chat.Active,
			[]string{"gone 2 canceled by BOB", "with ANN"}},
		"the customer leaves": {func(o *office, s chat.Session) {
			_, err := o.desk.Leave(o.tb.Context(), page("c1"), s.ID)
			ok(o.tb, err)
		}, chat.Closed, []string{"closed left"}},
		"the giver closes": {func(o *office, s chat.Session) { o.closes("ann", s) }, chat.Closed, nil},
		"the giver sends it on at once": {func(o *office, s chat.Session) {
			o.hands("ann", s, chat.Handover{Queue: queue, Blind: true})
			o.becomes("ann", chat.Paused)
		}, chat.Waiting, nil},
		"another takes the place in the log first": {func(o *office, s chat.Session) {
			ok(o.tb, o.says(page("c1"), s, "Are you there?"))
			o.rejects("bob", s)
		}, chat.Active, []string{"gone 2 rejected by BOB", "row 3", "with ANN"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, s := talking(t, everybody)
			o.hands("ann", s, chat.Handover{Agent: "bob"})
			o.rings(s, 2, "bob")
			o.screens.clear()
			c.happens(o, s)
			o.settle()
			o.hears(desktop("ann"), c.ann...)
			want := []string{"gone 2 canceled"}
			if name == "another takes the place in the log first" {
				want = nil
			}
			o.hears(desktop("bob"), want...)
			outcome := chat.OfferCanceled
			if want == nil {
				outcome = chat.OfferRejected
			}
			o.rests(s, 2, outcome)
			if now := o.session(s.ID); now.State != c.state {
				t.Errorf("it is %s, want %s", now.State, c.state)
			}
			_, err := o.desk.Accept(t.Context(), desktop("bob"), chat.OfferRef{Session: s.ID, Generation: 1, Round: 2})
			refusedWith(t, err, chat.CodeLate)
		})
	}
}

// Ensure that a chat whose giver is lost while it rings goes back to its line, and the transfer is over.
func TestGiverLostWhileItRings(t *testing.T) {
	t.Parallel()
	o, s := talking(t, chat.Queue{Strategy: chat.BeepAll, Timeout: 120, LostAfter: 60})
	o.pass(140 * time.Second)
	o.beats(page("c1"), desktop("bob"), desktop("eve"))
	o.hands("ann", s, chat.Handover{Agent: "bob"})
	o.pass(15 * time.Second)
	o.screens.clear()
	if done := o.sweeps(); done.Offline != 1 || done.Returned != 1 {
		t.Fatalf("swept %+v", done)
	}
	o.is(s, chat.Waiting, "")
	o.hears(desktop("bob"), "gone 2 canceled")
	o.hears(page("c1"), "waits at 1")
	o.rests(s, 2, chat.OfferCanceled)
	if a := o.agent("bob"); a.State != chat.Ready || a.Missed != 0 || !a.Unreached.IsZero() {
		t.Errorf("bob is blamed: %+v", a)
	}
}

// Ensure that of those whom a transfer to their queue rings exactly one has it, that the others hear who, and that it moves to that queue.
func TestTransferToAQueue(t *testing.T) {
	t.Parallel()
	o, s := talking(t, everybody)
	o.hires("kim", 3, "billing")
	o.becomes("kim", chat.Paused)
	o.hands("ann", s, chat.Handover{Queue: "billing", Note: "About an invoice."})
	o.rings(s, 2, "billing")
	if got := o.offer(handed(o.session(s.ID))); !slices.Equal(got.To, []string{"bob", "eve"}) || got.Why.Excluded["kim"] != "paused" || got.From != "ann" {
		t.Errorf("asked %+v", got)
	}
	snap, err := o.desk.Beat(t.Context(), desktop("eve")) // no reservation tells her
	if err != nil || len(snap.Offers) != 1 || snap.Offers[0].Others != 1 {
		t.Errorf("eve's beat brings %+v, %v", snap.Offers, err)
	}
	o.screens.clear()

	offer, winners := handed(o.session(s.ID)), make([]string, 2)
	var losers []*chat.Error
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i, a := range []string{"bob", "eve"} {
		wg.Go(func() {
			v, err := stubborn(func() (chat.View, error) { return o.desk.Accept(context.Background(), desktop(a), offer) })
			mu.Lock()
			defer mu.Unlock()
			var refused *chat.Error
			switch {
			case err == nil:
				winners[i] = v.Session.Agent
			case errors.As(err, &refused):
				losers = append(losers, refused)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	o.settle()
	winner := winners[0] + winners[1]
	loser := map[string]string{"bob": "eve", "eve": "bob"}[winner]
	if len(losers) != 1 || losers[0].Code != chat.CodeTaken || losers[0].By.ID != winner {
		t.Fatalf("won by %q; refused: %v", winner, losers)
	}
	now := o.session(s.ID)
	o.is(s, chat.Active, winner)
	if now.Queue != "billing" || now.Weight != 4 || now.Generation != 2 || now.Seat != shard {
		t.Errorf("moved as %+v", now)
	}
	o.hears(desktop(loser), "gone 2 to "+o.agent(winner).Name)
	o.hears(page("c1"), "with "+o.agent(winner).Name)
	o.rests(s, 2, chat.OfferAccepted)
	for who, code := range map[string]chat.Code{loser: chat.CodeTaken, "kim": chat.CodeForbidden, "ann": chat.CodeForbidden} {
		_, err := o.desk.Accept(t.Context(), desktop(who), offer)
		if code == chat.CodeForbidden {
			code = chat.CodeTaken // whoever asks hears who has it
		}
		refusedWith(t, err, code)
	}
	if v, err := o.desk.Accept(t.Context(), desktop(winner), offer); err != nil || v.Session.Agent != winner {
		t.Errorf("the winner asks again and hears %v, %v", v.Session.Agent, err)
	}
	rows, err := o.store.Rows(t.Context(), []chat.RowRef{{Session: s.ID, Place: 3}})
	if err != nil || rows[0].Kind != chat.KindTransferred || rows[0].To != "Billing" || rows[0].By != winner || rows[0].Note != "About an invoice." {
		t.Errorf("the log says %+v, %v", rows, err)
	}
}

// Ensure that a transfer to a queue ends when all of it have declined, not before.
func TestQueueDeclinesTransfer(t *testing.T) {
	t.Parallel()
	o, s := talking(t, everybody)
	o.hands("ann", s, chat.Handover{Queue: "billing"})
	o.screens.clear()
	o.rejects("bob", s)
	o.rings(s, 2, "billing")
	o.hears(desktop("ann"))
	snap, err := o.desk.Beat(t.Context(), desktop("bob"))
	if err != nil || len(snap.Offers) > 0 {
		t.Errorf("it still rings at bob: %+v, %v", snap.Offers, err)
	}
	o.rejects("eve", s)
	o.rests(s, 2, chat.OfferRejected)
	o.hears(desktop("ann"), "gone 2 rejected by Billing", "with ANN")
	o.hears(desktop("eve"))
}

// Ensure that a command whose answer was lost may be given again.
func TestTransferAgain(t *testing.T) {
	t.Parallel()
	o, s := talking(t, everybody)
	for _, h := range []chat.Handover{{Agent: "bob"}, {Queue: "billing"}, {Agent: "bob", Assist: true}} {
		was := o.session(s.ID)
		h.Session = s.ID
		var views []chat.View
		for range 2 {
			v, err := o.desk.Transfer(t.Context(), desktop("ann"), h)
			ok(t, err)
			o.settle()
			views = append(views, v)
		}
		if views[0].Transfer == nil || views[1].Transfer == nil || views[0].Transfer.Round != views[1].Transfer.Round || o.session(s.ID).Round != was.Round+1 {
			t.Errorf("%+v twice: %+v and %+v", h, views[0].Transfer, views[1].Transfer)
		}
		other := chat.Handover{Session: s.ID, Agent: "eve"}
		_, err := o.desk.Transfer(t.Context(), desktop("ann"), other)
		refusedWith(t, err, chat.CodeBadValue)
		_, err = o.desk.Withdraw(t.Context(), desktop("ann"), s.ID)
		ok(t, err)
	}
	o.hands("ann", s, chat.Handover{Agent: "bob"})
	offer := handed(o.session(s.ID))
	for range 2 {
		v, err := o.desk.Accept(t.Context(), desktop("bob"), offer)
		if err != nil || v.Session.Agent != "bob" || v.Head != 3 {
			t.Errorf("accepted: %+v, %v", v, err)
		}
	}
	o.rests(s, offer.Round, chat.OfferAccepted)
}

// Ensure that a transfer rings at once when it is asked for again, if the first one died before it had its execution started.
func TestRepeatStartsTransfer(t *testing.T) {
	t.Parallel()
	o, s := talking(t, everybody)
	o.desk.Router = router{start: func(chat.Execution) error { return errors.New("the state machine is down") },
		answer: func(string, chat.Answer) error { return nil }}
	o.hands("ann", s, chat.Handover{Agent: "bob"})
	o.hears(desktop("bob"))
	o.desk.Router = o.loop
	o.hands("ann", s, chat.Handover{Agent: "bob"})
	o.hears(desktop("bob"), "transfer 2 of c1")
	o.hands("ann", s, chat.Handover{Agent: "bob"}) // it rings: nothing is started
	o.hears(desktop("bob"))
	if got := o.loop.running(s.ID); !slices.Equal(got, []string{s.ID + "-1-x2"}) {
		t.Errorf("running: %v", got)
	}
}

// Ensure that a transfer whose execution was lost is dropped by the sweep, a minute after its end.
func TestSweepDropsLostTransfers(t *testing.T) {
	t.Parallel()
	for _, h := range []chat.Handover{{Agent: "bob"}, {Queue: "billing"}, {Agent: "bob", Assist: true}} {
		t.Run(h.Agent+h.Queue, func(t *testing.T) {
			t.Parallel()
			o, s := talking(t, everybody)
			o.hands("ann", s, h)
			o.loop.end(s.ID, false)
			ok(t, o.desk.Mark(t.Context(), desktop("bob"), handed(o.session(s.ID)), false))
			o.pass(79 * time.Second)
			o.beats(desktop("ann"), desktop("bob"), desktop("eve"))
			o.screens.clear()
			if done := o.sweeps(); done.Dropped != 0 {
				t.Fatalf("dropped too early: %+v", done)
			}
			o.rings(s, 2, h.Agent+h.Queue)
			o.pass(time.Second)
			if done := o.sweeps(); done.Dropped != 1 {
				t.Fatalf("swept %+v", done)
			}
			o.rests(s, 2, chat.OfferExpired)
			o.is(s, chat.Active, "ann")
			if heard := o.screens.take("conn-ann"); !slices.Contains(heard, "with ANN") {
				t.Errorf("ann heard %q", heard)
			}
			o.hears(desktop("bob"), "gone 2 expired")
		})
	}
}

// Ensure that a chat which is given away at once waits in its place in the other line, without a seat, and does not come back to
// who gave it before others were asked.
func TestBlindTransfer(t *testing.T) {
	t.Parallel()
	o, s := talking(t, everybody)
	o.becomes("bob", chat.Paused)
	o.becomes("eve", chat.Paused)
	o.hires("kim", 3, queue)
	waits := o.writes("c2") // rings in sales; that is another line
	o.screens.clear()
	now := o.hands("ann", s, chat.Handover{Queue: "billing", Blind: true, Note: "About an invoice."})
	if now.State != chat.Waiting || now.Queue != "billing" || now.Generation != 2 || !now.Queued.Equal(s.Queued) || now.Seat != 0 || o.seats() != 0 {
		t.Errorf("given away as %+v, %d seats used", now, o.seats())
	}
	o.hears(page("c1"), "waits at 1")
	if a := o.agent("ann"); len(a.Open) != 0 {
		t.Errorf("ann still has %v", a.Open)
	}
	o.keepsItsPromises("given away")

	// Its repeat is the same answer, also when the customer has written since, and when somebody has taken it.
	again := func(state chat.State) {
		t.Helper()
		v, err := o.desk.Transfer(t.Context(), desktop("ann"), chat.Handover{Session: s.ID, Queue: "billing", Blind: true, Note: "About an invoice."})
		if err != nil || v.Session.State != state || v.Session.Generation != 2 {
			t.Errorf("again: %+v, %v", v.Session, err)
		}
	}
	again(chat.Waiting)
	ok(t, o.says(page("c1"), s, "Hello?"))
	again(chat.Waiting)
	o.becomes("bob", chat.Ready)
	o.accepts("bob", s)
	again(chat.Active)
	o.is(s, chat.Active, "bob")
	if o.seats() != 1 {
		t.Errorf("%d seats used", o.seats())
	}
	_, err := o.desk.Transfer(t.Context(), desktop("kim"), chat.Handover{Session: s.ID, Queue: "billing", Blind: true})
	refusedWith(t, err, chat.CodeNotYours)
	o.is(waits, chat.Offered, chat.Everybody)
	o.keepsItsPromises("taken")
}

// Ensure that a chat which is given back to the line is not rung at once at who gave it, though nobody else is there, and that while
// a transfer rings it may still be given away, to the same queue, too.
func TestGivenBackToTheLine(t *testing.T) {
	t.Parallel()
	o, s := talking(t, byTurns)
	now := o.hands("ann", s, chat.Handover{Queue: queue, Blind: true})
	o.is(now, chat.Waiting, "")
	o.pass(22 * time.Second)
	o.is(now, chat.Offered, "ann")
	o.accepts("ann", s)

	o.hands("ann", s, chat.Handover{Queue: "billing"})
	o.rings(s, 3, "billing")
	o.screens.clear()
	now = o.hands("ann", s, chat.Handover{Queue: "billing", Blind: true})
	if now.Queue != "billing" || now.State != chat.Offered || now.Transfer != nil {
		t.Errorf("given away as %+v", now)
	}
	o.hears(desktop("bob"), "gone 3 canceled", "offer 4 of c1")
	o.keepsItsPromises("given away")
}

// Ensure that only its owner hands a chat over, to what there is.
func TestWhoMayTransfer(t *testing.T) {
	t.Parallel()
	o, s := talking(t, everybody)
	o.hires("kim", 3, "billing")
	o.hands("ann", s, chat.Handover{Agent: "kim", Assist: true})
	o.accepts("kim", s)
	waits := o.writes("c2")
	for _, c := range []struct {
		who  string
		wish chat.Handover
		code chat.Code
		says string
	}{
		{"ann", chat.Handover{Session: "none", Agent: "bob"}, chat.CodeNotFound, "There is no such session."},
		{"ann", chat.Handover{Session: s.ID, Agent: "nobody"}, chat.CodeNotFound, "There is no such agent."},
		{"ann", chat.Handover{Session: s.ID, Queue: "nothing"}, chat.CodeNotFound, "There is no such queue."},
		{"ann", chat.Handover{Session: s.ID, Queue: "nothing", Blind: true}, chat.CodeNotFound, "There is no such queue."},
		{"ann", chat.Handover{Session: s.ID, Agent: "kim"}, chat.CodeNobody, "KIM cannot take it now: in this chat already."},
		{"bob", chat.Handover{Session: s.ID, Agent: "eve"}, chat.CodeNotYours, "This chat is not yours."},
		{"kim", chat.Handover{Session: s.ID, Agent: "eve"}, chat.CodeNotYours, "Only the agent who has this chat can hand it over or invite somebody."},
		{"ann", chat.Handover{Session: waits.ID, Agent: "bob"}, chat.CodeNotYours, "This chat is not yours."},
		{"ann", chat.Handover{Session: waits.ID, Queue: queue, Blind: true}, chat.CodeNotYours, "This chat is not yours."},
	} {
		_, err := o.desk.Transfer(t.Context(), desktop(c.who), c.wish)
		if refused := refusedWith(t, err, c.code); refused.Message != c.says {
			t.Errorf("%s, %+v: %q, want %q", c.who, c.wish, refused.Message, c.says)
		}
	}
	for who, says := range map[string]string{"bob": "This chat is not yours.", "kim": "Only the agent who has this chat can take that back."} {
		_, err := o.desk.Withdraw(t.Context(), desktop(who), s.ID)
		if refused := refusedWith(t, err, chat.CodeNotYours); refused.Message != says {
			t.Errorf("%s takes back: %q, want %q", who, refused.Message, says)
		}
	}
	_, err := o.desk.Withdraw(t.Context(), desktop("ann"), "none")
	refusedWith(t, err, chat.CodeNotFound)
	o.closes("ann", s)
	_, err = o.desk.Transfer(t.Context(), desktop("ann"), chat.Handover{Session: s.ID, Agent: "bob"})
	refusedWith(t, err, chat.CodeClosed)
	_, err = o.desk.Withdraw(t.Context(), desktop("ann"), s.ID)
	refusedWith(t, err, chat.CodeClosed)
}

// Ensure that a late visit of a transfer's execution ends that execution and touches nothing, and that a routing one which hears of a
// session with an owner is over.
func TestVisitOfAnotherTransfer(t *testing.T) {
	t.Parallel()
	o, s := talking(t, everybody)
	o.hands("ann", s, chat.Handover{Agent: "bob"})
	before := o.session(s.ID)
	for name, v := range map[string]chat.Visit{
		"another round":      {Session: s.ID, Generation: 1, Round: 1},
		"another generation": {Session: s.ID, Generation: 2, Round: 2},
		"no such session":    {Session: "none", Generation: 1, Round: 2},
		"the routing":        {Session: s.ID, Generation: 1},
	} {
		var heard chat.Answer
		o.desk.Router = router{answer: func(token string, a chat.Answer) error {
			if token == "late" {
				heard = a
			}
			return nil
		}}
		v.Entered, v.Token = o.clock.now(), "late"
		ok(t, o.desk.Route(t.Context(), v))
		if heard != chat.AnswerOver {
			t.Errorf("%s: answered %q", name, heard)
		}
		equal(t, name, o.session(s.ID), before)
	}
}
