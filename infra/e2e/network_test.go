package e2e_test

import (
	"fmt"
	"math"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/parley-chat/parley/functions/wire"
)

// Reloads, lost networks and several tabs: nothing is lost, and nothing comes twice.
func networkStories() []story {
	return []story{
		{name: "who was cut off gets what they missed", in: both, agents: 1, play: cutOff},
		{name: "a reload while everybody writes loses nothing", in: both, agents: 1, play: reloadStorm},
		{name: "a long history comes in pieces", in: []string{beepall}, agents: 1, play: longHistory},
		{name: "offers and places in the line survive a reload", in: both, agents: 1, play: reloadInLine},
		{name: "both desktops of an agent know everything", in: both, agents: 1, play: twoDesktops},
		{name: "a ping is answered without a function", in: []string{beepall}, agents: 1, play: pings},
	}
}

func cutOff(s *stage) {
	ada, agent := s.talk()
	ada.Cut()
	for i := range 3 {
		agent.Says(ada, fmt.Sprint("While you were away ", i))
	}
	// The welcome brings what is behind the cursor and nothing that is known.
	w := ada.Connect()
	if len(w.Sessions) != 1 || w.Sessions[0].Head != 5 || len(w.Sessions[0].Rows) != 3 || w.Sessions[0].Rows[0].Place != 3 {
		s.Errorf("Ada comes back to %+v, want the three rows that she missed", w.Sessions)
	}
	agent.Cut()
	ada.Says("And now you are away.")
	w = agent.Connect()
	if len(w.Sessions) != 1 || len(w.Sessions[0].Rows) != 1 || w.Sessions[0].Customer.Name != "Ada" {
		s.Errorf("the agent comes back to %+v, want one row", w.Sessions)
	}
	ada.Cut()
	agent.Cut()
	ada.Connect()
	ada.Says("Nobody was there.")
	agent.Connect()
	agent.Hears(ada, "Nobody was there.")
	agent.Says(ada, "Now we both are.")
	ada.Hears("Now we both are.")
	s.sameLog(ada.session, 8, ada.Tab, agent.Tab)

	for _, tab := range []*Tab{ada.Tab, agent.Tab} {
		for after, want := range map[int]int{0: 8, 5: 3, 8: 0} {
			if got := tab.Since(ada.session, after); len(got.Rows) != want || got.Head != 8 || got.Resync {
				s.Errorf("%s asks since %d and gets %+v, want %d rows", tab.who, after, got, want)
			}
		}
		for _, ahead := range []int{9, math.MaxInt} { // a client that remembers what never was hears where the log ends
			w, err := ask[wire.Welcome](tab, wire.Hello{Type: "hello", Cursors: map[string]int{ada.session: ahead}})
			if tab.check("hello", err); w.Sessions[0].Head != 8 || len(w.Sessions[0].Rows) != 0 {
				s.Errorf("%s has seen %d and is welcomed with %+v", tab.who, ahead, w.Sessions[0])
			}
		}
	}
}

// Ensure that a hello makes the connection known before it reads the log: else what is written in between comes neither way. Each
// reload is a try of its own: what was written by then must come without another one, and without being asked for.
func reloadStorm(s *stage) {
	const reloads = 12
	ada, agent := s.talk()
	readers := []*Tab{ada.Tab, agent.AnotherDesktop().Tab}
	var written atomic.Int64 // places
	written.Store(2)
	var reading, writing sync.WaitGroup
	for _, reader := range readers {
		reading.Go(func() {
			for range reloads {
				reader.Cut()
				_, err := reader.hello(false)
				head := int(written.Load())
				if err == nil {
					err = reader.waitFor(fmt.Sprintf("%d rows", head), func() bool { return reader.logs[ada.session].seen() >= head })
				}
				if err != nil {
					s.Error(err)
					return
				}
			}
		})
	}
	done := make(chan struct{})
	writing.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-done:
				return
			default:
			}
			ack, err := agent.say(ada.session, fmt.Sprint("Line ", n))
			if err != nil {
				s.Error(err)
				return
			}
			written.Store(int64(ack.Place))
		}
	})
	reading.Wait()
	close(done)
	writing.Wait()
	s.sameLog(ada.session, int(written.Load()), append(readers, agent.Tab)...)
}

