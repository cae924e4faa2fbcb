package router_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/parley-chat/parley/functions/chat"
	"github.com/parley-chat/parley/functions/router"
	"github.com/parley-chat/parley/infra/dynamo/dynamotest"
)

func TestMain(m *testing.M) { os.Exit(dynamotest.Main(m)) }

// answers hears how tasks end.
type answers map[string]chat.Answer

func (answers) Start(context.Context, chat.Execution) error { return nil }

func (a answers) Answer(_ context.Context, token string, answer chat.Answer) error {
	a[token] = answer
	return nil
}

// Ensure that the name of an execution says whom it serves: one routes a session that waits, the other a transfer of one that is with
// an agent, and each is over where the other has to do.
func TestExecutionsByName(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	store, heard := dynamotest.New(t, dynamotest.Options{}), answers{}
	h := router.New(chat.New(store, nil, heard, slog.New(slog.DiscardHandler)))
	now := time.Now().UTC().Truncate(time.Millisecond)
	with := chat.Session{ID: "with", State: chat.Active, Version: 1, Generation: 2, Round: 13, Agent: "ann", Queue: "sales", Due: now.Add(time.Hour),
		Transfer: &chat.Transfer{Queue: "billing", By: "ann", Round: 13, Until: now.Add(time.Minute)}}
	offer := chat.Offer{OfferRef: chat.OfferRef{Session: "with", Generation: 2, Round: 13}, Kind: chat.KindTransfer, To: []string{"bob"}, At: now, Until: now.Add(time.Minute)}
	waits := chat.Session{ID: "waits", State: chat.Waiting, Version: 1, Generation: 2, Patience: 21, Queue: "sales", Queued: now, Since: now}
	for _, c := range []chat.Change{
		{Name: "with", New: true, Now: with, Writes: []chat.Write{chat.OpenOffer{Offer: offer}}, Row: &chat.Row{Session: "with", Place: 1, Kind: chat.KindMessage, At: now, Version: 1}},
		{Name: "waits", New: true, Now: waits, Row: &chat.Row{Session: "waits", Place: 1, Kind: chat.KindMessage, At: now, Version: 1}},
	} {
		if err := store.Commit(ctx, c); err != nil {
			t.Fatal(err)
		}
	}
	for execution, over := range map[string]bool{
		"with-2-x13": false, "with-2-x12": true, "with-2-x1": true, "with-2-0": true,
		"waits-2-0": false, "waits-2-x13": true,
	} {
		session := "with"
		if execution[:4] != "with" {
			session = "waits"
		}
		var v router.Visit // as the state machine writes it
		payload := `{"session":"` + session + `","generation":2,"part":0,"execution":"` + execution + `","entered":"` + now.Format(time.RFC3339Nano) + `","token":"` + execution + `"}`
		if err := json.Unmarshal([]byte(payload), &v); err != nil {
			t.Fatal(err)
		}
		if err := h.Handle(ctx, v); err != nil {
			t.Errorf("%s: %v", execution, err)
		}
		if got := heard[execution] == chat.AnswerOver; got != over {
			t.Errorf("%s: over %v, want %v", execution, got, over)
		}
	}
	s, err := store.Session(ctx, "with")
	if err != nil || s.Transfer == nil || s.Transfer.Token != "with-2-x13" || s.Token != "" {
		t.Errorf("left with the transfer: %+v, %v", s.Transfer, err)
	}
	if s, err = store.Session(ctx, "waits"); err != nil || s.Token != "waits-2-0" {
		t.Errorf("left with the one who waits: %q, %v", s.Token, err)
	}
}

// Ensure that a visit which names nothing fails: its execution comes back, and somebody reads the log.
func TestVisitOfNothing(t *testing.T) {
	t.Parallel()
	h := router.New(chat.New(nil, nil, nil, slog.New(slog.DiscardHandler)))
	for _, v := range []router.Visit{{}, {Session: "s1"}, {Token: "t1"}} {
		if h.Handle(t.Context(), v) == nil {
			t.Errorf("%+v was served", v)
		}
	}
}
