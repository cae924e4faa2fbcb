package chat

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"
)

var (
	customer = speaker{Principal: Principal{Role: RoleCustomer, ID: "c1", Website: "shop"}}
	stranger = speaker{Principal: Principal{Role: RoleCustomer, ID: "c2", Website: "shop"}}
	ann      = speaker{Principal: Principal{Role: RoleAgent, ID: "ann"}, name: "Ann"}
	bob      = speaker{Principal: Principal{Role: RoleAgent, ID: "bob"}, name: "Bob"}
)

// conversation is a session that Ann has, with the rows of its log from a place on.
func conversation(from int) (Session, []Row) {
	s := Session{ID: "s1", State: Active, Version: 2, Website: "shop", Customer: "c1", Agent: "ann", Assist: []string{"eve"}, Generation: 1}
	rows := []Row{
		{Place: 1, Kind: KindMessage, Side: FromCustomer, CID: "m1", Version: 1},
		{Place: 2, Kind: KindMessage, Side: FromCustomer, CID: "m2", Version: 1},
		{Place: 3, Kind: KindAccepted, Side: FromSystem, By: "ann", Version: 2},
		{Place: 4, Kind: KindMessage, Side: FromAgent, By: "ann", CID: "a1", Version: 2},
		{Place: 5, Kind: KindMessage, Side: FromCustomer, CID: "m3", Version: 2},
	}
	for i := range rows {
		rows[i].Session, rows[i].At = s.ID, morning.Add(-time.Hour)
	}
	return s, rows[from-1:]
}

