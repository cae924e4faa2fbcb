package chat

import (
	"slices"
	"testing"
	"time"
)

// handing is Ann's wish to hand her chat over, in which Eve assists; Bob could take it.
func handing(wish Handover) handover {
	in := ended()
	in.session.Skip, in.session.Assist = nil, roomy("eve")
	in.queue = Queue{ID: "sales", Name: "Sales", Timeout: 20}
	wish.Session = in.session.ID
	return handover{ending: in, wish: wish, to: in.queue, agents: []Agent{free("bob")}, lease: lease}
}

// toBob and toBilling are the wishes of most tests.
var (
	toBob     = Handover{Agent: "bob", Note: "Speaks Czech."}
	toBilling = Handover{Queue: "billing", Note: "About an invoice."}
)

// billing is the queue of toBilling.
var billing = Queue{ID: "billing", Name: "Billing", Timeout: 60, Weight: 4}

func TestTransferOffered(t *testing.T) {
	t.Parallel()
	zoe, full := free("zoe"), free("ian")
	full.Open = []string{"x", "y", "z"}
	tests := []struct {
		name     string
		wish     Handover
		to       Queue
		agents   []Agent
		asked    []string
		excluded map[string]string
		kind     OfferKind
		rings    time.Duration
		patience int
	}{
		{"to an agent", toBob, Queue{ID: "sales", Timeout: 20}, []Agent{free("bob")}, []string{"bob"}, map[string]string{}, KindTransfer, 20 * time.Second, 21},
		{"to a queue", toBilling, billing, []Agent{free("bob"), free("eve"), full, zoe}, []string{"bob", "zoe"},
			map[string]string{"eve": "in this chat already", "ian": "full"}, KindTransfer, 60 * time.Second, 21},
		{"an invitation", Handover{Agent: "bob", Assist: true}, Queue{ID: "sales"}, []Agent{free("bob")}, []string{"bob"}, map[string]string{}, KindAssist,
			DefaultTimeout * time.Second, 21},
		{"an invitation to a queue", Handover{Queue: "billing", Assist: true}, billing, []Agent{zoe}, []string{"zoe"}, map[string]string{}, KindAssist, 60 * time.Second, 21},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			in := handing(test.wish)
			in.to, in.agents = test.to, test.agents
			c, o, err := in.offer()
			if err != nil {
				t.Fatal(err)
			}
			until := morning.Add(test.rings)
			want := in.session
			// Ann keeps it, under the same version: who may speak has not changed.
			want.Round, want.Patience = 5, test.patience
			want.Transfer = &Transfer{Assist: test.wish.Assist, Agent: test.wish.Agent, Queue: test.wish.Queue, By: "ann", Note: test.wish.Note, Round: 5, Until: until}
			wantOffer := Offer{OfferRef: OfferRef{"s1", 1, 5}, Kind: test.kind, From: "ann", Note: test.wish.Note, To: test.asked, Strategy: BeepAll,
				Why: Why{Candidates: test.asked, Excluded: test.excluded}, At: morning, Until: until, Expires: morning.Add(retention)}
			var writes []Write
			if test.wish.Agent != "" {
				writes = append(writes, Reserve{Agent: "bob", Offer: "s1#5", Lease: morning.Add(-lease), At: morning})
			}
			equal(t, "offer", o, wantOffer)
			equal(t, "change", c, Change{Name: "transfer", Was: in.session, Now: want, Writes: append(writes, OpenOffer{wantOffer})})
			equal(t, "execution", c.Now.transferExecution(), Execution{Session: "s1", Generation: 1, Part: 2, Patience: test.patience, Round: 5})
			untouched(t, "assist", in.session.Assist, "eve")
		})
	}
}

