package e2e_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/parley-chat/parley/functions/wire"
	"github.com/parley-chat/parley/infra/e2e/play"
)

// Chats that go from one agent to another, and colleagues who help.
func handoverStories() []story {
	return []story{
		{name: "a transfer to an agent is declined, then accepted", in: both, agents: 2, play: transfers},
		{name: "a transfer to a queue rings at all who are free there", in: both, agents: 1, second: 3, play: transfersToQueue},
		{name: "a transfer is taken back", in: both, agents: 2, second: 2, play: withdraws},
		{name: "a transfer that nobody answers runs out", in: both, agents: 2, second: 1, timeout: brisk, play: transferRunsOut},
		{name: "a chat that is sent to a queue at once waits there in its place", in: both, agents: 1, second: 1, play: sendsAway},
		{name: "who sends a chat away within their queue is not asked first", in: both, agents: 2, play: sendsNext},
		{name: "what ends a chat ends its transfer, and so does a pause", in: both, agents: 2, second: 2, play: transferEnds},
		{name: "five agents accept a transfer at once and one wins", in: []string{beepall}, agents: 1, second: 5, capacity: 1, play: fiveAcceptTransfer},
		{name: "what cannot be handed over is refused in words", in: []string{beepall}, agents: 4, second: 1, play: transferRefusals},
		{name: "an assistant joins, writes, leaves, and is removed", in: both, agents: 3, second: 1, play: assists},
		{name: "assistants go with the owner", in: both, agents: 3, play: assistantsGo},
		{name: "no more than three assist", in: []string{beepall}, agents: 5, play: threeAssist},
		{name: "who assists has one place less", in: both, agents: 2, capacity: 1, play: assistantIsFull},
		{name: "the assist of a lost agent ends, and the chat goes on", in: []string{beepall}, agents: 2, lostAfter: 5, needs: leases, play: lostAssistant},
		{name: "everybody writes while a chat goes round, and all read the same", in: both, agents: 3, play: roundRobin},
	}
}

func transfers(s *stage) {
	ada, giver := s.talk()
	taker := s.agent(1)
	v := giver.Hands(ada, wire.Transfer{Agent: taker.ID, Note: "She wants the blue one."})
	if t := v.Transfer; t == nil || t.Assist || t.Agent == nil || t.Agent.Name != taker.Name || t.By.ID != giver.ID || t.Until <= t.Now || v.State != wire.SessionActive || v.Generation != 1 {
		s.Errorf("the giver hears %+v with %+v, want a transfer that rings", v, v.Transfer)
	}
	offer := taker.AwaitOffer(ada)
	if offer.Kind != wire.OfferTransfer || offer.By == nil || offer.By.Name != giver.Name || offer.Note != "She wants the blue one." || offer.Question != "Hello?" || offer.Others != 0 {
		s.Errorf("the taker is asked %+v", offer)
	}

	// Until it is accepted the chat stays where it is.
	giver.Says(ada, "One moment, please.")
	ada.Hears("One moment, please.")
	taker.refused(last(taker.say(ada.session, "Hi!")), "not_yours")
	taker.Reject(offer)
	if g := giver.AwaitGone(offer, wire.OfferRejected); g.By == nil || g.By.ID != taker.ID || g.Customer != "Ada" {
		s.Errorf("the giver hears %+v, want who declined", g)
	}
	if v := giver.Sees(ada); v.Transfer != nil || v.Generation != 1 {
		s.Errorf("after the no the chat is %+v", v)
	}
	taker.refused(last(taker.accept(offer)), "late")
	taker.HasOpen()

	giver.Hands(ada, wire.Transfer{Agent: taker.ID, Note: "Please!"})
	if again := giver.Hands(ada, wire.Transfer{Agent: taker.ID, Note: "Please!"}); again.Transfer == nil || again.Transfer.Round != offer.Round+1 {
		s.Errorf("asking twice is %+v, want one offer", again.Transfer)
	}
	offer = taker.AwaitOffer(ada)
	if v := taker.Accept(offer); v.Generation != 2 || v.Transfer != nil {
		s.Errorf("the taker hears %+v, want a generation of their own", v)
	}
	if g := giver.AwaitGone(offer, wire.OfferAccepted); g.By == nil || g.By.ID != taker.ID {
		s.Errorf("the giver hears %+v, want who has it now", g)
	}
	if v := giver.AwaitState(ada.session, wire.SessionActive, 2); v.Agent.ID != taker.ID {
		s.Errorf("the giver is told that %+v has the chat", v.Agent)
	}
	if v := ada.AwaitState(ada.session, wire.SessionActive, 2); v.Agent.Name != taker.Name || v.Transfer != nil {
		s.Errorf("Ada hears %+v, want to be with %s", v, taker.Name)
	}
	if row := ada.AwaitKind(ada.session, wire.RowTransferred); row.Name != taker.Name || row.Note != "" || row.To != "" {
		s.Errorf("Ada's log says %+v, want the new name and no note", row)
	}
	if row := taker.AwaitKind(ada.session, wire.RowTransferred); row.Note != "Please!" {
		s.Errorf("the taker's log says %+v, want the note", row)
	}
	if _, err := taker.accept(offer); err != nil {
		s.Errorf("the taker accepts again: %v", err)
	}
	giver.HasOpen()
	giver.refused(last(giver.say(ada.session, "By the way")), "not_yours")
	giver.refused(last(giver.close(ada.session)), "not_yours")

	ada.Says("Hello again.")
	taker.Hears(ada, "Hello again.")
	taker.Says(ada, "I have read everything.")
	ada.Hears("I have read everything.")
	s.sameLog(ada.session, 6, ada.Tab, taker.Tab)
	taker.Closes(ada)
	taker.HasOpen()
}

