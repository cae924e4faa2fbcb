package schedules_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/functions/chat"
)

// The promises by name. The first six are those of package chat.
const (
	oneWinner   = "1 one winner"
	withinLimit = "2 capacity and licence"
	offersEnd   = "3 offers and reservations"
	onlyReady   = "4 only who is available"
	oneLog      = "5 messages"
	notLost     = "6 nobody is forgotten"
	comesToRest = "all comes to rest"
	works       = "commands work"
	alive       = "the engine is there" // no promise of ours; without it nothing is proved
)

// violation is a broken promise.
type violation struct {
	promise string
	what    string
	items   []string
	story   []string
}

func (v *violation) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "BROKEN  %s\n        %s\n", v.promise, v.what)
	for _, it := range v.items {
		fmt.Fprintf(&b, "        %s\n", it)
	}
	b.WriteString("the last steps:\n")
	for _, l := range v.story {
		fmt.Fprintf(&b, "  %s\n", l)
	}
	return b.String()
}

// promises holds what is written against what is promised.
type promises struct {
	w         *world
	violation *violation
	winners   map[episode]string
	helped    map[holding]bool // who ever assisted
	tales     map[string]*tale
	texts     map[string]string    // what was sent, by cid
	lostAt    map[string]time.Time // of executions, by session
	drift     []string             // what the last sweep found
	cause     *command             // whose write is checked
}

// episode is a generation of a session.
type episode struct {
	session    string
	generation int
}

// holding is an agent in a session.
type holding struct{ session, agent string }

// tale is a session's life as its log alone tells it.
type tale struct {
	read    int
	state   chat.State
	agent   string
	assist  []string
	version int
	cids    map[string]int
}

func newPromises(w *world) *promises {
	return &promises{w: w, winners: map[episode]string{}, helped: map[holding]bool{}, tales: map[string]*tale{}, texts: map[string]string{},
		lostAt: map[string]time.Time{}}
}

// over: nothing that follows a broken promise means anything.
func (p *promises) over() bool { return p.violation != nil }

