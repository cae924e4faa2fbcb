package dynamo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/parley-chat/parley/functions/chat"
)

// encodeSession makes a state row with the index keys that belong to its state: a transition is the difference of two of these, so
// the indexes follow by themselves.
func encodeSession(s chat.Session) item {
	it := key(sessionPK(s.ID), stateSK)
	it.putText("state", string(s.State))
	it.putInt("v", s.Version)
	it.putText("website", s.Website)
	it.putText("queue", s.Queue)
	it.putText("customer", s.Customer)
	it.putText("name", s.Name)
	it.putInt("gen", s.Generation)
	it.putInt("round", s.Round)
	it.putInt("part", s.Part)
	it.putCount("patience", s.Patience)
	it.putText("offered", s.Offered)
	it.putTime("until", s.Until)
	it.putText("token", s.Token)
	it.putCount("wake", s.Wake)
	it.putTime("turn", s.Turn)
	it.putSet("skip", s.Skip)
	it.putText("agent", s.Agent)
	it.putSet("assist", s.Assist)
	it.putCount("seat", s.Seat)
	it.putTime("noSeat", s.NoSeat)
	it.putTime("queued", s.Queued)
	it.putTime("since", s.Since)
	it.putCount("weight", s.Weight)
	it.putText("last", s.Last)
	it.putTime("given", s.Given)
	it.putTime("due", s.Due)
	it.putCount("warned", s.Warned)
	if t := s.Transfer; t != nil {
		it.putMap("transfer", encodeTransfer(*t))
	}
	it.putCount("asked", s.Asked)
	it.putTime("started", s.Started)
	it.putText("outcome", string(s.Outcome))
	it.putText("disposition", s.Disposition)
	it.putExpiry(s.Expires)
	switch {
	case s.InLine():
		it["waitPK"] = text(linePK(s.Queue))
		it["waitSK"] = text(lineSK(s.Weight, s.Queued, s.ID))
	case s.State == chat.Active && !s.Due.IsZero():
		it["duePK"] = text(duePK(dueShard(s.ID)))
		it["dueSK"] = text(pad(s.Due.UnixMilli(), 13))
	}
	if s.State == chat.Closed && s.Outcome == chat.Message {
		it["waitPK"] = text(trayPK(s.Queue))
		it["waitSK"] = text(pad(s.Expires.UnixMilli(), 13) + "#" + s.ID)
	}
	if t := s.Transfer; t != nil {
		it["waitPK"] = text(handedPK(cmp.Or(t.Queue, s.Queue)))
		it["waitSK"] = text(s.ID)
	}
	return it
}

func encodeTransfer(t chat.Transfer) item {
	it := item{}
	it.putFlag("assist", t.Assist)
	it.putText("agent", t.Agent)
	it.putText("queue", t.Queue)
	it.putText("by", t.By)
	it.putText("note", t.Note)
	it.putInt("round", t.Round)
	it.putTime("until", t.Until)
	it.putText("token", t.Token)
	it.putTime("turn", t.Turn)
	return it
}

func decodeTransfer(it item) *chat.Transfer {
	if it == nil {
		return nil
	}
	return &chat.Transfer{Assist: it.flag("assist"), Agent: it.text("agent"), Queue: it.text("queue"), By: it.text("by"), Note: it.text("note"),
		Round: it.int("round"), Until: it.time("until"), Token: it.text("token"), Turn: it.time("turn")}
}

func decodeSession(it item) chat.Session {
	return chat.Session{
		ID: strings.TrimPrefix(it.text(pk), "C#"), State: chat.State(it.text("state")), Version: it.int("v"),
		Website: it.text("website"), Queue: it.text("queue"), Customer: it.text("customer"), Name: it.text("name"),
		Generation: it.int("gen"), Round: it.int("round"), Part: it.int("part"), Patience: it.int("patience"),
		Offered: it.text("offered"), Until: it.time("until"), Token: it.text("token"), Wake: it.int("wake"), Turn: it.time("turn"),
		Skip: it.strings("skip"), Agent: it.text("agent"), Assist: it.strings("assist"), Seat: it.int("seat"), NoSeat: it.time("noSeat"),
		Last: it.text("last"), Given: it.time("given"), Warned: it.int("warned"), Transfer: decodeTransfer(it.sub("transfer")),
		Queued: it.time("queued"), Since: it.time("since"), Weight: it.int("weight"), Due: it.time("due"), Asked: it.int("asked"),
		Started: it.time("started"), Outcome: chat.Outcome(it.text("outcome")), Disposition: it.text("disposition"), Expires: it.expiry(),
	}
}

