package dynamo_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/functions/chat"
	"github.com/parley-chat/parley/infra/dynamo"
	"github.com/parley-chat/parley/infra/dynamo/dynamotest"
	"github.com/parley-chat/parley/infra/dynamo/faults"
)

// weather is what a bad hour of the real service looks like, and worse.
var weather = faults.Chances{Conflict: 0.02, Throttle: 0.01, LostReply: 0.02}

// stubborn repeats a command as a client does whose answer was lost or who was told to try again.
func stubborn[T any](f func() (T, error)) (T, error) {
	for {
		v, err := f()
		var refused *chat.Error
		if err == nil || errors.As(err, &refused) && !refused.Retry {
			return v, err
		}
	}
}

// Ensure that of 200 agents who accept one session at the same moment exactly one wins, in each of 50 rounds and whatever the
// network does, and that who asks again hears the same again.
func TestAcceptRace(t *testing.T) {
	t.Parallel()
	const racers, rounds = 200, 50
	tables := dynamotest.Tables(t)
	s := dynamotest.Open(t, tables, dynamotest.Options{})
	var transactions recorder
	d := desk(dynamotest.Open(t, tables, dynamotest.Options{Faults: faults.Random(1, weather), Observe: transactions.observe}))
	agents := make([]string, racers)
	for i := range agents {
		agents[i] = fmt.Sprintf("a%03d", i)
	}
	furnish(t, s, chat.BeepAll, agents...)
	ok(t, s.PutLicence(t.Context(), 2*chat.ShardSeats))

	var wins, lengths []time.Duration
	tried, owned := 0, map[string]int{}
	for round := range rounds {
		n := offered(t, s, fmt.Sprintf("race%02d", round), agents)
		started := time.Now()
		winner := race(t, d, n, agents)
		lengths = append(lengths, time.Since(started))
		owned[winner]++
		for _, c := range transactions.take("TransactWriteItems") {
			if tried++; c.Status == http.StatusOK {
				wins = append(wins, c.At.Add(c.Took).Sub(started))
			}
		}

		state, last, err := s.Tail(t.Context(), n.ID)
		ok(t, err)
		o, err := s.Offer(t.Context(), ref(n))
		ok(t, err)
		if state.State != chat.Active || state.Agent != winner || last.Kind != chat.KindAccepted || last.By != winner || last.Place != 2 ||
			o.Outcome != chat.OfferAccepted || o.By != winner {
			t.Fatalf("round %d: %s won, but state row %+v, row %+v, offer %+v", round, winner, state, last, o)
		}
	}
	held, used := 0, 0
	all, err := s.Agents(t.Context(), agents)
	ok(t, err)
	for _, a := range all {
		held += len(a.Open)
		if len(a.Open) != owned[a.ID] {
			t.Errorf("%s has %v open and won %d", a.ID, a.Open, owned[a.ID])
		}
	}
	shards, err := s.Shards(t.Context())
	ok(t, err)
	for _, sh := range shards {
		used += sh.Used
	}
	if held != rounds || used != rounds {
		t.Errorf("%d sessions are open with agents and %d seats used, want %d", held, used, rounds)
	}
	t.Logf("%d rounds of %d agents: won after %v (median; longest %v), everybody knew after %v (longest %v), %.1f transactions a round",
		rounds, racers, median(wins), slices.Max(wins), median(lengths), slices.Max(lengths), float64(tried)/rounds)
}

// offered makes a session whose offer shows to all these agents: more than a router asks.
func offered(t *testing.T, s *dynamo.Store, id string, agents []string) chat.Session {
	t.Helper()
	at := now()
	n := chat.Session{ID: id, State: chat.Offered, Version: 1, Website: website, Queue: queue, Customer: id, Generation: 1, Round: 1,
		Offered: chat.Everybody, Until: at.Add(time.Minute), Token: token, Queued: at, Since: at, Turn: at, Asked: 1}
	ok(t, s.Commit(t.Context(), chat.Change{Name: "offered", New: true, Now: n,
		Row:    &chat.Row{Session: id, Place: 1, Kind: chat.KindMessage, Side: chat.FromCustomer, Text: "Hello?", At: at, Version: 1},
		Writes: []chat.Write{chat.OpenOffer{Offer: chat.Offer{OfferRef: ref(n), To: agents, At: at, Until: n.Until}}}}))
	return n
}

