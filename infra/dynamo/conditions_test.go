package dynamo_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/parley-chat/parley/functions/chat"
	"github.com/parley-chat/parley/infra/dynamo"
	"github.com/parley-chat/parley/infra/dynamo/dynamotest"
)

// bench is a store with a view behind it.
type bench struct {
	*dynamo.Store
	db     *dynamodb.Client
	tables dynamo.Tables
}

func newBench(t *testing.T) bench {
	tables := dynamotest.Tables(t)
	return bench{dynamotest.Open(t, tables, dynamotest.Options{}), dynamotest.Client(t, dynamotest.Options{}), tables}
}

func str(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func num(n int64) types.AttributeValue { return &types.AttributeValueMemberN{Value: fmt.Sprint(n)} }

type attributes = map[string]types.AttributeValue

// agent puts an agent's item as it is, READY and seen just now unless said otherwise. A nil value takes an attribute away.
func (b bench) agent(t *testing.T, id string, with attributes) {
	t.Helper()
	it := attributes{"PK": str("A#" + id), "SK": str("A"), "state": str("READY"), "cap": num(2), "seenAt": num(seen.UnixMilli())}
	for name, v := range with {
		it[name] = v
		if v == nil {
			delete(it, name)
		}
	}
	_, err := b.db.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &b.tables.Directory, Item: it})
	ok(t, err)
}

func open(sessions ...string) types.AttributeValue {
	return &types.AttributeValueMemberSS{Value: sessions}
}

// seen and at are two moments: what was read, and now.
var (
	seen = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	at   = seen.Add(time.Minute)
)

// hold tries one write, alone and as a part of a transaction, and reports whether it held. Both must say the same.
func (b bench) hold(t *testing.T, arrange func(), w chat.Write) bool {
	t.Helper()
	var held [2]bool
	for i := range held {
		arrange()
		c := chat.Change{Name: "try", Writes: []chat.Write{w}}
		if i == 1 { // with another write, that always holds
			c.Writes = append(c.Writes, chat.GiveSeat{Shard: 999})
		}
		err := b.Commit(t.Context(), c)
		if err != nil && !errors.Is(err, chat.ErrStale) {
			t.Fatal(err)
		}
		held[i] = err == nil
	}
	if held[0] != held[1] {
		t.Fatalf("alone it held: %v, in a transaction: %v", held[0], held[1])
	}
	return held[0]
}

