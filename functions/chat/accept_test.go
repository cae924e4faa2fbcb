package chat

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"
)

// ringing is a session whose fourth offer rings at these agents: at one alone, or at everybody.
func ringing(to ...string) (Session, Offer) {
	s := Session{ID: "s1", State: Offered, Version: 1, Website: "shop", Queue: "sales", Customer: "c1", Generation: 1, Round: 4, Patience: 21,
		Offered: Everybody, Until: morning.Add(20 * time.Second), Token: "t1", Turn: morning, Skip: roomy("ian"), Queued: morning, Since: morning, Asked: 1}
	o := Offer{OfferRef: s.offerRef(), To: to, Strategy: BeepAll, At: morning, Until: s.Until}
	if len(to) == 1 {
		s.Offered, o.Strategy = to[0], RRMemory
	}
	return s, o
}

// accepting is Ann's accept of an offer that rings at her and at Bob.
func accepting() acceptance {
	s, o := ringing("ann", "bob")
	return acceptance{session: s, last: Row{Place: 3, Version: 1}, offer: o, agent: free("ann"), ref: o.OfferRef,
		now: morning.Add(5 * time.Second), idle: idle, keep: retention}
}

// reserving is Ann's accept of an offer that was made to her alone.
func reserving() acceptance {
	in := accepting()
	in.session, in.offer = ringing("ann")
	in.agent.Offer = "s1#4"
	return in
}

func TestAccept(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]acceptance{"of everybody": accepting(), "of a reservation": reserving()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in.shards = []Shard{{1, 500, 500}, {2, 10, 500}, {3, 20, 500}}
			in.session.NoSeat = morning
			c, err := in.accept()
			if err != nil {
				t.Fatal(err)
			}
			want := in.session
			want.State, want.Version, want.Agent, want.Due, want.Seat = Active, 2, "ann", in.now.Add(idle-time.Minute), 2
			want.Token, want.Offered, want.Skip, want.Until, want.NoSeat = "", "", nil, time.Time{}, time.Time{}
			equal(t, "now", c.Now, want)
			equal(t, "was", c.Was, in.session)
			equal(t, "take", writeOf[Take](t, c), Take{Agent: "ann", Session: "s1", Offer: "s1#4", Reserved: in.session.Offered == "ann", Capacity: 3, At: in.now})
			equal(t, "seat", writeOf[TakeSeat](t, c), TakeSeat{Shard: 2})
			equal(t, "offer", writeOf[EndOffer](t, c), EndOffer{Ref: in.ref, Outcome: OfferAccepted, By: "ann", At: in.now})
			equal(t, "row", *c.Row, Row{Session: "s1", Place: 4, Kind: KindAccepted, Side: FromSystem, By: "ann", Name: "Agent ann", At: in.now,
				Version: 2, Expires: in.now.Add(retention)})
			equal(t, "writes", len(c.Writes), 3)
		})
	}
}

func TestAcceptWithoutLicence(t *testing.T) {
	t.Parallel()
	c, err := accepting().accept()
	if err != nil || c.Now.Seat != 0 || len(c.Writes) != 2 {
		t.Errorf("got %v, %+v", err, c)
	}
}