// race lets all agents accept at once, a fifth of them and the winner again, and returns the winner.
func race(t *testing.T, d *chat.Desk, n chat.Session, agents []string) (winner string) {
	t.Helper()
	start := make(chan struct{})
	var mu sync.Mutex
	var winners []string
	says := map[string]bool{}
	var wg sync.WaitGroup
	for i, a := range agents {
		wg.Go(func() {
			<-start
			heard := make([]string, 1, 2) // each answer names the owner
			if i%5 == 0 {
				heard = heard[:2] // and asks again; the winner does so below
			}
			for i := range heard {
				v, err := stubborn(func() (chat.View, error) { return d.Accept(context.Background(), agentConnection(a), ref(n)) })
				var refused *chat.Error
				switch {
				case err == nil:
					heard[i] = v.Session.Agent
				case errors.As(err, &refused) && refused.Code == chat.CodeTaken:
					heard[i] = refused.By.ID
				default:
					t.Errorf("%s: %v", a, err)
				}
				if i == 0 && err == nil {
					mu.Lock()
					winners = append(winners, a)
					mu.Unlock()
				}
			}
			mu.Lock()
			defer mu.Unlock()
			for _, owner := range heard {
				says[owner] = true
			}
		})
	}
	close(start)
	wg.Wait()
	if len(winners) != 1 || len(says) != 1 || !says[winners[0]] {
		t.Fatalf("%s: winners %v, and agents heard that these have it: %v", n.ID, winners, says)
	}
	again, err := stubborn(func() (chat.View, error) { return d.Accept(t.Context(), agentConnection(winners[0]), ref(n)) })
	if err != nil || again.Session.Agent != winners[0] {
		t.Fatalf("%s: the winner asks again and hears %v, %v", n.ID, again.Session.Agent, err)
	}
	return winners[0]
}

// Ensure that 40 tabs who write into one session at the same time leave one log: no gap, nothing twice, nothing acknowledged
// missing, each tab's messages in their order; while replies get lost, transactions meet and frames are handled twice.
func TestLogRace(t *testing.T) {
	t.Parallel()
	const writers, messages = 40, 10
	tables := dynamotest.Tables(t)
	s := dynamotest.Open(t, tables, dynamotest.Options{})
	var r recorder
	bad := faults.Chances{Conflict: 0.05, Throttle: 0.02, LostReply: 0.05}
	d := desk(dynamotest.Open(t, tables, dynamotest.Options{Faults: faults.Random(2, bad), Observe: r.observe}))
	d.Rate = writers * messages
	furnish(t, s, chat.BeepAll, "a1")
	n := route(t, d, started(t, d))
	_, err := stubborn(func() (chat.View, error) { return d.Accept(t.Context(), agentConnection("a1"), ref(n)) })
	ok(t, err)
	r.take()

	var mu sync.Mutex
	acknowledged := map[string]int{} // cid -> place
	began := time.Now()
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			dice := rand.New(rand.NewPCG(uint64(w), 3))
			c := customerConnection
			if w%2 == 1 {
				c = agentConnection("a1")
			}
			c.ID = fmt.Sprintf("tab%d", w)
			seen := 2
			for i := range messages {
				m := chat.Outgoing{Session: n.ID, CID: fmt.Sprintf("w%02d-%02d", w, i), Text: "text", After: seen}
				send := func() int {
					row, err := stubborn(func() (chat.Row, error) { return d.Send(context.Background(), c, m) })
					if err != nil {
						t.Errorf("%s: %v", m.CID, err)
					}
					return row.Place
				}
				var twice sync.WaitGroup
				if dice.IntN(4) == 0 { // the frame is handled twice
					twice.Go(func() {
						if place := send(); place != 0 {
							mu.Lock()
							defer mu.Unlock()
							if was, known := acknowledged[m.CID]; known && was != place {
								t.Errorf("%s is at %d and at %d", m.CID, was, place)
							}
							acknowledged[m.CID] = place
						}
					})
				}
				place := send()
				twice.Wait()
				mu.Lock()
				if was, known := acknowledged[m.CID]; known && was != place {
					t.Errorf("%s is at %d and at %d", m.CID, was, place)
				}
				acknowledged[m.CID] = place
				mu.Unlock()
				if dice.IntN(3) > 0 { // else this tab composes the next one before it has seen anything new
					seen = place
				}
			}
		})
	}
	wg.Wait()
	took := time.Since(began)

	page, err := s.Log(t.Context(), n.ID, 1, 2*writers*messages)
	ok(t, err)
	if got, want := len(page.Rows), 2+writers*messages; got != want {
		t.Errorf("the log has %d rows, want %d", got, want)
	}
	last := map[string]string{} // of each writer, the last message seen
	for i, row := range page.Rows {
		if row.Place != i+1 {
			t.Fatalf("row %d has place %d: a gap", i+1, row.Place)
		}
		if i < 2 {
			continue
		}
		if acknowledged[row.CID] != row.Place {
			t.Errorf("%s is at %d, acknowledged at %d", row.CID, row.Place, acknowledged[row.CID])
		}
		writer := row.CID[:3]
		if row.CID <= last[writer] {
			t.Errorf("%s stands behind %s", row.CID, last[writer])
		}
		last[writer] = row.CID
	}
	calls, lost := r.take(), 0
	for _, c := range calls {
		if c.Fault == faults.LostReply {
			lost++
		}
	}
	t.Logf("%d messages of %d writers in %v, %.1f calls a message, %d replies lost", writers*messages, writers, took,
		float64(len(calls))/(writers*messages), lost)
}