func transfersToQueue(s *stage) {
	ada, giver := s.talk()
	second := []*Agent{s.agent(1), s.agent(2), s.agent(3)}
	v := giver.Hands(ada, wire.Transfer{Queue: s.second, Note: "A question about money."})
	if t := v.Transfer; t == nil || t.Queue == nil || t.Queue.Name != secondLine || t.Agent != nil {
		s.Errorf("the giver hears %+v", v.Transfer)
	}
	var offer wire.Offer
	for _, a := range second {
		if offer = a.AwaitOffer(ada); offer.Kind != wire.OfferTransfer || offer.Others != 2 || offer.By.ID != giver.ID {
			s.Errorf("%s is asked %+v, want it with two others", a.who, offer)
		}
	}
	second[0].Reject(offer)
	second[1].AnotherDesktop().AwaitOffer(ada) // who connects meanwhile is told
	if v := giver.Sees(ada); v.Transfer == nil {
		s.Error("one no of three has ended the transfer")
	}
	if v := second[1].Accept(offer); v.Queue.ID != s.second || v.Generation != 2 {
		s.Errorf("the taker hears %+v, want the chat in their queue", v)
	}
	for _, a := range []*Agent{second[0], second[2]} {
		if g := a.AwaitGone(offer, wire.OfferRescinded); g.By == nil || g.By.ID != second[1].ID {
			s.Errorf("%s hears %+v, want who took it", a.who, g)
		}
		if e := a.refused(last(a.accept(offer)), "taken"); e.By == nil || e.By.ID != second[1].ID {
			s.Errorf("%s is too late and hears %+v", a.who, e)
		}
	}
	giver.AwaitGone(offer, wire.OfferAccepted)
	if row := ada.AwaitKind(ada.session, wire.RowTransferred); row.To != secondLine || row.Name != second[1].Name {
		s.Errorf("Ada's log says %+v, want where she is now", row)
	}

	// Nobody wants it: the giver hears so at once, and chooses anew.
	second[1].Hands(ada, wire.Transfer{Queue: s.website})
	offer = giver.AwaitOffer(ada)
	giver.Reject(offer)
	if g := second[1].AwaitGone(offer, wire.OfferRejected); g.By == nil || g.By.ID != s.website {
		s.Errorf("the giver hears %+v, want that the queue declined", g)
	}
	second[1].HasOpen(ada)

	// A chat is at home where it was last.
	second[1].Closes(ada)
	ada.Says("One more thing.")
	a := second[1]
	if !s.everybodyRings() { // the next behind the last one asked: a transfer is not the line's asking
		a = second[0]
	}
	if offer := a.AwaitOffer(ada); offer.Kind != "" || offer.Queue.ID != s.second {
		s.Errorf("reopened, the chat asks %+v, want the second line", offer)
	}
	giver.IsNotAsked(ada)
}