// Ensure each write on an agent holds under its condition, and not when any part of it is otherwise.
func TestAgentConditions(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const a, s, this = "a1", "s1", "s1#3"
	reserve := chat.Reserve{Agent: a, Offer: this, Lease: seen, At: at}
	release := chat.Release{Agent: a, Offer: this, At: at}
	leave := chat.Leave{Agent: a, Session: s, At: at}
	pause := chat.SetAvailability{Agent: a, State: chat.Paused, Reason: "Lunch", At: at}
	for _, c := range []struct {
		name  string
		with  attributes
		write chat.Write
		holds bool
		after func(chat.Agent) bool
	}{
		{"reserve", nil, reserve, true, func(a chat.Agent) bool { return a.Offer == this }},
		{"reserve: one of two places taken", attributes{"open": open("x")}, reserve, true, nil},
		{"reserve: full", attributes{"open": open("x", "y")}, reserve, false, nil},
		{"reserve: paused", attributes{"state": str("PAUSED")}, reserve, false, nil},
		{"reserve: next status", attributes{"next": str("PAUSED")}, reserve, false, nil},
		{"reserve: in wrap-up", attributes{"wrapUntil": num(at.UnixMilli() + 1)}, reserve, false, nil},
		{"reserve: wrap-up just over", attributes{"wrapUntil": num(at.UnixMilli())}, reserve, true, nil},
		{"reserve: lease over", attributes{"seenAt": num(seen.UnixMilli() - 1)}, reserve, false, nil},
		{"reserve: never seen", attributes{"seenAt": nil}, reserve, false, nil},
		{"reserve: holds another", attributes{"offer": str("s2#1")}, reserve, false, nil},
		{"reserve: no such agent", nil, chat.Reserve{Agent: "nobody", Offer: this, Lease: seen}, false, nil},

		{"release", attributes{"offer": str(this)}, release, true, func(a chat.Agent) bool { return a.Offer == "" && a.Seen.Equal(seen) }},
		{"release: another", attributes{"offer": str("s1#4")}, release, false, nil},
		{"release: none", nil, release, false, nil},
		{"release: answered", attributes{"offer": str(this), "missed": num(2)}, chat.Release{Agent: a, Offer: this, At: at, Answered: true}, true,
			func(a chat.Agent) bool { return a.Missed == 0 && a.Seen.Equal(at) }},
		{"release: unreached", attributes{"offer": str(this), "missed": num(1)}, chat.Release{Agent: a, Offer: this, At: at, Unreached: true}, true,
			func(a chat.Agent) bool { return a.Missed == 1 && a.Unreached.Equal(at) && a.State == chat.Ready }},
		{"release: missed", attributes{"offer": str(this)}, chat.Release{Agent: a, Offer: this, At: at, Missed: true}, true,
			func(a chat.Agent) bool { return a.Missed == 1 && a.State == chat.Ready }},
		{"release: missed too often", attributes{"offer": str(this), "missed": num(2)},
			chat.Release{Agent: a, Offer: this, At: at, Missed: true, NotResponding: true, WasMissed: 2}, true,
			func(a chat.Agent) bool {
				return a.Missed == 3 && a.State == chat.NotResponding && a.Changed.Equal(at) && a.Offer == ""
			}},
		{"release: missed too often takes along what was planned",
			attributes{"offer": str(this), "missed": num(2), "by": str("sue"), "next": str("PAUSED"), "nextReason": str("Lunch"), "wrapUntil": num(1)},
			chat.Release{Agent: a, Offer: this, At: at, Missed: true, NotResponding: true, WasMissed: 2}, true,
			func(a chat.Agent) bool {
				return a.State == chat.NotResponding && a.By == "" && a.Next == "" && a.NextReason == "" && a.WrapUntil.IsZero()
			}},
		{"release: missed too often, but paused since", attributes{"offer": str(this), "missed": num(2), "state": str("PAUSED")},
			chat.Release{Agent: a, Offer: this, At: at, Missed: true, NotResponding: true, WasMissed: 2}, false, nil},
		{"release: missed, counted otherwise", attributes{"offer": str(this), "missed": num(1)},
			chat.Release{Agent: a, Offer: this, At: at, Missed: true, NotResponding: true, WasMissed: 2}, false, nil},
		{"release: missed, counted from nothing", attributes{"offer": str(this), "missed": num(1)},
			chat.Release{Agent: a, Offer: this, At: at, Missed: true, NotResponding: true}, false, nil},

		{"leave", attributes{"open": open(s, "x")}, leave, true, func(a chat.Agent) bool {
			return slices.Equal(a.Open, []string{"x"}) && a.Idle.Equal(at) && a.State == chat.Ready
		}},
		{"leave: the last", attributes{"open": open(s)}, leave, true, func(a chat.Agent) bool { return a.Open == nil }},
		{"leave: next status was set", attributes{"open": open(s), "next": str("PAUSED")}, leave, false, nil},
		{"leave: next status was dropped", attributes{"open": open(s)}, chat.Leave{Agent: a, Session: s, Next: chat.Paused, Open: 1, At: at}, false, nil},
		{"leave: next status waits for others", attributes{"open": open(s, "x"), "next": str("PAUSED")},
			chat.Leave{Agent: a, Session: s, Next: chat.Paused, Open: 2, At: at}, true,
			func(a chat.Agent) bool { return a.State == chat.Ready && a.Next == chat.Paused }},
		{"leave: next status applies", attributes{"open": open(s), "next": str("PAUSED")},
			chat.Leave{Agent: a, Session: s, Next: chat.Paused, Open: 1, At: at}, true,
			func(a chat.Agent) bool { return a.State == chat.Paused && a.Next == "" && a.Changed.Equal(at) }},
		{"leave: another left meanwhile", attributes{"open": open(s), "next": str("PAUSED")},
			chat.Leave{Agent: a, Session: s, Next: chat.Paused, Open: 2, At: at}, false, nil},
		{"leave: another came meanwhile", attributes{"open": open(s, "x"), "next": str("PAUSED")},
			chat.Leave{Agent: a, Session: s, Next: chat.Paused, Open: 1, At: at}, false, nil},
		{"leave: next status applies with its reason, and drops the old one's",
			attributes{"open": open(s), "next": str("PAUSED"), "nextReason": str("Lunch"), "reason": str("Old"), "by": str("sue"), "wrapUntil": num(1)},
			chat.Leave{Agent: a, Session: s, Next: chat.Paused, NextReason: "Lunch", Open: 1, WrapUntil: at.Add(time.Minute), At: at}, true,
			func(a chat.Agent) bool {
				return a.State == chat.Paused && a.Reason == "Lunch" && a.NextReason == "" && a.By == "" && a.WrapUntil.IsZero()
			}},
		{"leave: next status that a supervisor chose is theirs", attributes{"open": open(s), "next": str("PAUSED"), "nextBy": str("sue")},
			chat.Leave{Agent: a, Session: s, Next: chat.Paused, NextBy: "sue", Open: 1, At: at}, true,
			func(a chat.Agent) bool { return a.State == chat.Paused && a.By == "sue" && a.NextBy == "" }},
		{"leave: next status without a reason", attributes{"open": open(s), "next": str("OFFLINE"), "reason": str("Old")},
			chat.Leave{Agent: a, Session: s, Next: chat.Offline, Open: 1, At: at}, true,
			func(a chat.Agent) bool { return a.State == chat.Offline && a.Reason == "" }},
		{"leave: next status, nothing was open", attributes{"next": str("PAUSED")}, chat.Leave{Agent: a, Session: s, Next: chat.Paused, At: at}, true,
			func(a chat.Agent) bool { return a.State == chat.Paused }},
		{"leave: next status, something came", attributes{"open": open("x"), "next": str("PAUSED")},
			chat.Leave{Agent: a, Session: s, Next: chat.Paused, At: at}, false, nil},
		{"leave: another next status was set", attributes{"open": open(s), "next": str("OFFLINE")},
			chat.Leave{Agent: a, Session: s, Next: chat.Paused, Open: 1, At: at}, false, nil},
		{"leave: wrap-up", attributes{"open": open(s), "reason": str("Old")}, chat.Leave{Agent: a, Session: s, WrapUntil: at.Add(time.Minute), At: at}, true,
			func(a chat.Agent) bool {
				return a.WrapUntil.Equal(at.Add(time.Minute)) && a.State == chat.Ready && a.Reason == "Old"
			}},
		{"leave: as judged", attributes{"open": open(s)}, chat.Leave{Agent: a, Session: s, AsJudged: seen, At: at}, true, nil},
		{"leave: back meanwhile", attributes{"open": open(s), "seenAt": num(seen.UnixMilli() + 1)},
			chat.Leave{Agent: a, Session: s, AsJudged: seen, At: at}, false, nil},

		{"pause", attributes{"next": str("PAUSED")}, pause, true, func(a chat.Agent) bool {
			return a.State == chat.Paused && a.Reason == "Lunch" && a.Next == "" && a.Changed.Equal(at) && a.Seen.Equal(at)
		}},
		{"pause: with open sessions", attributes{"open": open("x")}, pause, true, nil},
		{"pause: an offer came meanwhile", attributes{"offer": str(this)}, pause, false, nil},
		{"pause: withdraws the offer", attributes{"offer": str(this)}, chat.SetAvailability{Agent: a, State: chat.Paused, Offer: this, At: at}, true,
			func(a chat.Agent) bool { return a.Offer == "" }},
		{"pause: the offer is over", nil, chat.SetAvailability{Agent: a, State: chat.Paused, Offer: this, At: at}, false, nil},
		{"pause: no such agent", nil, chat.SetAvailability{Agent: "nobody", State: chat.Paused, At: at}, false, nil},
		{"ready", attributes{"state": str("PAUSED"), "reason": str("Lunch"), "missed": num(3)}, chat.SetAvailability{Agent: a, State: chat.Ready, At: at}, true,
			func(a chat.Agent) bool {
				return a.State == chat.Ready && a.Reason == "" && a.Missed == 0 && a.Idle.Equal(at)
			}},
		{"ready: ends a wrap-up and what was planned", attributes{"wrapUntil": num(1), "next": str("PAUSED"), "nextReason": str("Lunch"), "by": str("sue")},
			chat.SetAvailability{Agent: a, State: chat.Ready, At: at}, true,
			func(a chat.Agent) bool {
				return a.WrapUntil.IsZero() && a.Next == "" && a.NextReason == "" && a.By == ""
			}},
		{"by a supervisor: no sign of life", nil, chat.SetAvailability{Agent: a, State: chat.Paused, Reason: "Training", By: "sue", At: at}, true,
			func(a chat.Agent) bool {
				return a.State == chat.Paused && a.By == "sue" && a.Seen.Equal(seen) && a.Changed.Equal(at)
			}},
		{"without a reason, an older one goes", attributes{"state": str("PAUSED"), "reason": str("Lunch"), "by": str("sue")},
			chat.SetAvailability{Agent: a, State: chat.Paused, At: at}, true, func(a chat.Agent) bool { return a.Reason == "" && a.By == "" }},
		{"after these: with something open", attributes{"open": open("x"), "reason": str("Old")},
			chat.SetAvailability{Agent: a, State: chat.Paused, Reason: "Lunch", After: true, At: at}, true,
			func(a chat.Agent) bool {
				return a.State == chat.Ready && a.Next == chat.Paused && a.NextReason == "Lunch" && a.Reason == "Old" && a.Changed.IsZero() && a.Seen.Equal(at)
			}},
		{"after these: by a supervisor", attributes{"open": open("x")}, chat.SetAvailability{Agent: a, State: chat.Paused, By: "sue", After: true, At: at}, true,
			func(a chat.Agent) bool { return a.Next == chat.Paused && a.NextBy == "sue" && a.By == "" }},
		{"after these: by themselves after all", attributes{"open": open("x"), "next": str("PAUSED"), "nextBy": str("sue")},
			chat.SetAvailability{Agent: a, State: chat.Offline, After: true, At: at}, true,
			func(a chat.Agent) bool { return a.Next == chat.Offline && a.NextBy == "" }},
		{"after these: without a reason, an older one goes", attributes{"open": open("x"), "next": str("PAUSED"), "nextReason": str("Lunch")},
			chat.SetAvailability{Agent: a, State: chat.Offline, After: true, At: at}, true,
			func(a chat.Agent) bool { return a.Next == chat.Offline && a.NextReason == "" }},
		{"after these: the last went meanwhile", nil, chat.SetAvailability{Agent: a, State: chat.Paused, After: true, At: at}, false, nil},
		{"after these: an offer came meanwhile", attributes{"open": open("x"), "offer": str(this)},
			chat.SetAvailability{Agent: a, State: chat.Paused, After: true, At: at}, false, nil},
		{"after these: withdraws the offer", attributes{"open": open("x"), "offer": str(this)},
			chat.SetAvailability{Agent: a, State: chat.Paused, After: true, Offer: this, At: at}, true,
			func(a chat.Agent) bool { return a.Offer == "" && a.Next == chat.Paused }},
		{"after these, by a supervisor: no sign of life", attributes{"open": open("x")},
			chat.SetAvailability{Agent: a, State: chat.Paused, After: true, By: "sue", At: at}, true,
			func(a chat.Agent) bool { return a.Next == chat.Paused && a.Seen.Equal(seen) }},
		{"after nothing: a session came meanwhile", attributes{"open": open("x")}, chat.SetAvailability{Agent: a, State: chat.Paused, Empty: true, At: at}, false, nil},
		{"sign out", nil, chat.SetAvailability{Agent: a, State: chat.Offline, Empty: true, At: at}, true, nil},
		{"sign out: a session came meanwhile", attributes{"open": open("x")}, chat.SetAvailability{Agent: a, State: chat.Offline, Empty: true, At: at}, false, nil},
		{"lost", attributes{"open": open("x")}, chat.SetAvailability{Agent: a, State: chat.Offline, AsJudged: seen, At: at}, true,
			func(a chat.Agent) bool { return a.State == chat.Offline && a.Seen.Equal(seen) && len(a.Open) == 1 }},
		{"lost: back meanwhile", attributes{"seenAt": num(at.UnixMilli())}, chat.SetAvailability{Agent: a, State: chat.Offline, AsJudged: seen, At: at}, false, nil},
	} {
		if got := b.hold(t, func() { b.agent(t, a, c.with) }, c.write); got != c.holds {
			t.Errorf("%s: held %v, want %v", c.name, got, c.holds)
			continue
		}
		if got, err := b.Agent(t.Context(), a); err != nil || c.after != nil && !c.after(got) {
			t.Errorf("%s: left %+v, %v", c.name, got, err)
		}
	}
	if _, err := b.Agent(t.Context(), "nobody"); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("a write made an agent: %v", err)
	}
}

