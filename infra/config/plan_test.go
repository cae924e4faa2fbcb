package config_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/functions/chat"
	"github.com/parley-chat/parley/infra/config"
	"github.com/parley-chat/parley/infra/dynamo"
	"github.com/parley-chat/parley/infra/dynamo/dynamotest"
)

func TestMain(m *testing.M) { os.Exit(dynamotest.Main(m)) }

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func parsed(t *testing.T, text string) config.File {
	t.Helper()
	f, err := config.Parse([]byte(text), config.Options{})
	ok(t, err)
	return f
}

func diff(t *testing.T, s config.Store, f config.File) config.Plan {
	t.Helper()
	p, err := config.Diff(t.Context(), s, f)
	ok(t, err)
	return p
}

func apply(t *testing.T, s config.Store, f config.File) {
	t.Helper()
	ok(t, config.Apply(t.Context(), s, diff(t, s, f), nil))
}

func printed(t *testing.T, p config.Plan, colour bool) string {
	t.Helper()
	var b strings.Builder
	ok(t, p.Print(&b, colour))
	return b.String()
}

// Ensure that a stack becomes what a file says, is then as it says, and tells the same file.
func TestApply(t *testing.T) {
	t.Parallel()
	s := dynamotest.New(t, dynamotest.Options{})
	want := parsed(t, whole)
	var made []string
	ok(t, config.Apply(t.Context(), s, diff(t, s, want), func(c config.Change) { made = append(made, string(c.Op)+c.Title()) }))
	if want := []string{"~settings", "+queue plants", "+queue orders", "+website fern", "+agent auth0|5f7c8ec7", "+agent marta"}; !slices.Equal(made, want) {
		t.Errorf("made %q, want %q", made, want)
	}
	if p := diff(t, s, want); len(p.Changes)+len(p.Refusals) > 0 {
		t.Errorf("still to change:\n%s", printed(t, p, false))
	}
	got, err := config.Export(t.Context(), s)
	ok(t, err)
	slices.SortFunc(want.Queues, func(a, b config.Queue) int { return strings.Compare(a.ID, b.ID) })
	if !reflect.DeepEqual(got, want) {
		t.Errorf("exported\n%+v\nwant\n%+v", got, want)
	}
	text, err := got.Marshal()
	ok(t, err)
	if again := parsed(t, string(text)); !reflect.DeepEqual(again, want) {
		t.Errorf("written and read again\n%+v\nwant\n%+v", again, want)
	}
}

// Ensure that people see what would change, and that only that changes: an agent at work stays at work.
func TestDiff(t *testing.T) {
	t.Parallel()
	s := dynamotest.New(t, dynamotest.Options{})
	apply(t, s, parsed(t, whole))
	ok(t, s.SetAvailability(t.Context(), chat.SetAvailability{Agent: "marta", State: chat.Ready, At: time.Now()}))

	next := parsed(t, whole)
	next.Licence, next.PauseReasons = 0, nil
	next.Queues[1].Timeout = 45
	next.Websites[0].Greeting = "Two\nlines"
	next.Agents[1].Queues = []string{"orders"}
	next.Agents = append(next.Agents[1:], config.Agent{ID: "sofia", Name: "Sofia", Capacity: 5})
	p := diff(t, s, next)
	want := `~ settings
    licence: 100 → (none)
    pauseReasons: [Tea, Cake] → (none)
~ queue orders
    timeout: 20 → 45
~ website fern
    greeting: Hello! → "Two\nlines"
~ agent marta
    queues: (none) → [orders]
+ agent sofia
    name: Sofia
    capacity: 5
- agent auth0|5f7c8ec7
1 to add, 4 to change, 1 to delete.
`
	if got := printed(t, p, false); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := printed(t, p, true); !strings.Contains(got, "\x1b[31m- agent auth0|5f7c8ec7\x1b[0m\n") || !strings.Contains(got, "\x1b[32m+ agent sofia\x1b[0m\n") {
		t.Errorf("in colour\n%q", got)
	}
	ok(t, config.Apply(t.Context(), s, p, nil))
	marta, err := s.Agent(t.Context(), "marta")
	ok(t, err)
	if marta.State != chat.Ready || !slices.Equal(marta.Queues, []string{"orders"}) {
		t.Errorf("marta is %+v", marta)
	}
	if got := printed(t, diff(t, s, next), false); got != "Nothing to change: the stack is as the file says.\n" {
		t.Errorf("got\n%s", got)
	}
}

