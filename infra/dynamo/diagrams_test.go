package dynamo_test

import (
	"bytes"
	"cmp"
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/functions/chat"
	"github.com/parley-chat/parley/infra/dynamo"
	"github.com/parley-chat/parley/infra/dynamo/dynamotest"
)

// page of the diagrams; `make gen` draws them again.
const routingPage = "../../docs/routing.md"

var draw = flag.Bool("draw", false, "write the diagrams of docs/routing.md instead of comparing them")

// edge is a step from one state to another.
type edge struct{ from, to string }

// diagram is what was seen to happen: by each edge the names of what made it.
type diagram map[edge][]string

func (d diagram) add(from, to, name string) {
	e := edge{from, to}
	if !slices.Contains(d[e], name) {
		d[e] = append(d[e], name)
	}
}

// String draws it for pages that know Mermaid. What leaves a state as it is stands in a note: an arrow back to itself says less.
func (d diagram) String() string {
	var b strings.Builder
	b.WriteString("```mermaid\nstateDiagram-v2\n")
	var notes strings.Builder
	for _, e := range slices.SortedFunc(maps.Keys(d), func(x, y edge) int {
		return cmp.Or(strings.Compare(rank(x.from), rank(y.from)), strings.Compare(rank(x.to), rank(y.to)))
	}) {
		names := slices.Sorted(slices.Values(d[e]))
		if e.from == e.to {
			fmt.Fprintf(&notes, "    note right of %s\n        stays: %s\n    end note\n", e.from, strings.Join(names, ", "))
			continue
		}
		fmt.Fprintf(&b, "    %s --> %s: %s\n", e.from, e.to, strings.Join(names, "<br>"))
	}
	b.WriteString(notes.String() + "```\n")
	return b.String()
}

// drawn is a store that draws sessions and offers as the transitions change them.
type drawn struct {
	*dynamo.Store
	sessions, offers diagram
}

const nothing = "[*]"

// rank orders states as lives go: the born first, then as they are called.
func rank(state string) string { return strings.Replace(state, nothing, "", 1) }

func (d *drawn) Commit(ctx context.Context, c chat.Change) error {
	if err := d.Store.Commit(ctx, c); err != nil {
		return err
	}
	// A colon would end the label, and how an ending is called says its state already.
	name, _, _ := strings.Cut(c.Name, ":")
	if from := string(c.Was.State); c.Now.ID != "" {
		if c.New {
			from = nothing
		}
		d.sessions.add(from, string(c.Now.State), name)
	}
	for _, w := range c.Writes {
		switch w := w.(type) {
		case chat.OpenOffer:
			d.offers.add(nothing, "showing", name)
		case chat.EndOffer:
			d.offers.add("showing", string(w.Outcome), name)
		}
	}
	return nil
}

// Ensure that the diagrams of docs/routing.md are what the code does: of sessions and offers as every transition is played (play),
// of an agent's availability as one goes through a day.
func TestDiagrams(t *testing.T) {
	t.Parallel()
	sessions, offers := diagram{}, diagram{}
	for _, strategy := range []chat.Strategy{chat.BeepAll, chat.RRMemory} {
		d := desk(dynamotest.Open(t, dynamotest.Tables(t), dynamotest.Options{}))
		s := d.Store.(*dynamo.Store)
		d.Store = &drawn{s, sessions, offers}
		play(t, d, s, strategy)
		v, err := d.Start(t.Context(), page("hasty"), opening("hasty"))
		ok(t, err)
		_, err = d.Leave(t.Context(), page("hasty"), v.Session.ID)
		ok(t, err)
	}
	compare(t, "session", sessions)
	compare(t, "offer", offers)
	compare(t, "agent", agentDay(t))
}