// Ensure an accept holds exactly when there is a place for it: over all capacities, open sessions and reservations.
func TestRoom(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const this, foreign = "s1#3", "s2#7"
	for capacity := 1; capacity <= 3; capacity++ {
		for others := 0; others <= capacity; others++ {
			for _, mine := range []bool{false, true} {
				for _, offer := range []string{"", this, foreign} {
					for _, reserved := range []bool{false, true} {
						sessions := []string{"x", "y", "z"}[:others]
						if mine {
							sessions = append(slices.Clone(sessions), "s1")
						}
						with := attributes{"cap": num(int64(capacity)), "missed": num(1), "wrapUntil": num(at.UnixMilli() + 1)}
						if len(sessions) > 0 {
							with["open"] = open(sessions...)
						}
						if offer != "" {
							with["offer"] = str(offer)
						}
						held := others
						if offer == foreign {
							held++
						}
						want := (mine || held < capacity) && (!reserved || offer == this)
						name := fmt.Sprintf("capacity %d, open %v, offer %q, reserved %v", capacity, sessions, offer, reserved)
						take := chat.Take{Agent: "a1", Session: "s1", Offer: this, Reserved: reserved, Capacity: capacity, At: at}
						if got := b.hold(t, func() { b.agent(t, "a1", with) }, take); got != want {
							t.Errorf("%s: held %v, want %v", name, got, want)
						} else if got {
							a, err := b.Agent(t.Context(), "a1")
							ok(t, err)
							if !slices.Contains(a.Open, "s1") || a.Missed != 0 || !a.WrapUntil.IsZero() || !a.Seen.Equal(at) || reserved && a.Offer != "" || !reserved && a.Offer != offer {
								t.Errorf("%s: left %+v", name, a)
							}
						}
					}
				}
			}
		}
	}
	for _, c := range []struct {
		name string
		with attributes
	}{
		{"paused", attributes{"state": str("PAUSED")}},
		{"offline", attributes{"state": str("OFFLINE")}},
		{"capacity changed", attributes{"cap": num(1)}},
	} {
		if b.hold(t, func() { b.agent(t, "a1", c.with) }, chat.Take{Agent: "a1", Session: "s1", Offer: this, Capacity: 2, At: at}) {
			t.Errorf("%s: held", c.name)
		}
	}
}