func TestAcceptRefused(t *testing.T) {
	t.Parallel()
	taken := func(in *acceptance) {
		in.session.State, in.session.Agent, in.session.Offered = Active, "bob", ""
		in.offer.Outcome, in.offer.By = OfferAccepted, "bob"
	}
	won := func(in *acceptance) { taken(in); in.session.Agent, in.offer.By = "ann", "ann" }
	later := func(change func(*acceptance)) func(*acceptance) { // the session has moved on by a generation
		return func(in *acceptance) { change(in); in.session.Generation++ }
	}
	waiting := func(in *acceptance) {
		in.session.State, in.session.Offered, in.offer.Outcome = Waiting, "", OfferExpired
	}
	paused := func(in *acceptance) { in.agent.State = Paused }
	full := func(in *acceptance) { in.agent.Open = []string{"x", "y", "z"} }
	late := func(in *acceptance) { in.now = in.session.Until.Add(time.Millisecond) }
	unlicensed := func(in *acceptance) { in.shards = []Shard{{1, 5, 5}, {2, 6, 5}} }
	all := func(changes ...func(*acceptance)) func(*acceptance) {
		return func(in *acceptance) {
			for _, change := range changes {
				change(in)
			}
		}
	}
	tests := []struct {
		name   string
		in     acceptance
		change func(*acceptance)
		code   Code
		by     string
		is     error
	}{
		{name: "yours already", in: accepting(), change: won, is: errYours},
		{name: "yours already, by another round", in: accepting(), change: all(won, func(in *acceptance) { in.session.Round++ }), is: errYours},
		{name: "yours again, in a later generation", in: accepting(), change: later(won), is: errYours},
		{name: "taken", in: accepting(), change: taken, code: CodeTaken, by: "bob"},
		{name: "taken, and returned since", in: accepting(), change: later(all(taken, waiting, func(in *acceptance) { in.offer.Outcome = OfferAccepted })), code: CodeTaken, by: "bob"},
		{name: "taken, and closed since", in: accepting(), change: all(taken, func(in *acceptance) { in.session.State = Closed }), code: CodeTaken, by: "bob"},
		{name: "taken by a later offer", in: accepting(), change: all(taken, func(in *acceptance) { in.offer.Outcome, in.offer.By = OfferExpired, "" }), code: CodeTaken, by: "bob"},
		{name: "taken in a later generation", in: accepting(), change: later(all(taken, func(in *acceptance) { in.offer.Outcome, in.offer.By = OfferExpired, "" })), code: CodeLate},
		{name: "won and lost again", in: accepting(), change: later(all(won, waiting)), code: CodeLate},
		{name: "expired", in: accepting(), change: waiting, code: CodeLate},
		{name: "another round rings", in: accepting(), change: func(in *acceptance) { in.session.Round++ }, code: CodeLate},
		{name: "another generation rings", in: accepting(), change: func(in *acceptance) { in.session.Generation++ }, code: CodeLate},
		{name: "the customer has left", in: accepting(), change: func(in *acceptance) { in.session.State = Closed }, code: CodeLate},
		{name: "the time is over", in: accepting(), change: late, code: CodeLate},
		{name: "the last moment", in: accepting(), change: func(in *acceptance) { in.now = in.session.Until }},
		{name: "not asked", in: accepting(), change: func(in *acceptance) { in.agent.ID = "zoe" }, code: CodeForbidden},
		{name: "reserved for somebody else", in: reserving(), change: func(in *acceptance) { in.agent.ID = "bob" }, code: CodeForbidden},
		{name: "rejected before, and accepts after all", in: accepting(), change: func(in *acceptance) { in.offer.Rejected = []string{"ann"} }},
		{name: "paused", in: accepting(), change: paused, code: CodePaused},
		{name: "offline", in: accepting(), change: func(in *acceptance) { in.agent.State = Offline }, code: CodePaused},
		{name: "no sign of life is no hindrance: this is one", in: accepting(), change: func(in *acceptance) { in.agent.Seen = time.Time{} }},
		{name: "full", in: accepting(), change: full, code: CodeFull},
		{name: "no seat", in: accepting(), change: unlicensed, is: errNoSeat},

		{name: "order: taken before paused", in: accepting(), change: all(taken, paused, full, unlicensed), code: CodeTaken, by: "bob"},
		{name: "order: late before paused", in: accepting(), change: all(late, paused, full, unlicensed), code: CodeLate},
		{name: "order: paused before full", in: accepting(), change: all(paused, full, unlicensed), code: CodePaused},
		{name: "order: full before the licence", in: accepting(), change: all(full, unlicensed), code: CodeFull},
		{name: "order: yours before everything", in: accepting(), change: all(won, late, paused, full, unlicensed), is: errYours},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			in := test.in
			test.change(&in)
			c, err := in.accept()
			if test.is != nil {
				if err != test.is { //nolint:errorlint // the rule's own answers are not wrapped
					t.Errorf("got %v, want %v", err, test.is)
				}
				return
			}
			if code := codeOf(t, err); code != test.code {
				t.Fatalf("refused with %q (%v), want %q", code, err, test.code)
			}
			if err == nil {
				equal(t, "state", c.Now.State, Active)
				return
			}
			equal(t, "by", AsError(err).By, Ref{ID: test.by})
		})
	}
}

// The capacity condition of the store, in the words of the rule: an accept may not use the place that a reservation holds.
func TestAcceptCapacity(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		open     []string
		capacity int
		offer    string
		ok       bool
	}{
		{"room", []string{"x"}, 2, "", true},
		{"no room", []string{"x"}, 1, "", false},
		{"none open, capacity 1", nil, 1, "", true},
		{"none open, capacity 1, this reservation", nil, 1, "s1#4", true},
		{"none open, capacity 1, a foreign reservation", nil, 1, "s9#1", false},
		{"none open, capacity 2, a foreign reservation", nil, 2, "s9#1", true},
		{"one open, capacity 2, a foreign reservation", []string{"x"}, 2, "s9#1", false},
		{"one open, capacity 3, a foreign reservation", []string{"x"}, 3, "s9#1", true},
		{"an older reservation of this session is a foreign one", []string{"x"}, 2, "s1#3", false},
		{"open already", []string{"x", "s1"}, 2, "s9#1", true},
		{"capacity lowered", []string{"x", "y"}, 1, "", false},
		{"no capacity", nil, 0, "", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			in := accepting()
			in.agent.Open, in.agent.Capacity, in.agent.Offer = test.open, test.capacity, test.offer
			c, err := in.accept()
			if code := codeOf(t, err); (code == "") != test.ok || code != "" && code != CodeFull {
				t.Errorf("refused with %q", code)
			}
			if err == nil {
				equal(t, "capacity as read", writeOf[Take](t, c).Capacity, test.capacity)
			}
		})
	}
}

