package dynamo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/parley-chat/parley/functions/chat"
)

// Commit makes a transition. The state row changes by the difference of what the rule read and what it wants, so that whatever
// it did not touch (a newer token, a wake-up) stays as it is now. One write is a plain conditional write; more are a transaction.
//
// In a transaction every item counts 2 write units a KB: the state row 4 while it holds a task token. Units of the items and of
// the indexes, by the transition's name; (one): the offer was made to one agent and reserves them. With a licence; without one,
// an accept, a pick and the end of an owner's part are 2 less. Without assistants: each is 2 more where the owner's part ends.
//
//	start                          6 + 1
//	offer                          6 + 1
//	offer (one)                    8 + 1
//	visit                          2 + 1
//	park                           2 + 1
//	new lap                        2 + 1
//	give back: rejected            6 + 1
//	give back: rejected (one)      8 + 1
//	give back: expired             6 + 1
//	give back: expired (one)       8 + 1
//	withdraw (one)                 8 + 1
//	accept                        12 + 2
//	accept (one)                  12 + 2
//	close                          8 + 1
//	return to the queue            8 + 2
//	reopen                         4 + 1
//	end waiting: abandoned         8 + 1
//	end waiting: abandoned (one)  10 + 1
//	raise part                     1 + 0
//	overflow                       2 + 2
//	transfer                       4 + 1
//	transfer (one)                 6 + 1
//	visit transfer                 2 + 0
//	end transfer: rejected         6 + 1
//	end transfer: rejected (one)   8 + 1
//	end transfer: expired          6 + 1
//	end transfer: expired (one)    8 + 1
//	end transfer: canceled         6 + 1
//	end transfer: canceled (one)   8 + 1
//	accept transfer               12 + 3
//	accept transfer (one)         12 + 3
//	accept assist                 10 + 2
//	accept assist (one)           10 + 2
//	end assist                     6 + 1
//	blind transfer                 8 + 2
//	warn                           1 + 2
//	not idle                       1 + 2
//	offline message                4 + 1
//	pick                           8 + 2
func (s *Store) Commit(ctx context.Context, c chat.Change) error {
	var writes []write
	if c.Now.ID != "" {
		writes = append(writes, s.state(c))
	}
	for _, w := range c.Writes {
		part, err := s.part(w)
		if err != nil {
			return fmt.Errorf("%s: %w", c.Name, err)
		}
		writes = append(writes, part)
	}
	if c.Row != nil {
		writes = append(writes, s.put("place", s.tables.Sessions, encodeRow(*c.Row), placeFree))
	}
	return s.commit(ctx, c.Name, writes...)
}

// state is the state row's part of a change.
func (s *Store) state(c chat.Change) write {
	now := encodeSession(c.Now)
	if c.New {
		return s.put("state row", s.tables.Sessions, now, "attribute_not_exists(#SK)")
	}
	was := encodeSession(c.Was)
	e := difference(was, now)
	for _, name := range []string{"state", "v", "gen", "round", "part", "offered"} {
		e.asRead(name, was[name])
	}
	if c.Was.Transfer == nil {
		e.need("attribute_not_exists(#transfer)")
	} else {
		e.need("#transfer.#round = :handed", ":handed", number(int64(c.Was.Transfer.Round)))
	}
	if c.WakeAsRead {
		e.asRead("wake", was["wake"])
	}
	return s.edit("state row", s.tables.Sessions, key(sessionPK(c.Now.ID), stateSK), e)
}

// difference is the edit that makes one item of another.
func difference(was, now item) *edit {
	e := newEdit()
	for name, v := range now {
		if old, ok := was[name]; !ok || !same(old, v) {
			e.setTo(name, v)
		}
	}
	for name := range was {
		if _, ok := now[name]; !ok {
			e.unset(name)
		}
	}
	slices.Sort(e.set)
	slices.Sort(e.remove)
	return e
}

// part makes the write of another item, under the condition that its type promises.
func (s *Store) part(w chat.Write) (write, error) {
	switch w := w.(type) {
	case chat.Reserve:
		return s.reserve(w), nil
	case chat.Take:
		return s.take(w), nil
	case chat.Release:
		return s.release(w), nil
	case chat.Leave:
		return s.leave(w), nil
	case chat.SetAvailability:
		return s.setAvailability(w), nil
	case chat.TakeSeat:
		return s.takeSeat(w), nil
	case chat.GiveSeat:
		return s.giveSeat(w), nil
	case chat.OpenOffer:
		return s.put("offer", s.tables.Sessions, encodeOffer(w.Offer), "attribute_not_exists(#SK)"), nil
	case chat.EndOffer:
		return s.endOffer(w), nil
	case chat.Point:
		return s.point(w), nil
	case chat.Unseen:
		return s.unseen(w), nil
	default:
		return write{}, fmt.Errorf("no such write: %T", w)
	}
}