// Ensure nobody takes a seat above a shard's limit, and giving one back never fails.
func TestSeats(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx := t.Context()
	seat := func(w chat.Write) error { return b.Commit(ctx, chat.Change{Name: "seat", Writes: []chat.Write{w}}) }
	used := func() (all []int) {
		t.Helper()
		shards, err := b.Shards(ctx)
		ok(t, err)
		for _, sh := range shards {
			all = append(all, sh.Number, sh.Used, sh.Limit)
		}
		return all
	}
	if err := seat(chat.TakeSeat{Shard: 1}); !errors.Is(err, chat.ErrStale) {
		t.Fatalf("no licence: %v", err)
	}
	ok(t, b.PutLicence(ctx, 2))
	ok(t, seat(chat.TakeSeat{Shard: 1}))
	ok(t, seat(chat.TakeSeat{Shard: 1}))
	if err := seat(chat.TakeSeat{Shard: 1}); !errors.Is(err, chat.ErrStale) {
		t.Fatalf("full: %v", err)
	}
	for _, c := range []struct {
		limit int
		want  []int
	}{
		{1, []int{1, 2, 1}}, // lowered: what runs goes on
		{chat.ShardSeats + 1, []int{1, 2, 251, 2, 0, 250}}, // two shards, spread evenly
		{3, []int{1, 2, 3}},
		{0, nil}, // no limit
	} {
		ok(t, b.PutLicence(ctx, c.limit))
		if got := used(); !slices.Equal(got, c.want) {
			t.Errorf("licence of %d: shards %v, want %v", c.limit, got, c.want)
		}
	}
	ok(t, seat(chat.GiveSeat{Shard: 1}))
	ok(t, seat(chat.GiveSeat{Shard: 2}))
	ok(t, b.PutLicence(ctx, 5))
	if got, want := used(), []int{1, 1, 5}; !slices.Equal(got, want) {
		t.Errorf("shards %v, want %v", got, want)
	}
}