func TestTransferRefused(t *testing.T) {
	t.Parallel()
	to := func(change func(*Agent)) func(*handover) { return func(in *handover) { change(&in.agents[0]) } }
	three := func(in *handover) { in.session.Assist = []string{"eve", "ian", "kim"} }
	rings := func(in *handover) { in.session.Transfer = &Transfer{Agent: "zoe", By: "ann", Round: 4} }
	help := Handover{Agent: "bob", Assist: true}
	tests := []struct {
		name   string
		wish   Handover
		change func(*handover)
		code   Code
		says   string
	}{
		{"another rings", toBob, rings, CodeBadValue, "This chat is being offered to somebody already. Take that back first."},
		{"an invitation while a transfer rings", help, rings, CodeBadValue, "This chat is being offered to somebody already. Take that back first."},
		{"three assistants", help, three, CodeFull, "3 colleagues write along already: more nobody could follow."},
		{"three assistants, but to be taken over", toBob, three, "", ""},
		{"paused", toBob, to(func(a *Agent) { a.State = Paused }), CodeNobody, "Agent bob cannot take it now: paused."},
		{"offline", toBob, to(func(a *Agent) { a.State = Offline }), CodeNobody, "Agent bob cannot take it now: offline."},
		{"in wrap-up", toBob, to(func(a *Agent) { a.WrapUntil = morning.Add(time.Second) }), CodeNobody, "Agent bob cannot take it now: wrap-up."},
		{"about to leave", toBob, to(func(a *Agent) { a.Next = Paused }), CodeNobody, "Agent bob cannot take it now: leaving after these sessions."},
		{"full", toBob, to(func(a *Agent) { a.Open = []string{"x", "y", "z"} }), CodeNobody, "Agent bob cannot take it now: full."},
		{"another offer rings at him", toBob, to(func(a *Agent) { a.Offer = "s9#1" }), CodeNobody, "Agent bob cannot take it now: has another offer."},
		{"in the chat already", toBob, func(in *handover) { in.session.Assist = []string{"bob"} }, CodeNobody, "Agent bob cannot take it now: in this chat already."},
		{"to herself", Handover{Agent: "ann"}, func(in *handover) { in.agents = []Agent{free("ann")} }, CodeNobody, "Agent ann cannot take it now: in this chat already."},
		{"nobody in the queue", toBilling, func(in *handover) { in.to, in.agents = billing, nil }, CodeNobody,
			"Nobody in Billing is free now. You can send the chat there at once: it waits in its place."},
		{"nobody in the queue but who has it", toBilling, func(in *handover) { in.to, in.agents = billing, []Agent{free("ann"), free("eve")} }, CodeNobody,
			"Nobody in Billing is free now. You can send the chat there at once: it waits in its place."},
		{"nobody in the queue to help", Handover{Queue: "billing", Assist: true}, func(in *handover) { in.to, in.agents = billing, nil }, CodeNobody,
			"Nobody in Billing is free to help now."},
		{"an offer rings at who is asked with others: that keeps nobody", toBilling, to(func(a *Agent) { a.Offer = "s9#1" }), "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			in := handing(test.wish)
			test.change(&in)
			_, _, err := in.offer()
			equal(t, "code", codeOf(t, err), test.code)
			if err != nil {
				equal(t, "says", AsError(err).Message, test.says)
			}
		})
	}
}

// A queue of a thousand members rings at fifty, and its ledger row stays small.
func TestTransferToACrowd(t *testing.T) {
	t.Parallel()
	in := handing(toBilling)
	in.to, in.agents = billing, nil
	for i := range 1000 {
		a := free("a" + string(rune('a'+i%26)) + string(rune('a'+i/26%26)) + string(rune('a'+i/676)))
		if i%2 == 0 {
			a.State = Paused
		}
		in.agents = append(in.agents, a)
	}
	_, o, err := in.offer()
	if err != nil || len(o.To) != MaxAsked || len(o.Why.Excluded) != maxExcluded {
		t.Errorf("asks %d, names %d others, %v", len(o.To), len(o.Why.Excluded), err)
	}
}

func TestAsked(t *testing.T) {
	t.Parallel()
	rings := &Transfer{Queue: "billing", By: "ann", Note: "About an invoice.", Round: 5}
	tests := []struct {
		name  string
		rings *Transfer
		wish  Handover
		want  bool
	}{
		{"nothing rings", nil, toBilling, false},
		{"the same", rings, toBilling, true},
		{"the same with another note", rings, Handover{Queue: "billing", Note: "Sorry, about a refund."}, true},
		{"to another queue", rings, Handover{Queue: "sales"}, false},
		{"to an agent", rings, toBob, false},
		{"an invitation", rings, Handover{Queue: "billing", Assist: true}, false},
		{"at once, now that nobody takes it", rings, Handover{Queue: "billing", Blind: true}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			equal(t, "asked", test.rings.asked(test.wish), test.want)
		})
	}
}

