package dynamo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/parley-chat/parley/functions/chat"
)

// putKind makes an item one of those that List names.
func (it item) putKind(k chat.ListKind, id string) {
	it["kindPK"], it["kindSK"] = text(kindPK(k)), text(id)
}

func encodeWebsite(w chat.Website) item {
	it := key(websitePK(w.ID), websiteSK)
	it.putText("name", w.Name)
	it.putList("origins", w.Origins)
	it.putText("brand", w.Brand)
	it.putText("greeting", w.Greeting)
	it.putList("queues", w.Queues)
	it.putFlag("askName", w.AskName)
	it.putFlag("askEmail", w.AskEmail)
	messages := make([]string, len(w.Messages))
	for i, m := range w.Messages {
		messages[i] = string(m)
	}
	it.putList("messages", messages)
	hours := make([]string, len(w.Hours))
	for i, h := range w.Hours {
		hours[i] = fmt.Sprintf("%d %d %d", h.Day, h.From, h.Until)
	}
	it.putList("hours", hours)
	it.putText("zone", w.Zone)
	it.putKind(chat.ListWebsites, w.ID)
	return it
}

func decodeWebsite(it item) chat.Website {
	w := chat.Website{ID: strings.TrimPrefix(it.text(pk), "W#"), Name: it.text("name"), Origins: it.strings("origins"),
		Brand: it.text("brand"), Greeting: it.text("greeting"), Queues: it.strings("queues"), AskName: it.flag("askName"),
		AskEmail: it.flag("askEmail"), Zone: it.text("zone")}
	for _, m := range it.strings("messages") {
		w.Messages = append(w.Messages, chat.Openness(m))
	}
	for _, line := range it.strings("hours") {
		var h chat.Hours
		if _, err := fmt.Sscan(line, &h.Day, &h.From, &h.Until); err == nil {
			w.Hours = append(w.Hours, h)
		}
	}
	return w
}

func encodeQueue(q chat.Queue) item {
	it := key(queuePK(q.ID), queueSK)
	it.putText("name", q.Name)
	it.putText("strategy", string(q.Strategy))
	it.putCount("timeout", q.Timeout)
	it.putCount("weight", q.Weight)
	it.putCount("lostAfter", q.LostAfter)
	it.putCount("maxWait", q.MaxWait)
	it.putText("then", string(q.Then))
	it.putText("overflow", q.Overflow)
	it.putCount("wrapUp", q.WrapUp)
	it.putCount("idle", q.Idle)
	it.putFlag("previous", q.Previous)
	it.putKind(chat.ListQueues, q.ID)
	return it
}

func decodeQueue(it item) chat.Queue {
	return chat.Queue{ID: strings.TrimPrefix(it.text(pk), "Q#"), Name: it.text("name"), Strategy: chat.Strategy(it.text("strategy")),
		Timeout: it.int("timeout"), Weight: it.int("weight"), LostAfter: it.int("lostAfter"), MaxWait: it.int("maxWait"),
		Then: chat.Fallback(it.text("then")), Overflow: it.text("overflow"), WrapUp: it.int("wrapUp"), Idle: it.int("idle"),
		Previous: it.flag("previous")}
}

func decodeAgent(it item) chat.Agent {
	return chat.Agent{ID: strings.TrimPrefix(it.text(pk), "A#"), Name: it.text("name"), Email: it.text("email"), State: chat.Availability(it.text("state")),
		Reason: it.text("reason"), Changed: it.time("changed"), By: it.text("by"), Next: chat.Availability(it.text("next")),
		NextReason: it.text("nextReason"), NextBy: it.text("nextBy"), WrapUntil: it.time("wrapUntil"), Supervisor: it.flag("supervisor"), Open: it.strings("open"),
		Capacity: it.int("cap"), Offer: it.text("offer"), Idle: it.time("idleSince"), Seen: it.time("seenAt"),
		Unreached: it.time("unreached"), Missed: it.int("missed"), Queues: it.strings("queues")}
}