func withdraws(s *stage) {
	ada, giver := s.talk()
	taker, second := s.agent(1), []*Agent{s.agent(2), s.agent(3)}
	giver.Withdraws(ada) // nothing to take back is fine

	giver.Hands(ada, wire.Transfer{Agent: taker.ID})
	offer := taker.AwaitOffer(ada)
	if v := giver.Withdraws(ada); v.Transfer != nil {
		s.Errorf("the giver takes it back and hears %+v", v.Transfer)
	}
	taker.AwaitGone(offer, wire.OfferCanceled)
	taker.refused(last(taker.accept(offer)), "late")
	if offers := taker.Beat().Offers; len(offers) != 0 {
		s.Errorf("on the taker's desktop there is %+v", offers)
	}

	giver.Hands(ada, wire.Transfer{Queue: s.second})
	for _, a := range second {
		offer = a.AwaitOffer(ada)
	}
	giver.Withdraws(ada)
	for _, a := range second {
		a.AwaitGone(offer, wire.OfferCanceled)
		a.refused(last(a.accept(offer)), "late")
	}
	giver.HasOpen(ada)

	// Who was asked in vain is free for others: nothing of the offers is left.
	giver.Becomes(wire.AgentPaused, "Enough")
	berta := s.customer("Berta")
	berta.Start("Me too.")
	taker.takes(berta)
}

func transferRunsOut(s *stage) {
	ada, giver := s.talk()
	taker, second := s.agent(1), s.agent(2)
	for _, to := range []struct {
		wire.Transfer
		asked *Agent
	}{{wire.Transfer{Agent: taker.ID}, taker}, {wire.Transfer{Queue: s.second}, second}} {
		giver.Hands(ada, to.Transfer)
		offer := to.asked.AwaitOffer(ada)
		to.asked.AwaitGone(offer, wire.OfferExpired)
		if g := giver.AwaitGone(offer, wire.OfferExpired); g.By == nil || g.By.ID != to.Agent+to.Queue {
			s.Errorf("the giver hears %+v, want who did not answer", g)
		}
		if v := giver.Sees(ada); v.Transfer != nil || v.Generation != 1 {
			s.Errorf("afterwards the chat is %+v", v)
		}
		to.asked.refused(last(to.asked.accept(offer)), "late")
	}
	giver.Hands(ada, wire.Transfer{Queue: s.second}) // it is not made again by itself, but by hand
	second.takes(ada)
	giver.HasOpen()
}