// taking is Bob's accept of what Ann offered him alone, while Eve assists.
func taking(wish Handover) acceptance {
	in := handing(wish)
	if wish.Queue != "" {
		in.to, in.agents = billing, []Agent{free("bob"), free("zoe")}
	}
	c, o, err := in.offer()
	if err != nil {
		panic(err)
	}
	bob := free("bob")
	if wish.Agent != "" {
		bob.Offer = o.Reservation()
	}
	return acceptance{session: c.Now, last: in.last, offer: o, agent: bob, leavers: in.leavers, queue: in.to, ref: o.OfferRef,
		shards: []Shard{{1, 5, 5}}, now: morning.Add(5 * time.Second), idle: idle, keep: retention}
}

func TestTransferAccepted(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		wish   Handover
		queue  string
		weight int
		to     string
	}{
		{"by an agent: it stays in its queue", toBob, "sales", 0, ""},
		{"by one of a queue: it moves there", toBilling, "billing", 4, "Billing"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			in := taking(test.wish)
			in.session.Warned = 5
			c, err := in.accept()
			if err != nil {
				t.Fatal(err)
			}
			want := in.session
			// A new generation: whatever the giver and the assistants still do to the old one comes too late. The seat stays, and
			// a full licence is no hindrance.
			want.Version, want.Generation, want.Part, want.Patience = 3, 2, 0, in.queue.Patience()
			want.Agent, want.Last, want.Assist, want.Transfer = "bob", "ann", nil, nil
			want.Queue, want.Weight = test.queue, test.weight
			// Silence counts anew, as long as the new queue allows.
			want.Due, want.Warned = in.now.Add(idle-time.Minute), 0
			equal(t, "now", c.Now, want)
			equal(t, "was", c.Was, in.session)
			equal(t, "seat", c.Now.Seat, 2)
			equal(t, "writes", c.Writes, []Write{
				Take{Agent: "bob", Session: "s1", Offer: "s1#5", Reserved: test.wish.Agent != "", Capacity: 3, At: in.now},
				EndOffer{Ref: in.ref, Outcome: OfferAccepted, By: "bob", At: in.now},
				Leave{Agent: "eve", Session: "s1", Next: Paused, Open: 2, At: in.now},
				Leave{Agent: "ann", Session: "s1", Open: 1, At: in.now}})
			equal(t, "row", *c.Row, Row{Session: "s1", Place: 6, Kind: KindTransferred, Side: FromSystem, By: "bob", Name: "Agent bob", Note: test.wish.Note,
				To: test.to, At: in.now, Version: 3, Expires: in.now.Add(retention)})
		})
	}
}

func TestInvitationAccepted(t *testing.T) {
	t.Parallel()
	for name, wish := range map[string]Handover{"by an agent": {Agent: "bob", Assist: true, Note: "Help!"}, "by one of a queue": {Queue: "billing", Assist: true, Note: "Help!"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := taking(wish)
			c, err := in.accept()
			if err != nil {
				t.Fatal(err)
			}
			want := in.session
			want.Version, want.Transfer, want.Assist = 3, nil, []string{"eve", "bob"} // it is still Ann's, in its queue and generation
			equal(t, "now", c.Now, want)
			equal(t, "writes", c.Writes, []Write{
				Take{Agent: "bob", Session: "s1", Offer: "s1#5", Reserved: wish.Agent != "", Capacity: 3, At: in.now},
				EndOffer{Ref: in.ref, Outcome: OfferAccepted, By: "bob", At: in.now}})
			equal(t, "row", *c.Row, Row{Session: "s1", Place: 6, Kind: KindJoined, Side: FromSystem, By: "bob", Name: "Agent bob", Note: "Help!", At: in.now,
				Version: 3, Expires: in.now.Add(retention)})
			untouched(t, "assist", in.session.Assist, "eve")
		})
	}
}

