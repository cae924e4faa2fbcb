package chat

import (
	"testing"
	"time"
)

func TestDecision(t *testing.T) {
	t.Parallel()
	decided, over := morning.Add(3*time.Second), morning.Add(20*time.Second)
	everybody := Offer{To: []string{"ann", "bob", "eve"}, Rejected: []string{"bob"}, Decided: map[string]time.Time{"bob": decided}, Ended: over}
	accepted, expired := everybody, everybody
	accepted.Outcome, accepted.By = OfferAccepted, "ann"
	expired.Outcome = OfferExpired
	rings := everybody
	rings.Ended = time.Time{}
	after := accepted // Bob had said no, and took it after all
	after.By = "bob"
	tests := []struct {
		name  string
		offer Offer
		agent string
		want  OfferOutcome
		at    time.Time
	}{
		{"the winner", accepted, "ann", OfferAccepted, over},
		{"who had declined before somebody won", accepted, "bob", OfferRejected, decided},
		{"who was too slow", accepted, "eve", "", time.Time{}},
		{"who declined, and accepted after all", after, "bob", OfferAccepted, over},
		{"who let it pass", expired, "ann", "", time.Time{}},
		{"who declined what then expired", expired, "bob", OfferRejected, decided},
		{"who still may decide", rings, "ann", "", time.Time{}},
		{"who has decided while it rings at others", rings, "bob", OfferRejected, decided},
		{"who was asked alone and declined: nothing else was written", Offer{To: []string{"ann"}, Outcome: OfferRejected, Ended: over}, "ann", OfferRejected, over},
		{"who was asked alone and let it pass", Offer{To: []string{"ann"}, Outcome: OfferExpired, Ended: over}, "ann", "", time.Time{}},
		{"who was asked alone and paused", Offer{To: []string{"ann"}, Outcome: OfferCanceled, Ended: over}, "ann", "", time.Time{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, at := test.offer.Decision(test.agent)
			equal(t, "decision", got, test.want)
			equal(t, "at", at, test.at)
		})
	}
}