// compare holds a diagram against the page, or writes it there.
func compare(t *testing.T, name string, d diagram) {
	t.Helper()
	content, err := os.ReadFile(routingPage)
	ok(t, err)
	begin, end := "<!-- drawn: "+name+" -->\n", "<!-- /drawn -->"
	before, rest, found := bytes.Cut(content, []byte(begin))
	old, after, ended := bytes.Cut(rest, []byte(end))
	if !found || !ended {
		t.Fatalf("%s has no place for the diagram %q", routingPage, name)
	}
	switch {
	case *draw:
		ok(t, os.WriteFile(routingPage, slices.Concat(before, []byte(begin), []byte(d.String()), []byte(end), after), 0o644))
	case string(old) != d.String():
		t.Errorf("the diagram %q of docs/routing.md is stale: run `make gen` and commit what it changes\n%s", name, d)
	}
}

// agentDay is an agent's availability, as people see it, through all that can become of it.
func agentDay(t *testing.T) diagram {
	t.Helper()
	o := opened(t, chat.Queue{Strategy: chat.BeepAll, Timeout: 20, WrapUp: 30})
	boss := chat.Agent{ID: "pat", Capacity: 1, Queues: []string{"none"}, Supervisor: true}
	ok(t, o.store.PutQueue(t.Context(), chat.Queue{ID: "none", Name: "None"}))
	o.signsIn(boss)
	ok(t, o.store.PutAgent(t.Context(), chat.Agent{ID: "ann", Name: "Ann", Capacity: 3, Queues: []string{queue}}))
	customers := 0
	seen := func() string { return string(o.agent("ann").Shown(o.clock.now())) }
	present := func(d time.Duration) {
		for ; d > 0; d -= time.Minute {
			o.pass(min(d, time.Minute))
			o.beats(desktop("ann"), desktop("pat"))
		}
	}
	talks := func() chat.Session {
		customers++
		return o.accepts("ann", o.writes(fmt.Sprint("c", customers)))
	}
	becomes := func(by string, w chat.Wish) func() { return func() { ok(t, o.wishes(by, w)) } }
	signsIn := func() {
		_, err := o.desk.Hello(t.Context(), desktop("ann"), chat.Greeting{SignIn: true})
		ok(t, err)
	}
	last := func(w chat.Wish) func() {
		return func() {
			s := talks()
			w.After = true
			ok(t, o.wishes("ann", w))
			o.closes("ann", s)
		}
	}
	ready, paused, offline := chat.Wish{State: chat.Ready}, chat.Wish{State: chat.Paused, Reason: "Lunch"}, chat.Wish{State: chat.Offline}
	d := diagram{}
	for _, step := range []struct {
		name string
		do   func()
	}{
		{"signs in", signsIn},
		{"pauses", becomes("ann", paused)},
		{"is back", becomes("ann", ready)},
		{"is paused by a supervisor", becomes("pat", chat.Wish{State: chat.Paused, Agent: "ann"})},
		{"is made available by a supervisor", becomes("pat", chat.Wish{State: chat.Ready, Agent: "ann"})},
		{"ends a session (wrapUp)", func() { o.closes("ann", talks()) }},
		{"time is over", func() { present(31 * time.Second) }},
		{"ends a session (wrapUp)", func() { o.closes("ann", talks()) }},
		{"is ready sooner", becomes("ann", ready)},
		{"ends the last session (next status)", last(paused)},
		{"is back", becomes("ann", ready)},
		{"sees 3 offers in a row and does not answer", func() {
			customers++
			s := o.writes(fmt.Sprint("c", customers))
			for range 3 {
				ok(t, o.desk.Mark(t.Context(), desktop("ann"), ref(o.session(s.ID)), true))
				o.pass(22 * time.Second)
				o.beats(desktop("ann"), desktop("pat"), page(s.Customer))
			}
		}},
		{"is back", becomes("ann", ready)},
		{"ends the last session (next status)", last(offline)},
		{"signs in", signsIn},
		{"signs out", becomes("ann", offline)},
		{"signs in", signsIn},
		{"gives no sign of life for the lease", func() { o.pass(160 * time.Second); o.sweeps() }},
	} {
		from := seen()
		step.do()
		if to := seen(); from == to {
			t.Fatalf("%s: still %s", step.name, to)
		} else {
			d.add(from, to, step.name)
		}
	}
	return d
}