// without is a file without a queue, wherever it is named.
func without(f config.File, queue string) config.File {
	is := func(id string) bool { return id == queue }
	f.Queues = slices.DeleteFunc(slices.Clone(f.Queues), func(q config.Queue) bool { return is(q.ID) })
	f.Websites, f.Agents = slices.Clone(f.Websites), slices.Clone(f.Agents)
	for i := range f.Websites {
		f.Websites[i].Queues = slices.DeleteFunc(slices.Clone(f.Websites[i].Queues), is)
	}
	for i := range f.Agents {
		f.Agents[i].Queues = slices.DeleteFunc(slices.Clone(f.Agents[i].Queues), is)
	}
	return f
}

// The parts of a Desk that these tests do without.
type nobody struct{}

func (nobody) Start(context.Context, chat.Execution) error                           { return nil }
func (nobody) Answer(context.Context, string, chat.Answer) error                     { return nil }
func (nobody) Push(context.Context, []chat.Connection, chat.Event) []chat.Connection { return nil }

// Ensure that nothing is deleted that somebody uses, that a plan with one such deletion changes nothing at all, and that a queue is
// deleted in the order that the refusal names: closed to new sessions, drained, left without agents, gone.
func TestDeleteInOrder(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := dynamotest.New(t, dynamotest.Options{})
	f := parsed(t, whole)
	f.Websites[0].Hours, f.Websites[0].Messages = nil, nil // nobody is there at any hour, and customers wait all the same
	apply(t, s, f)
	desk := chat.New(s, nobody{}, nobody{}, slog.New(slog.NewTextHandler(io.Discard, nil)))
	customer := chat.Connection{Principal: chat.Principal{Role: chat.RoleCustomer, ID: "c1", Website: "fern"}, ID: "c"}
	agent := chat.Connection{Principal: chat.Principal{Role: chat.RoleAgent, ID: "auth0|5f7c8ec7"}, ID: "a"}
	waiting, err := desk.Start(ctx, customer, chat.Opening{Nonce: "n", CID: "m", Text: "Hello", Queue: "orders"})
	ok(t, err)

	refused := func(next config.File, want ...string) {
		t.Helper()
		p := diff(t, s, next)
		var r *config.Refused
		if err := config.Apply(ctx, s, p, nil); !errors.As(err, &r) || !slices.Equal(r.Why, want) {
			t.Errorf("got\n%v\nwant\n%s", err, strings.Join(want, "\n"))
		}
		if got, err := config.Export(ctx, s); err != nil || got.Licence != f.Licence || len(got.Queues) != len(f.Queues) {
			t.Errorf("something was changed: %+v, %v", got, err)
		}
	}
	const order = ", only closed to new ones: keep it in the file, take it out of the `queues` of all websites and, when its chats are over, of " +
		"all agents. The next file may be without it."
	next := without(f, "orders")
	next.Licence = 5
	refused(next, "Queue orders cannot be deleted while it has 1 website, 1 agent and 1 open chat"+order)
	next = f
	next.Websites = nil
	refused(next, "Website fern cannot be deleted while it has 1 open chat: their customers could not connect again.")

	// Closed to new ones: the session that waits is served all the same.
	closed := f
	closed.Websites = without(f, "orders").Websites
	apply(t, s, closed)
	refused(without(f, "orders"), "Queue orders cannot be deleted while it has 1 agent and 1 open chat"+order)
	_, err = desk.Hello(ctx, agent, chat.Greeting{SignIn: true})
	ok(t, err)
	ok(t, desk.Route(ctx, chat.Visit{Session: waiting.Session.ID, Generation: 1, Entered: time.Now(), Token: "t"}))
	offered, err := s.Session(ctx, waiting.Session.ID)
	ok(t, err)
	_, err = desk.Accept(ctx, agent, chat.OfferRef{Session: offered.ID, Generation: offered.Generation, Round: offered.Round})
	ok(t, err)
	alone := closed
	alone.Agents = f.Agents[1:]
	refused(alone, "Agent auth0|5f7c8ec7 cannot be deleted while they have 1 open chat: they have to sign out first.")
	unmanned := without(f, "orders")
	unmanned.Queues = f.Queues
	apply(t, s, unmanned)
	refused(without(f, "orders"), "Queue orders cannot be deleted while it has 1 open chat"+order)

	_, err = desk.Close(ctx, agent, chat.Closing{Session: offered.ID, Disposition: "Solved"})
	ok(t, err)
	refused(alone, "Agent auth0|5f7c8ec7 cannot be deleted while they are signed in: they have to sign out first.")
	apply(t, s, without(f, "orders"))
	_, err = desk.SetAvailability(ctx, agent, chat.Wish{State: chat.Offline})
	ok(t, err)
	apply(t, s, config.File{Queues: f.Queues[:1]}) // nobody asks for plants any more, and everybody is gone
	apply(t, s, config.File{})
	got, err := config.Export(ctx, s)
	ok(t, err)
	if !reflect.DeepEqual(got, config.File{}) {
		t.Errorf("left over: %+v", got)
	}
}