// Ensure every offer has one ledger row and one end, and agents do with it only what is theirs to do.
func TestOfferConditions(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx := t.Context()
	o := chat.Offer{OfferRef: chat.OfferRef{Session: "s1", Generation: 2, Round: 3}, To: []string{"a1", "a2"}, Strategy: chat.BeepAll,
		Why: chat.Why{Candidates: []string{"a2", "a1"}, Excluded: map[string]string{"a3": "paused"}, Ahead: 1}, At: seen, Until: at,
		Expires: at.Add(time.Hour)}
	do := func(w ...chat.Write) error { return b.Commit(ctx, chat.Change{Name: "try", Writes: w}) }
	stale := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, chat.ErrStale) {
			t.Errorf("%s: %v, want stale", what, err)
		}
	}
	end := chat.EndOffer{Ref: o.OfferRef, Outcome: chat.OfferAccepted, By: "a1", At: at}
	stale("end what is not there", do(end))
	stale("mark what is not there", b.Mark(ctx, o.OfferRef, "a1", true, at))
	_, err := b.Reject(ctx, o.OfferRef, "a1", at)
	stale("reject what is not there", err)
	if _, err := b.Offer(ctx, o.OfferRef); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("a write made an offer: %v", err)
	}

	ok(t, do(chat.OpenOffer{Offer: o}))
	stale("open twice", do(chat.OpenOffer{Offer: o}))
	got, err := b.Offer(ctx, o.OfferRef)
	ok(t, err)
	equal(t, "offer", got, o)

	ok(t, b.Mark(ctx, o.OfferRef, "a1", false, at))
	ok(t, b.Mark(ctx, o.OfferRef, "a1", true, at.Add(time.Second)))
	ok(t, b.Mark(ctx, o.OfferRef, "a1", true, at.Add(time.Minute))) // the first time of each stays
	stale("mark for somebody else", b.Mark(ctx, o.OfferRef, "a9", true, at))
	_, err = b.Reject(ctx, o.OfferRef, "a9", at)
	stale("reject for somebody else", err)
	for range 2 { // a repeat is the same again
		got, err = b.Reject(ctx, o.OfferRef, "a2", at)
		ok(t, err)
	}
	o.Delivered = map[string]time.Time{"a1": at}
	o.Seen = map[string]time.Time{"a1": at.Add(time.Second)}
	o.Rejected, o.Decided = []string{"a2"}, map[string]time.Time{"a2": at}
	equal(t, "offer", got, o)

	ok(t, do(end))
	stale("end twice", do(chat.EndOffer{Ref: o.OfferRef, Outcome: chat.OfferExpired, At: at}))
	stale("mark when it is over", b.Mark(ctx, o.OfferRef, "a1", true, at))
	_, err = b.Reject(ctx, o.OfferRef, "a1", at)
	stale("reject when it is over", err)
	o.Outcome, o.By, o.Ended = chat.OfferAccepted, "a1", at
	got, err = b.Offer(ctx, o.OfferRef)
	ok(t, err)
	equal(t, "offer", got, o)
}