func sendsAway(s *stage) {
	ada, giver := s.talk()
	taker := s.agent(1)
	taker.Becomes(wire.AgentPaused, "Lunch")
	berta := s.customer("Berta")
	if v, err := berta.start(wire.Start{Nonce: newID(), CID: newID(), Text: "Me too.", Queue: s.second}); err != nil || v.Position != 1 {
		s.Fatalf("Berta starts in the second line: %+v, %v", v, err)
	}

	v := giver.Hands(ada, wire.Transfer{Queue: s.second, Blind: true, Note: "Over to you."})
	if v.State != wire.SessionWaiting || v.Generation != 2 || v.Agent != nil || v.Queue.ID != s.second {
		s.Errorf("the giver hears %+v, want the chat in the line", v)
	}
	if again := giver.Hands(ada, wire.Transfer{Queue: s.second, Blind: true, Note: "Over to you."}); again.Generation != 2 || again.Head != v.Head {
		s.Errorf("sent twice it is %+v", again)
	}
	giver.HasOpen()
	giver.refused(last(giver.say(ada.session, "Bye!")), "not_yours")
	first := ada.AwaitState(ada.session, wire.SessionWaiting, 1)
	if v := ada.AwaitState(ada.session, wire.SessionWaiting, 2); v.Position != 1 || v.Queue.Name != secondLine || v.Queued != first.Queued {
		s.Errorf("Ada hears %+v, want to be first in the second line, where she came into the first at %d", v, first.Queued)
	}
	if row := ada.AwaitKind(ada.session, wire.RowTransferred); row.To != secondLine || row.Name != giver.Name || row.Note != "" {
		s.Errorf("Ada's log says %+v, want who sent her where", row)
	}
	// Ada came before her.
	berta.AwaitView(berta.session, "to be told that Ada is before her", func(v wire.View) bool { return v.Position == 2 })

	taker.Becomes(wire.AgentReady, "")
	offer := taker.AwaitOffer(ada)
	taker.IsNotAsked(berta)
	taker.Accept(offer)
	if row := taker.AwaitKind(ada.session, wire.RowTransferred); row.Note != "Over to you." {
		s.Errorf("the taker's log says %+v, want the note", row)
	}
	taker.takes(berta)
	giver.IsNotAsked(ada)
}

func sendsNext(s *stage) {
	ada, giver := s.talk()
	next := s.agent(1)
	giver.Hands(ada, wire.Transfer{Queue: s.website, Blind: true})
	offer := next.AwaitOffer(ada)
	giver.IsNotAsked(ada)
	next.Accept(offer)
	if v := ada.AwaitState(ada.session, wire.SessionActive, 2); v.Agent.ID != next.ID {
		s.Errorf("Ada hears %+v, want to be with %s", v, next.Name)
	}
}

func transferEnds(s *stage) {
	giver, taker := s.agent(0), s.agent(1)
	second := []*Agent{s.agent(2), s.agent(3)}
	taker.Becomes(wire.AgentPaused, "Not yet")
	hand := func(name string, to wire.Transfer, asked ...*Agent) (*Customer, wire.Offer) {
		s.Helper()
		c := s.customer(name)
		c.Start("Hello?")
		giver.takes(c)
		giver.Hands(c, to)
		var offer wire.Offer
		for _, a := range asked {
			offer = a.AwaitOffer(c)
		}
		return c, offer
	}

	for i, to := range []wire.Transfer{{Agent: second[0].ID}, {Queue: s.second}} {
		asked := second[:i+1]
		closed, offer := hand("Ada", to, asked...)
		giver.Closes(closed)
		for _, a := range asked {
			a.AwaitGone(offer, wire.OfferCanceled)
			a.refused(last(a.accept(offer)), "late")
		}
		left, offer := hand("Berta", to, asked...)
		left.Leave()
		for _, a := range asked {
			a.AwaitGone(offer, wire.OfferCanceled)
			a.refused(last(a.accept(offer)), "late")
		}
	}
	giver.HasOpen()

	// A pause of the one who is asked is a no; of one of several it is theirs alone.
	carla, offer := hand("Carla", wire.Transfer{Agent: second[0].ID}, second[0])
	second[0].Becomes(wire.AgentPaused, "Lunch")
	second[0].AwaitGone(offer, wire.OfferCanceled)
	giver.AwaitGone(offer, wire.OfferCanceled)
	if v := giver.Sees(carla); v.Transfer != nil {
		s.Errorf("after the pause the chat is %+v", v.Transfer)
	}
	second[0].refused(last(second[0].accept(offer)), "late")
	second[0].Becomes(wire.AgentReady, "")
	giver.Hands(carla, wire.Transfer{Queue: s.second})
	second[0].AwaitOffer(carla)
	offer = second[1].AwaitOffer(carla)
	second[0].Becomes(wire.AgentPaused, "Lunch")
	second[0].refused(last(second[0].accept(offer)), "paused")
	second[1].Accept(offer)
	giver.HasOpen()
}

