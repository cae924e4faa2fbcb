package chat

import (
	"slices"
	"strconv"
	"time"
)

// OfferRef names one offer.
type OfferRef struct {
	Session    string
	Generation int
	Round      int
}

// Reservation is how an agent's item names the offer that is made to them alone: "<session>#<round>".
func (r OfferRef) Reservation() string { return r.Session + "#" + strconv.Itoa(r.Round) }

// OfferOutcome is how an offer ended. Every offer ends in exactly one.
type OfferOutcome string

// The outcomes of an offer.
const (
	OfferAccepted  OfferOutcome = "accepted"
	OfferRejected  OfferOutcome = "rejected"  // by all who were asked
	OfferExpired   OfferOutcome = "expired"   // nobody decided in time
	OfferRescinded OfferOutcome = "rescinded" // what the others hear of an accepted one
	OfferCanceled  OfferOutcome = "canceled"  // customer left, agent paused or lost, licence full
)

// OfferKind says what an offer asks for.
type OfferKind string

// The kinds.
const (
	KindRouting  OfferKind = ""         // to take a session that waits
	KindTransfer OfferKind = "transfer" // to become the owner of one that somebody has
	KindAssist   OfferKind = "assist"   // to write along
)

// Offer is the ledger row of one offer: who was asked, why they, what each did. It is written with the transaction that
// makes the offer, marked while it shows, and ended by the transaction that ends it. It is never deleted before its session.
type Offer struct {
	OfferRef
	Kind      OfferKind
	From      string // the agent who asks, and their Note, where Kind is a transfer or an invitation
	Note      string
	To        []string // at most MaxAsked agents
	Strategy  Strategy
	Why       Why
	At        time.Time
	Until     time.Time
	Delivered map[string]time.Time // a desktop has it
	Seen      map[string]time.Time // on a visible tab
	Rejected  []string
	Decided   map[string]time.Time // when each of them did
	Outcome   OfferOutcome         // "" while it shows
	By        string               // the winner
	Ended     time.Time
	Expires   time.Time // end of retention
}

// Why explains a routing decision to the people it concerns.
type Why struct {
	Candidates []string          // in the order of the strategy
	Excluded   map[string]string // agent -> reason, at most maxExcluded of them
	Ahead      int               // sessions before this one that one of the candidates could take
	Again      bool              // asked first because they had the session before
}

// exclude says why an agent was not asked, of as many as there is room for.
func (w Why) exclude(agent, reason string) {
	if len(w.Excluded) < maxExcluded {
		w.Excluded[agent] = reason
	}
}

// maxExcluded is how many excluded agents a ledger row names: a queue with a thousand members must not make every mark and
// reject of an offer cost ten times as much.
const maxExcluded = 50

// MaxAsked is how many agents one offer rings at once: its ledger row stays below 4 KB and its pushes below a second.
const MaxAsked = 50

// Shows reports whether the offer still waits for this agent.
func (o Offer) Shows(agent string) bool {
	return o.Outcome == "" && slices.Contains(o.To, agent) && !slices.Contains(o.Rejected, agent)
}

// remembered reports whether the queue's strategy is to know of the offer. To ask who had the session before is nobody's turn.
func (o Offer) remembered() bool {
	return o.Strategy == LeastRecent || o.Strategy == RRMemory && !o.Why.Again
}

// rings are those on whose desktops the offer still shows.
func (o Offer) rings() []string {
	var to []string
	for _, a := range o.To {
		if o.Shows(a) {
			to = append(to, a)
		}
	}
	return to
}

// declined reports whether everybody who was asked has rejected.
func (o Offer) declined() bool {
	return !slices.ContainsFunc(o.To, func(a string) bool { return !slices.Contains(o.Rejected, a) })
}

// blame says what an offer that ran out means for one of those asked.
type blame int

const (
	blameNobody    blame = iota
	blameSkipped         // it reached them: not again in this lap
	blameMissed          // it reached them and was on their screen: counts towards not responding
	blameUnreached       // it never reached a desktop: no offers until a sign of life
)

// blameOf judges an expired offer for one agent.
func (o Offer) blameOf(agent string) blame {
	switch {
	case slices.Contains(o.Rejected, agent):
		return blameNobody
	case !o.Seen[agent].IsZero():
		return blameMissed
	case !o.Delivered[agent].IsZero():
		return blameSkipped
	default:
		return blameUnreached
	}
}
