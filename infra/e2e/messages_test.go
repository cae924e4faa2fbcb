package e2e_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/functions/wire"
	"github.com/parley-chat/parley/infra/e2e/play"
)

// What is written: once, in one order, for everybody.
func messageStories() []story {
	return []story{
		{name: "a double click, two tabs and a retry are one session", in: both, agents: 1, play: startsTwice},
		{name: "a message that is sent again is the same message", in: both, agents: 1, play: sendsTwice},
		{name: "nobody writes behind a message that does not exist", in: both, agents: 1, play: cursorAhead},
		{name: "four tabs write at once and all read the same", in: both, agents: 1, play: fourTabs},
		{name: "who writes too fast waits and loses nothing", in: []string{beepall}, agents: 1, play: tooFast},
		{name: "typing and reading show on the other side", in: []string{beepall}, agents: 1, play: typingAndReading},
		{name: "texts arrive as they were written", in: []string{beepall}, agents: 1, play: texts},
	}
}

// talk is a customer in a chat with the first agent.
func (s *stage) talk() (*Customer, *Agent) {
	s.Helper()
	customer, agent := s.customer("Ada"), s.agent(0)
	customer.Start("Hello?")
	agent.takes(customer)
	customer.AwaitState(customer.session, wire.SessionActive, 1)
	return customer, agent
}

func startsTwice(s *stage) {
	ada := s.customer("Ada")
	other := ada.AnotherTab()
	tabs := []*Customer{ada, other, ada, other}
	click := wire.Start{Nonce: newID(), CID: newID(), Text: "Hello?"}
	heard := make([]wire.View, len(tabs))
	atOnce(len(tabs), func(i int) {
		f, err := ask[wire.SessionFrame](tabs[i].Tab, func() wire.Start { q := click; q.Type = "start"; return q }())
		if err != nil {
			s.Errorf("%s: %v", tabs[i].who, err)
		}
		heard[i] = f.Session
	})
	ada.session, other.session = heard[0].Session, heard[0].Session
	for _, v := range heard {
		if v.Session != ada.session || v.Head != 1 {
			s.Errorf("a double click in two tabs made %+v and %+v", heard[0], v)
		}
	}

	// Berta writes in two tabs before either knows of the other.
	berta := s.customer("Berta")
	second := berta.AnotherTab()
	atOnce(2, func(i int) {
		if _, err := []*Customer{berta, second}[i].start(wire.Start{Nonce: newID(), CID: newID(), Text: fmt.Sprint("Question ", i)}); err != nil {
			s.Error(err)
		}
	})
	if berta.session != second.session {
		s.Fatalf("two tabs made the sessions %s and %s", berta.session, second.session)
	}
	rows := s.sameLog(berta.session, 2, berta.Tab, second.Tab)
	if rows[0].Text == rows[1].Text {
		s.Errorf("two questions were stored as %+v", rows)
	}

	agent := s.agent(0)
	agent.takes(ada)
	click.Text = "Hello? (as the client remembers it)"
	if v, err := ada.start(click); err != nil || v.Head != 2 || v.State != wire.SessionActive {
		s.Errorf("the retry of a start is answered with %+v, %v, want the session as it is", v, err)
	}
	if rows := agent.Since(ada.session, 0); len(rows.Rows) != 2 || rows.Rows[0].Text != "Hello?" {
		s.Errorf("the log says %+v, want the question once and its acceptance", rows)
	}
}

func sendsTwice(s *stage) {
	ada, agent := s.talk()
	for _, tab := range []*Tab{ada.Tab, agent.Tab} {
		m := wire.Send{Type: "send", Session: ada.session, CID: newID(), After: 2, Text: "Once, from " + tab.who}
		acks := make([]wire.Ack, 6)
		atOnce(len(acks), func(i int) {
			var err error
			if acks[i], err = tab.send(m); err != nil {
				s.Error(err)
			}
		})
		later, err := tab.send(m)
		tab.check("send again", err)
		for _, a := range append(acks, later) {
			if a.Place != acks[0].Place || a.CID != m.CID || a.At != acks[0].At {
				s.Errorf("one message was acknowledged as %+v and %+v", acks[0], a)
			}
		}
	}
	ada.Hears("Once, from " + agent.who)
	rows := s.sameLog(ada.session, 4, ada.Tab, agent.Tab)
	if stored := agent.Since(ada.session, 0); len(stored.Rows) != len(rows) {
		s.Errorf("stored are %+v", stored.Rows)
	}
}

func cursorAhead(s *stage) {
	ada, agent := s.talk()
	for _, tab := range []*Tab{ada.Tab, agent.Tab} {
		m := wire.Send{Type: "send", Session: ada.session, CID: newID(), After: 3, Text: "From the future"}
		e := tab.refused(last(tab.send(m)), "cursor_ahead")
		if e.CID != m.CID || e.Session != m.Session {
			tab.s.Errorf("the refusal names %q of %q, want %q of %q", e.CID, e.Session, m.CID, m.Session)
		}
		tab.refused(last(ask[wire.Rows](tab, wire.Since{Type: "since", Session: ada.session, After: 3})), "cursor_ahead")
	}
	if stored := ada.Since(ada.session, 0); stored.Head != 2 {
		s.Errorf("stored are %+v", stored.Rows)
	}
	ada.Says("From now")
	agent.Hears(ada, "From now")
}

