package chat

import (
	"testing"
	"time"
)

// ended is what the end of Ann's part is decided on, where Eve assists.
func ended() ending {
	s, rows := conversation(5)
	s.Queue, s.Round, s.Part, s.Patience, s.Turn, s.Queued, s.Since = "sales", 4, 2, 30, morning.Add(-time.Minute), morning.Add(-time.Hour), morning.Add(-time.Hour)
	s.Seat, s.Due, s.Asked = 2, morning.Add(time.Hour), 1
	eve := free("eve")
	eve.Next, eve.Open = Paused, []string{"s1", "s2"}
	ann := free("ann")
	ann.Open = []string{"s1"}
	return ending{session: s, last: rows[0], leavers: []Agent{eve, ann}, now: morning, keep: retention}
}

// leaves are what takes the session out of Ann's and Eve's open sets.
func leaves(asJudged time.Time) []Leave {
	return []Leave{{Agent: "eve", Session: "s1", Next: Paused, Open: 2, At: morning}, {Agent: "ann", Session: "s1", Open: 1, AsJudged: asJudged, At: morning}}
}

func TestClose(t *testing.T) {
	t.Parallel()
	in := ended()
	c := in.close(in.owner(), Handled, "Solved", "Refunded.")
	want := in.session
	want.State, want.Version, want.Outcome, want.Disposition, want.Expires = Closed, 3, Handled, "Solved", morning.Add(retention)
	want.Agent, want.Last, want.Assist, want.Seat, want.Due = "", "ann", nil, 0, time.Time{}
	equal(t, "now", c.Now, want)
	equal(t, "was", c.Was, in.session)
	equal(t, "leaves", writesOf[Leave](c), leaves(time.Time{}))
	equal(t, "seat", writeOf[GiveSeat](t, c), GiveSeat{Shard: 2})
	equal(t, "row", *c.Row, Row{Session: "s1", Place: 6, Kind: KindClosed, Side: FromSystem, By: "ann", Name: "Agent ann", Outcome: Handled,
		Note: "Refunded.", At: morning, Version: 3, Expires: morning.Add(retention)})

	in.session.Seat = 0
	c = in.close(Agent{}, LeftByUser, "", "")
	equal(t, "seats without a licence", writesOf[GiveSeat](c), []GiveSeat(nil))
	equal(t, "by the customer", c.Row.By+c.Row.Name+c.Row.Note, "")
}

func TestGiveUp(t *testing.T) {
	t.Parallel()
	in := ended()
	seen := morning.Add(-10 * time.Minute)
	in.queue = Queue{ID: "sales", Timeout: 60}
	c := in.giveUp(seen)
	want := in.session
	// A new generation with an execution of its own, at the old place in the line, without a seat.
	want.State, want.Version, want.Generation, want.Part, want.Patience = Waiting, 3, 2, 0, 21
	want.Agent, want.Last, want.Assist, want.Seat, want.Due, want.Since, want.Turn = "", "ann", nil, 0, time.Time{}, morning, time.Time{}
	equal(t, "now", c.Now, want)
	equal(t, "was", c.Was, in.session)
	equal(t, "leaves, the owner's as judged", writesOf[Leave](c), leaves(seen))
	equal(t, "seat", writeOf[GiveSeat](t, c), GiveSeat{Shard: 2})
	equal(t, "row", *c.Row, Row{Session: "s1", Place: 6, Kind: KindRequeued, Side: FromSystem, By: "ann", Name: "Agent ann", At: morning,
		Version: 3, Expires: morning.Add(retention)})
	equal(t, "execution", c.Now.Execution(), Execution{Session: "s1", Generation: 2, Patience: 21})
}

// A chat that is over leaves its owner in peace for as long as its queue says; who assisted, and whose chat was taken away, is not
// kept from the next.
func TestWrapUp(t *testing.T) {
	t.Parallel()
	in := ended()
	in.queue = Queue{ID: "sales", WrapUp: 40}
	until := func(c Change) map[string]time.Time {
		m := map[string]time.Time{}
		for _, l := range writesOf[Leave](c) {
			m[l.Agent] = l.WrapUntil
		}
		return m
	}
	none := map[string]time.Time{"ann": {}, "eve": {}}
	owners := map[string]time.Time{"ann": morning.Add(40 * time.Second), "eve": {}}
	equal(t, "closed", until(in.close(in.owner(), Handled, "", "")), owners)
	equal(t, "closed by the customer", until(in.close(Agent{}, LeftByUser, "", "")), owners)
	equal(t, "returned", until(in.giveUp(morning)), none)
	equal(t, "sent on", until(in.hand(in.queue, "")), none)
	in.queue.WrapUp = 0
	equal(t, "closed where there is none", until(in.close(in.owner(), Handled, "", "")), none)
}

