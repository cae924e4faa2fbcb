package chat

import (
	"regexp"
	"testing"
)

func TestSessionID(t *testing.T) {
	t.Parallel()
	id := SessionID("shop", "c1", "n1")
	if !regexp.MustCompile(`^s[a-z2-7]{20}$`).MatchString(id) {
		t.Errorf("%q is no name for an execution", id)
	}
	equal(t, "of a repeated attempt", SessionID("shop", "c1", "n1"), id)
	for name, other := range map[string]string{
		"another attempt": SessionID("shop", "c1", "n2"), "another customer": SessionID("shop", "c2", "n1"),
		"another website": SessionID("blog", "c1", "n1"), "the same letters": SessionID("shop", "c", "1n1"),
	} {
		if other == id {
			t.Errorf("%s has the same session", name)
		}
	}
}

func TestWhoSpeaks(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		state State
		agent string
		want  bool
	}{
		{"the owner", Active, "ann", true},
		{"an assistant", Active, "eve", true},
		{"another agent", Active, "bob", false},
		{"nobody", Active, "", false},
		{"the owner of before, while it waits", Waiting, "ann", false},
		{"the owner of before, once closed", Closed, "ann", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := Session{State: test.state, Agent: "ann", Assist: []string{"eve"}}
			equal(t, "speaks", s.Speaks(test.agent), test.want)
		})
	}
	assist := roomy("eve")
	s := Session{State: Active, Agent: "ann", Website: "shop", Customer: "c1", Assist: assist}
	equal(t, "speakers", s.Speakers(), []string{"ann", "eve"})
	equal(t, "others", others(s, agentPrincipal("ann")), []Principal{agentPrincipal("eve"), customer.Principal})
	equal(t, "others", others(s, customer.Principal), []Principal{agentPrincipal("ann"), agentPrincipal("eve")})
	untouched(t, "assist", assist, "eve")
	s.State = Waiting
	equal(t, "speakers while it waits", s.Speakers(), []string(nil))
}

func TestBegin(t *testing.T) {
	t.Parallel()
	person := Person{Name: "Ada", Email: "ada@example.com", PageURL: "https://shop.example/basket"}
	o := Opening{Nonce: "n1", CID: "m1", Text: "Where is my parcel?", Person: person}
	c := begin("s1", customer.Principal, Queue{ID: "sales", Weight: 2, Timeout: 30}, o, "s0", morning, retention)
	equal(t, "change", c, Change{Name: "start", New: true,
		Now: Session{ID: "s1", State: Waiting, Version: 1, Website: "shop", Queue: "sales", Customer: "c1", Name: "Ada", Generation: 1,
			Patience: 16, Queued: morning, Since: morning, Weight: 2, Asked: 1, Started: morning},
		Row: &Row{Session: "s1", Place: 1, Kind: KindMessage, Side: FromCustomer, Text: "Where is my parcel?", CID: "m1", At: morning, Version: 1,
			Person: &person, Expires: morning.Add(retention)},
		Writes: []Write{Point{Website: "shop", Customer: "c1", Session: "s1", Was: "s0"}}})
	equal(t, "execution", c.Now.Execution(), Execution{Session: "s1", Generation: 1, Patience: 16})
}

// A message for later is a session that is closed from its first row on: nothing routes it, and it goes with its retention.
func TestBeginWithAMessage(t *testing.T) {
	t.Parallel()
	c := begin("s1", customer.Principal, Queue{ID: "sales"}, Opening{Nonce: "n1", CID: "m1", Text: "Please call me.", Offline: true}, "", morning, retention)
	equal(t, "state", c.Now.State, Closed)
	equal(t, "outcome", c.Now.Outcome, Message)
	equal(t, "expires", c.Now.Expires, morning.Add(retention))
	equal(t, "row", *c.Row, Row{Session: "s1", Place: 1, Kind: KindMessage, Side: FromCustomer, Text: "Please call me.", CID: "m1", At: morning, Version: 1,
		Person: &Person{}, Expires: morning.Add(retention)})
}

func TestDroppable(t *testing.T) {
	t.Parallel()
	for _, e := range []Event{RowsAdded{}, SessionChanged{}, OfferMade{}, OfferGone{}, AgentChanged{}} {
		if Droppable(e) {
			t.Errorf("%T may not be lost", e)
		}
	}
	for _, e := range []Event{Typed{}, HasRead{}} {
		if !Droppable(e) {
			t.Errorf("%T may be lost", e)
		}
	}
}
