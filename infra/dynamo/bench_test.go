package dynamo_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/parley-chat/parley/functions/chat"
	"github.com/parley-chat/parley/infra/dynamo/dynamotest"
)

// BenchmarkMessage is what one message asks of the store: read the log, append, look up both sides' connections. Each goroutine
// writes in a session of its own.
func BenchmarkMessage(b *testing.B) {
	s := dynamotest.New(b, dynamotest.Options{})
	ctx := b.Context()
	var sessions atomic.Int64
	text := strings.Repeat("hello ", 20)
	b.SetParallelism(4)
	b.RunParallel(func(p *testing.PB) {
		n := sessions.Add(1)
		at := now()
		state := chat.Session{ID: fmt.Sprint("s", n), State: chat.Active, Version: 2, Website: website, Queue: queue, Customer: fmt.Sprint("c", n),
			Generation: 1, Round: 1, Agent: fmt.Sprint("a", n), Queued: at, Since: at, Turn: at, Started: at, Due: at, Asked: 1}
		ok(b, s.Commit(ctx, chat.Change{Name: "make", New: true, Now: state, Row: &chat.Row{Session: state.ID, Place: 1, At: at}}))
		people := []chat.Principal{{Role: chat.RoleCustomer, ID: state.Customer, Website: website}, {Role: chat.RoleAgent, ID: state.Agent}}
		for _, who := range people {
			ok(b, s.Connect(ctx, chat.Connection{Principal: who, ID: "x", Seen: at, Expires: at.AddDate(0, 0, 1)}))
		}
		for head := 1; p.Next(); head++ {
			page, err := s.Log(ctx, state.ID, head, 200)
			if err != nil || page.Session == nil || len(page.Rows) != 1 {
				b.Fatal(page, err)
			}
			if _, err := s.Append(ctx, chat.Row{Session: state.ID, Place: head + 1, Kind: chat.KindMessage, Side: chat.FromAgent, By: state.Agent, Name: "Agent", Text: text,
				CID: "0123456789abcdef", At: at, Version: 2, Expires: at.AddDate(1, 0, 0)}); err != nil {
				b.Fatal(err)
			}
			for _, who := range people {
				if found, err := s.ConnectionsOf(ctx, who); err != nil || len(found) != 1 {
					b.Fatal(found, err)
				}
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}