// Each leaves with the next status as it was read, whatever ends their part.
func TestNextStatusGoesAlong(t *testing.T) {
	t.Parallel()
	in := ended()
	for i := range in.leavers {
		in.leavers[i].Next, in.leavers[i].NextReason, in.leavers[i].NextBy = Paused, "Lunch of "+in.leavers[i].ID, "sue"
	}
	for name, c := range map[string]Change{"close": in.close(in.owner(), Handled, "", ""), "give up": in.giveUp(morning), "blind transfer": in.hand(Queue{ID: "q"}, ""),
		"end assist": in.dismiss("eve", time.Time{})} {
		for _, l := range writesOf[Leave](c) {
			if l.Next != Paused || l.NextReason != "Lunch of "+l.Agent || l.NextBy != "sue" || l.Open != map[string]int{"ann": 1, "eve": 2}[l.Agent] {
				t.Errorf("%s: %+v", name, l)
			}
		}
	}
}

func TestEndingWithoutItsAgents(t *testing.T) {
	t.Parallel()
	in := ended()
	in.leavers = nil // they were removed from the directory
	c := in.close(Agent{}, LeftByUser, "", "")
	equal(t, "leaves", writesOf[Leave](c), []Leave(nil))
	equal(t, "owner", in.owner(), Agent{ID: "ann"})
}

func TestEndInLine(t *testing.T) {
	t.Parallel()
	unseen := &Unseen{Session: "s1", Seen: morning.Add(-time.Hour)}
	tests := []struct {
		name    string
		to      []string // nil: the session waits
		outcome Outcome
		unseen  *Unseen
		writes  []Write
	}{
		{"the customer leaves the line", nil, Abandoned, nil, nil},
		{"the customer is gone", nil, Abandoned, unseen, []Write{*unseen}},
		{"nobody came", nil, Unmanaged, nil, nil},
		{"the customer leaves while it rings at one", []string{"ann"}, Abandoned, nil, []Write{
			EndOffer{Ref: OfferRef{"s1", 1, 4}, Outcome: OfferCanceled, At: morning}, Release{Agent: "ann", Offer: "s1#4", At: morning}}},
		{"the customer leaves while it rings at everybody", []string{"ann", "bob"}, Abandoned, nil, []Write{
			EndOffer{Ref: OfferRef{"s1", 1, 4}, Outcome: OfferCanceled, At: morning}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s, o := ringing(test.to...)
			if test.to == nil {
				s.State, s.Offered, s.Until, o = Waiting, "", time.Time{}, Offer{}
			}
			s.Wake, s.NoSeat = 2, morning
			c := endInLine(s, Row{Place: 3}, o, test.outcome, test.unseen, morning, retention)
			want := s
			want.State, want.Version, want.Outcome, want.Expires = Closed, 2, test.outcome, morning.Add(retention)
			want.Offered, want.Until, want.Token, want.Wake, want.Skip, want.NoSeat = "", time.Time{}, "", 0, nil, time.Time{}
			equal(t, "now", c.Now, want)
			equal(t, "was", c.Was, s)
			equal(t, "writes", c.Writes, test.writes)
			equal(t, "row", *c.Row, Row{Session: "s1", Place: 4, Kind: KindClosed, Side: FromSystem, Outcome: test.outcome, At: morning, Version: 2,
				Expires: morning.Add(retention)})
		})
	}
}

func TestWithdraw(t *testing.T) {
	t.Parallel()
	s, _ := ringing("ann")
	w := SetAvailability{Agent: "ann", State: Paused, Reason: "Lunch", Offer: "s1#4", At: morning}
	c := withdraw(s, w)
	want := s
	want.State, want.Offered, want.Until = Waiting, "", time.Time{} // she said nothing about this customer: not skipped
	equal(t, "change", c, Change{Name: "withdraw", Was: s, Now: want, Writes: []Write{w, EndOffer{Ref: s.offerRef(), Outcome: OfferCanceled, At: morning}}})
}