func TestTransferNotAccepted(t *testing.T) {
	t.Parallel()
	gone := func(in *acceptance) { in.session.Transfer = nil }
	taken := func(in *acceptance) {
		gone(in)
		in.session.Agent, in.session.Generation = "zoe", 2
		in.offer.Outcome, in.offer.By = OfferAccepted, "zoe"
	}
	late := func(in *acceptance) { in.now = in.session.Transfer.Until.Add(time.Millisecond) }
	tests := []struct {
		name   string
		wish   Handover
		change func(*acceptance)
		code   Code
		by     string
		is     error
	}{
		{name: "yours already", wish: toBob, change: func(in *acceptance) { taken(in); in.session.Agent, in.offer.By = "bob", "bob" }, is: errYours},
		{name: "you assist already", wish: toBob, change: func(in *acceptance) { in.agent = in.leavers[0] }, is: errYours},
		{name: "taken by another of the queue", wish: toBilling, change: taken, code: CodeTaken, by: "zoe"},
		{name: "taken back", wish: toBob, change: gone, code: CodeLate},
		{name: "another rings", wish: toBob, change: func(in *acceptance) { other := *in.session.Transfer; other.Round++; in.session.Transfer = &other }, code: CodeLate},
		{name: "closed", wish: toBob, change: func(in *acceptance) { gone(in); in.session.State, in.session.Agent = Closed, "" }, code: CodeLate},
		{name: "offered to another alone", wish: toBob, change: func(in *acceptance) { in.agent = free("zoe") }, code: CodeForbidden},
		{name: "not asked in the queue", wish: toBilling, change: func(in *acceptance) { in.agent = free("kim") }, code: CodeForbidden},
		{name: "the time is over", wish: toBob, change: late, code: CodeLate},
		{name: "the last moment", wish: toBob, change: func(in *acceptance) { in.now = in.session.Transfer.Until }},
		{name: "paused", wish: toBilling, change: func(in *acceptance) { in.agent.State = Paused }, code: CodePaused},
		{name: "full", wish: toBilling, change: func(in *acceptance) { in.agent.Open = []string{"x", "y", "z"} }, code: CodeFull},
		{name: "another offer holds the last place", wish: toBilling, change: func(in *acceptance) { in.agent.Open, in.agent.Offer = []string{"x", "y"}, "s9#1" }, code: CodeFull},
		{name: "a third assistant came meanwhile", wish: Handover{Queue: "billing", Assist: true},
			change: func(in *acceptance) { in.session.Assist = []string{"eve", "ian", "kim"} }, code: CodeFull},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			in := taking(test.wish)
			test.change(&in)
			_, err := in.accept()
			if test.is != nil {
				if err != test.is { //nolint:errorlint // the rule's own answers are not wrapped
					t.Errorf("got %v, want %v", err, test.is)
				}
				return
			}
			equal(t, "code", codeOf(t, err), test.code)
			if err != nil {
				equal(t, "by", AsError(err).By, Ref{ID: test.by})
			}
		})
	}
}

func TestCallOff(t *testing.T) {
	t.Parallel()
	at := map[string]time.Time{"bob": morning}
	tests := []struct {
		name    string
		wish    Handover
		change  func(*Offer)
		outcome OfferOutcome
		missed  int
		release Release // of Bob's reservation
	}{
		{name: "declined", wish: toBob, outcome: OfferRejected, release: Release{Answered: true}},
		{name: "taken back", wish: toBob, outcome: OfferCanceled},
		{name: "expired unreached", wish: toBob, outcome: OfferExpired, release: Release{Unreached: true}},
		{name: "expired in a hidden tab", wish: toBob, outcome: OfferExpired, change: func(o *Offer) { o.Delivered = at }},
		{name: "missed for the third time", wish: toBob, outcome: OfferExpired, change: func(o *Offer) { o.Seen = at }, missed: 2,
			release: Release{Missed: true, WasMissed: 2, NotResponding: true}},
		{name: "of a queue: nobody is reserved", wish: toBilling, outcome: OfferExpired},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			in := taking(test.wish)
			if test.change != nil {
				test.change(&in.offer)
			}
			s := in.session
			want := []Write{EndOffer{Ref: in.ref, Outcome: test.outcome, At: morning}}
			if test.wish.Agent != "" {
				test.release.Agent, test.release.Offer, test.release.At = "bob", "s1#5", morning
				want = append(want, test.release)
			}
			writes := s.callOff(in.offer, test.outcome, morning, map[string]int{"bob": test.missed})
			equal(t, "writes", writes, want)
			next := s
			next.Transfer = nil // and nothing else: it never left Ann
			equal(t, "change", s.dropTransfer(writes, test.outcome), Change{Name: "end transfer: " + string(test.outcome), Was: s, Now: next, Writes: want})
		})
	}
}

