package schedules_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/parley-chat/parley/functions/chat"
	"github.com/parley-chat/parley/infra/dynamo"
)

// mirror is what the tables hold, of all that promises are about. It follows the writes on the wire: what a request puts it takes
// from the request, what it updates it reads back by key. It decodes items by itself, because it is to find out what is written
// and not what package dynamo believes to have written.
type mirror struct {
	tables dynamo.Tables
	line   *line

	sessions map[string]*session
	agents   map[string]item
	shards   map[string]item
	written  map[key]bool // every key, to clean up
	tokens   map[string]bool
}

// session is the mirror of one partition.
type session struct {
	id     string
	state  item // the state row, nil before the first start
	log    []item
	offers map[string]item // by sort key
	seen   time.Time       // the customer's lease
}

type key struct{ table, pk, sk string }

// written is one item that a write has changed, as it was and as it is; nil is absent.
type written struct {
	key
	was, is item
}

func newMirror(tables dynamo.Tables, l *line) *mirror {
	return &mirror{tables: tables, line: l, sessions: map[string]*session{}, agents: map[string]item{}, shards: map[string]item{},
		written: map[key]bool{}, tokens: map[string]bool{}}
}

// request is the part of a write request that says what it writes.
type request struct {
	part
	ClientRequestToken string
	TransactItems      []struct{ Put, Update, Delete, ConditionCheck *part }
}

type part struct {
	TableName string
	Key, Item item
	remove    bool
}

func (p part) key() key {
	k := p.Key
	if k == nil {
		k = p.Item
	}
	return key{p.TableName, k.text("PK"), k.text("SK")}
}

// parts are the writes of a request, without mere checks, and the token that makes a repeated transaction the same one.
func parts(operation string, body []byte) ([]part, string, error) {
	var r request
	if err := json.Unmarshal(body, &r); err != nil {
		return nil, "", fmt.Errorf("%s: %w", operation, err)
	}
	if operation != "TransactWriteItems" {
		r.remove = operation == "DeleteItem"
		return []part{r.part}, "", nil
	}
	var ps []part
	for _, t := range r.TransactItems {
		switch {
		case t.Put != nil:
			ps = append(ps, *t.Put)
		case t.Update != nil:
			ps = append(ps, *t.Update)
		case t.Delete != nil:
			t.Delete.remove = true
			ps = append(ps, *t.Delete)
		}
	}
	return ps, r.ClientRequestToken, nil
}

// follow takes over what a write that succeeded has written, and returns what it has changed of what the promises are about.
func (m *mirror) follow(operation string, body, answer []byte) ([]written, error) {
	ps, token, err := parts(operation, body)
	if err != nil || m.tokens[token] {
		return nil, err // repeated, because its reply was lost: it has written nothing now
	}
	m.tokens[token] = token != ""
	var changes []written
	var unknown []key
	for _, p := range ps {
		k := p.key()
		m.written[k] = true
		if !m.follows(k) {
			continue
		}
		c := written{key: k, was: m.item(k), is: p.Item}
		if p.Item == nil && !p.remove {
			unknown = append(unknown, k)
		}
		changes = append(changes, c)
	}
	if len(unknown) > 0 {
		found, err := m.read(unknown, answer)
		if err != nil {
			return nil, err
		}
		for i, c := range changes {
			if it, ok := found[c.key]; ok {
				changes[i].is = it
			}
		}
	}
	for _, c := range changes {
		m.set(c)
	}
	return changes, nil
}

// read reads items by key; one that the answer to its update has brought along is not read again.
func (m *mirror) read(keys []key, answer []byte) (map[key]item, error) {
	found := map[key]item{}
	if len(keys) == 1 {
		var out struct{ Attributes item }
		if err := json.Unmarshal(answer, &out); err != nil {
			return nil, err
		}
		if out.Attributes.text("PK") == keys[0].pk { // ALL_NEW
			found[keys[0]] = out.Attributes
			return found, nil
		}
	}
	type asked struct {
		Keys           []map[string]map[string]string
		ConsistentRead bool
	}
	in := map[string]*asked{}
	for _, k := range keys {
		if in[k.table] == nil {
			in[k.table] = &asked{ConsistentRead: true}
		}
		in[k.table].Keys = append(in[k.table].Keys, map[string]map[string]string{"PK": {"S": k.pk}, "SK": {"S": k.sk}})
	}
	var out struct{ Responses map[string][]item }
	if err := m.line.ask("BatchGetItem", map[string]any{"RequestItems": in}, &out); err != nil {
		return nil, err
	}
	for table, items := range out.Responses {
		for _, it := range items {
			found[key{table, it.text("PK"), it.text("SK")}] = it
		}
	}
	return found, nil
}

// follows says whether promises are about an item.
func (m *mirror) follows(k key) bool {
	switch k.table {
	case m.tables.Sessions:
		return true
	case m.tables.Directory:
		return k.sk == "A" && strings.HasPrefix(k.pk, "A#") || k.pk == "L"
	}
	return false
}

func (m *mirror) session(pk string) *session {
	id := strings.TrimPrefix(pk, "C#")
	s := m.sessions[id]
	if s == nil {
		s = &session{id: id, offers: map[string]item{}}
		m.sessions[id] = s
	}
	return s
}

func (m *mirror) item(k key) item {
	if k.table == m.tables.Directory {
		if k.pk == "L" {
			return m.shards[k.sk]
		}
		return m.agents[strings.TrimPrefix(k.pk, "A#")]
	}
	s := m.session(k.pk)
	switch {
	case k.sk == "N":
		return s.state
	case strings.HasPrefix(k.sk, "O#"):
		return s.offers[k.sk]
	case strings.HasPrefix(k.sk, "M#"):
		if place := placeOf(k.sk); place <= len(s.log) {
			return s.log[place-1]
		}
	}
	return nil
}