func fiveAcceptTransfer(s *stage) {
	ada, giver := s.talk()
	var takers []*Agent
	for i := 1; i < len(s.agents); i++ {
		takers = append(takers, s.agent(i))
	}
	giver.Hands(ada, wire.Transfer{Queue: s.second})
	var offer wire.Offer
	for _, a := range takers {
		offer = a.AwaitOffer(ada)
	}
	errs := make([]error, len(takers))
	atOnce(len(takers), func(i int) { _, errs[i] = takers[i].accept(offer) })
	winner := -1
	for i, err := range errs {
		switch {
		case err == nil && winner >= 0:
			s.Fatalf("%s and %s both won", takers[winner].who, takers[i].who)
		case err == nil:
			winner = i
		}
	}
	if winner < 0 {
		s.Fatalf("nobody won: %v", errs)
	}
	for i, a := range takers {
		if i == winner {
			a.HasOpen(ada)
			continue
		}
		if e := a.refused(errs[i], "taken"); e.By == nil || e.By.ID != takers[winner].ID {
			s.Errorf("%s hears that %+v took it, want %s", a.who, e.By, takers[winner].who)
		}
		a.HasOpen()
	}
	giver.HasOpen()
	if v := ada.AwaitState(ada.session, wire.SessionActive, 2); v.Agent.ID != takers[winner].ID || v.Head != 3 {
		s.Errorf("Ada hears %+v, want one transfer", v)
	}
}

func transferRefusals(s *stage) {
	ada, owner := s.talk()
	other, paused := s.agent(1), s.agent(2)
	paused.Becomes(wire.AgentPaused, "Lunch")
	berta, carla := s.customer("Berta"), s.customer("Carla")
	berta.Start("Hello?")
	owner.AwaitOffer(berta)
	other.takes(berta)
	carla.Start("Hello?")
	owner.takes(carla)
	owner.Closes(carla)
	dora := s.customer("Dora")
	other.Becomes(wire.AgentPaused, "Watching")
	owner.Becomes(wire.AgentPaused, "Watching")
	dora.Start("Hello?")
	other.Becomes(wire.AgentReady, "")
	other.AwaitOffer(dora)
	nowhere := &Customer{Tab: ada.Tab, session: "nowhere"}
	offline := s.agents[3]

	for _, it := range []struct {
		name string
		code wire.ErrorCode
		by   *Agent
		of   *Customer
		to   wire.Transfer
	}{
		{"nowhere", "bad_value", owner, ada, wire.Transfer{}},
		{"to two at once", "bad_value", owner, ada, wire.Transfer{Agent: other.ID, Queue: s.second}},
		{"to an agent without asking them", "bad_value", owner, ada, wire.Transfer{Agent: other.ID, Blind: true}},
		{"help without asking", "bad_value", owner, ada, wire.Transfer{Queue: s.second, Assist: true, Blind: true}},
		{"with too long a note", "too_long", owner, ada, wire.Transfer{Agent: other.ID, Note: strings.Repeat("n", 2001)}},
		{"to oneself", "nobody", owner, ada, wire.Transfer{Agent: owner.ID}},
		{"to somebody who does not exist", "not_found", owner, ada, wire.Transfer{Agent: "nobody"}},
		{"to a queue that does not exist", "not_found", owner, ada, wire.Transfer{Queue: "nowhere"}},
		{"to somebody who is paused", "nobody", owner, ada, wire.Transfer{Agent: paused.ID}},
		{"to somebody who is not there", "nobody", owner, ada, wire.Transfer{Agent: offline.ID}},
		{"to a queue where nobody is", "nobody", owner, ada, wire.Transfer{Queue: s.second}},
		{"help of a queue where nobody is", "nobody", owner, ada, wire.Transfer{Queue: s.second, Assist: true}},
		{"somebody else's chat", "not_yours", owner, berta, wire.Transfer{Agent: other.ID}},
		{"a chat that is closed", "closed", owner, carla, wire.Transfer{Agent: other.ID}},
		{"a chat that waits", "not_yours", owner, dora, wire.Transfer{Agent: other.ID}},
		{"a chat that does not exist", "not_found", owner, nowhere, wire.Transfer{Agent: other.ID}},
	} {
		var refusal *play.Error
		_, err := it.by.hand(it.of, it.to)
		if !errors.As(err, &refusal) || refusal.Frame.Code != it.code || !isSentence(refusal.Frame.Message) {
			s.Errorf("%s: got %v, want %q and a sentence", it.name, err, it.code)
		}
	}
	owner.refused(last(ask[wire.SessionFrame](owner.Tab, wire.Withdraw{Type: "withdraw", Session: berta.session})), "not_yours")
	owner.refused(last(ask[wire.SessionFrame](owner.Tab, wire.Withdraw{Type: "withdraw", Session: "nowhere"})), "not_found")
	owner.refused(last(owner.leave(ada, "")), "bad_value")
	owner.refused(last(owner.leave(berta, "")), "not_yours")
	other.refused(last(other.leave(ada, owner.ID)), "not_yours")
	ada.refused(last(ask[wire.SessionFrame](ada.Tab, wire.Transfer{Type: "transfer", Session: ada.session, Agent: other.ID})), "unknown_type")

	// One transfer at a time.
	owner.Hands(ada, wire.Transfer{Agent: other.ID})
	other.AwaitOffer(ada)
	owner.refused(last(owner.hand(ada, wire.Transfer{Agent: other.ID, Assist: true})), "bad_value")
	owner.Withdraws(ada)
	if v := owner.Sees(ada); v.Head != 2 || v.Generation != 1 {
		s.Errorf("after all that the chat is %+v", v)
	}
}