// broken ends the schedule.
func (p *promises) broken(promise, format string, args ...any) {
	if p.violation != nil {
		return
	}
	p.violation = &violation{promise: promise}
	names := p.w.names()
	p.violation.what = names.Replace(fmt.Sprintf(format, args...))
	m := p.w.mirror
	for _, id := range slices.Sorted(maps.Keys(m.sessions)) {
		s := m.sessions[id]
		p.violation.items = append(p.violation.items, names.Replace(id+": "+s.state.String()))
		if sk, _ := s.shows(); sk != "" {
			p.violation.items = append(p.violation.items, names.Replace(id+" "+sk+": "+s.offers[sk].String()))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(m.agents)) {
		p.violation.items = append(p.violation.items, names.Replace(id+": "+m.agents[id].String()))
	}
	for _, n := range slices.Sorted(maps.Keys(m.shards)) {
		p.violation.items = append(p.violation.items, "licence "+n+": "+m.shards[n].String())
	}
	p.violation.story = p.w.read()
}

// check looks at what one write has changed, and at the whole.
func (p *promises) check(cause *command, changes []written) {
	p.cause = cause
	touched := map[string]bool{}
	for _, c := range changes {
		switch {
		case c.pk == "L":
			p.checkShard(c)
		case c.table == p.w.mirror.tables.Directory:
			p.checkAgent(strings.TrimPrefix(c.pk, "A#"), c.was, c.is)
		default:
			s := p.w.mirror.session(c.pk)
			touched[s.id] = true
			switch {
			case c.sk == "N":
				p.checkState(s, c.was, c.is)
			case strings.HasPrefix(c.sk, "M#"):
				p.checkRow(s, c)
			case strings.HasPrefix(c.sk, "O#"):
				p.checkOffer(s, c)
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(touched)) {
		s := p.w.mirror.sessions[id]
		if s.state == nil {
			continue
		}
		p.readLog(s)
		p.checkLedger(s)
	}
	p.checkHoldings()
}

// moves are the states that may follow each.
var moves = map[chat.State][]chat.State{
	"":           {chat.Waiting, chat.Closed},
	chat.Waiting: {chat.Waiting, chat.Offered, chat.Closed},
	chat.Offered: {chat.Offered, chat.Waiting, chat.Active, chat.Closed},
	chat.Active:  {chat.Active, chat.Waiting, chat.Closed},
	chat.Closed:  {chat.Closed, chat.Waiting, chat.Active},
}

// outcomes are the ends of a session.
var outcomes = []chat.Outcome{chat.Handled, chat.LeftByUser, chat.Abandoned, chat.Unmanaged, chat.Message, chat.TimedOut}

// step is a transition of a session, as a check sees it.
type step struct {
	*session
	was, is    item
	from, to   chat.State
	generation int // with before, of is and was
	before     int
}

// checkState looks at a transition of a session.
func (p *promises) checkState(s *session, was, is item) {
	t := step{s, was, is, chat.State(was.text("state")), chat.State(is.text("state")), is.int("gen"), was.int("gen")}
	if is == nil || !slices.Contains(moves[t.from], t.to) {
		p.broken(notLost, "session %s goes from %s to %s", s.id, t.from, t.to)
		return
	}
	p.w.count.transition(was, is, p.cause)
	p.checkCourse(t)
	p.checkOwner(t)
	p.checkEnd(t)
	if was == nil {
		for _, id := range slices.Sorted(maps.Keys(p.w.mirror.sessions)) {
			other := p.w.mirror.sessions[id]
			if other != s && other.state.text("customer") == is.text("customer") && !p.w.expired(other) {
				p.broken(oneLog, "%s has two sessions, %s and %s", is.text("customer"), s.id, other.id)
			}
		}
	}
}

// checkCourse: generations and parts go up, with each episode of ownership; the place in the line stays.
func (p *promises) checkCourse(t step) {
	is, was := t.is, t.was
	if t.generation < t.before || t.generation == t.before && is.int("part") < was.int("part") {
		p.broken(oneWinner, "session %s goes back from generation %d, part %d to %d, %d", t.id, t.before, was.int("part"), t.generation, is.int("part"))
	}
	if t.from != t.to && (t.from == chat.Active && t.to == chat.Waiting || t.from == chat.Closed) && t.generation == t.before {
		p.broken(oneWinner, "session %s is %s again in the generation %d that is over", t.id, t.to, t.generation)
	}
	if was != nil && t.from != chat.Closed && !is.time("queued").Equal(was.time("queued")) {
		p.broken(notLost, "session %s loses its place in the line", t.id)
	}
	if t.to == chat.Active && !is.has("due") {
		p.broken(notLost, "session %s is ACTIVE, and nobody will ever look whether it is idle", t.id)
	}
	if (t.to == chat.Closed) != slices.Contains(outcomes, chat.Outcome(is.text("outcome"))) {
		p.broken(notLost, "session %s is %s with the outcome %q", t.id, t.to, is.text("outcome"))
	}
	if (t.to == chat.Offered) != is.has("offered") || is.has("transfer") && t.to != chat.Active {
		p.broken(offersEnd, "session %s is %s, offered to %q and handed over: %v", t.id, t.to, is.text("offered"), is.has("transfer"))
	}
}

// checkOwner: who is ACTIVE has an owner and a seat, and a generation has one winner.
func (p *promises) checkOwner(t step) {
	agent, assist := t.is.text("agent"), t.is.set("assist")
	active := t.to == chat.Active
	if active != (agent != "") || active != (t.is.int("seat") > 0) {
		p.broken(withinLimit, "session %s is %s, with %q and seat %d", t.id, t.to, agent, t.is.int("seat"))
	}
	if len(assist) > chat.MaxAssist || len(assist) > 0 && !active || slices.Contains(assist, agent) {
		p.broken(withinLimit, "session %s is %s, with %q, and %v assist", t.id, t.to, agent, assist)
	}
	for _, a := range assist {
		p.helped[holding{t.id, a}] = true
	}
	taken := active && (t.from != chat.Active || t.was.text("agent") != agent)
	if active && t.from == chat.Active && taken != (t.generation != t.before) {
		p.broken(oneWinner, "session %s goes from %s to %s in generation %d, from %d", t.id, t.was.text("agent"), agent, t.generation, t.before)
	}
	if outcome := t.was.text("outcome"); active && t.from == chat.Closed && outcome != string(chat.Message) {
		p.broken(oneWinner, "session %s, which ended %s, is taken by %s", t.id, outcome, agent)
	}
	if !taken {
		return
	}
	e := episode{t.id, t.generation}
	if first, won := p.winners[e]; won {
		p.broken(oneWinner, "generation %d of session %s is won by %s and by %s", t.generation, t.id, first, agent)
	}
	p.winners[e] = agent
}

// checkEnd: nobody is given up who is there.
func (p *promises) checkEnd(t step) {
	outcome := chat.Outcome(t.is.text("outcome"))
	switch {
	case t.from == chat.Active && t.to == chat.Waiting && p.cause.by("sweep"):
		p.checkReturned(t.session, t.was)
	case t.to != chat.Closed || t.from == chat.Closed:
	case outcome == chat.Abandoned && p.cause.by("route"):
		p.checkAbandoned(t.session, t.was)
	case outcome == chat.TimedOut:
		p.checkIdle(t.session, t.was)
	}
}

// checkAbandoned: a customer who gave a sign of life is not given up.
func (p *promises) checkAbandoned(s *session, was item) {
	at := s.log[len(s.log)-1].time("at")
	sign := s.seen
	if queued := was.time("queued"); queued.After(sign) {
		sign = queued
	}
	if at.Sub(sign) <= lease {
		p.broken(notLost, "session %s is given up %v after its customer's sign of life", s.id, at.Sub(sign))
	}
}

// checkIdle: a session is not closed while somebody writes.
func (p *promises) checkIdle(s *session, was item) {
	n := len(s.log)
	silent := s.log[n-1].time("at").Sub(s.log[n-2].time("at"))
	if limit := p.w.idle(was.text("queue")); silent < limit {
		p.broken(notLost, "session %s is closed as idle %v after its last row, before %v", s.id, silent, limit)
	}
}

// checkReturned: a session is not taken from an agent who is back.
func (p *promises) checkReturned(s *session, was item) {
	at, seen := s.log[len(s.log)-1].time("at"), p.w.mirror.agents[was.text("agent")].time("seenAt")
	if away, grace := at.Sub(seen), p.w.grace(was.text("queue")); away < grace {
		p.broken(notLost, "session %s is taken from %s %v after their sign of life, before %v", s.id, was.text("agent"), away, grace)
	}
}

// checkRow looks at a new row of a log.
func (p *promises) checkRow(s *session, c written) {
	place := placeOf(c.sk)
	if c.was != nil || c.is == nil {
		p.broken(oneLog, "row %d of session %s is written over: %v, was %v", place, s.id, c.is, c.was)
		return
	}
	if place != s.head() {
		p.broken(oneLog, "row %d of session %s stands behind row %d", place, s.id, s.head())
		return
	}
	if kind := c.is.text("kind"); kind == "message" || kind == "reopened" {
		p.w.count.messages++
	}
	if text, sent := p.texts[c.is.text("cid")]; sent && c.is.text("text") != text {
		p.broken(oneLog, "row %d of session %s is not what was sent: %q, not %q", place, s.id, c.is.text("text"), text)
	}
}

// readLog reads on in a session's log, and holds what it tells against the state row.
func (p *promises) readLog(s *session) {
	t := p.tales[s.id]
	if t == nil {
		t = &tale{state: chat.Closed, cids: map[string]int{}}
		p.tales[s.id] = t
	}
	for ; t.read < len(s.log); t.read++ {
		r := s.log[t.read]
		place := t.read + 1
		if cid := r.text("cid"); cid != "" {
			if t.cids[cid] > 0 {
				p.broken(oneLog, "%s is stored in session %s at %d and at %d", cid, s.id, t.cids[cid], place)
			}
			t.cids[cid] = place
		}
		t.tell(p, s, r, place)
	}
	state := s.is()
	if state == chat.Offered {
		state = chat.Waiting
	}
	if t.state != state || t.agent != s.state.text("agent") || t.version != s.state.int("v") || !slices.Equal(t.assist, s.state.set("assist")) {
		p.broken(oneLog, "the log of session %s says %s with %q %v (%d), the state row %s with %q %v (%d)", s.id,
			t.state, t.agent, t.assist, t.version, s.is(), s.state.text("agent"), s.state.set("assist"), s.state.int("v"))
	}
}

func (t *tale) tell(p *promises, s *session, r item, place int) {
	was, by, kind := t.state, r.text("by"), chat.Kind(r.text("kind"))
	allowed := true
	switch kind {
	case chat.KindMessage:
		if place == 1 { // the first start, to wait or to leave a message
			if t.state = chat.Waiting; s.is() == chat.Closed {
				t.state = chat.Closed
			}
			break
		}
		if was == chat.Closed && r.text("from") == string(chat.FromCustomer) {
			break // a message for later
		}
		if was == chat.Closed || r.text("from") == string(chat.FromAgent) && by != t.agent && !slices.Contains(t.assist, by) {
			p.broken(oneLog, "row %d of session %s: %s %s wrote while it was %s with %q %v", place, s.id, r.text("from"), by, was, t.agent, t.assist)
		}
		return
	case chat.KindReopened:
		allowed, t.state = was == chat.Closed, chat.Waiting
	case chat.KindAccepted:
		allowed, t.state, t.agent = was == chat.Waiting || was == chat.Closed, chat.Active, by // closed: a message that is answered
	case chat.KindTransferred:
		allowed = was == chat.Active
		if t.assist = nil; by == t.agent { // blindly, to a queue
			t.state, t.agent = chat.Waiting, ""
		} else {
			t.agent = by
		}
	case chat.KindJoined:
		allowed, t.assist = was == chat.Active, slices.Sorted(slices.Values(append(slices.Clone(t.assist), by)))
	case chat.KindLeft:
		allowed, t.assist = slices.Contains(t.assist, by), slices.DeleteFunc(slices.Clone(t.assist), func(a string) bool { return a == by })
	case chat.KindRequeued:
		allowed, t.state, t.agent, t.assist = was == chat.Active, chat.Waiting, "", nil
	case chat.KindClosed:
		allowed, t.state, t.agent, t.assist = was != chat.Closed, chat.Closed, "", nil
	default:
		allowed = false
	}
	if !allowed {
		p.broken(oneLog, "row %d of session %s: %s while it was %s", place, s.id, kind, was)
	}
	if t.version++; r.int("v") != t.version {
		p.broken(oneLog, "row %d of session %s: version %d, want %d", place, s.id, r.int("v"), t.version)
	}
	if len(t.assist) == 0 {
		t.assist = nil
	}
}

// endings are the ends of an offer.
var endings = []chat.OfferOutcome{chat.OfferAccepted, chat.OfferRejected, chat.OfferExpired, chat.OfferRescinded, chat.OfferCanceled}

// checkOffer looks at a change of one offer's ledger row.
func (p *promises) checkOffer(s *session, c written) {
	if c.is == nil {
		p.broken(offersEnd, "offer %s of session %s is deleted", c.sk, s.id)
		return
	}
	was, outcome := c.was.text("outcome"), chat.OfferOutcome(c.is.text("outcome"))
	switch {
	case was != "" && c.was.String() != c.is.String():
		p.broken(offersEnd, "offer %s of session %s was over, and is written again: %v, was %v", c.sk, s.id, c.is, c.was)
	case outcome != "" && !slices.Contains(endings, outcome):
		p.broken(offersEnd, "offer %s of session %s ends as %q", c.sk, s.id, outcome)
	case c.was != nil && !slices.Equal(c.was.set("to"), c.is.set("to")):
		p.broken(offersEnd, "offer %s of session %s was made to %v, now to %v", c.sk, s.id, c.was.set("to"), c.is.set("to"))
	case len(c.is.set("to")) == 0:
		p.broken(offersEnd, "offer %s of session %s is made to nobody", c.sk, s.id)
	case outcome == chat.OfferAccepted && !slices.Contains(c.is.set("to"), c.is.text("by")):
		p.broken(onlyReady, "offer %s of session %s was not made to %s, who takes it", c.sk, s.id, c.is.text("by"))
	case was == "" && outcome == chat.OfferAccepted && c.is.time("endedAt").After(c.is.time("until")):
		p.broken(offersEnd, "offer %s of session %s is accepted at %v, and was over at %v", c.sk, s.id, c.is.time("endedAt"), c.is.time("until"))
	case was == "" && outcome == chat.OfferRejected:
		for _, a := range c.is.set("to") {
			if len(c.is.set("to")) > 1 && !slices.Contains(c.is.set("rejected"), a) {
				p.broken(offersEnd, "offer %s of session %s ends as rejected, and %s has not decided", c.sk, s.id, a)
			}
		}
	}
}

// checkLedger: the offer that shows has no outcome yet, all others have.
func (p *promises) checkLedger(s *session) {
	shows, _ := s.shows()
	if shows != "" && s.offers[shows] == nil {
		p.broken(offersEnd, "session %s shows offer %s, which nobody wrote down", s.id, shows)
	}
	for _, sk := range slices.Sorted(maps.Keys(s.offers)) {
		o := s.offers[sk]
		if open := o.text("outcome") == ""; open != (sk == shows) {
			p.broken(offersEnd, "offer %s of session %s shows: %v, and its outcome is %q", sk, s.id, sk == shows, o.text("outcome"))
		}
	}
}

// checkAgent looks at a change of one agent.
func (p *promises) checkAgent(id string, was, is item) {
	if was == nil {
		return // configured
	}
	if is.has("next") && !was.has("next") {
		p.w.count.next++
	}
	state, limit := chat.Availability(was.text("state")), was.int("cap")
	open, before := is.set("open"), was.set("open")
	for _, s := range open {
		if slices.Contains(before, s) {
			continue
		}
		if state != chat.Ready {
			p.broken(onlyReady, "%s, who is %s, takes session %s", id, state, s)
		}
		if held := len(open); held > limit {
			p.broken(withinLimit, "%s takes session %s and has %d of %d", id, s, held, limit)
		}
	}
	if state != chat.NotResponding && is.text("state") == string(chat.NotResponding) && was.int("missed")+1 < chat.MissedLimit {
		p.broken(onlyReady, "%s is taken for not responding after %d missed offers", id, was.int("missed")+1)
	}
	offer := is.text("offer")
	if offer != "" && len(open) > len(before) && len(open)+1 > limit {
		p.broken(withinLimit, "%s takes a session in the place that is kept for %s", id, offer)
	}
	if offer == "" || offer == was.text("offer") {
		return
	}
	at := p.offeredAt(offer)
	switch {
	case was.text("offer") != "":
		p.broken(offersEnd, "%s holds the offer %s and gets %s", id, was.text("offer"), offer)
	case state != chat.Ready || was.has("next") || was.time("wrapUntil").After(at):
		p.broken(onlyReady, "%s, who is %s (then %q, wraps up until %v), gets the offer %s", id, state, was.text("next"), was.time("wrapUntil"), offer)
	case len(before) >= limit:
		p.broken(onlyReady, "%s has %d of %d and gets the offer %s", id, len(before), limit, offer)
	case at.Sub(was.time("seenAt")) > lease:
		p.broken(onlyReady, "%s, who was not seen for %v, gets the offer %s", id, at.Sub(was.time("seenAt")), offer)
	}
}

// offeredAt is when the offer of a reservation was made.
func (p *promises) offeredAt(reservation string) time.Time {
	id, round, _ := strings.Cut(reservation, "#")
	s := p.w.mirror.sessions[id]
	if s == nil {
		return time.Time{}
	}
	return s.offers[fmt.Sprintf("O#%d#%s", s.state.int("gen"), round)].time("offeredAt")
}

// checkShard: nobody sits down where there is no seat. A licence that is lowered ends nothing that runs.
func (p *promises) checkShard(c written) {
	if used := c.is.int("used"); used > c.was.int("used") && used > c.is.int("limit") {
		p.broken(withinLimit, "licence shard %s counts %d of %d", c.sk, used, c.is.int("limit"))
	}
}

// checkHoldings holds sessions, agents and licence against each other.
func (p *promises) checkHoldings() {
	m := p.w.mirror
	holds, used := map[string][]string{}, map[string]int{}
	offered := map[string]string{} // reservation -> agent
	for _, id := range slices.Sorted(maps.Keys(m.sessions)) {
		s := m.sessions[id]
		for _, a := range s.speakers() {
			holds[a] = append(holds[a], id)
		}
		if seat := s.state.int("seat"); seat > 0 {
			used[fmt.Sprintf("%03d", seat)]++
		}
		if sk, to := s.shows(); to != "" && to != chat.Everybody {
			offered[id+sk[strings.LastIndex(sk, "#"):]] = to
		}
	}
	for _, n := range slices.Sorted(maps.Keys(m.shards)) {
		shard := m.shards[n]
		if shard.int("used") != used[n] {
			p.broken(withinLimit, "licence shard %s counts %d, and %d sessions have a seat there", n, shard.int("used"), used[n])
		}
	}
	for _, id := range slices.Sorted(maps.Keys(m.agents)) {
		a := m.agents[id]
		slices.Sort(holds[id])
		if open := a.set("open"); !slices.Equal(open, holds[id]) {
			p.broken(withinLimit, "%s has %v open, and is in %v", id, open, holds[id])
		}
		if offer := a.text("offer"); offer != "" {
			if offered[offer] != id {
				p.broken(offersEnd, "%s holds a reservation of nothing: %s", id, offer)
			}
			if a.text("state") != string(chat.Ready) {
				p.broken(onlyReady, "%s is %s and holds the offer %s", id, a.text("state"), offer)
			}
			delete(offered, offer)
		}
		if a.has("next") && len(a.set("open")) == 0 {
			p.broken(onlyReady, "%s has nothing open, and is to be %s when that is over", id, a.text("next"))
		}
	}
	for _, offer := range slices.Sorted(maps.Keys(offered)) {
		p.broken(offersEnd, "offer %s is made to %s, who does not hold it", offer, offered[offer])
	}
}

// answered: an execution ends only when there is nothing to do for it any more.
func (p *promises) answered(v chat.Visit, a chat.Answer) {
	s := p.w.mirror.sessions[v.Session]
	if a != chat.AnswerOver || s == nil || s.state.int("gen") != v.Generation {
		return
	}
	if v.Round == 0 && s.inLine() && s.state.int("part") == v.Part {
		p.broken(notLost, "the routing of session %s, generation %d, part %d is told that it is over, and the session waits", s.id, v.Generation, v.Part)
	}
	if t := s.transfer(); v.Round > 0 && t.int("round") == v.Round {
		p.broken(notLost, "the transfer %d of session %s rings, and its execution is told that it is over", v.Round, s.id)
	}
}

// ---- what people were told

// acknowledged: what was acknowledged stands where it was said to.
func (p *promises) acknowledged(session, cid string, place int) {
	s := p.w.mirror.sessions[session]
	if s == nil || place < 1 || place > s.head() || s.log[place-1].text("cid") != cid {
		p.broken(oneLog, "%s was acknowledged at %d of session %s, and is not there", cid, place, session)
	}
}

// asks is an accept when it is made; its answer is held against what was so then.
func (p *promises) asks(ref chat.OfferRef, agent string) (answered func(chat.View, error)) {
	s := p.w.mirror.sessions[ref.Session]
	before := ""
	if o := s.offers[fmt.Sprintf("O#%d#%d", ref.Generation, ref.Round)]; o.text("by") != agent {
		before = o.text("by")
	}
	had, generation := s.speaks(agent), s.state.int("gen")
	return func(v chat.View, err error) {
		var no *chat.Error
		switch errors.As(err, &no); {
		case err == nil:
			if !p.took(ref, agent) {
				p.broken(oneWinner, "%s hears that session %s is theirs, and never took it", agent, ref.Session)
			}
		case no == nil || no.Retry || no.Code == chat.CodeNotFound:
		case had && s.speaks(agent) && s.state.int("gen") == generation:
			p.broken(oneWinner, "%s, who has session %s, asks again and hears: %v", agent, ref.Session, err)
		case no.Code == chat.CodeTaken:
			if no.By.ID == agent || !p.took(ref, no.By.ID) {
				p.broken(oneWinner, "%s hears that %q took session %s", agent, no.By.ID, ref.Session)
			}
		case before != "" && !had && no.Code != chat.CodeForbidden:
			p.broken(oneWinner, "%s asks for session %s, which %s took, and hears: %v", agent, ref.Session, before, err)
		}
	}
}

// ended: a command that nothing happened to ends with an answer or a refusal, and not because it could not get through.
func (p *promises) ended(c *command) {
	var no *chat.Error
	if c.err == nil || c.hurt || errors.As(c.err, &no) && no.Code != chat.CodeBusy {
		return
	}
	p.broken(works, "%s fails, and nothing was in its way: %v", c.name, c.err)
}

// picks is asks for a message that was left.
func (p *promises) picks(session, agent string) (answered func(error)) {
	s := p.w.mirror.sessions[session]
	ref := chat.OfferRef{Session: session, Generation: 1}
	had, generation := s.speaks(agent), s.state.int("gen")
	return func(err error) {
		var no *chat.Error
		switch errors.As(err, &no); {
		case err == nil && !p.took(ref, agent):
			p.broken(oneWinner, "%s hears that the message %s is theirs, and never took it", agent, session)
		case err == nil || no == nil || no.Retry:
		case had && s.speaks(agent) && s.state.int("gen") == generation:
			p.broken(oneWinner, "%s, who has session %s, picks it again and hears: %v", agent, session, err)
		case no.Code == chat.CodeTaken && (no.By.ID == agent || !p.took(ref, no.By.ID)):
			p.broken(oneWinner, "%s hears that %q took the message %s", agent, no.By.ID, session)
		}
	}
}

// took reports whether an agent has ever taken a session, from that offer on.
func (p *promises) took(ref chat.OfferRef, agent string) bool {
	for e, winner := range p.winners {
		if e.session == ref.Session && e.generation >= ref.Generation && winner == agent {
			return true
		}
	}
	return p.helped[holding{ref.Session, agent}]
}

// by says whether a command is of this kind.
func (c *command) by(kind string) bool { return c != nil && strings.HasPrefix(c.name, kind) }