// Ensure that a customer who starts in 20 tabs at once has one session, with every tab's text in it once.
func TestStartRace(t *testing.T) {
	t.Parallel()
	const tabs = 20
	for _, c := range []struct {
		name string
		gone bool // an older session of this customer is past its retention but not yet deleted
	}{{"first session", false}, {"after one that is gone", true}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tables := dynamotest.Tables(t)
			quiet := dynamotest.Open(t, tables, dynamotest.Options{})
			furnish(t, quiet, chat.BeepAll)
			s := dynamotest.Open(t, tables, dynamotest.Options{Faults: faults.Random(4, weather)})
			d := desk(s)
			d.Rate = 10 * tabs
			gone := ""
			if c.gone {
				gone = started(t, d).ID
				_, err := d.Leave(t.Context(), customerConnection, gone)
				ok(t, err)
				later := func() time.Time { return time.Now().Add(d.Retention + time.Hour) }
				d.Now, s.Now, quiet.Now = later, later, later
			}
			var mu sync.Mutex
			sessions := map[string]bool{}
			var wg sync.WaitGroup
			for tab := range tabs {
				wg.Go(func() {
					v, err := stubborn(func() (chat.View, error) {
						return d.Start(context.Background(), customerConnection, chat.Opening{Nonce: fmt.Sprint("nonce", tab), CID: fmt.Sprint("cid", tab), Text: "Hello?"})
					})
					if err != nil {
						t.Errorf("tab %d: %v", tab, err)
					}
					mu.Lock()
					defer mu.Unlock()
					sessions[v.Session.ID] = true
				})
			}
			wg.Wait()
			id, err := quiet.SessionOf(t.Context(), website, customer)
			ok(t, err)
			if len(sessions) != 1 || !sessions[id] || id == gone {
				t.Fatalf("tabs are in %v, the pointer shows to %s (gone: %q)", sessions, id, gone)
			}
			page, err := quiet.Log(t.Context(), id, 1, 100)
			ok(t, err)
			var cids []string
			for _, row := range page.Rows {
				cids = append(cids, row.CID)
			}
			slices.Sort(cids)
			if n := len(slices.Compact(cids)); n != tabs || len(page.Rows) != tabs {
				t.Errorf("%d rows with %d texts, want %d", len(page.Rows), n, tabs)
			}
		})
	}
}

func median(ds []time.Duration) time.Duration {
	return slices.Sorted(slices.Values(ds))[len(ds)/2].Round(100 * time.Microsecond)
}