func TestEmptiest(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		shards []Shard
		number int
	}{
		{"none", nil, 0},
		{"one with room", []Shard{{1, 4, 5}}, 1},
		{"the roomiest", []Shard{{1, 4, 5}, {2, 1, 5}, {3, 2, 5}}, 2},
		{"full", []Shard{{1, 5, 5}, {2, 5, 5}}, 0},
		{"lowered below what is used", []Shard{{1, 9, 5}, {2, 4, 5}}, 2},
		{"emptied", []Shard{{1, 0, 0}}, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			number, ok := emptiest(test.shards)
			equal(t, "shard", number, test.number)
			equal(t, "ok", ok, test.number > 0)
		})
	}
}

func TestBlame(t *testing.T) {
	t.Parallel()
	at := map[string]time.Time{"ann": morning}
	tests := []struct {
		name  string
		offer Offer
		want  blame
	}{
		{"it never arrived", Offer{}, blameUnreached},
		{"it arrived in a hidden tab", Offer{Delivered: at}, blameSkipped},
		{"it was seen", Offer{Delivered: at, Seen: at}, blameMissed},
		{"it was seen, and the mark of its arrival was lost", Offer{Seen: at}, blameMissed},
		{"it was rejected", Offer{Delivered: at, Seen: at, Rejected: []string{"ann"}}, blameNobody},
		{"it arrived at another", Offer{Delivered: map[string]time.Time{"bob": morning}}, blameUnreached},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			equal(t, "blame", test.offer.blameOf("ann"), test.want)
		})
	}
}

func TestBackToLine(t *testing.T) {
	t.Parallel()
	at := map[string]time.Time{"ann": morning}
	tests := []struct {
		name    string
		to      []string
		change  func(*Offer)
		outcome OfferOutcome
		missed  int
		full    string // who was when it ran out
		skip    []string
		release Release // of Ann's reservation
	}{
		{name: "rejected", to: []string{"ann"}, change: func(o *Offer) { o.Rejected = []string{"ann"} }, outcome: OfferRejected,
			skip: []string{"ian", "ann"}, release: Release{Answered: true}},
		{name: "expired unreached: may be asked again", to: []string{"ann"}, outcome: OfferExpired,
			skip: []string{"ian"}, release: Release{Unreached: true}},
		{name: "expired unseen", to: []string{"ann"}, change: func(o *Offer) { o.Delivered = at }, outcome: OfferExpired,
			skip: []string{"ian", "ann"}},
		{name: "missed", to: []string{"ann"}, change: func(o *Offer) { o.Seen = at }, outcome: OfferExpired, missed: 1,
			skip: []string{"ian", "ann"}, release: Release{Missed: true, WasMissed: 1}},
		{name: "missed for the third time", to: []string{"ann"}, change: func(o *Offer) { o.Seen = at }, outcome: OfferExpired, missed: 2,
			skip: []string{"ian", "ann"}, release: Release{Missed: true, WasMissed: 2, NotResponding: true}},
		{name: "canceled for want of a seat", to: []string{"ann"}, change: func(o *Offer) { o.Seen = at }, outcome: OfferCanceled,
			skip: []string{"ian"}},
		{name: "rejected by all", to: []string{"ann", "bob"}, change: func(o *Offer) { o.Rejected = []string{"bob", "ann"} }, outcome: OfferRejected,
			skip: []string{"ian", "ann", "bob"}},
		{name: "of everybody, expired", to: []string{"ann", "bob", "eve", "zoe"}, outcome: OfferExpired,
			change: func(o *Offer) {
				o.Seen, o.Rejected, o.Delivered = at, []string{"bob"}, map[string]time.Time{"eve": morning}
			},
			skip: []string{"ian", "ann", "bob", "eve"}},
		{name: "of everybody, expired: who was full could not take it", to: []string{"ann", "bob"}, outcome: OfferExpired, full: "ann",
			change: func(o *Offer) { o.Seen, o.Delivered = at, map[string]time.Time{"bob": morning} }, skip: []string{"ian", "bob"}},
		{name: "of everybody, expired: a no of somebody who is full now is one", to: []string{"ann"}, outcome: OfferExpired, full: "ann",
			change: func(o *Offer) { o.Rejected = []string{"ann"} }, skip: []string{"ian", "ann"}},
		{name: "seen, but the capacity was lowered", to: []string{"ann"}, change: func(o *Offer) { o.Seen = at }, outcome: OfferExpired, missed: 2,
			full: "ann", skip: []string{"ian"}},
		{name: "of everybody, canceled: those who rejected stay out of this lap", to: []string{"ann", "bob"}, outcome: OfferCanceled,
			change: func(o *Offer) { o.Rejected = []string{"bob"} }, skip: []string{"ian", "bob"}},
		{name: "skipped before", to: []string{"ian"}, change: func(o *Offer) { o.Rejected = []string{"ian"} }, outcome: OfferRejected,
			skip: []string{"ian"}, release: Release{Answered: true}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s, o := ringing(test.to...)
			if test.change != nil {
				test.change(&o)
			}
			missed := map[string]int{}
			for _, a := range test.to {
				if a != test.full {
					missed[a] = test.missed
				}
			}
			c := backToLine(s, o, test.outcome, morning, missed)
			want := s
			want.State, want.Offered, want.Until, want.Skip = Waiting, "", time.Time{}, test.skip // the token stays: its task waits
			switch test.outcome {
			case OfferCanceled:
				want.NoSeat = morning
			case OfferRejected:
				want.Given = morning
			}
			equal(t, "now", c.Now, want)
			equal(t, "was", c.Was, s)
			equal(t, "row", c.Row, (*Row)(nil))
			equal(t, "offer", writeOf[EndOffer](t, c), EndOffer{Ref: s.offerRef(), Outcome: test.outcome, At: morning})
			untouched(t, "skip", s.Skip, "ian")
			if s.Offered == Everybody {
				equal(t, "releases", writesOf[Release](c), []Release(nil))
				return
			}
			test.release.Agent, test.release.Offer, test.release.At = test.to[0], "s1#4", morning
			equal(t, "release", writeOf[Release](t, c), test.release)
		})
	}
}