func (s *Store) agentPart(agent string, e *edit) write {
	return s.edit("agent "+agent, s.tables.Directory, agentKey(agent), e)
}

// reserve makes the agent hold an offer.
//
// Units: 2 in a transaction.
func (s *Store) reserve(w chat.Reserve) write {
	e := newEdit()
	e.setTo("offer", text(w.Offer))
	e.need("#state = :ready AND attribute_not_exists(#next) AND (attribute_not_exists(#wrapUntil) OR #wrapUntil <= :now)"+
		" AND #seenAt >= :lease AND attribute_not_exists(#offer) AND (attribute_not_exists(#open) OR size(#open) < #cap)",
		":ready", text(string(chat.Ready)), ":lease", millis(w.Lease), ":now", millis(w.At))
	return s.agentPart(w.Agent, e)
}

// room is the condition that an accept fits: the session is open already, or there is a place, where an offer to this agent
// alone holds one for that offer. size() of a set that is absent compares with nothing, hence the long form.
const room = "(contains(#open, :session)" +
	" OR ((attribute_not_exists(#offer) OR #offer = :this) AND (attribute_not_exists(#open) OR size(#open) < :cap))" +
	" OR (attribute_not_exists(#open) AND #cap > :one)" +
	" OR size(#open) < :capMinusOne)" +
	" AND #cap = :cap"

// take adds a session to what the agent has open.
//
// Units: 2 in a transaction.
func (s *Store) take(w chat.Take) write {
	e := newEdit()
	e.setTo("seenAt", millis(w.At))
	e.unset("missed", "wrapUntil")
	e.add = []string{"#open :sessions"}
	e.need("#state = :ready AND "+room, ":ready", text(string(chat.Ready)), ":session", text(w.Session), ":sessions", set(w.Session),
		":this", text(w.Offer), ":one", number(1), ":cap", number(int64(w.Capacity)), ":capMinusOne", number(int64(w.Capacity-1)))
	if w.Reserved {
		e.need("#offer = :this")
		e.unset("offer")
	}
	return s.agentPart(w.Agent, e)
}

// release ends a reservation, or blames an agent who holds none for the offer.
//
// Units: 2 in a transaction.
func (s *Store) release(w chat.Release) write {
	e := newEdit()
	if w.Offer != "" {
		e.need("#offer = :this", ":this", text(w.Offer))
		e.unset("offer")
	} else {
		e.need("attribute_exists(#PK)")
	}
	switch {
	case w.Answered:
		e.setTo("seenAt", millis(w.At))
		e.unset("missed")
	case w.Unreached:
		e.setTo("unreached", millis(w.At))
	case w.Missed:
		e.add = []string{"#missed :one"}
		e.values[":one"] = number(1)
	}
	if w.NotResponding {
		e.asRead("missed", countOrNil(w.WasMissed))
		e.need("#state = :ready", ":ready", text(string(chat.Ready)))
		if w.Offer == "" {
			e.need("attribute_not_exists(#offer)")
		}
		e.become(chat.NotResponding, w.At)
		e.unset("reason", "by", "next", "nextReason", "nextBy", "wrapUntil")
	}
	return s.agentPart(w.Agent, e)
}

// become changes an agent's own state.
func (e *edit) become(a chat.Availability, at time.Time) {
	e.setTo("state", text(string(a)))
	e.setTo("changed", millis(at))
}

// textOrUnset keeps a text, or that there is none.
func (e *edit) textOrUnset(name, v string) {
	if v == "" {
		e.unset(name)
		return
	}
	e.setTo(name, text(v))
}

// leave takes a session out of what the agent has open, and applies the next status with the last one.
//
// Units: 2 in a transaction.
func (s *Store) leave(w chat.Leave) write {
	e := newEdit()
	e.setTo("idleSince", millis(w.At))
	e.drop = []string{"#open :sessions"}
	e.values[":sessions"] = set(w.Session)
	e.asRead("next", textOrNil(string(w.Next)))
	if w.Next != "" {
		if w.Open == 0 {
			e.need("attribute_not_exists(#open)")
		} else {
			e.need("size(#open) = :open", ":open", number(int64(w.Open)))
		}
	}
	switch {
	case w.Next != "" && w.Open <= 1:
		e.become(w.Next, w.At)
		e.unset("next", "nextReason", "nextBy", "wrapUntil")
		e.textOrUnset("reason", w.NextReason)
		e.textOrUnset("by", w.NextBy)
		if w.Next == chat.Offline {
			e.unset("kindPK", "kindSK")
		}
	case !w.WrapUntil.IsZero():
		e.setTo("wrapUntil", millis(w.WrapUntil))
	}
	if !w.AsJudged.IsZero() {
		e.need("#seenAt = :judged", ":judged", millis(w.AsJudged))
	}
	return s.agentPart(w.Agent, e)
}