func placeOf(sk string) int {
	place, _ := strconv.Atoi(strings.TrimPrefix(sk, "M#"))
	return place
}

func (m *mirror) set(c written) {
	if c.table == m.tables.Directory {
		if c.pk == "L" {
			m.shards[c.sk] = c.is
		} else {
			m.agents[strings.TrimPrefix(c.pk, "A#")] = c.is
		}
		return
	}
	s := m.session(c.pk)
	switch {
	case c.sk == "N":
		s.state = c.is
	case strings.HasPrefix(c.sk, "O#"):
		s.offers[c.sk] = c.is
	case strings.HasPrefix(c.sk, "M#"):
		if placeOf(c.sk) == len(s.log)+1 { // else a promise is broken, and the check says which
			s.log = append(s.log, c.is)
		}
	case c.sk == "R#customer":
		s.seen = c.is.time("seenAt")
	}
}

// clean deletes all that was written, so that the next schedule finds empty tables.
func (m *mirror) clean() error {
	const batch = 25
	type deletion struct {
		DeleteRequest struct{ Key map[string]map[string]string }
	}
	in, n := map[string][]deletion{}, 0
	flush := func() error {
		if n == 0 {
			return nil
		}
		var out struct{ UnprocessedItems map[string]any }
		err := m.line.ask("BatchWriteItem", map[string]any{"RequestItems": in}, &out)
		if err == nil && len(out.UnprocessedItems) > 0 {
			err = fmt.Errorf("not deleted: %v", out.UnprocessedItems)
		}
		clear(in)
		n = 0
		return err
	}
	for k := range m.written {
		var d deletion
		d.DeleteRequest.Key = map[string]map[string]string{"PK": {"S": k.pk}, "SK": {"S": k.sk}}
		in[k.table] = append(in[k.table], d)
		if n++; n == batch {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// item is an item as it travels.
type item map[string]value

type value struct {
	S    *string  `json:",omitempty"`
	N    *string  `json:",omitempty"`
	BOOL *bool    `json:",omitempty"`
	SS   []string `json:",omitempty"`
	L    []value  `json:",omitempty"`
	M    item     `json:",omitempty"`
}

func (it item) text(name string) string {
	if v := it[name].S; v != nil {
		return *v
	}
	return ""
}

func (it item) int(name string) int {
	if v := it[name].N; v != nil {
		n, _ := strconv.Atoi(*v)
		return n
	}
	return 0
}

func (it item) time(name string) time.Time {
	if it[name].N == nil {
		return time.Time{}
	}
	return time.UnixMilli(int64(it.int(name))).UTC()
}

// set is a set of strings, sorted.
func (it item) set(name string) []string {
	s := slices.Clone(it[name].SS)
	slices.Sort(s)
	return s
}

func (it item) has(name string) bool { _, ok := it[name]; return ok }

// String is for people: names in order, long values cut.
func (it item) String() string {
	if it == nil {
		return "(none)"
	}
	var b strings.Builder
	names := make([]string, 0, len(it))
	for name := range it {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(name + "=" + it[name].String())
	}
	return b.String()
}

func (v value) String() string {
	switch {
	case v.S != nil:
		return *v.S
	case v.N != nil:
		if n := len(*v.N); n == 13 { // a time: seconds and milliseconds of it tell more
			return (*v.N)[n-7:n-3] + "." + (*v.N)[n-3:]
		}
		return *v.N
	case v.BOOL != nil:
		return strconv.FormatBool(*v.BOOL)
	case v.SS != nil:
		return "{" + strings.Join(slices.Sorted(slices.Values(v.SS)), " ") + "}"
	case v.M != nil:
		return "{" + v.M.String() + "}"
	}
	return fmt.Sprint(v.L)
}

// ---- what the checks ask

func (s *session) is() chat.State { return chat.State(s.state.text("state")) }

func (s *session) inLine() bool { return s.is() == chat.Waiting || s.is() == chat.Offered }

// speakers are the owner and the assistants.
func (s *session) speakers() []string {
	if s.is() != chat.Active {
		return nil
	}
	return append([]string{s.state.text("agent")}, s.state.set("assist")...)
}

func (s *session) speaks(agent string) bool { return slices.Contains(s.speakers(), agent) }

// shows is the sort key of the offer that shows, "" if none does, and to whom it is made.
func (s *session) shows() (sk, to string) {
	switch t := s.transfer(); {
	case s.is() == chat.Offered:
		return s.offerSK(s.state.int("round")), s.state.text("offered")
	case t != nil && t.text("agent") != "":
		return s.offerSK(t.int("round")), t.text("agent")
	case t != nil:
		return s.offerSK(t.int("round")), chat.Everybody
	}
	return "", ""
}

// transfer is the one that rings, nil if none does.
func (s *session) transfer() item { return s.state["transfer"].M }

func (s *session) offerSK(round int) string {
	return fmt.Sprintf("O#%d#%d", s.state.int("gen"), round)
}

// visited is when the router last saw the session, or might have.
func (s *session) visited() time.Time {
	if s.state.has("turn") {
		return s.state.time("turn")
	}
	return s.state.time("since")
}

func (s *session) head() int { return len(s.log) }

// expired reports whether a session's retention is over, so that its customer may have another one.
func (w *world) expired(s *session) bool {
	ttl := s.state.int("ttl")
	return s.state == nil || ttl > 0 && w.clock.Now().Unix() >= int64(ttl)
}

// execution is the one that the state row asks for.
func (s *session) execution() chat.Execution {
	return chat.Execution{Session: s.id, Generation: s.state.int("gen"), Part: s.state.int("part"), Patience: s.state.int("patience")}
}