// Whoever answered what: only those asked are skipped, all who rejected are, and a lap ends some time.
func TestBackToLineSkipsWhoWasAsked(t *testing.T) {
	t.Parallel()
	seeds(t, 100, func(t *testing.T, r *rand.Rand) {
		everybody := []string{"ann", "bob", "eve", "ian", "kim"}
		to := some(r, everybody)
		s, o := ringing(append(to, "zoe")...)
		marks := func() map[string]time.Time {
			m := map[string]time.Time{}
			for _, a := range some(r, o.To) {
				m[a] = morning
			}
			return m
		}
		o.Rejected, o.Delivered, o.Seen = some(r, o.To), marks(), marks()
		outcome := []OfferOutcome{OfferRejected, OfferExpired, OfferCanceled}[r.IntN(3)]
		was := o
		was.To, was.Rejected = slices.Clone(o.To), slices.Clone(o.Rejected)
		missed := map[string]int{}
		for _, a := range some(r, o.To) {
			missed[a] = r.IntN(4)
		}
		c := backToLine(s, o, outcome, morning, missed)
		if !reflect.DeepEqual(o, was) {
			t.Error("the offer was changed")
		}
		untouched(t, "skip", s.Skip, "ian")
		for i, a := range c.Now.Skip {
			if slices.Contains(c.Now.Skip[:i], a) {
				t.Errorf("%s is skipped twice", a)
			}
			if a != "ian" && !slices.Contains(o.To, a) {
				t.Errorf("%s is skipped, who was not asked", a)
			}
		}
		for _, a := range o.Rejected {
			if !slices.Contains(c.Now.Skip, a) {
				t.Errorf("%s rejected and is not skipped", a)
			}
		}
		for _, a := range o.rings() {
			_, could := missed[a]
			let := could && !(o.Delivered[a].IsZero() && o.Seen[a].IsZero())
			if skipped := slices.Contains(c.Now.Skip, a); outcome == OfferExpired && let != skipped && a != "ian" {
				t.Errorf("%s, let it pass %v, skipped %v", a, let, skipped)
			}
		}
	})
}

func TestOfferShows(t *testing.T) {
	t.Parallel()
	o := Offer{To: []string{"ann", "bob", "eve"}, Rejected: []string{"bob"}}
	equal(t, "rings", o.rings(), []string{"ann", "eve"})
	equal(t, "declined", o.declined(), false)
	o.Rejected = []string{"eve", "bob", "ann"}
	equal(t, "rings when all declined", o.rings(), []string(nil))
	equal(t, "all declined", o.declined(), true)
	equal(t, "shows to a stranger", o.Shows("zoe"), false)
	o.Rejected, o.Outcome = nil, OfferExpired
	equal(t, "rings when over", o.rings(), []string(nil))
	equal(t, "reservation", OfferRef{"s1", 2, 13}.Reservation(), "s1#13")
}