func assists(s *stage) {
	ada, owner := s.talk()
	helper, paused, second := s.agent(1), s.agent(2), s.agent(3)
	paused.Becomes(wire.AgentPaused, "Lunch")
	invite := wire.Transfer{Agent: helper.ID, Assist: true, Note: "Which pot fits?"}

	owner.Hands(ada, invite)
	offer := helper.AwaitOffer(ada)
	if offer.Kind != wire.OfferAssist || offer.By == nil || offer.By.ID != owner.ID || offer.Note != invite.Note {
		s.Errorf("the helper is asked %+v", offer)
	}
	helper.Reject(offer)
	owner.AwaitGone(offer, wire.OfferRejected)
	owner.Hands(ada, invite)
	offer = helper.AwaitOffer(ada)
	if v := helper.Joins(offer); v.Generation != 1 || v.Agent.ID != owner.ID {
		s.Errorf("the helper joins %+v, want the owner to stay", v)
	}
	owner.AwaitGone(offer, wire.OfferAccepted)
	if row := ada.AwaitKind(ada.session, wire.RowJoined); row.Name != helper.Name || row.Note != "" {
		s.Errorf("Ada's log says %+v, want who has joined", row)
	}
	if row := helper.AwaitKind(ada.session, wire.RowJoined); row.Note != invite.Note {
		s.Errorf("the helper's log says %+v, want the note", row)
	}
	helper.HasOpen(ada)
	owner.HasOpen(ada)

	helper.Says(ada, "The big one.")
	if row := ada.Hears("The big one."); row.Name != helper.Name || row.By != helper.ID {
		s.Errorf("Ada hears %+v, want the helper's name", row)
	}
	owner.Hears(ada, "The big one.")
	ada.Says("Thank you, both.")
	owner.Hears(ada, "Thank you, both.")
	helper.Hears(ada, "Thank you, both.")
	helper.refused(last(helper.close(ada.session)), "not_yours")
	helper.refused(last(helper.hand(ada, wire.Transfer{Agent: paused.ID})), "not_yours")
	helper.refused(last(helper.leave(ada, owner.ID)), "not_yours")

	helper.Leaves(ada, "")
	if row := ada.AwaitKind(ada.session, wire.RowLeft); row.Name != helper.Name {
		s.Errorf("Ada's log says %+v, want who has left", row)
	}
	helper.HasOpen()
	helper.refused(last(helper.say(ada.session, "Wait!")), "not_yours")

	// From another queue, and removed by the owner.
	owner.Hands(ada, wire.Transfer{Queue: s.second, Assist: true})
	if v := second.Joins(second.AwaitOffer(ada)); v.Queue.ID != s.website {
		s.Errorf("the helper of another queue joins %+v, want the chat to stay in its queue", v)
	}
	owner.Leaves(ada, second.ID)
	owner.Leaves(ada, second.ID) // who is gone is gone
	if v := second.AwaitView(ada.session, "to be without the helper", func(v wire.View) bool { return len(v.Assist) == 0 && v.Head == 8 }); v.Agent.ID != owner.ID {
		s.Errorf("who was removed hears %+v", v)
	}
	second.HasOpen()
	second.refused(last(second.say(ada.session, "Hey!")), "not_yours")
	rows := s.sameLog(ada.session, 8, ada.Tab, owner.Tab)
	if last := rows[7]; last.Kind != wire.RowLeft || last.Name != second.Name {
		s.Errorf("the log ends with %+v, want who was removed", last)
	}
	owner.Closes(ada)
}