func TestSay(t *testing.T) {
	t.Parallel()
	closed := func(s *Session, _ *[]Row) { s.State, s.Agent, s.Assist = Closed, "", nil }
	toBob := func(s *Session, _ *[]Row) { s.Agent, s.Assist = "bob", nil }
	waiting := func(s *Session, _ *[]Row) { s.State, s.Agent, s.Assist = Waiting, "", nil }
	without := func(places ...int) func(*Session, *[]Row) {
		return func(_ *Session, rows *[]Row) {
			*rows = slices.DeleteFunc(*rows, func(r Row) bool { return slices.Contains(places, r.Place) })
		}
	}
	tests := []struct {
		name   string
		who    speaker
		from   int // first row read
		cid    string
		after  int
		given  func(*Session, *[]Row)
		code   Code
		place  int
		kind   Kind
		stored bool
	}{
		{name: "a customer's new message", who: customer, from: 1, cid: "m4", after: 5, place: 6, kind: KindMessage},
		{name: "a customer's, while they wait", who: customer, from: 1, cid: "m4", after: 5, given: waiting, place: 6, kind: KindMessage},
		{name: "an agent's new message", who: ann, from: 5, cid: "a2", after: 5, place: 6, kind: KindMessage},
		{name: "an assistant's", who: speaker{Principal: Principal{Role: RoleAgent, ID: "eve"}}, from: 5, cid: "e1", after: 5, place: 6, kind: KindMessage},
		{name: "one behind what its writer has not seen", who: ann, from: 3, cid: "a2", after: 3, place: 6, kind: KindMessage},
		{name: "of a writer who has seen nothing", who: customer, from: 1, cid: "m4", after: 0, place: 6, kind: KindMessage},

		{name: "a customer's duplicate", who: customer, from: 1, cid: "m3", after: 4, place: 5, kind: KindMessage, stored: true},
		{name: "a repeated start finds the first row", who: customer, from: 1, cid: "m1", after: 0, place: 1, kind: KindMessage, stored: true},
		{name: "an agent's duplicate", who: ann, from: 3, cid: "a1", after: 3, place: 4, kind: KindMessage, stored: true},
		{name: "an agent's duplicate, after they lost the session", who: ann, from: 3, cid: "a1", after: 3, given: toBob, place: 4, kind: KindMessage, stored: true},
		{name: "an agent's duplicate, after it was closed", who: ann, from: 3, cid: "a1", after: 3, given: closed, place: 4, kind: KindMessage, stored: true},
		{name: "the cid of somebody else is no duplicate", who: customer, from: 1, cid: "a1", after: 3, place: 6, kind: KindMessage},
		{name: "the cid of another agent is no duplicate", who: bob, from: 3, cid: "a1", after: 3, given: toBob, place: 6, kind: KindMessage},
		{name: "a cid at or before after is another message", who: customer, from: 1, cid: "m3", after: 5, place: 6, kind: KindMessage},
		{name: "no cid is never a duplicate", who: customer, from: 1, cid: "", after: 2, place: 6, kind: KindMessage},

		{name: "a customer reopens", who: customer, from: 1, cid: "m4", after: 5, given: closed, place: 6, kind: KindReopened},
		{name: "an agent does not reopen", who: ann, from: 5, cid: "a2", after: 5, given: closed, code: CodeClosed},
		{name: "an agent who lost the session", who: ann, from: 5, cid: "a2", after: 5, given: toBob, code: CodeNotYours},
		{name: "an agent while it waits", who: ann, from: 5, cid: "a2", after: 5, given: waiting, code: CodeNotYours},
		{name: "an agent who never had it", who: bob, from: 5, cid: "b1", after: 5, code: CodeNotYours},
		{name: "another customer", who: stranger, from: 1, cid: "x1", after: 5, code: CodeNotFound},
		{name: "another customer who guesses a cid", who: stranger, from: 1, cid: "m3", after: 4, code: CodeNotFound},
		{name: "the same customer id on another website", who: speaker{Principal: Principal{Role: RoleCustomer, ID: "c1", Website: "blog"}}, from: 1, cid: "m3", after: 4, code: CodeNotFound},

		{name: "a cursor ahead of the log", who: customer, from: 1, cid: "m4", after: 6, code: CodeCursorAhead},
		{name: "a cursor ahead, nothing read", who: ann, from: 5, cid: "a2", after: 9, given: without(5), code: CodeCursorAhead},
		{name: "not yours speaks before a cursor ahead", who: bob, from: 5, cid: "b1", after: 9, given: without(5), code: CodeNotYours},
		{name: "after is deleted", who: ann, from: 2, cid: "a2", after: 2, given: without(2), code: CodeResync},
		{name: "after is deleted, a row before it is not", who: customer, from: 1, cid: "m4", after: 2, given: without(2), code: CodeResync},
		{name: "a hole behind after, where the message may have been", who: customer, from: 1, cid: "m4", after: 2, given: without(4), code: CodeResync},
		{name: "a hole before after does not matter", who: customer, from: 1, cid: "m4", after: 3, given: without(2), place: 6, kind: KindMessage},
		{name: "of a writer who has seen nothing, first rows deleted", who: customer, from: 1, cid: "m4", after: 0, given: without(1, 2), place: 6, kind: KindMessage},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s, rows := conversation(test.from)
			if test.given != nil {
				test.given(&s, &rows)
			}
			m := Outgoing{Session: s.ID, CID: test.cid, Text: "Hello?", After: test.after}
			got, err := say(test.who, s, rows, m, DefaultRate, morning, retention)
			if code := codeOf(t, err); code != test.code {
				t.Fatalf("refused with %q (%v), want %q", code, err, test.code)
			}
			if err != nil {
				equal(t, "what is said", got, said{})
				return
			}
			equal(t, "place", got.row.Place, test.place)
			equal(t, "kind", got.row.Kind, test.kind)
			equal(t, "stored", got.stored, test.stored)
			equal(t, "head", got.head, max(5, test.place))
			if got.stored {
				return
			}
			want := Row{Session: "s1", Place: test.place, Kind: test.kind, Side: test.who.side(), Text: "Hello?", CID: test.cid, At: morning,
				Version: s.Version, Expires: morning.Add(retention)}
			if test.who.Role == RoleAgent {
				want.By, want.Name = test.who.ID, test.who.name
			}
			if test.kind == KindReopened {
				want.Version++ // it is a change of who may speak
			}
			equal(t, "row", got.row, want)
		})
	}
}

func TestSayLimitsTheRate(t *testing.T) {
	t.Parallel()
	const rate = 2 // a burst of 8 in 4 s
	burst := func(n int, side Side, age time.Duration) (rows []Row) {
		for i := range n {
			rows = append(rows, Row{Place: i + 1, Kind: KindMessage, Side: side, CID: "m" + strconv.Itoa(i+1), At: morning.Add(-age)})
		}
		return rows
	}
	tests := []struct {
		name string
		who  speaker
		rows []Row
		cid  string
		code Code
	}{
		{"below", customer, burst(7, FromCustomer, time.Second), "new", ""},
		{"at the limit", customer, burst(8, FromCustomer, time.Second), "new", CodeRateLimited},
		{"a duplicate is answered all the same", customer, burst(8, FromCustomer, time.Second), "m3", ""},
		{"long ago", customer, burst(8, FromCustomer, rateWindow), "new", ""},
		{"the agent's do not count", customer, burst(8, FromAgent, time.Second), "new", ""},
		{"agents are not limited", ann, burst(8, FromCustomer, time.Second), "new", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s, _ := conversation(1)
			m := Outgoing{Session: s.ID, CID: test.cid}
			_, err := say(test.who, s, test.rows, m, rate, morning, retention)
			equal(t, "code", codeOf(t, err), test.code)
		})
	}
}