// Whatever ends Ann's part ends what rings for her, too.
func TestEndingCallsOffTheTransfer(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(ending) Change{
		"close":          func(in ending) Change { return in.close(in.owner(), Handled, "", "") },
		"give up":        func(in ending) Change { return in.giveUp(morning.Add(-time.Hour)) },
		"blind transfer": func(in ending) Change { return in.hand(billing, "") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := ended()
			in.session.Transfer = &Transfer{Agent: "bob", By: "ann", Round: 4}
			c := end(in)
			equal(t, "transfer", c.Now.Transfer, (*Transfer)(nil))
			equal(t, "offer", writeOf[EndOffer](t, c), EndOffer{Ref: OfferRef{"s1", 1, 4}, Outcome: OfferCanceled, At: morning})
			equal(t, "reservation", writeOf[Release](t, c), Release{Agent: "bob", Offer: "s1#4", At: morning})
			equal(t, "leaves", len(writesOf[Leave](c)), 2)
		})
	}
}

func TestBlindTransfer(t *testing.T) {
	t.Parallel()
	in := ended()
	c := in.hand(billing, "About an invoice.")
	want := in.session
	// It keeps its place in the line of the other queue; who gave it away is not asked again in this lap, nor first later, nor in
	// the same second where nobody else is there.
	want.State, want.Version, want.Generation, want.Part, want.Patience = Waiting, 3, 2, 0, 21
	want.Queue, want.Weight, want.Skip, want.Given = "billing", 4, []string{"ann"}, morning
	want.Agent, want.Last, want.Assist, want.Seat, want.Due, want.Since, want.Turn = "", "", nil, 0, time.Time{}, morning, time.Time{}
	equal(t, "now", c.Now, want)
	equal(t, "leaves", writesOf[Leave](c), leaves(time.Time{}))
	equal(t, "seat", writeOf[GiveSeat](t, c), GiveSeat{Shard: 2})
	equal(t, "row", *c.Row, Row{Session: "s1", Place: 6, Kind: KindTransferred, Side: FromSystem, By: "ann", Name: "Agent ann", To: "Billing",
		Note: "About an invoice.", At: morning, Version: 3, Expires: morning.Add(retention)})
	equal(t, "execution", c.Now.Execution(), Execution{Session: "s1", Generation: 2, Patience: 21})
	nameless := in.hand(Queue{ID: "q7"}, "")
	equal(t, "to a queue without a name", nameless.Row.To, "q7")
}

func TestDismiss(t *testing.T) {
	t.Parallel()
	in := ended()
	in.session.Assist = roomy("eve", "ian")
	ian := free("ian")
	ian.Open = []string{"s1"}
	in.leavers = append(in.leavers, ian)
	seen := morning.Add(-10 * time.Minute)
	c := in.dismiss("eve", seen)
	want := in.session
	want.Version, want.Assist = 3, []string{"ian"}
	equal(t, "change", c, Change{Name: "end assist", Was: in.session, Now: want,
		Row:    &Row{Session: "s1", Place: 6, Kind: KindLeft, Side: FromSystem, By: "eve", Name: "Agent eve", At: morning, Version: 3, Expires: morning.Add(retention)},
		Writes: []Write{Leave{Agent: "eve", Session: "s1", Next: Paused, Open: 2, AsJudged: seen, At: morning}}})
	untouched(t, "assist", in.session.Assist, "eve", "ian")

	in.leavers = nil // they were removed from the directory
	equal(t, "of who is not there any more", in.dismiss("ian", time.Time{}).Writes, []Write(nil))
}

func TestRings(t *testing.T) {
	t.Parallel()
	in := taking(toBob)
	for name, test := range map[string]struct {
		change func(*Session)
		want   bool
	}{
		"as offered":         {func(*Session) {}, true},
		"no transfer":        {func(s *Session) { s.Transfer = nil }, false},
		"another generation": {func(s *Session) { s.Generation++ }, false},
		"another round":      {func(s *Session) { other := *s.Transfer; other.Round++; s.Transfer = &other }, false},
		"another session":    {func(s *Session) { s.ID = "s2" }, false},
		"not active":         {func(s *Session) { s.State = Waiting }, false},
		"an older transfer in a session that has had offers since": {func(s *Session) { s.Round += 3 }, true},
	} {
		s := in.session
		test.change(&s)
		if got := s.rings(in.ref); got != test.want {
			t.Errorf("%s: rings %v, want %v", name, got, test.want)
		}
	}
	if slices.Contains(in.session.Speakers(), "bob") {
		t.Error("who is asked speaks already")
	}
}