func assistantsGo(s *stage) {
	ada, owner := s.talk()
	helper, third := s.agent(1), s.agent(2)
	owner.Hands(ada, wire.Transfer{Agent: helper.ID, Assist: true})
	helper.Joins(helper.AwaitOffer(ada))
	owner.Hands(ada, wire.Transfer{Agent: third.ID})
	third.takes(ada)
	for _, a := range []*Agent{owner, helper} {
		if v := a.AwaitState(ada.session, wire.SessionActive, 2); v.Agent.ID != third.ID || len(v.Assist) != 0 {
			s.Errorf("%s hears %+v", a.who, v)
		}
		a.HasOpen()
		a.refused(last(a.say(ada.session, "Still me?")), "not_yours")
	}

	// To the assistant it can be handed too: they own it then.
	third.Hands(ada, wire.Transfer{Agent: helper.ID, Assist: true})
	helper.Joins(helper.AwaitOffer(ada))
	third.Closes(ada)
	if v := helper.AwaitState(ada.session, wire.SessionClosed, 2); v.Outcome != "handled" {
		s.Errorf("the helper hears %+v", v)
	}
	helper.HasOpen()
	third.HasOpen()
	ada.Says("Once more.")
	ada.AwaitState(ada.session, wire.SessionWaiting, 3)
}

func threeAssist(s *stage) {
	ada, owner := s.talk()
	for i := 1; i < 4; i++ {
		helper := s.agent(i)
		owner.Hands(ada, wire.Transfer{Agent: helper.ID, Assist: true})
		helper.Joins(helper.AwaitOffer(ada))
	}
	fourth := s.agent(4)
	owner.refused(last(owner.hand(ada, wire.Transfer{Agent: fourth.ID, Assist: true})), "full")
	owner.Leaves(ada, s.agents[2].ID)
	owner.Hands(ada, wire.Transfer{Agent: fourth.ID, Assist: true})
	if v := fourth.Joins(fourth.AwaitOffer(ada)); len(v.Assist) != 3 {
		s.Errorf("%+v assist, want three", v.Assist)
	}
	owner.Hands(ada, wire.Transfer{Agent: s.agents[2].ID}) // a transfer is none of that
}

