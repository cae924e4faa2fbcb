package agent_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"testing"

	"github.com/parley-chat/parley/functions/agent"
	"github.com/parley-chat/parley/functions/chat"
	"github.com/parley-chat/parley/functions/customer"
	"github.com/parley-chat/parley/functions/socket"
	"github.com/parley-chat/parley/infra/dynamo/dynamotest"
)

func TestMain(m *testing.M) { os.Exit(dynamotest.Main(m)) }

// quiet is a world in which nobody routes and no socket hears anything.
type quiet struct{}

func (quiet) Start(context.Context, chat.Execution) error                           { return nil }
func (quiet) Answer(context.Context, string, chat.Answer) error                     { return nil }
func (quiet) Push(context.Context, []chat.Connection, chat.Event) []chat.Connection { return nil }

// stage is the functions behind both routes, over one store.
type stage struct {
	*testing.T
	desk     *chat.Desk
	agent    *agent.Handler
	customer *customer.Handler
}

func newStage(t *testing.T) stage {
	t.Helper()
	store := dynamotest.New(t, dynamotest.Options{})
	desk := chat.New(store, quiet{}, quiet{}, slog.New(slog.DiscardHandler))
	s := stage{t, desk, agent.New(desk), customer.New(desk)}
	ctx := t.Context()
	s.ok(store.PutQueue(ctx, chat.Queue{ID: "sales", Name: "Sales", Strategy: chat.BeepAll}))
	s.ok(store.PutQueue(ctx, chat.Queue{ID: "billing", Name: "Billing", Strategy: chat.BeepAll}))
	s.ok(store.PutWebsite(ctx, chat.Website{ID: "shop", Name: "Shop", Queues: []string{"sales"}}))
	for _, a := range []chat.Agent{
		{ID: "ann", Name: "Ann", Queues: []string{"sales"}, Capacity: 3},
		{ID: "bob", Name: "Bob", Queues: []string{"billing"}, Capacity: 3},
		{ID: "sue", Name: "Sue", Queues: []string{"billing"}, Capacity: 1, Supervisor: true},
	} {
		s.ok(store.PutAgent(ctx, a))
	}
	for _, a := range []string{"ann", "bob"} {
		s.asks(a, `"type":"hello","signIn":true`, "welcome")
	}
	return s
}

