// Package metrics counts what operators watch and writes it in CloudWatch's embedded metric format: one line of JSON an invocation
// among the function's logs, of which CloudWatch makes metrics. docs/operations.md says what each is for; nothing in it names a
// person.
package metrics

import (
	"encoding/json"
	"io"
	"sync"

	"github.com/parley-chat/parley/functions/chat"
)

// Metric is the name of a metric.
type Metric string

// The metrics. Each costs money by the month, so they have no dimensions: which queue or agent it was, the logs know.
const (
	OffersMade     Metric = "OffersMade"
	OffersAccepted Metric = "OffersAccepted"
	OffersRejected Metric = "OffersRejected" // by all who were asked
	OffersExpired  Metric = "OffersExpired"
	OffersCanceled Metric = "OffersCanceled" // customer left, agent paused or lost, licence full
	WaitSeconds    Metric = "WaitSeconds"    // of a session that was accepted, since it came into its line

	PushesSent Metric = "PushesSent" // to sockets that were there
	PushesGone Metric = "PushesGone" // to sockets that had ended without a word
	PushesLost Metric = "PushesLost" // given up after all retries; the next beat repairs them

	Sweeps           Metric = "Sweeps" // of the reaper that came to their end
	RoutingRestarted Metric = "RoutingRestarted"
	Waiting          Metric = "Waiting"       // customers in all lines
	OldestWaiting    Metric = "OldestWaiting" // seconds
	LicenceUsed      Metric = "LicenceUsed"   // percent
	Drift            Metric = "Drift"         // counts of seats and open sessions that do not fit
)

// unit is a metric's, in CloudWatch's words.
func (m Metric) unit() string {
	switch m {
	case WaitSeconds, OldestWaiting:
		return "Seconds"
	case LicenceUsed:
		return "Percent"
	}
	return "Count"
}

// mostValues is how many values of one metric a line may have.
const mostValues = 100

// Meter gathers what happens in one invocation until Flush. A nil Meter gathers nothing.
type Meter struct {
	namespace string
	out       io.Writer
	now       chat.Clock

	mu     sync.Mutex
	order  []Metric
	values map[Metric][]float64
}

// New makes a Meter that writes to out. now dates the lines.
func New(namespace string, out io.Writer, now chat.Clock) *Meter {
	return &Meter{namespace: namespace, out: out, now: now, values: map[Metric][]float64{}}
}

// Count adds to a metric that is summed up.
func (m *Meter) Count(name Metric, n int) {
	if m == nil || n == 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.values[name]) == 0 {
		m.put(name, 0)
	}
	m.values[name][0] += float64(n)
}

// Value notes one value of a metric of which averages and maxima are looked at.
func (m *Meter) Value(name Metric, v float64) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.values[name]) < mostValues {
		m.put(name, v)
	}
}

// put wants m.mu.
func (m *Meter) put(name Metric, v float64) {
	if len(m.values[name]) == 0 {
		m.order = append(m.order, name)
	}
	m.values[name] = append(m.values[name], v)
}

// Pushed notes what became of the pushes of one event (apigw.Pusher.Pushed).
func (m *Meter) Pushed(sent, gone, lost int) {
	m.Count(PushesSent, sent)
	m.Count(PushesGone, gone)
	m.Count(PushesLost, lost)
}

// Swept notes a sweep that came to its end.
func (m *Meter) Swept(s chat.Swept) {
	m.Count(Sweeps, 1)
	m.Count(RoutingRestarted, s.Restarted)
	m.Value(Waiting, float64(s.Waiting))
	m.Value(OldestWaiting, s.Longest.Seconds())
	m.Value(Drift, float64(len(s.Drift)))
	if s.Limit > 0 {
		m.Value(LicenceUsed, 100*float64(s.Used)/float64(s.Limit))
	}
}

// Committed notes the offers that a transition made and ended.
func (m *Meter) Committed(c chat.Change) {
	for _, w := range c.Writes {
		switch w := w.(type) {
		case chat.OpenOffer:
			m.Count(OffersMade, 1)
		case chat.EndOffer:
			switch w.Outcome {
			case chat.OfferAccepted:
				m.Count(OffersAccepted, 1)
				m.Value(WaitSeconds, w.At.Sub(c.Was.Since).Seconds())
			case chat.OfferRejected:
				m.Count(OffersRejected, 1)
			case chat.OfferExpired:
				m.Count(OffersExpired, 1)
			case chat.OfferCanceled:
				m.Count(OffersCanceled, 1)
			}
		}
	}
}

// definition and directive are CloudWatch's embedded metric format.
type (
	definition struct {
		Name Metric
		Unit string
	}
	directive struct {
		Namespace  string
		Dimensions [][]string
		Metrics    []definition
	}
)

// Flush writes what was gathered, nothing if that is nothing, and begins anew.
func (m *Meter) Flush() error {
	if m == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.order) == 0 {
		return nil
	}
	d := directive{Namespace: m.namespace, Dimensions: [][]string{{}}}
	line := map[string]any{}
	for _, name := range m.order {
		d.Metrics = append(d.Metrics, definition{name, name.unit()})
		if values := m.values[name]; len(values) == 1 {
			line[string(name)] = values[0]
		} else {
			line[string(name)] = values
		}
	}
	line["_aws"] = map[string]any{"Timestamp": m.now().UnixMilli(), "CloudWatchMetrics": []directive{d}}
	m.order = nil
	clear(m.values)
	return json.NewEncoder(m.out).Encode(line)
}