func encodeRow(r chat.Row) item {
	it := key(sessionPK(r.Session), rowSK(r.Place))
	it.putText("kind", string(r.Kind))
	it.putText("from", string(r.Side))
	it.putText("by", r.By)
	it.putText("name", r.Name)
	it.putText("text", r.Text)
	it.putText("cid", r.CID)
	it.putText("outcome", string(r.Outcome))
	it.putText("note", r.Note)
	it.putText("to", r.To)
	it.putTime("at", r.At)
	it.putInt("v", r.Version)
	it.putExpiry(r.Expires)
	if p := r.Person; p != nil {
		m := item{}
		m.putText("name", p.Name)
		m.putText("email", p.Email)
		m.putText("language", p.Language)
		m.putText("pageURL", p.PageURL)
		m.putText("page", p.Page)
		it.putMap("person", m)
	}
	return it
}

func decodeRow(it item) chat.Row {
	place, _ := strconv.Atoi(strings.TrimPrefix(it.text(sk), firstRow))
	r := chat.Row{
		Session: strings.TrimPrefix(it.text(pk), "C#"), Place: place, Kind: chat.Kind(it.text("kind")), Side: chat.Side(it.text("from")),
		By: it.text("by"), Name: it.text("name"), Text: it.text("text"), CID: it.text("cid"), Outcome: chat.Outcome(it.text("outcome")),
		Note: it.text("note"), To: it.text("to"), At: it.time("at"), Version: it.int("v"), Expires: it.expiry(),
	}
	if m := it.sub("person"); m != nil {
		r.Person = &chat.Person{Name: m.text("name"), Email: m.text("email"), Language: m.text("language"),
			PageURL: m.text("pageURL"), Page: m.text("page")}
	}
	return r
}

// Session reads the state row. A row past its ttl counts as gone, so that a pointer to it may move on.
//
// Units: 1 read.
func (s *Store) Session(ctx context.Context, id string) (chat.Session, error) {
	it, err := s.get(ctx, "session", s.tables.Sessions, key(sessionPK(id), stateSK))
	if err != nil {
		return chat.Session{}, err
	}
	if s.expired(it) {
		return chat.Session{}, fmt.Errorf("session %s is past its retention: %w", id, chat.ErrNotFound)
	}
	return decodeSession(it), nil
}

// Log reads one page: SK between the place and the state row, which is last. The page is one Query but not one instant: a row
// may know more changes (Version) than the state row read with it. Rows past their ttl may be there or not.
//
// Units: 1 read (a page up to 4 KB, then 1 for each further 4 KB).
func (s *Store) Log(ctx context.Context, id string, from, limit int) (chat.LogPage, error) {
	items, err := s.query(ctx, "log", &dynamodb.QueryInput{TableName: &s.tables.Sessions, ConsistentRead: aws.Bool(true),
		KeyConditionExpression: aws.String("#PK = :session AND #SK BETWEEN :from AND :state"),
		ExpressionAttributeValues: item{":session": text(sessionPK(id)), ":from": text(rowSK(from)),
			":state": text(stateSK)}}, limit+1)
	if err != nil {
		return chat.LogPage{}, err
	}
	page := chat.LogPage{Rows: make([]chat.Row, 0, len(items))}
	for _, it := range items {
		if it.text(sk) != stateSK {
			page.Rows = append(page.Rows, decodeRow(it))
			continue
		}
		if s.expired(it) {
			return chat.LogPage{}, fmt.Errorf("log %s is past its retention: %w", id, chat.ErrNotFound)
		}
		state := decodeSession(it)
		page.Session = &state
	}
	return page, nil
}

// Tail reads the state row and the row before it. They may be torn as in Log.
//
// Units: 1 read (2 if both are above 4 KB together).
func (s *Store) Tail(ctx context.Context, id string) (chat.Session, chat.Row, error) {
	items, err := s.query(ctx, "tail", &dynamodb.QueryInput{TableName: &s.tables.Sessions, ConsistentRead: aws.Bool(true),
		ScanIndexForward:       aws.Bool(false),
		KeyConditionExpression: aws.String("#PK = :session AND #SK BETWEEN :first AND :state"),
		ExpressionAttributeValues: item{":session": text(sessionPK(id)), ":first": text(firstRow),
			":state": text(stateSK)}}, 2)
	if err != nil {
		return chat.Session{}, chat.Row{}, err
	}
	if len(items) == 0 || items[0].text(sk) != stateSK || s.expired(items[0]) {
		return chat.Session{}, chat.Row{}, fmt.Errorf("tail %s: %w", id, chat.ErrNotFound)
	}
	var last chat.Row
	if len(items) > 1 {
		last = decodeRow(items[1])
	}
	return decodeSession(items[0]), last, nil
}