// Ensure a pointer moves only from nothing, from the one that is gone, or to where it is.
func TestPointer(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for i, c := range []struct {
		there, was, to string
		holds          bool
	}{
		{"", "", "s1", true},
		{"s1", "", "s1", true},
		{"s1", "", "s2", false},
		{"s1", "s1", "s2", true},
		{"s3", "s1", "s2", false},
		{"", "s1", "s2", true},
	} {
		who := fmt.Sprint("c", i)
		if c.there != "" {
			ok(t, b.Commit(t.Context(), chat.Change{Name: "there", Writes: []chat.Write{chat.Point{Website: "w", Customer: who, Session: c.there}}}))
		}
		err := b.Commit(t.Context(), chat.Change{Name: "try", Writes: []chat.Write{chat.Point{Website: "w", Customer: who, Session: c.to, Was: c.was}}})
		if held := err == nil; held != c.holds || err != nil && !errors.Is(err, chat.ErrStale) {
			t.Errorf("%+v: %v", c, err)
		}
		want := c.there
		if c.holds {
			want = c.to
		}
		if got, err := b.SessionOf(t.Context(), "w", who); err != nil || got != want {
			t.Errorf("%+v: shows to %q, %v", c, got, err)
		}
	}
}

// Ensure nobody is abandoned who has given a sign of life meanwhile.
func TestUnseen(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx := t.Context()
	try := func(since time.Time) bool {
		t.Helper()
		return b.hold(t, func() {}, chat.Unseen{Session: "s1", Seen: since})
	}
	if !try(time.Time{}) || try(seen) {
		t.Error("never seen: as read does not hold")
	}
	ok(t, b.See(ctx, "s1", seen))
	if !try(seen) || try(time.Time{}) || try(at) {
		t.Error("seen once: as read does not hold")
	}
	ok(t, b.See(ctx, "s1", at))
	ok(t, b.See(ctx, "s1", seen)) // late: moves nothing
	if !try(at) || try(seen) {
		t.Error("a lease went back")
	}
}

// Ensure a transition holds exactly while the state row is as it was read.
func TestStateConditions(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx := t.Context()
	base := chat.Session{ID: "s1", State: chat.Offered, Version: 3, Generation: 2, Round: 4, Part: 1, Offered: chat.Everybody, Wake: 2,
		Queue: queue, Queued: seen, Token: token}
	for _, c := range []struct {
		name  string
		read  func(*chat.Session)
		wake  bool
		holds bool
	}{
		{"as it is", func(*chat.Session) {}, true, true},
		{"state", func(s *chat.Session) { s.State = chat.Waiting }, false, false},
		{"version", func(s *chat.Session) { s.Version-- }, false, false},
		{"generation", func(s *chat.Session) { s.Generation-- }, false, false},
		{"round", func(s *chat.Session) { s.Round-- }, false, false},
		{"part", func(s *chat.Session) { s.Part = 0 }, false, false},
		{"offered to another", func(s *chat.Session) { s.Offered = "a1" }, false, false},
		{"offered to nobody", func(s *chat.Session) { s.Offered = "" }, false, false},
		{"woken, asked for", func(s *chat.Session) { s.Wake = 1 }, true, false},
		{"woken from nothing, asked for", func(s *chat.Session) { s.Wake = 0 }, true, false},
		{"woken, not asked for", func(s *chat.Session) { s.Wake = 1 }, false, true},
		{"another token", func(s *chat.Session) { s.Token = "older" }, false, true},
		{"a transfer that does not ring", func(s *chat.Session) { s.Transfer = &chat.Transfer{Agent: "a1", Round: 4} }, false, false},
	} {
		for _, alone := range []bool{true, false} {
			_, err := b.db.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &b.tables.Sessions, Key: attributes{"PK": str("C#s1"), "SK": str("N")}})
			ok(t, err)
			ok(t, b.Commit(ctx, chat.Change{Name: "make", New: true, Now: base}))
			was := base
			c.read(&was)
			next := was
			next.Turn = at
			change := chat.Change{Name: "try", Was: was, Now: next, WakeAsRead: c.wake}
			if !alone {
				change.Writes = []chat.Write{chat.GiveSeat{Shard: 999}}
			}
			err = b.Commit(ctx, change)
			if held := err == nil; held != c.holds || err != nil && !errors.Is(err, chat.ErrStale) {
				t.Errorf("%s (alone %v): %v", c.name, alone, err)
			}
		}
	}
	if err := b.Commit(ctx, chat.Change{Name: "make", New: true, Now: base}); !errors.Is(err, chat.ErrStale) {
		t.Errorf("made twice: %v", err)
	}
}

