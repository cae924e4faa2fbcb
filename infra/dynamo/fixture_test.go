package dynamo_test

import (
	"context"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/functions/chat"
	"github.com/parley-chat/parley/infra/dynamo"
	"github.com/parley-chat/parley/infra/dynamo/dynamotest"
	"github.com/parley-chat/parley/infra/dynamo/faults"
)

func TestMain(m *testing.M) { os.Exit(dynamotest.Main(m)) }

// token is as long as a task token of Step Functions usually is.
var token = strings.Repeat("t", 1000)

const (
	website  = "shop"
	queue    = "sales"
	customer = "c1"
)

var customerConnection = chat.Connection{Principal: chat.Principal{Role: chat.RoleCustomer, ID: customer, Website: website}, ID: "cc"}

func agentConnection(id string) chat.Connection {
	return chat.Connection{Principal: chat.Principal{Role: chat.RoleAgent, ID: id}, ID: "conn-" + id}
}

func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// noRouter and noPusher take what Desk tells them; these tests are about the store.
type noRouter struct{}

func (noRouter) Start(context.Context, chat.Execution) error       { return nil }
func (noRouter) Answer(context.Context, string, chat.Answer) error { return nil }

type noPusher struct{}

func (noPusher) Push(context.Context, []chat.Connection, chat.Event) []chat.Connection { return nil }

func desk(s *dynamo.Store) *chat.Desk {
	return chat.New(s, noPusher{}, noRouter{}, slog.New(slog.NewTextHandler(io.Discard, nil)))
}

// furnish makes a website with one queue and agents who are READY.
func furnish(tb testing.TB, s *dynamo.Store, strategy chat.Strategy, agents ...string) {
	tb.Helper()
	ok(tb, s.PutQueue(tb.Context(), chat.Queue{ID: queue, Name: "Sales", Strategy: strategy, Timeout: chat.DefaultTimeout,
		LostAfter: chat.DefaultLostAfter}))
	ok(tb, s.PutWebsite(tb.Context(), chat.Website{ID: website, Name: "Shop", Origins: []string{"https://shop.example"}, Queues: []string{queue}}))
	for _, a := range agents {
		ok(tb, s.PutAgent(tb.Context(), chat.Agent{ID: a, Name: "Agent " + a, Capacity: chat.DefaultCapacity, Queues: []string{queue}}))
		ok(tb, s.SetAvailability(tb.Context(), chat.SetAvailability{Agent: a, State: chat.Ready, At: now()}))
	}
}

// started makes a session that waits, by the rule that starts one.
func started(tb testing.TB, d *chat.Desk) chat.Session {
	tb.Helper()
	v, err := d.Start(tb.Context(), customerConnection, chat.Opening{Nonce: "n1", CID: "m1", Text: "Where is my parcel?",
		Person: chat.Person{Name: "Ada", Language: "en", PageURL: "https://shop.example/basket", Page: "Basket"}})
	ok(tb, err)
	return v.Session
}

// route lets the router visit a session, as an execution with a token does.
func route(tb testing.TB, d *chat.Desk, s chat.Session) chat.Session {
	tb.Helper()
	ok(tb, d.Route(tb.Context(), chat.Visit{Session: s.ID, Generation: s.Generation, Part: s.Part, Entered: now(), Token: token}))
	s, err := d.Store.Session(tb.Context(), s.ID)
	ok(tb, err)
	return s
}

func ref(s chat.Session) chat.OfferRef {
	return chat.OfferRef{Session: s.ID, Generation: s.Generation, Round: s.Round}
}

func ok(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// recorder keeps the calls of a store.
type recorder struct {
	mu    sync.Mutex
	calls []faults.Call
}

func (r *recorder) observe(c faults.Call) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, c)
}

// take returns the calls of these operations since the last take.
func (r *recorder) take(operations ...string) []faults.Call {
	r.mu.Lock()
	defer r.mu.Unlock()
	calls := slices.DeleteFunc(r.calls, func(c faults.Call) bool { return len(operations) > 0 && !slices.Contains(operations, c.Operation) })
	r.calls = nil
	return calls
}

// units sums what calls consumed of tables and of indexes.
func units(calls []faults.Call) (tables, indexes float64) {
	for _, c := range calls {
		for _, u := range c.Capacity {
			tables += u.Units
			for _, i := range u.Indexes {
				tables -= i
				indexes += i
			}
		}
	}
	return tables, indexes
}