// Whatever a client says it has seen, its message goes behind that, at the next free place, or is found behind that.
func TestSayKeepsTheLog(t *testing.T) {
	t.Parallel()
	seeds(t, 300, func(t *testing.T, r *rand.Rand) {
		first, n := 1+r.IntN(5), r.IntN(30)
		var rows []Row
		for i := range n {
			row := Row{Session: "s1", Place: first + i, Kind: KindMessage, Side: FromCustomer, CID: "m" + strconv.Itoa(r.IntN(40)), At: morning.Add(-time.Minute)}
			if r.IntN(2) == 0 {
				row.Side, row.By = FromAgent, []string{"ann", "bob"}[r.IntN(2)]
			}
			rows = append(rows, row)
		}
		s, _ := conversation(1)
		if r.IntN(4) == 0 {
			s.State, s.Agent = Closed, ""
		}
		for range 20 {
			m := Outgoing{Session: "s1", CID: "m" + strconv.Itoa(r.IntN(40)), After: r.IntN(first + n + 5)}
			p := []speaker{customer, ann, bob}[r.IntN(3)]
			before := slices.Clone(rows)
			got, err := say(p, s, rows, m, DefaultRate, morning, retention)
			if !reflect.DeepEqual(before, rows) {
				t.Fatal("the rows that were read were changed")
			}
			taken := slices.IndexFunc(rows, func(row Row) bool { return row.Place == got.row.Place })
			switch {
			case err != nil:
				codeOf(t, err)
			case got.row.Place <= m.After || got.row.Place > got.head:
				t.Fatalf("%+v: place %d, head %d", m, got.row.Place, got.head)
			case got.stored && (taken < 0 || !p.wrote(rows[taken], m.CID)):
				t.Fatalf("%+v: found at place %d, where it is not", m, got.row.Place)
			case !got.stored && (taken >= 0 || got.row.Place != got.head || n > 0 && got.row.Place != first+n):
				t.Fatalf("%+v: put at place %d, log of %d rows from %d", m, got.row.Place, n, first)
			case !got.stored && p.Role == RoleAgent && !s.Speaks(p.ID):
				t.Fatalf("%s speaks and may not", p.ID)
			}
		}
	})
}

func TestReopen(t *testing.T) {
	t.Parallel()
	s := Session{ID: "s1", State: Closed, Version: 4, Website: "shop", Queue: "sales", Customer: "c1", Name: "Ada", Generation: 2, Round: 7,
		Part: 3, Patience: 30, Turn: morning.Add(-time.Hour), Queued: morning.Add(-2 * time.Hour), Since: morning.Add(-2 * time.Hour),
		Weight: 1, Asked: 1, Started: morning.Add(-2 * time.Hour), Last: "ann", Outcome: Handled, Disposition: "Solved", Expires: morning.Add(retention)}
	row := Row{Session: "s1", Place: 9, Kind: KindReopened, Version: 5}
	c := reopen(s, Queue{ID: "support", Weight: 3, Timeout: 10}, row, morning)
	equal(t, "was", c.Was, s)
	equal(t, "row", *c.Row, row)
	equal(t, "writes", c.Writes, []Write(nil))
	// A new generation at the end of the line, under a number that no offer had; what was decided before is gone.
	equal(t, "now", c.Now, Session{ID: "s1", State: Waiting, Version: 5, Website: "shop", Queue: "support", Customer: "c1", Name: "Ada",
		Generation: 3, Round: 7, Patience: 11, Queued: morning, Since: morning, Weight: 3, Asked: 9, Started: morning, Last: "ann"})
}

// A closed session stays closed when its customer leaves a message for later: it is what the session ended with, and the question that
// whoever answers it sees first. Its row counts as a change, so that no other is decided on the state before.
func TestNote(t *testing.T) {
	t.Parallel()
	s := Session{ID: "s1", State: Closed, Version: 4, Website: "shop", Queue: "sales", Customer: "c1", Generation: 2, Round: 7, Asked: 1,
		Outcome: Handled, Disposition: "Solved", Last: "ann", Expires: morning.Add(time.Minute)}
	said := Row{Session: "s1", Place: 9, Kind: KindReopened, Side: FromCustomer, Text: "One more thing.", CID: "m9", Version: 5}
	c := note(s, said, morning, retention)
	want := s
	want.Version, want.Outcome, want.Disposition, want.Asked, want.Expires = 5, Message, "", 9, morning.Add(retention)
	row := said
	row.Kind = KindMessage
	equal(t, "change", c, Change{Name: "offline message", Was: s, Now: want, Row: &row})
}
