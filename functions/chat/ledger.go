package chat

import (
	"context"
	"errors"
	"slices"
	"time"
)

// ledgerWidth is how many offers of a session are shown: nobody reads further back.
const ledgerWidth = 50

// Ledger is the history of a session's offers, the last one first.
type Ledger struct {
	Session string
	Now     time.Time
	Offers  []Offer
	Names   map[string]Ref // of all agents in it
}

// Ledger explains who was asked to take a session, why, and what they did. For those who own it or assist, those who were asked, and
// supervisors. Refusals: not_found, not_yours.
func (d *Desk) Ledger(ctx context.Context, c Connection, session string) (Ledger, error) {
	s, err := d.Store.Session(ctx, session)
	if errors.Is(err, ErrNotFound) {
		return Ledger{}, Refuse(CodeNotFound, "There is no such session.")
	}
	if err != nil {
		return Ledger{}, err
	}
	l := Ledger{Session: session, Now: d.now(), Names: map[string]Ref{}}
	if l.Offers, err = d.Store.Offers(ctx, session, ledgerWidth); err != nil {
		return Ledger{}, err
	}
	me := c.Principal.ID
	if !s.Speaks(me) && !slices.ContainsFunc(l.Offers, func(o Offer) bool { return slices.Contains(o.To, me) }) {
		if _, err := d.supervisor(ctx, c); err != nil {
			return Ledger{}, Refuse(CodeNotYours, "This chat is not yours.")
		}
	}
	for _, o := range l.Offers {
		for _, ids := range [][]string{o.To, o.Why.Candidates, {o.From, o.By}} {
			for _, id := range ids {
				l.Names[id] = d.agentRef(ctx, id)
			}
		}
		for id := range o.Why.Excluded {
			l.Names[id] = d.agentRef(ctx, id)
		}
	}
	return l, nil
}

// Decision is what one of those asked did, and when; "" if they let it pass, or still may decide.
func (o Offer) Decision(agent string) (OfferOutcome, time.Time) {
	switch {
	case o.By == agent:
		return OfferAccepted, o.Ended
	case slices.Contains(o.Rejected, agent):
		return OfferRejected, o.Decided[agent]
	case o.Outcome == OfferRejected && len(o.To) == 1:
		return OfferRejected, o.Ended // an offer to one agent alone ends with their no
	}
	return "", time.Time{}
}