func agentKey(id string) item { return key(agentPK(id), agentSK) }

// Website reads a website.
//
// Units: 1 read.
func (s *Store) Website(ctx context.Context, id string) (chat.Website, error) {
	it, err := s.get(ctx, "website", s.tables.Directory, key(websitePK(id), websiteSK))
	if err != nil {
		return chat.Website{}, err
	}
	return decodeWebsite(it), nil
}

// Roster reads a queue and its members in one Query.
//
// Units: 1 read (about 60 members, then 1 for each further 4 KB).
func (s *Store) Roster(ctx context.Context, queue string) (chat.Roster, error) {
	items, err := s.query(ctx, "roster", &dynamodb.QueryInput{TableName: &s.tables.Directory, ConsistentRead: aws.Bool(true),
		KeyConditionExpression: aws.String("#PK = :queue"), ExpressionAttributeValues: item{":queue": text(queuePK(queue))}}, 0)
	if err != nil {
		return chat.Roster{}, err
	}
	var r chat.Roster
	for _, it := range items {
		switch sort := it.text(sk); sort {
		case queueSK:
			r.Queue = decodeQueue(it)
		case paceSK: // read where it matters
		default:
			r.Members = append(r.Members, chat.Member{Agent: strings.TrimPrefix(sort, memberMark), Notified: it.time("notified")})
		}
	}
	if r.ID == "" {
		return chat.Roster{}, fmt.Errorf("roster %s: %w", queue, chat.ErrNotFound)
	}
	return r, nil
}

// Agent reads an agent.
//
// Units: 1 read.
func (s *Store) Agent(ctx context.Context, id string) (chat.Agent, error) {
	it, err := s.get(ctx, "agent", s.tables.Directory, agentKey(id))
	if err != nil {
		return chat.Agent{}, err
	}
	return decodeAgent(it), nil
}

// Agents reads several agents, in the order of the ids; one that is named twice is read once.
//
// Units: 1 read an agent.
func (s *Store) Agents(ctx context.Context, ids []string) ([]chat.Agent, error) {
	var keys []item
	order := make(map[string]int, len(ids))
	for _, id := range ids {
		if _, twice := order[id]; !twice {
			order[id] = len(order)
			keys = append(keys, agentKey(id))
		}
	}
	items, err := s.getAll(ctx, "agents", s.tables.Directory, keys)
	if err != nil {
		return nil, err
	}
	agents := make([]chat.Agent, len(items))
	for i, it := range items {
		agents[i] = decodeAgent(it)
	}
	slices.SortFunc(agents, func(a, b chat.Agent) int { return cmp.Compare(order[a.ID], order[b.ID]) })
	return agents, nil
}

// Beat writes the agent's sign of life under the condition that there is such an agent.
//
// Units: 1 write.
func (s *Store) Beat(ctx context.Context, agent string, at time.Time) (chat.Agent, error) {
	e := newEdit()
	e.setTo("seenAt", millis(at))
	e.need("attribute_exists(#PK)")
	it, err := s.update(ctx, "beat", s.tables.Directory, agentKey(agent), e, types.ReturnValueAllNew)
	if errors.Is(err, chat.ErrStale) {
		return chat.Agent{}, fmt.Errorf("beat %s: %w", agent, chat.ErrNotFound)
	}
	if err != nil {
		return chat.Agent{}, err
	}
	return decodeAgent(it), nil
}

// Settings reads the one item that is set for the whole stack.
//
// Units: 1 read.
func (s *Store) Settings(ctx context.Context) (chat.Settings, error) {
	it, err := s.get(ctx, "settings", s.tables.Directory, key(settingsPK, settingsSK))
	if errors.Is(err, chat.ErrNotFound) {
		return chat.Settings{}, nil
	}
	return chat.Settings{Reasons: it.strings("reasons"), Dispositions: it.strings("dispositions")}, err
}