// Rows reads single rows, in the order of the references; one that is named twice is read once.
//
// Units: 1 read a row.
func (s *Store) Rows(ctx context.Context, refs []chat.RowRef) ([]chat.Row, error) {
	var keys []item
	order := map[chat.RowRef]int{}
	for _, r := range refs {
		if _, twice := order[r]; !twice {
			order[r] = len(order)
			keys = append(keys, key(sessionPK(r.Session), rowSK(r.Place)))
		}
	}
	items, err := s.getAll(ctx, "rows", s.tables.Sessions, keys)
	if err != nil {
		return nil, err
	}
	rows := make([]chat.Row, len(items))
	for i, it := range items {
		rows[i] = decodeRow(it)
	}
	slices.SortFunc(rows, func(a, b chat.Row) int {
		return cmp.Compare(order[chat.RowRef{Session: a.Session, Place: a.Place}], order[chat.RowRef{Session: b.Session, Place: b.Place}])
	})
	return rows, nil
}

// placeFree is the condition of every row: its place has not been taken.
const placeFree = "attribute_not_exists(#SK)"

// Append stores a message under the condition that its place is free.
//
// Units: 1 write (a row up to 1 KB, then 1 for each further KB).
func (s *Store) Append(ctx context.Context, r chat.Row) (chat.Row, error) {
	err := s.putItem(ctx, "append", s.put("place", s.tables.Sessions, encodeRow(r), placeFree))
	var taken *types.ConditionalCheckFailedException
	if errors.As(err, &taken) {
		return decodeRow(taken.Item), err
	}
	return r, err
}

// Wake adds 1 to the wake counter under the condition that the session is WAITING.
//
// Units: 2 writes (the task token makes the state row 1 to 2 KB).
func (s *Store) Wake(ctx context.Context, session string) (chat.Session, error) {
	e := newEdit()
	e.add = []string{"#wake :one"}
	e.need("#state = :waiting", ":one", number(1), ":waiting", text(string(chat.Waiting)))
	it, err := s.update(ctx, "wake", s.tables.Sessions, key(sessionPK(session), stateSK), e, types.ReturnValueAllNew)
	if err != nil {
		return chat.Session{}, err
	}
	return decodeSession(it), nil
}

// Side reads a side's cursor and lease.
//
// Units: 1 read.
func (s *Store) Side(ctx context.Context, session string, side chat.Side) (chat.SideRow, error) {
	it, err := s.get(ctx, "side", s.tables.Sessions, key(sessionPK(session), sideSK(side)))
	if errors.Is(err, chat.ErrNotFound) {
		return chat.SideRow{}, nil
	}
	return chat.SideRow{Read: it.int("read"), Seen: it.time("seenAt")}, err
}

// See moves the customer's lease forward, never back.
//
// Units: 1 write.
func (s *Store) See(ctx context.Context, session string, at time.Time) error {
	e := newEdit()
	e.setTo("seenAt", millis(at))
	e.need("(attribute_not_exists(#seenAt) OR #seenAt < :seenAt)")
	return s.moveSide(ctx, "see", session, chat.FromCustomer, e, at)
}

// Read moves a side's read cursor forward, never back.
//
// Units: 1 write.
func (s *Store) Read(ctx context.Context, session string, side chat.Side, place int) error {
	e := newEdit()
	e.setTo("read", number(int64(place)))
	e.need("(attribute_not_exists(#read) OR #read < :read)")
	return s.moveSide(ctx, "read", session, side, e, s.Now())
}

// moveSide changes a side's row and keeps it as long as rows of the log. That it has moved further already is fine.
func (s *Store) moveSide(ctx context.Context, op, session string, side chat.Side, e *edit, at time.Time) error {
	e.setTo("ttl", number(at.Add(s.Retention).Unix()))
	_, err := s.update(ctx, op, s.tables.Sessions, key(sessionPK(session), sideSK(side)), e, types.ReturnValueNone)
	if errors.Is(err, chat.ErrStale) {
		return nil
	}
	return err
}