// Ensure that a transition of a session whose transfer rings holds exactly while that very one rings, whatever its router has left with
// it; and that no other may be put in its place.
func TestTransferConditions(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx := t.Context()
	base := chat.Session{ID: "s1", State: chat.Active, Version: 3, Generation: 2, Round: 4, Agent: "a1", Queue: queue, Due: at,
		Transfer: &chat.Transfer{Agent: "a2", By: "a1", Round: 4, Until: at, Token: token, Turn: seen}}
	for _, c := range []struct {
		name  string
		read  *chat.Transfer
		holds bool
	}{
		{"as it is", base.Transfer, true},
		{"visited since", &chat.Transfer{Agent: "a2", By: "a1", Round: 4, Until: at}, true},
		{"another round", &chat.Transfer{Agent: "a2", By: "a1", Round: 3, Until: at}, false},
		{"none", nil, false},
	} {
		for _, next := range []*chat.Transfer{nil, c.read, {Agent: "a3", By: "a1", Round: 5, Until: at}} {
			_, err := b.db.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &b.tables.Sessions, Key: attributes{"PK": str("C#s1"), "SK": str("N")}})
			ok(t, err)
			ok(t, b.Commit(ctx, chat.Change{Name: "make", New: true, Now: base}))
			was, now := base, base
			was.Transfer, now.Transfer, now.Due = c.read, next, at.Add(time.Minute)
			err = b.Commit(ctx, chat.Change{Name: "try", Was: was, Now: now})
			if held := err == nil; held != c.holds || err != nil && !errors.Is(err, chat.ErrStale) {
				t.Errorf("%s, then %+v: %v", c.name, next, err)
			}
			if !c.holds {
				continue
			}
			got, err := b.Session(ctx, "s1")
			ok(t, err)
			want := next
			if next == c.read { // not touched: what its router has left stays
				want = base.Transfer
			}
			equal(t, c.name, got.Transfer, want)
		}
	}
}

// Ensure a transition touches only what its rule changed: a token and a wake-up that came after the read stay.
func TestDifference(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx := t.Context()
	read := chat.Session{ID: "s1", State: chat.Waiting, Version: 1, Generation: 1, Queue: queue, Queued: seen, Since: seen, Token: "t1", Turn: seen,
		Skip: []string{"a1"}, Started: seen, Customer: customer, Website: website}
	ok(t, b.Commit(ctx, chat.Change{Name: "make", New: true, Now: read}))
	visited := read
	visited.Token, visited.Turn = "t2", at
	ok(t, b.Commit(ctx, chat.Change{Name: "visit", Was: read, Now: visited}))
	_, err := b.Wake(ctx, "s1")
	ok(t, err)

	skipped := read
	skipped.Skip = []string{"a2", "a1"}
	ok(t, b.Commit(ctx, chat.Change{Name: "skip", Was: read, Now: skipped}))
	want := visited
	want.Skip, want.Wake = []string{"a1", "a2"}, 1
	got, err := b.Session(ctx, "s1")
	ok(t, err)
	equal(t, "session", got, want)

	// Nothing to change: the conditions are all there is.
	ok(t, b.Commit(ctx, chat.Change{Name: "nothing", Was: got, Now: got}))
	stale := got
	stale.Version = 9
	if err := b.Commit(ctx, chat.Change{Name: "nothing", Was: stale, Now: stale}); !errors.Is(err, chat.ErrStale) {
		t.Errorf("nothing on an older row: %v", err)
	}
}