func (s stage) ok(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// answer is of any frame what these tests look at.
type answer struct {
	Type    string
	Re      int64
	Code    string
	Session json.RawMessage // an object of a session frame, a name elsewhere
	Me      struct{ State, Next string }
	Agents  []struct{ ID, State string }
	Queues  []struct{ Available int }
	Offers  []struct{ Kind, Outcome string }
}

type view struct {
	Session, State string
	Generation     int
	Agent          *struct{ ID string }
	Assist         []struct{ ID string }
	Transfer       *struct {
		Round  int
		Assist bool
	}
	Queue struct{ ID string }
}

// asks sends a frame of an agent and returns the answer, which must be of that type.
func (s stage) asks(who, fields, want string) answer {
	s.Helper()
	e := socket.Event{Body: `{"action":"agent","id":7,` + fields + `}`}
	e.RequestContext.ConnectionID = "conn-" + who
	e.RequestContext.Authorizer = map[string]any{"role": "agent", "id": who}
	return s.answered(e, s.agent.Handle, fields, want)
}

// writes sends a frame of the customer.
func (s stage) writes(fields, want string) answer {
	s.Helper()
	e := socket.Event{Body: `{"action":"customer","id":7,` + fields + `}`}
	e.RequestContext.ConnectionID = "conn-c1"
	e.RequestContext.Authorizer = map[string]any{"role": "customer", "id": "c1", "website": "shop"}
	return s.answered(e, s.customer.Handle, fields, want)
}

func (s stage) answered(e socket.Event, handle func(context.Context, socket.Event) (socket.Reply, error), fields, want string) (a answer) {
	s.Helper()
	r, err := handle(s.Context(), e)
	s.ok(err)
	if r.StatusCode != 200 {
		s.Fatalf("%s: status %d", fields, r.StatusCode)
	}
	s.ok(json.Unmarshal([]byte(r.Body), &a))
	if a.Type != want || a.Re != 7 {
		s.Fatalf("%s: answered %s, want %s", fields, r.Body, want)
	}
	return a
}

func (s stage) view(a answer) (v view) {
	s.Helper()
	s.ok(json.Unmarshal(a.Session, &v))
	return v
}

// Ensure that what agents ask for is done and answered with the frame that the contract names.
func TestAgentsRequests(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	id := s.view(s.writes(`"type":"start","nonce":"n1","cid":"m1","text":"Hello?"`, "session")).Session
	session := fmt.Sprintf(`"session":%q`, id)
	offer := func(generation, round int) string {
		return fmt.Sprintf(`%s,"generation":%d,"round":%d`, session, generation, round)
	}
	s.ok(s.desk.Route(t.Context(), chat.Visit{Session: id, Generation: 1, Entered: s.desk.Now(), Token: "t1"}))

	if v := s.view(s.asks("ann", `"type":"accept",`+offer(1, 1), "session")); v.State != "ACTIVE" || v.Agent.ID != "ann" {
		t.Errorf("accepted: %+v", v)
	}
	if v := s.view(s.asks("ann", `"type":"transfer","agent":"bob","assist":true,"note":"Help!",`+session, "session")); v.Transfer == nil || !v.Transfer.Assist {
		t.Errorf("invited: %+v", v)
	}
	if v := s.view(s.asks("ann", `"type":"withdraw",`+session, "session")); v.Transfer != nil {
		t.Errorf("taken back: %+v", v)
	}
	s.asks("ann", `"type":"transfer","agent":"bob","assist":true,`+session, "session")
	if v := s.view(s.asks("bob", `"type":"accept",`+offer(1, 3), "session")); len(v.Assist) != 1 || v.Agent.ID != "ann" {
		t.Errorf("joined: %+v", v)
	}
	if v := s.view(s.asks("ann", `"type":"leave","agent":"bob",`+session, "session")); len(v.Assist) != 0 {
		t.Errorf("sent away: %+v", v)
	}
	s.asks("ann", `"type":"transfer","queue":"billing",`+session, "session")
	s.asks("bob", `"type":"reject",`+offer(1, 4), "done")
	if v := s.view(s.asks("ann", `"type":"transfer","queue":"billing","blind":true,`+session, "session")); v.State != "WAITING" || v.Generation != 2 || v.Queue.ID != "billing" {
		t.Errorf("given away: %+v", v)
	}

	if l := s.asks("ann", `"type":"ledger",`+session, "ledger"); len(l.Offers) != 4 || l.Offers[0].Kind != "transfer" || l.Offers[0].Outcome != "rejected" {
		t.Errorf("ledger: %+v", l)
	}
	if l := s.asks("sue", `"type":"team"`, "team"); len(l.Agents) != 3 || len(l.Queues) != 2 {
		t.Errorf("team: %+v", l)
	}
	if l := s.asks("ann", `"type":"status","state":"PAUSED","reason":"Lunch","after":true`, "status"); l.Me.State != "PAUSED" {
		t.Errorf("with nothing open: %+v", l)
	}
	if l := s.asks("sue", `"type":"status","state":"READY","agent":"ann"`, "team"); len(l.Agents) != 1 || l.Agents[0].ID != "ann" || l.Agents[0].State != "READY" {
		t.Errorf("by a supervisor: %+v", l)
	}
	s.asks("bob", `"type":"messages"`, "messages")
}

// Ensure that a refusal says why, and of which session.
func TestAgentsAreRefused(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	id := s.view(s.writes(`"type":"start","nonce":"n1","cid":"m1","text":"Hello?"`, "session")).Session
	session := fmt.Sprintf(`"session":%q`, id)
	for _, c := range []struct{ who, fields, code, session string }{
		{"ann", `"type":"transfer","queue":"billing",` + session, "not_yours", `"` + id + `"`},
		{"ann", `"type":"withdraw",` + session, "not_yours", ""},
		{"ann", `"type":"leave",` + session, "not_yours", ""},
		{"ann", `"type":"ledger",` + session, "not_yours", ""},
		{"ann", `"type":"pick",` + session, "late", `"` + id + `"`},
		{"ann", `"type":"status","state":"PAUSED","agent":"bob"`, "forbidden", ""},
		{"sue", `"type":"status","state":"PAUSED","agent":"nobody"`, "not_found", ""},
		{"zoe", `"type":"team"`, "forbidden", ""},
		{"zoe", `"type":"messages"`, "forbidden", ""},
		{"ann", `"type":"start","nonce":"n","cid":"c","text":"x"`, "unknown_type", ""},
	} {
		if a := s.asks(c.who, c.fields, "error"); a.Code != c.code || string(a.Session) != c.session {
			t.Errorf("%s, %s: %s of %s, want %s of %s", c.who, c.fields, a.Code, a.Session, c.code, c.session)
		}
	}
	for _, fields := range []string{`"type":"transfer","queue":"billing",` + session, `"type":"team"`} {
		if a := s.writes(fields, "error"); a.Code != "unknown_type" {
			t.Errorf("a customer asks %s and hears %s", fields, a.Code)
		}
	}
}