// Staff names every agent who is configured, at work or not.
//
// Units: 1 read (about 60 agents, then 1 for each further 4 KB).
func (s *Store) Staff(ctx context.Context) ([]string, error) {
	items, err := s.query(ctx, "staff", &dynamodb.QueryInput{TableName: &s.tables.Directory, ConsistentRead: aws.Bool(true),
		KeyConditionExpression: aws.String("#PK = :staff"), ExpressionAttributeValues: item{":staff": text(staffPK)}}, 0)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(items))
	for i, it := range items {
		ids[i] = it.text(sk)
	}
	return ids, nil
}

// Shards reads the licence's shards. One without seats (the licence was lowered or lifted) is left out: whatever it still
// counts is given back to it, but nobody takes a seat there.
//
// Units: 1 read (about 100 shards).
func (s *Store) Shards(ctx context.Context) ([]chat.Shard, error) {
	all, err := s.allShards(ctx)
	return slices.DeleteFunc(all, func(sh chat.Shard) bool { return sh.Limit == 0 }), err
}

func (s *Store) allShards(ctx context.Context) ([]chat.Shard, error) {
	items, err := s.query(ctx, "shards", &dynamodb.QueryInput{TableName: &s.tables.Directory, ConsistentRead: aws.Bool(true),
		KeyConditionExpression: aws.String("#PK = :licence"), ExpressionAttributeValues: item{":licence": text(licencePK)}}, 0)
	if err != nil {
		return nil, err
	}
	shards := make([]chat.Shard, len(items))
	for i, it := range items {
		n, _ := strconv.Atoi(it.text(sk))
		shards[i] = chat.Shard{Number: n, Used: it.int("used"), Limit: it.int("limit")}
	}
	return shards, nil
}

// List reads the index `kind`, which is a moment late.
//
// Units: 0.5 reads (about 100 ids, then 0.5 for each further 4 KB).
func (s *Store) List(ctx context.Context, kind chat.ListKind) ([]string, error) {
	items, err := s.query(ctx, "list", &dynamodb.QueryInput{TableName: &s.tables.Directory, IndexName: aws.String(kindIndex),
		KeyConditionExpression: aws.String("#kindPK = :kind"), ExpressionAttributeValues: item{":kind": text(kindPK(kind))}}, 0)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(items))
	for i, it := range items {
		ids[i] = it.text("kindSK")
	}
	return ids, nil
}

// Pace reads the queue's mark.
//
// Units: 1 read.
func (s *Store) Pace(ctx context.Context, queue string) (chat.Pace, error) {
	it, err := s.get(ctx, "pace", s.tables.Directory, key(queuePK(queue), paceSK))
	if errors.Is(err, chat.ErrNotFound) {
		return chat.Pace{}, nil
	}
	return chat.Pace{Mean: time.Duration(it.int64("pace")) * time.Millisecond, Last: it.time("paced")}, err
}

// KeepPace writes the queue's pace. It has an item of its own: the queue's would be as hot as the queue.
//
// Units: 1 write.
func (s *Store) KeepPace(ctx context.Context, queue string, p chat.Pace) error {
	e := newEdit()
	e.setTo("pace", number(p.Mean.Milliseconds()))
	e.setTo("paced", millis(p.Last))
	_, err := s.update(ctx, "keep pace", s.tables.Directory, key(queuePK(queue), paceSK), e, types.ReturnValueNone)
	return err
}

// notifiers bounds how many members are marked side by side.
const notifiers = 8

