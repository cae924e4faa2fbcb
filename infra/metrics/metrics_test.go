package metrics_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/functions/chat"
	"github.com/parley-chat/parley/infra/metrics"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// newMeter is a Meter at noon and what it writes.
func newMeter() (*metrics.Meter, *bytes.Buffer) {
	var out bytes.Buffer
	return metrics.New("Parley/shop", &out, func() time.Time { return noon }), &out
}

// accept is the transition of an offer that was taken ten seconds after the customer had written.
var accept = chat.Change{Was: chat.Session{Since: noon.Add(-10 * time.Second)},
	Writes: []chat.Write{chat.Take{}, chat.EndOffer{Outcome: chat.OfferAccepted, At: noon}}}

// TestLine compares a whole line with CloudWatch's embedded metric format.
func TestLine(t *testing.T) {
	t.Parallel()
	m, out := newMeter()
	m.Committed(accept)
	m.Pushed(3, 0, 1)
	m.Pushed(2, 0, 0)
	if err := m.Flush(); err != nil {
		t.Fatal(err)
	}
	const want = `{
		"_aws": {"Timestamp": 1795521600000, "CloudWatchMetrics": [{"Namespace": "Parley/shop", "Dimensions": [[]], "Metrics": [
			{"Name": "OffersAccepted", "Unit": "Count"}, {"Name": "WaitSeconds", "Unit": "Seconds"},
			{"Name": "PushesSent", "Unit": "Count"}, {"Name": "PushesLost", "Unit": "Count"}]}]},
		"OffersAccepted": 1, "WaitSeconds": 10, "PushesSent": 5, "PushesLost": 1}`
	if strings.Count(out.String(), "\n") != 1 || !reflect.DeepEqual(decoded(t, out.String()), decoded(t, want)) {
		t.Errorf("got  %swant %s", out, want)
	}
	out.Reset()
	if err := m.Flush(); err != nil || out.Len() > 0 {
		t.Errorf("with nothing new it wrote %q (%v)", out, err)
	}
}

func decoded(t *testing.T, text string) (v map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestWhatIsCounted(t *testing.T) {
	t.Parallel()
	ended := func(o chat.OfferOutcome) func(*metrics.Meter) {
		return func(m *metrics.Meter) { m.Committed(chat.Change{Writes: []chat.Write{chat.EndOffer{Outcome: o}}}) }
	}
	for name, test := range map[string]struct {
		do   func(*metrics.Meter)
		want map[string]any
	}{
		"an offer":          {func(m *metrics.Meter) { m.Committed(chat.Change{Writes: []chat.Write{chat.OpenOffer{}}}) }, map[string]any{"OffersMade": 1.0}},
		"rejected":          {ended(chat.OfferRejected), map[string]any{"OffersRejected": 1.0}},
		"expired":           {ended(chat.OfferExpired), map[string]any{"OffersExpired": 1.0}},
		"canceled":          {ended(chat.OfferCanceled), map[string]any{"OffersCanceled": 1.0}},
		"another change":    {func(m *metrics.Meter) { m.Committed(chat.Change{Writes: []chat.Write{chat.TakeSeat{}}}) }, map[string]any{}},
		"sockets that left": {func(m *metrics.Meter) { m.Pushed(0, 2, 0) }, map[string]any{"PushesGone": 2.0}},
		"a sweep without a licence": {func(m *metrics.Meter) {
			m.Swept(chat.Swept{Waiting: 2, Longest: 90 * time.Second, Drift: []string{"a shard"}})
		},
			map[string]any{"Drift": 1.0, "Sweeps": 1.0, "Waiting": 2.0, "OldestWaiting": 90.0}},
		"a sweep with one": {func(m *metrics.Meter) {
			m.Swept(chat.Swept{Restarted: 3, Used: 45, Limit: 50, Drift: []string{"a shard"}})
		},
			map[string]any{"Sweeps": 1.0, "RoutingRestarted": 3.0, "Waiting": 0.0, "OldestWaiting": 0.0, "LicenceUsed": 90.0, "Drift": 1.0}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, out := newMeter()
			test.do(m)
			if err := m.Flush(); err != nil {
				t.Fatal(err)
			}
			got := map[string]any{}
			if out.Len() > 0 {
				got = decoded(t, out.String())
			}
			delete(got, "_aws")
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

// Ensure that a line stays within what CloudWatch takes, and that pushes of one invocation may count side by side.
func TestManyValues(t *testing.T) {
	t.Parallel()
	m, out := newMeter()
	var all sync.WaitGroup
	for range 150 {
		all.Go(func() { m.Committed(accept) })
	}
	all.Wait()
	if err := m.Flush(); err != nil {
		t.Fatal(err)
	}
	got := decoded(t, out.String())
	if waits, _ := got["WaitSeconds"].([]any); len(waits) != 100 || got["OffersAccepted"] != 150.0 {
		t.Errorf("%d waits of %v accepted offers, want 100 of 150", len(waits), got["OffersAccepted"])
	}
}

// A function of the local runner has no Meter, and counts all the same.
func TestNobodyCounts(t *testing.T) {
	t.Parallel()
	var m *metrics.Meter
	m.Committed(accept)
	m.Pushed(1, 2, 3)
	m.Swept(chat.Swept{Limit: 1})
	if err := m.Flush(); err != nil {
		t.Error(err)
	}
}

// commits is a store that answers to Commit only.
type commits struct {
	chat.Store
	err error
}

func (c commits) Commit(context.Context, chat.Change) error { return c.err }

// Ensure that only what was decided is counted: a transition that came too late has made no offer.
func TestStore(t *testing.T) {
	t.Parallel()
	for _, err := range []error{nil, chat.ErrStale} {
		m, out := newMeter()
		if got := (metrics.Store{Store: commits{err: err}, Meter: m}).Commit(t.Context(), accept); !errors.Is(got, err) {
			t.Errorf("got %v, want %v", got, err)
		}
		if err := m.Flush(); err != nil {
			t.Fatal(err)
		}
		if counted := out.Len() > 0; counted != (err == nil) {
			t.Errorf("%v: wrote %q", err, out)
		}
	}
}