// Ensure the indexes follow the state row: in the line while it waits, due while it is active, in none when it is closed.
func TestIndexes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx := t.Context()
	place := func(id string, weight int, queued time.Time) chat.Session {
		s := chat.Session{ID: id, State: chat.Waiting, Version: 1, Generation: 1, Queue: queue, Weight: weight, Queued: queued, Since: queued}
		ok(t, b.Commit(ctx, chat.Change{Name: "make", New: true, Now: s}))
		return s
	}
	expect := func(line, due string) {
		t.Helper()
		ws, err := b.Waiting(ctx, queue, 10)
		ok(t, err)
		var got []string
		for _, w := range ws {
			got = append(got, w.Session)
		}
		if strings.Join(got, " ") != line {
			t.Errorf("the line is %v, want %v", got, line)
		}
		got, err = b.Due(ctx, at.Add(time.Nanosecond*1e6), 10)
		ok(t, err)
		if strings.Join(got, " ") != due {
			t.Errorf("due are %v, want %v", got, due)
		}
	}
	change := func(was chat.Session, f func(*chat.Session)) chat.Session {
		next := was
		f(&next)
		ok(t, b.Commit(ctx, chat.Change{Name: "change", Was: was, Now: next}))
		return next
	}
	late, early, heavy := place("late", 0, at), place("early", 0, seen), place("heavy", 10, at)
	expect("heavy early late", "")
	early = change(early, func(s *chat.Session) {
		s.State, s.Round, s.Offered, s.Until, s.Token, s.Skip, s.NoSeat, s.Turn = chat.Offered, 1, "a1", at, token, []string{"a9"}, seen, at
	})
	expect("heavy early late", "")
	line, err := b.Waiting(ctx, queue, 2)
	ok(t, err)
	if len(line) != 2 {
		t.Fatalf("%d in the line, want 2", len(line))
	}
	equal(t, "place in the line", line[1], chat.Waiter{Session: "early", Queue: queue, Queued: seen, State: chat.Offered, Generation: 1, Round: 1,
		Offered: "a1", Until: at, Skip: []string{"a9"}, NoSeat: seen, Turn: at})
	early = change(early, func(s *chat.Session) { s.State, s.Offered, s.Agent, s.Due = chat.Active, "", "a1", at })
	heavy = change(heavy, func(s *chat.Session) {
		s.State, s.Agent, s.Assist, s.Seat, s.Due = chat.Active, "a1", []string{"a2", "a3"}, 2, seen
	})
	expect("late", "heavy early")
	held, err := b.Held(ctx)
	ok(t, err)
	slices.SortFunc(held, func(x, y chat.Held) int { return strings.Compare(x.Session, y.Session) })
	equal(t, "held", held, []chat.Held{{Session: "early", Agent: "a1"}, {Session: "heavy", Agent: "a1", Assist: []string{"a2", "a3"}, Seat: 2}})

	// A transfer rings in the queue that it goes to, or whose it is, and is not in its line.
	rings := func(want map[string]string) {
		t.Helper()
		for q, sessions := range want {
			got, err := b.Transfers(ctx, q)
			ok(t, err)
			if strings.Join(got, " ") != sessions {
				t.Errorf("in %s rings %v, want %v", q, got, sessions)
			}
		}
	}
	rings(map[string]string{queue: "", "other": ""})
	early = change(early, func(s *chat.Session) { s.Transfer = &chat.Transfer{Agent: "a2", Round: 2} })
	heavy = change(heavy, func(s *chat.Session) { s.Transfer = &chat.Transfer{Queue: "other", Round: 1} })
	rings(map[string]string{queue: "early", "other": "heavy"})
	expect("late", "heavy early")
	early = change(early, func(s *chat.Session) { s.Transfer = nil })
	heavy = change(heavy, func(s *chat.Session) { s.Transfer = nil })
	rings(map[string]string{queue: "", "other": ""})
	change(heavy, func(s *chat.Session) { s.State, s.Due, s.Expires = chat.Closed, time.Time{}, at })
	change(early, func(s *chat.Session) { s.Due = at.Add(time.Hour) })
	change(late, func(s *chat.Session) { s.Queue = "other" })
	expect("", "")
}

// Ensure a failure names the parts that were at fault, with what was there instead.
func TestFailure(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.agent(t, "a1", attributes{"state": str("PAUSED")})
	err := b.Commit(t.Context(), chat.Change{Name: "accept", Was: chat.Session{ID: "s1"}, Now: chat.Session{ID: "s1"}, Writes: []chat.Write{
		chat.Take{Agent: "a1", Session: "s1", Capacity: 2}, chat.GiveSeat{Shard: 1}, chat.TakeSeat{Shard: 2}}})
	var f *dynamo.Failure
	if !errors.As(err, &f) || !errors.Is(err, chat.ErrStale) || errors.Is(err, chat.ErrConflict) {
		t.Fatalf("got %v", err)
	}
	if want := []string{"state row", "agent a1", "licence shard 002"}; !slices.Equal(f.Parts, want) || f.Op != "accept" {
		t.Errorf("%s: parts %q, want %q", f.Op, f.Parts, want)
	}
	var cause *types.TransactionCanceledException
	if !errors.As(err, &cause) || aws.ToString(cause.CancellationReasons[1].Code) != "ConditionalCheckFailed" ||
		cause.CancellationReasons[1].Item["state"] == nil {
		t.Errorf("the cause is gone, or without the old image: %v", cause)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.Session(cancelled, "s1"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
}