// Notify writes each member's mark, if they still are a member.
//
// Units: 1 write an agent.
func (s *Store) Notify(ctx context.Context, queue string, agents []string, at time.Time) error {
	errs := make([]error, len(agents))
	slots := make(chan struct{}, notifiers)
	var wg sync.WaitGroup
	for i, agent := range agents {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			e := newEdit()
			e.setTo("notified", millis(at))
			e.need("attribute_exists(#PK)")
			_, err := s.update(ctx, "notify", s.tables.Directory, key(queuePK(queue), memberMark+agent), e, types.ReturnValueNone)
			if !errors.Is(err, chat.ErrStale) {
				errs[i] = err
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// Blame is Release for agents without a reservation. If they cannot be set to not responding now (something changed, or another
// offer holds a reservation, which only its own end may touch), the miss alone is counted: the next one will.
//
// Units: 1 write.
func (s *Store) Blame(ctx context.Context, b chat.Release) error {
	err := s.commit(ctx, "blame", s.release(b))
	if errors.Is(err, chat.ErrStale) && b.NotResponding {
		b.NotResponding = false
		err = s.commit(ctx, "blame", s.release(b))
	}
	return err
}

// SetAvailability changes an agent's state by itself.
//
// Units: 1 write, and 1 of the index where the agent comes to work or leaves it.
func (s *Store) SetAvailability(ctx context.Context, w chat.SetAvailability) error {
	return s.commit(ctx, "set availability", s.setAvailability(w))
}

// PutWebsite replaces a website.
//
// Units: 1 write, and 1 of the index for a new one.
func (s *Store) PutWebsite(ctx context.Context, w chat.Website) error {
	return s.putItem(ctx, "put website", s.put("", s.tables.Directory, encodeWebsite(w), ""))
}

// PutQueue replaces a queue's rules; members and pace have items of their own.
//
// Units: 1 write, and 1 of the index for a new one.
func (s *Store) PutQueue(ctx context.Context, q chat.Queue) error {
	return s.putItem(ctx, "put queue", s.put("", s.tables.Directory, encodeQueue(q), ""))
}

// PutSettings replaces the settings.
//
// Units: 1 write.
func (s *Store) PutSettings(ctx context.Context, v chat.Settings) error {
	it := key(settingsPK, settingsSK)
	it.putList("reasons", v.Reasons)
	it.putList("dispositions", v.Dispositions)
	return s.putItem(ctx, "put settings", s.put("", s.tables.Directory, it, ""))
}

// PutAgent writes what is configured of an agent, their place among the staff and their membership in each queue, in one
// transaction under the condition that the queues are as read. A new agent is OFFLINE; what an agent does at that moment stays.
//
// Units: 1 read; 2 writes for the agent, 2 writes for the staff and 2 writes for each queue, joined or left.
func (s *Store) PutAgent(ctx context.Context, a chat.Agent) error {
	var err error
	for attempt := 1; attempt <= attempts; attempt++ {
		if err = s.putAgent(ctx, a); !errors.Is(err, chat.ErrStale) && !errors.Is(err, chat.ErrConflict) {
			return err
		}
		if err := pause(ctx, attempt); err != nil {
			return err
		}
	}
	return err
}

func (s *Store) putAgent(ctx context.Context, a chat.Agent) error {
	was, err := s.Agent(ctx, a.ID)
	if err != nil && !errors.Is(err, chat.ErrNotFound) {
		return err
	}
	configured, before := item{}, item{}
	configured.putText("name", a.Name)
	configured.putText("email", a.Email)
	configured.putList("queues", a.Queues)
	configured.putFlag("supervisor", a.Supervisor)
	before.putList("queues", was.Queues)
	e := newEdit()
	e.setTo("cap", number(int64(a.Capacity)))
	e.asRead("queues", before["queues"])
	for _, name := range []string{"name", "email", "queues", "supervisor"} {
		if v, ok := configured[name]; ok {
			e.setTo(name, v)
		} else {
			e.unset(name)
		}
	}
	e.set = append(e.set, "#state = if_not_exists(#state, :offline)")
	e.values[":offline"] = text(string(chat.Offline))
	writes := []write{s.edit("agent "+a.ID, s.tables.Directory, agentKey(a.ID), e),
		s.put("staff", s.tables.Directory, key(staffPK, a.ID), "")}
	for _, q := range a.Queues {
		member := newEdit()
		member.setTo("agent", text(a.ID))
		writes = append(writes, s.edit("member of "+q, s.tables.Directory, key(queuePK(q), memberMark+a.ID), member))
	}
	for _, q := range was.Queues {
		if !slices.Contains(a.Queues, q) {
			writes = append(writes, s.dismiss(a.ID, q))
		}
	}
	return s.commit(ctx, "put agent", writes...)
}

// dismiss ends a membership.
func (s *Store) dismiss(agent, queue string) write {
	return write{"member of " + queue, types.TransactWriteItem{Delete: &types.Delete{
		TableName: &s.tables.Directory, Key: key(queuePK(queue), memberMark+agent)}}}
}

// DeleteWebsite deletes a website. Its open sessions stay with their agents, but their customers cannot connect again: see first
// that there are none.
//
// Units: 1 write, and 1 of the index.
func (s *Store) DeleteWebsite(ctx context.Context, id string) error {
	return s.remove(ctx, "delete website", key(websitePK(id), websiteSK))
}

// DeleteQueue deletes a queue and its pace. Sessions that wait in it would wait for ever: see first that there are none, and no
// members.
//
// Units: 1 write, and 1 of the index; 1 write for the pace.
func (s *Store) DeleteQueue(ctx context.Context, id string) error {
	if err := s.remove(ctx, "delete queue", key(queuePK(id), queueSK)); err != nil {
		return err
	}
	return s.remove(ctx, "delete queue", key(queuePK(id), paceSK))
}

func (s *Store) remove(ctx context.Context, op string, k item) error {
	_, err := s.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &s.tables.Directory, Key: k})
	return judge(op, err)
}

// DeleteAgent deletes an agent with their memberships, as they were read, under the condition that they are OFFLINE, have nothing
// open and no offer: else ErrStale.
//
// Units: 2 writes for the agent, 2 writes for the staff and 2 writes for each queue.
func (s *Store) DeleteAgent(ctx context.Context, a chat.Agent) error {
	e := newEdit()
	before := item{}
	before.putList("queues", a.Queues)
	e.asRead("queues", before["queues"])
	e.need("#state = :offline AND attribute_not_exists(#open) AND attribute_not_exists(#offer)", ":offline", text(string(chat.Offline)))
	drop := func(part string, k item) write {
		return write{part, types.TransactWriteItem{Delete: &types.Delete{TableName: &s.tables.Directory, Key: k}}}
	}
	agent := drop("agent "+a.ID, agentKey(a.ID))
	agent.Delete.ConditionExpression = aws.String(e.condition())
	agent.Delete.ExpressionAttributeNames, agent.Delete.ExpressionAttributeValues = e.names(), e.valuesOrNil()
	writes := []write{agent, drop("staff", key(staffPK, a.ID))}
	for _, q := range a.Queues {
		writes = append(writes, s.dismiss(a.ID, q))
	}
	return s.commit(ctx, "delete agent", writes...)
}

// PutLicence sets each shard's limit, the seats spread evenly. Shards are never deleted, because sessions name the one that
// counts them; those not needed have no seats. A lower limit ends nothing that runs.
//
// Units: 1 read, 1 write a shard.
func (s *Store) PutLicence(ctx context.Context, limit int) error {
	existing, err := s.allShards(ctx)
	if err != nil {
		return err
	}
	shards := (limit + chat.ShardSeats - 1) / chat.ShardSeats
	last := shards
	for _, sh := range existing {
		last = max(last, sh.Number)
	}
	for n := 1; n <= last; n++ {
		seats := 0
		if n <= shards {
			seats = limit / shards
			if n <= limit%shards {
				seats++
			}
		}
		e := newEdit()
		e.setTo("limit", number(int64(seats)))
		e.set = append(e.set, "#used = if_not_exists(#used, :none)")
		e.values[":none"] = number(0)
		if _, err := s.update(ctx, "put licence", s.tables.Directory, key(licencePK, shardSK(n)), e, types.ReturnValueNone); err != nil {
			return err
		}
	}
	return nil
}