// Waiting reads the index `waiting`, which is a moment late.
//
// Units: 0.5 reads (8 KB of the index).
func (s *Store) Waiting(ctx context.Context, queue string, limit int) ([]chat.Waiter, error) {
	items, err := s.query(ctx, "waiting", &dynamodb.QueryInput{TableName: &s.tables.Sessions, IndexName: aws.String(waitingIndex),
		KeyConditionExpression:    aws.String("#waitPK = :line"),
		ExpressionAttributeValues: item{":line": text(linePK(queue))}}, limit)
	if err != nil {
		return nil, err
	}
	line := make([]chat.Waiter, len(items))
	for i, it := range items {
		weight, queued, session := parseLine(it.text("waitSK"))
		line[i] = chat.Waiter{Session: session, Queue: queue, Weight: weight, Queued: queued, State: chat.State(it.text("state")),
			Generation: it.int("gen"), Round: it.int("round"), Offered: it.text("offered"), Until: it.time("until"),
			Skip: it.strings("skip"), NoSeat: it.time("noSeat"), Turn: it.time("turn")}
	}
	return line, nil
}

// Due reads the index `due`, shard by shard, and returns the longest overdue.
//
// Units: 2 reads (0.5 a shard).
func (s *Store) Due(ctx context.Context, before time.Time, limit int) ([]string, error) {
	var items []item
	for shard := range dueShards {
		found, err := s.query(ctx, "due", &dynamodb.QueryInput{TableName: &s.tables.Sessions, IndexName: aws.String(dueIndex),
			KeyConditionExpression: aws.String("#duePK = :shard AND #dueSK < :before"),
			ExpressionAttributeValues: item{":shard": text(duePK(shard)),
				":before": text(pad(before.UnixMilli(), 13))}}, limit)
		if err != nil {
			return nil, err
		}
		items = append(items, found...)
	}
	slices.SortFunc(items, func(a, b item) int { return cmp.Compare(a.text("dueSK"), b.text("dueSK")) })
	items = items[:min(limit, len(items))]
	sessions := make([]string, len(items))
	for i, it := range items {
		sessions[i] = strings.TrimPrefix(it.text(pk), "C#")
	}
	return sessions, nil
}

// Held reads the index `due`, shard by shard, to its end.
//
// Units: 2 reads (0.5 a shard), and 0.5 for each further 25 sessions.
func (s *Store) Held(ctx context.Context) ([]chat.Held, error) {
	var held []chat.Held
	for shard := range dueShards {
		items, err := s.query(ctx, "held", &dynamodb.QueryInput{TableName: &s.tables.Sessions, IndexName: aws.String(dueIndex),
			KeyConditionExpression: aws.String("#duePK = :shard"), ExpressionAttributeValues: item{":shard": text(duePK(shard))}}, 0)
		if err != nil {
			return nil, err
		}
		for _, it := range items {
			held = append(held, chat.Held{Session: strings.TrimPrefix(it.text(pk), "C#"), Agent: it.text("agent"), Assist: it.strings("assist"),
				Seat: it.int("seat")})
		}
	}
	return held, nil
}

// Transfers reads the index `waiting` where sessions are that ring in a queue while they have an owner.
//
// Units: 0.5 reads.
func (s *Store) Transfers(ctx context.Context, queue string) ([]string, error) {
	items, err := s.query(ctx, "transfers", &dynamodb.QueryInput{TableName: &s.tables.Sessions, IndexName: aws.String(waitingIndex),
		KeyConditionExpression: aws.String("#waitPK = :handed"), ExpressionAttributeValues: item{":handed": text(handedPK(queue))}}, 0)
	if err != nil {
		return nil, err
	}
	sessions := make([]string, len(items))
	for i, it := range items {
		sessions[i] = it.text("waitSK")
	}
	return sessions, nil
}

// Tray reads the index `waiting` where sessions are that were left as messages. They were closed in the order in which they expire.
//
// Units: 0.5 reads.
func (s *Store) Tray(ctx context.Context, queue string, limit int) ([]string, error) {
	items, err := s.query(ctx, "tray", &dynamodb.QueryInput{TableName: &s.tables.Sessions, IndexName: aws.String(waitingIndex),
		KeyConditionExpression: aws.String("#waitPK = :tray"), ExpressionAttributeValues: item{":tray": text(trayPK(queue))}}, limit)
	if err != nil {
		return nil, err
	}
	sessions := make([]string, len(items))
	for i, it := range items {
		_, sessions[i], _ = strings.Cut(it.text("waitSK"), "#")
	}
	return sessions, nil
}

// SessionOf reads a customer's pointer. It is never cleared: whether the session is still there, Session tells.
//
// Units: 1 read.
func (s *Store) SessionOf(ctx context.Context, website, customer string) (string, error) {
	it, err := s.get(ctx, "session of customer", s.tables.Directory, key(pointerPK(website, customer), pointerSK))
	return it.text("session"), err
}