func assistantIsFull(s *stage) {
	ada, owner := s.talk()
	helper := s.agent(1)
	owner.Hands(ada, wire.Transfer{Agent: helper.ID, Assist: true})
	helper.Joins(helper.AwaitOffer(ada))
	berta := s.customer("Berta")
	berta.Start("Me too.")
	helper.IsNotAsked(berta)
	helper.Leaves(ada, "")
	helper.takes(berta)
	owner.refused(last(owner.hand(ada, wire.Transfer{Agent: helper.ID, Assist: true})), "nobody")
}

func lostAssistant(s *stage) {
	ada, owner := s.talk()
	helper := s.agent(1)
	owner.Hands(ada, wire.Transfer{Agent: helper.ID, Assist: true})
	helper.Joins(helper.AwaitOffer(ada))
	helper.Cut()
	if row := ada.AwaitKind(ada.session, wire.RowLeft); row.Name != helper.Name {
		s.Errorf("Ada hears %+v, want whom she has lost", row)
	}
	if v := owner.Sees(ada); v.Generation != 1 || v.Agent.ID != owner.ID || len(v.Assist) != 0 {
		s.Errorf("the owner has %+v", v)
	}
	if w := helper.Connect(); len(w.Me.Open) != 0 || w.Me.State != wire.AgentOffline {
		s.Errorf("the helper comes back to %+v, want nothing", w.Me)
	}
}

// Ensure that nothing that anybody writes gets lost while the chat changes hands: whoever has it says so in its log, between the same
// two messages for all.
func roundRobin(s *stage) {
	const hands = 9
	ada, owner := s.talk()
	staff := []*Agent{owner, s.agent(1), s.agent(2)}
	over := make(chan struct{})
	acks := make([][]wire.Ack, 1+len(staff))
	var writing sync.WaitGroup
	for i, t := range []*Tab{ada.Tab, staff[0].Tab, staff[1].Tab, staff[2].Tab} {
		writing.Go(func() {
			again := time.NewTicker(often)
			defer again.Stop()
			for n := 0; ; n++ {
				select {
				case <-over:
					return
				case <-again.C:
				}
				ack, err := t.say(ada.session, fmt.Sprintf("%s writes %d", t.who, n))
				var refused *play.Error
				switch {
				case err == nil:
					acks[i] = append(acks[i], ack)
				case i > 0 && errors.As(err, &refused) && refused.Frame.Code == "not_yours": // somebody else has it
				case i == 0 && errors.As(err, &refused) && refused.Frame.Code == "rate_limited":
				default:
					s.Errorf("%s: %v", t.who, err)
					return
				}
			}
		})
	}
	for n := range hands {
		from, to := staff[n%3], staff[(n+1)%3]
		from.Hands(ada, wire.Transfer{Agent: to.ID})
		to.takes(ada)
	}
	close(over)
	writing.Wait()

	end := staff[hands%3]
	head := end.Sees(ada).Head
	if since := ada.Since(ada.session, len(ada.Log(ada.session))); since.Head != head {
		s.Errorf("the log ends at %d for Ada and at %d for %s", since.Head, head, end.who)
	}
	for len(end.Log(ada.session)) < head {
		end.Since(ada.session, len(end.Log(ada.session)))
	}
	rows := s.sameLog(ada.session, head, ada.Tab, end.Tab)
	has, handed := staff[0].ID, 0
	for _, r := range rows {
		switch {
		case r.Kind == wire.RowTransferred:
			has, handed = r.By, handed+1
		case r.Kind == wire.RowMessage && r.Side == wire.SideAgent && r.By != "" && r.By != has:
			s.Errorf("%s wrote %q in place %d, when %s had the chat", r.Name, r.Text, r.Place, has)
		}
	}
	if handed != hands {
		s.Errorf("the log says that the chat changed hands %d times, want %d", handed, hands)
	}
	for _, mine := range acks {
		for _, ack := range mine {
			if ack.Place > len(rows) || rows[ack.Place-1].CID != ack.CID {
				s.Errorf("what was acknowledged as %+v is not there", ack)
			}
		}
	}
}
