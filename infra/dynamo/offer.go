package dynamo

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/parley-chat/parley/functions/chat"
)

// encodeOffer makes the ledger row. delivered, seen and decided are made empty with it, because an update can set a key only in a map that
// is there.
func encodeOffer(o chat.Offer) item {
	it := key(sessionPK(o.Session), offerSK(o.OfferRef))
	it.putText("kind", string(o.Kind))
	it.putText("from", o.From)
	it.putText("note", o.Note)
	it.putSet("to", o.To)
	it.putText("strategy", string(o.Strategy))
	it.putTime("offeredAt", o.At)
	it.putTime("until", o.Until)
	it.putSet("rejected", o.Rejected)
	it.putText("outcome", string(o.Outcome))
	it.putText("by", o.By)
	it.putTime("endedAt", o.Ended)
	it.putExpiry(o.Expires)
	it["delivered"], it["seen"], it["decided"] = encodeTimes(o.Delivered), encodeTimes(o.Seen), encodeTimes(o.Decided)
	why := item{}
	why.putList("candidates", o.Why.Candidates)
	excluded := item{}
	for agent, reason := range o.Why.Excluded {
		excluded.putText(agent, reason)
	}
	why.putMap("excluded", excluded)
	why.putCount("ahead", o.Why.Ahead)
	why.putFlag("again", o.Why.Again)
	it.putMap("why", why)
	return it
}

func encodeTimes(m map[string]time.Time) types.AttributeValue {
	it := item{}
	for k, t := range m {
		it.putTime(k, t)
	}
	return &types.AttributeValueMemberM{Value: it}
}

func decodeTimes(it item) map[string]time.Time {
	if len(it) == 0 {
		return nil
	}
	m := make(map[string]time.Time, len(it))
	for k := range it {
		m[k] = it.time(k)
	}
	return m
}

func decodeOffer(it item) chat.Offer {
	gen, round, _ := strings.Cut(strings.TrimPrefix(it.text(sk), offerMark), "#")
	o := chat.Offer{Kind: chat.OfferKind(it.text("kind")), From: it.text("from"), Note: it.text("note"), To: it.strings("to"), Strategy: chat.Strategy(it.text("strategy")), At: it.time("offeredAt"), Until: it.time("until"),
		Delivered: decodeTimes(it.sub("delivered")), Seen: decodeTimes(it.sub("seen")), Rejected: it.strings("rejected"),
		Decided: decodeTimes(it.sub("decided")),
		Outcome: chat.OfferOutcome(it.text("outcome")), By: it.text("by"), Ended: it.time("endedAt"), Expires: it.expiry()}
	o.Session = strings.TrimPrefix(it.text(pk), "C#")
	o.Generation, _ = strconv.Atoi(gen)
	o.Round, _ = strconv.Atoi(round)
	why := it.sub("why")
	o.Why = chat.Why{Candidates: why.strings("candidates"), Ahead: why.int("ahead"), Again: why.flag("again")}
	if excluded := why.sub("excluded"); len(excluded) > 0 {
		o.Why.Excluded = make(map[string]string, len(excluded))
		for agent := range excluded {
			o.Why.Excluded[agent] = excluded.text(agent)
		}
	}
	return o
}

func (s *Store) offerKey(ref chat.OfferRef) item { return key(sessionPK(ref.Session), offerSK(ref)) }

// Offer reads a ledger row.
//
// Units: 1 read (an offer to at most chat.MaxAsked agents is below 4 KB).
func (s *Store) Offer(ctx context.Context, ref chat.OfferRef) (chat.Offer, error) {
	it, err := s.get(ctx, "offer", s.tables.Sessions, s.offerKey(ref))
	if err != nil {
		return chat.Offer{}, err
	}
	return decodeOffer(it), nil
}

// Offers reads the ledger of a session backwards. The rows of a hundred rounds sort by text, so they are sorted by number here.
//
// Units: 0.5 reads (about 10 offers, then 0.5 for each further 4 KB).
func (s *Store) Offers(ctx context.Context, session string, limit int) ([]chat.Offer, error) {
	items, err := s.query(ctx, "offers", &dynamodb.QueryInput{TableName: &s.tables.Sessions,
		KeyConditionExpression:    aws.String("#PK = :session AND begins_with(#SK, :offer)"),
		ExpressionAttributeValues: item{":session": text(sessionPK(session)), ":offer": text(offerMark)}}, 0)
	if err != nil {
		return nil, err
	}
	offers := make([]chat.Offer, len(items))
	for i, it := range items {
		offers[i] = decodeOffer(it)
	}
	slices.SortFunc(offers, func(a, b chat.Offer) int { return cmp.Compare(b.Round, a.Round) })
	return offers[:min(limit, len(offers))], nil
}

// Reject adds the agent to the offer's rejected under the condition that it has no outcome and was made to them. A repeat does
// the same again.
//
// Units: 1 write (1 for each KB of the ledger row).
func (s *Store) Reject(ctx context.Context, ref chat.OfferRef, agent string, at time.Time) (chat.Offer, error) {
	e := newEdit()
	e.aliases = map[string]string{"#me": agent}
	e.set = []string{"#decided.#me = if_not_exists(#decided.#me, :at)"}
	e.add = []string{"#rejected :me"}
	e.need("attribute_not_exists(#outcome) AND contains(#to, :agent)", ":me", set(agent), ":agent", text(agent), ":at", millis(at))
	it, err := s.update(ctx, "reject", s.tables.Sessions, s.offerKey(ref), e, types.ReturnValueAllNew)
	if err != nil {
		return chat.Offer{}, err
	}
	return decodeOffer(it), nil
}

// Mark writes when an offer reached the agent, and their eyes, under the condition of Reject. The first time of each stays.
// What was seen was delivered.
//
// Units: 1 write (1 for each KB of the ledger row).
func (s *Store) Mark(ctx context.Context, ref chat.OfferRef, agent string, seen bool, at time.Time) error {
	e := newEdit()
	e.aliases = map[string]string{"#me": agent}
	e.set = []string{"#delivered.#me = if_not_exists(#delivered.#me, :at)"}
	if seen {
		e.set = append(e.set, "#seen.#me = if_not_exists(#seen.#me, :at)")
	}
	e.need("attribute_not_exists(#outcome) AND contains(#to, :agent)", ":at", millis(at), ":agent", text(agent))
	_, err := s.update(ctx, "mark", s.tables.Sessions, s.offerKey(ref), e, types.ReturnValueNone)
	return err
}