func longHistory(s *stage) {
	const pages = 16 // of 4,000 characters: more than two frames
	ada, agent := s.talk()
	for n := range pages {
		agent.Says(ada, fmt.Sprint(n, strings.Repeat(" page", (wire.MaxText-4)/5)))
	}
	fresh := ada.AnotherTab()
	head, asked := 2+pages, 0
	for ; len(fresh.Log(ada.session)) < head; asked++ {
		before := len(fresh.Log(ada.session))
		if rows := fresh.Since(ada.session, before); rows.Head != head || len(rows.Rows) == 0 {
			s.Fatalf("since %d brings %d rows of %d", before, len(rows.Rows), rows.Head)
		}
	}
	if asked < 2 {
		s.Errorf("%d pages came in %d pieces", pages, asked+1)
	}
	for _, f := range fresh.heard {
		if len(f.Raw) > wire.MaxFrame {
			s.Errorf("a frame has %d bytes, more than %d", len(f.Raw), wire.MaxFrame)
		}
	}
	s.sameLog(ada.session, head, ada.Tab, fresh.Tab)
}

func reloadInLine(s *stage) {
	ada, agent := s.customer("Ada"), s.agent(0)
	ada.Start("Hello?")
	offer := agent.AwaitOffer(ada)
	ada.Cut()
	if w := ada.Connect(); w.Sessions[0].State != wire.SessionWaiting || w.Sessions[0].Position != 1 {
		s.Errorf("Ada comes back to %+v, want to be next", w.Sessions)
	}
	agent.Cut()
	w := agent.Connect()
	if len(w.Offers) != 1 || round(w.Offers[0]) != round(offer) || w.Offers[0].Until != offer.Until || w.Offers[0].Question != "Hello?" {
		s.Errorf("the agent comes back to %+v, want the offer as it was", w.Offers)
	}
	if len(w.Line) != 1 || w.Line[0].Waiting != 1 || w.Line[0].Longest != offer.Queued {
		s.Errorf("the agent is told the line %+v, want one who waits", w.Line)
	}
	agent.Accept(offer)
	ada.AwaitState(ada.session, wire.SessionActive, 1)
}

func twoDesktops(s *stage) {
	ada, one := s.customer("Ada"), s.agent(0)
	two := one.AnotherDesktop()
	ada.Start("Hello?")
	offer := one.AwaitOffer(ada)
	two.AwaitOffer(ada)
	one.Reject(offer)
	two.AwaitGone(offer, wire.OfferRejected)
	ada.Leave()
	ada = s.customer("Berta")
	ada.Start("Hello?")
	two.AwaitOffer(ada)
	one.Accept(one.AwaitOffer(ada))
	two.AwaitState(ada.session, wire.SessionActive, 1)
	two.Since(ada.session, 0)

	one.Says(ada, "From the first desktop")
	two.Hears(ada, "From the first desktop")
	two.Says(ada, "From the second")
	one.Hears(ada, "From the second")
	ada.Says("I see.")
	s.sameLog(ada.session, 5, ada.Tab, one.Tab, two.Tab)
	two.Closes(ada)
	one.AwaitState(ada.session, wire.SessionClosed, 1)
	one.Becomes(wire.AgentPaused, "Lunch")
	if told := two.AwaitStatus(wire.AgentPaused); told.Me.Reason != "Lunch" {
		s.Errorf("the other desktop hears %+v", told)
	}
}

func pings(s *stage) {
	ada, agent := s.customer("Ada"), s.desktop(0)
	ada.Ping()
	agent.check("connect", agent.dial())
	agent.Ping() // before hello: nobody is asked
}

// Ping checks that the socket answers.
func (t *Tab) Ping() {
	t.s.Helper()
	pongs := func() (n int) {
		for _, f := range t.heard {
			if f.Type == "pong" {
				n++
			}
		}
		return n
	}
	t.mu.Lock()
	client, before := t.client, pongs()
	t.mu.Unlock()
	t.check("ping", client.Write(t.s.Context(), []byte(`{"action":"ping"}`)))
	t.await("a pong", func() bool { return pongs() > before })
}