// setAvailability changes the agent's own state. Who becomes READY by their own wish starts with a clean slate: nothing missed,
// idle from now on.
//
// Units: 2 in a transaction.
func (s *Store) setAvailability(w chat.SetAvailability) write {
	e := newEdit()
	e.need("attribute_exists(#PK)")
	e.asRead("offer", textOrNil(w.Offer))
	if w.Offer != "" {
		e.unset("offer")
	}
	if w.Empty {
		e.need("attribute_not_exists(#open)")
	}
	switch {
	case !w.AsJudged.IsZero():
		e.need("#seenAt = :judged", ":judged", millis(w.AsJudged))
	case w.By == "":
		e.setTo("seenAt", millis(w.At))
	}
	if w.After {
		e.need("attribute_exists(#open)")
		e.setTo("next", text(string(w.State)))
		e.textOrUnset("nextReason", w.Reason)
		e.textOrUnset("nextBy", w.By)
		return s.agentPart(w.Agent, e)
	}
	e.become(w.State, w.At)
	e.unset("next", "nextReason", "nextBy", "wrapUntil")
	e.textOrUnset("reason", w.Reason)
	e.textOrUnset("by", w.By)
	switch {
	case w.State == chat.Ready:
		e.setTo("idleSince", millis(w.At))
		e.unset("missed")
		fallthrough
	case w.State != chat.Offline:
		e.setTo("kindPK", text(kindPK(chat.ListAgents)))
		e.setTo("kindSK", text(w.Agent))
	case w.Empty:
		e.unset("kindPK", "kindSK")
	}
	return s.agentPart(w.Agent, e)
}

func (s *Store) shardPart(shard int, e *edit) write {
	return s.edit("licence shard "+shardSK(shard), s.tables.Directory, key(licencePK, shardSK(shard)), e)
}

// takeSeat counts a session, below the shard's limit.
//
// Units: 2 in a transaction.
func (s *Store) takeSeat(w chat.TakeSeat) write {
	e := newEdit()
	e.add = []string{"#used :one"}
	e.need("#used < #limit", ":one", number(1))
	return s.shardPart(w.Shard, e)
}

// giveSeat has no condition: a licence must never keep a session from ending.
//
// Units: 2 in a transaction.
func (s *Store) giveSeat(w chat.GiveSeat) write {
	e := newEdit()
	e.add = []string{"#used :minusOne"}
	e.values[":minusOne"] = number(-1)
	return s.shardPart(w.Shard, e)
}

// endOffer gives an offer its one outcome.
//
// Units: 2 in a transaction (2 for each KB of the ledger row).
func (s *Store) endOffer(w chat.EndOffer) write {
	e := newEdit()
	e.setTo("outcome", text(string(w.Outcome)))
	e.setTo("endedAt", millis(w.At))
	if w.By != "" {
		e.setTo("by", text(w.By))
	}
	e.need("attribute_exists(#SK) AND attribute_not_exists(#outcome)")
	return s.edit("offer", s.tables.Sessions, s.offerKey(w.Ref), e)
}

// point moves a customer's pointer.
//
// Units: 2 in a transaction.
func (s *Store) point(w chat.Point) write {
	e := newEdit()
	e.setTo("session", text(w.Session))
	if w.Was == "" {
		e.need("(attribute_not_exists(#session) OR #session = :session)")
	} else {
		e.need("(attribute_not_exists(#session) OR #session = :session OR #session = :gone)", ":gone", text(w.Was))
	}
	return s.edit("pointer", s.tables.Directory, key(pointerPK(w.Website, w.Customer), pointerSK), e)
}

// unseen checks the customer's lease and changes nothing.
//
// Units: 2 in a transaction.
func (s *Store) unseen(w chat.Unseen) write {
	e := newEdit()
	var seen types.AttributeValue
	if !w.Seen.IsZero() {
		seen = millis(w.Seen)
	}
	e.asRead("seenAt", seen)
	return s.edit("customer's lease", s.tables.Sessions, key(sessionPK(w.Session), sideSK(chat.FromCustomer)), e)
}