func fourTabs(s *stage) {
	const each = 8 // of a customer with two tabs: within what the rate allows
	ada, agent := s.talk()
	tabs := []*Tab{ada.Tab, ada.AnotherTab().Tab, agent.Tab, agent.AnotherDesktop().Tab}
	atOnce(len(tabs), func(i int) {
		for n := range each {
			if _, err := tabs[i].say(ada.session, fmt.Sprintf("%d.%d", i, n)); err != nil {
				s.Errorf("%s: %v", tabs[i].who, err)
			}
		}
	})
	// No one asks for anything: pushes alone must bring it all.
	rows := s.sameLog(ada.session, 2+len(tabs)*each, tabs...)
	for i, tab := range tabs {
		var own []string
		for _, r := range rows[2:] {
			if strings.HasPrefix(r.Text, fmt.Sprint(i, ".")) {
				own = append(own, r.Text)
			}
		}
		if len(own) != each || !slices.IsSorted(own) {
			s.Errorf("what %s wrote is stored as %v", tab.who, own)
		}
	}
}

// Ensure that a client that does not wait for its acknowledgements is slowed down to five messages a second, over any four seconds,
// and that all of it is stored in the end.
func tooFast(s *stage) {
	const many, burst, window = 30, 20, 4 * time.Second
	ada, agent := s.talk()
	atOnce(many, func(n int) {
		m := wire.Send{Type: "send", Session: ada.session, CID: newID(), After: 2, Text: fmt.Sprint("Quick ", n)}
		if late := eventually(time.Second/2, func() bool {
			_, err := ada.send(m)
			var refusal *play.Error
			if err != nil && (!errors.As(err, &refusal) || refusal.Frame.Code != "rate_limited" || !refusal.Frame.Retry || !isSentence(refusal.Frame.Message)) {
				s.Errorf("message %d: %v", n, err)
			}
			return err == nil
		}); late != nil {
			s.Errorf("message %d: %v", n, late)
		}
	})
	rows := s.sameLog(ada.session, 2+many, agent.Tab, ada.Tab)
	for i := 2; i+burst < len(rows); i++ {
		if took := rows[i+burst].At - rows[i].At; took < window.Milliseconds() {
			s.Errorf("%d messages were stored within %d ms", burst+1, took)
		}
	}
}

func typingAndReading(s *stage) {
	ada, agent := s.talk()
	tell := func(t *Tab, request any) {
		if err := t.socket().Tell(s.Context(), request); err != nil {
			s.Fatal(err)
		}
	}
	tell(ada.Tab, wire.Typing{Type: "typing", Session: ada.session})
	awaitFrame(agent.Tab, "Ada to write", "typing", func(f wire.TypingOut) bool { return f.Session == ada.session && f.Side == wire.SideCustomer })
	tell(agent.Tab, wire.Typing{Type: "typing", Session: ada.session})
	awaitFrame(ada.Tab, "the agent to write", "typing", func(f wire.TypingOut) bool { return f.Side == wire.SideAgent && f.Name == agent.Name })
	tell(agent.Tab, wire.Read{Type: "read", Session: ada.session, Place: 2})
	awaitFrame(ada.Tab, "the agent to have read", "read", func(f wire.ReadOut) bool { return f.Side == wire.SideAgent && f.Place == 2 })
	tell(ada.Tab, wire.Read{Type: "read", Session: ada.session, Place: 2})
	awaitFrame(agent.Tab, "Ada to have read", "read", func(f wire.ReadOut) bool { return f.Side == wire.SideCustomer && f.Place == 2 })

	ada.Cut()
	if w := ada.Connect(); w.Sessions[0].Read[wire.SideAgent] != 2 {
		s.Errorf("after a reload the agent has read up to %v", w.Sessions[0].Read)
	}
}

func texts(s *stage) {
	ada, agent := s.talk()
	for _, it := range []struct{ name, written, read string }{
		{"markup", `<script>alert("1 & 2")</script>`, ""},
		{"scripts of the world", "Žluťoučký kůň 🐎 漢字 עברית 👩‍👩‍👧", ""},
		{"several lines", "one\r\ntwo\n\n\tthree", "one\ntwo\n\n\tthree"},
		{"what nobody can see", "a\x00b\x1bc\x7fd", "abcd"},
		{"as long as it may be", strings.Repeat("é", wire.MaxText), ""},
		{"a template", "{{.Text}} ${text} %s", ""},
		{"a null", "null", ""},
	} {
		if it.read == "" {
			it.read = it.written
		}
		ack := ada.Says(it.written)
		if row := agent.awaitRow(ada.session, it.name, func(r wire.Row) bool { return r.Place == ack.Place }); row.Text != it.read {
			s.Errorf("%s: written %.60q, read %.60q", it.name, it.written, row.Text)
		}
	}
}