// stubborn refuses to take one agent.
type stubborn struct{ *dynamo.Store }

func (stubborn) PutAgent(context.Context, chat.Agent) error { return errors.New("no answer") }

// Ensure that an error names what was not made, and that the next plan has the rest.
func TestApplyStopsAndGoesOn(t *testing.T) {
	t.Parallel()
	s := dynamotest.New(t, dynamotest.Options{})
	f := parsed(t, whole)
	err := config.Apply(t.Context(), s, diff(t, s, f), nil)
	ok(t, err)
	f.Agents[1].Name, f.Queues[0].Weight = "Marta K.", 1
	if err := config.Apply(t.Context(), stubborn{s}, diff(t, s, f), nil); err == nil || err.Error() != "agent marta: no answer" {
		t.Errorf("got %v", err)
	}
	if got := printed(t, diff(t, s, f), false); got != "~ agent marta\n    name: Marta Kovač → Marta K.\n0 to add, 1 to change, 0 to delete.\n" {
		t.Errorf("left to do:\n%s", got)
	}
	if err := config.Put(t.Context(), stubborn{s}, f); err == nil || err.Error() != "agent auth0|5f7c8ec7: no answer" {
		t.Errorf("put: %v", err)
	}
}

// Ensure that an agent who comes to work between diff and apply is not deleted.
func TestDeleteAgentWhoComes(t *testing.T) {
	t.Parallel()
	s := dynamotest.New(t, dynamotest.Options{})
	f := parsed(t, whole)
	apply(t, s, f)
	f.Agents = f.Agents[:1]
	p := diff(t, s, f)
	ok(t, s.SetAvailability(t.Context(), chat.SetAvailability{Agent: "marta", State: chat.Ready, At: time.Now()}))
	if err := config.Apply(t.Context(), s, p, nil); err == nil || !strings.HasPrefix(err.Error(), "agent marta: they have come to work meanwhile") {
		t.Errorf("got %v", err)
	}
}

// Ensure that Put writes everything and deletes nothing.
func TestPut(t *testing.T) {
	t.Parallel()
	s := dynamotest.New(t, dynamotest.Options{})
	ok(t, config.Put(t.Context(), s, parsed(t, whole)))
	ok(t, config.Put(t.Context(), s, parsed(t, shop)))
	got, err := config.Export(t.Context(), s)
	ok(t, err)
	if len(got.Websites) != 2 || len(got.Queues) != 3 || len(got.Agents) != 3 || got.Licence != 0 || got.PauseReasons != nil {
		t.Errorf("got %+v", got)
	}
}
