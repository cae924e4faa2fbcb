package chat

import (
	"testing"
	"time"
)

// picking is Ann's wish to answer what was left as a message in the second generation of a session.
func picking() acceptance {
	s := Session{ID: "s1", State: Closed, Outcome: Message, Version: 4, Website: "shop", Queue: "sales", Customer: "c1", Generation: 2, Round: 7, Part: 1, Patience: 30,
		Queued: morning.Add(-time.Hour), Since: morning.Add(-time.Hour), Asked: 5, Started: morning.Add(-2 * time.Hour), Last: "bob", Expires: morning.Add(retention)}
	return acceptance{session: s, last: Row{Place: 5, Version: 4}, agent: free("ann"), queue: Queue{ID: "sales"}, now: morning, idle: idle, keep: retention}
}

func TestPick(t *testing.T) {
	t.Parallel()
	in := picking()
	in.shards = []Shard{{1, 5, 5}, {2, 1, 5}}
	c, err := in.pick()
	if err != nil {
		t.Fatal(err)
	}
	want := in.session
	// A generation of its own, in which nobody was asked: hers at once.
	want.State, want.Outcome, want.Version, want.Generation, want.Part, want.Agent, want.Seat = Active, "", 5, 3, 0, "ann", 2
	want.Due, want.Started, want.Expires = morning.Add(idle-time.Minute), morning, time.Time{}
	equal(t, "now", c.Now, want)
	equal(t, "was", c.Was, in.session)
	equal(t, "writes", c.Writes, []Write{Take{Agent: "ann", Session: "s1", Capacity: 3, At: morning}, TakeSeat{Shard: 2}})
	equal(t, "row", *c.Row, Row{Session: "s1", Place: 6, Kind: KindAccepted, Side: FromSystem, By: "ann", Name: "Agent ann", At: morning, Version: 5,
		Expires: morning.Add(retention)})
	in.shards = nil
	if c, err = in.pick(); err != nil || c.Now.Seat != 0 || len(c.Writes) != 1 {
		t.Errorf("without a licence: %+v, %v", c, err)
	}
}

func TestPickRefused(t *testing.T) {
	t.Parallel()
	with := func(agent string) func(*acceptance) {
		return func(in *acceptance) { in.session.State, in.session.Outcome, in.session.Agent = Active, "", agent }
	}
	tests := []struct {
		name   string
		change func(*acceptance)
		code   Code
		by     string
		is     error
	}{
		{name: "yours already", change: with("ann"), is: errYours},
		{name: "taken", change: with("bob"), code: CodeTaken, by: "bob"},
		{name: "answered and closed", change: func(in *acceptance) { in.session.Outcome = Handled }, code: CodeLate},
		{name: "its customer waits", change: func(in *acceptance) { in.session.State, in.session.Outcome = Waiting, "" }, code: CodeLate},
		{name: "of another queue", change: func(in *acceptance) { in.agent.Queues = []string{"billing"} }, code: CodeForbidden},
		{name: "paused", change: func(in *acceptance) { in.agent.State = Paused }, code: CodePaused},
		{name: "in wrap-up: it ends that", change: func(in *acceptance) { in.agent.WrapUntil = morning.Add(time.Minute) }},
		{name: "full", change: func(in *acceptance) { in.agent.Open = []string{"x", "y", "z"} }, code: CodeFull},
		{name: "an offer holds the last place", change: func(in *acceptance) { in.agent.Open, in.agent.Offer = []string{"x", "y"}, "s9#1" }, code: CodeFull},
		{name: "no seat", change: func(in *acceptance) { in.shards = []Shard{{1, 5, 5}} }, code: CodeLicenceFull},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			in := picking()
			test.change(&in)
			_, err := in.pick()
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
