package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/functions/wire"
	"github.com/parley-chat/parley/infra/e2e/play"
)

// What the chaos is like. The lease is short, so that an agent who never comes back is one of the faults.
const (
	chaosCustomers = 20
	chaosAgents    = 6
	chaosCapacity  = 6
	chaosLength    = 5 * time.Second // at least
	chaosLease     = 5 * time.Second
	chaosLostAfter = 6 // seconds
)

// chaosKinds are what is to happen in every chaos before it is over.
var chaosKinds = [...]wire.RowKind{wire.RowMessage, wire.RowAccepted, wire.RowClosed, wire.RowReopened, wire.RowTransferred, wire.RowJoined}

// chaosSeeds make the dice of runner and players fall the same way again, as far as the order of events does.
var chaosSeeds = [...]uint64{1, 7, 42}

// Ensure that lost, late and repeated pushes, unheard disconnects, conflicts, throttling and lost replies of the store cost nothing
// that was acknowledged: no message missing, double or out of place, one owner a generation, and in the end nobody is forgotten.
func TestChaos(t *testing.T) {
	t.Parallel()
	need(t, faults)
	happened := map[wire.RowKind]int{}
	for i, seed := range chaosSeeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			strategy := both[i%len(both)]
			it := story{name: "chaos", in: []string{strategy}, agents: chaosAgents, capacity: chaosCapacity, timeout: quick, lostAfter: chaosLostAfter}
			h := ownRunner(t, demoOf([]story{it}), "-chaos", "-seed", strconv.FormatUint(seed, 10), "-lease", chaosLease.String(), "-sweep", "1s")
			s := h.stage(castOf(0, it, strategy), strategy)
			s.beats = chaosLease / 4
			c := &chaos{stage: s, over: make(chan struct{}), happened: happened}
			c.run(seed)
		})
	}
	t.Logf("what happened: %v", happened)
	for _, kind := range append(chaosKinds[:], wire.RowRequeued) {
		if happened[kind] == 0 {
			t.Errorf("nothing was %s: this was no chaos", kind)
		}
	}
}

// chaos is a stage on which everybody does what they like, until it is over; then they let it come to rest.
type chaos struct {
	*stage
	customers []*writer
	staff     []*worker
	over      chan struct{}        // closed when nobody begins anything any more
	happened  map[wire.RowKind]int // rows of all logs
}

// writer is a customer who writes, reloads, leaves and comes back.
type writer struct {
	*Customer
	dice  *rand.Rand
	acked []wire.Ack
}

// worker is an agent who accepts, rejects, lets offers pass, answers, closes, hands over, asks for help, pauses and reloads.
type worker struct {
	*Agent
	dice  *rand.Rand
	acked []wire.Ack
}

func (c *chaos) run(seed uint64) {
	dice := func(n int) *rand.Rand { return rand.New(rand.NewPCG(seed, uint64(n))) }
	for i := range chaosAgents {
		a := &worker{Agent: c.desktop(i), dice: dice(i)}
		a.persist("sign in", func() error { return last(a.hello(true)) })
		c.staff = append(c.staff, a)
	}
	for i := range chaosCustomers {
		w := &writer{Customer: c.newcomer(fmt.Sprintf("Customer %02d", i)), dice: dice(100 + i)}
		w.persist("connect", func() error { return last(w.hello(false)) })
		c.customers = append(c.customers, w)
	}
	var playing sync.WaitGroup
	for _, w := range c.customers {
		playing.Go(func() { w.play(c.over) })
	}
	playing.Go(func() { c.staff[0].playAndVanish(c.over) })
	for _, a := range c.staff[1:] {
		playing.Go(func() { a.play(c.over) })
	}
	time.AfterFunc(chaosLength, func() {
		defer close(c.over)
		_ = eventually(often, c.enough) // on a machine that is too busy, another seed may have it
	})
	playing.Wait()
	if c.Failed() {
		return
	}
	c.rest()
	for _, w := range c.customers {
		c.judge(w)
	}
}

// enough reports whether customers have heard of everything that was to happen.
func (c *chaos) enough() bool {
	heard := map[wire.RowKind]bool{}
	for _, w := range c.customers {
		w.mu.Lock()
		for _, l := range w.logs { // of one session
			for _, r := range l {
				heard[r.Kind] = true
			}
		}
		w.mu.Unlock()
	}
	return !slices.ContainsFunc(chaosKinds[:], func(k wire.RowKind) bool { return !heard[k] })
}

// persist repeats what may be repeated until it is answered: with yes, or with a no that is final.
func (t *Tab) persist(what string, try func() error) error {
	var err error
	if late := eventually(often, func() bool {
		err = try()
		var refusal *play.Error
		switch {
		case err == nil:
			return true
		case errors.As(err, &refusal):
			return !refusal.Frame.Retry
		case errors.Is(err, errGone):
			return true
		case errors.Is(err, errCut), errors.Is(err, play.ErrClosed):
			_, err = t.hello(false)
			return errors.Is(err, errGone)
		}
		return false
	}); late != nil {
		t.s.Errorf("%s: %s: %v, %v\n%s", t.who, what, late, err, t.story())
	}
	return err
}

// write sends a message until it is acknowledged, exactly as it was composed.
func (t *Tab) write(session, text string) (ack wire.Ack, err error) {
	t.mu.Lock()
	m := wire.Send{Type: "send", Session: session, CID: newID(), After: max(t.logs[session].seen(), 1), Text: text}
	t.mu.Unlock()
	err = t.persist("say "+text, func() (err error) { ack, err = t.send(m); return err })
	return ack, err
}

// pause is a moment of thought.
func pause(dice *rand.Rand, over <-chan struct{}) bool {
	timer := time.NewTimer(time.Duration(50+dice.IntN(400)) * time.Millisecond)
	defer timer.Stop()
	select {
	case <-over:
		return false
	case <-timer.C:
		return true
	}
}

func (w *writer) play(over <-chan struct{}) {
	q := wire.Start{Nonce: newID(), CID: newID(), Text: w.who + " begins"}
	var v wire.View
	if err := w.persist("start", func() (err error) { v, err = w.start(q); return err }); err != nil {
		w.s.Errorf("%s: start: %v", w.who, err)
		return
	}
	w.acked = append(w.acked, wire.Ack{Session: v.Session, CID: q.CID, Place: 1})
	for n := 0; pause(w.dice, over); n++ {
		switch luck := w.dice.IntN(20); {
		case luck == 0:
			w.Cut()
			w.persist("reload", func() error { return last(w.hello(false)) })
		case luck == 1:
			err := w.persist("leave", func() error {
				return last(ask[wire.SessionFrame](w.Tab, wire.Leave{Type: "leave", Session: w.session}))
			})
			if err != nil {
				w.s.Errorf("%s: leave: %v", w.who, err)
			}
		default:
			ack, err := w.write(w.session, fmt.Sprintf("%s says %d", w.who, n))
			if err != nil {
				w.s.Errorf("%s: say: %v", w.who, err)
				return
			}
			w.acked = append(w.acked, ack)
		}
	}
}

func (a *worker) play(over <-chan struct{}) {
	for n := 0; pause(a.dice, over); n++ {
		a.decide(a.dice)
		switch luck := a.dice.IntN(20); {
		case luck == 0:
			a.Cut()
			a.persist("reload", func() error { return last(a.hello(false)) })
		case luck == 1:
			a.persist("pause", func() error { return last(a.becomes(wire.AgentPaused, "Break")) })
			a.persist("come back", func() error { return last(a.becomes(wire.AgentReady, "")) })
		case luck < 4:
			if session := a.one(); session != "" {
				a.persist("close", func() error { return last(a.close(session)) }) // it may have been lost meanwhile
			}
		case luck < 11:
			if session := a.one(); session != "" {
				// Assistants are refused, and so is who asks somebody who is away: refusals are answers.
				others := slices.DeleteFunc(slices.Clone(a.s.agents), func(p person) bool { return p.ID == a.ID })
				to := wire.Transfer{Type: "transfer", Session: session, Agent: others[a.dice.IntN(len(others))].ID, Assist: luck < 7}
				if a.dice.IntN(2) == 0 {
					to.Agent, to.Queue, to.Blind = "", a.s.website, luck == 10
				}
				a.persist("hand over", func() error { return last(ask[wire.SessionFrame](a.Tab, to)) })
			}
		default:
			if session := a.one(); session != "" {
				// Refusals are answers: the chat may be closed by now, or somebody else's.
				if ack, err := a.write(session, fmt.Sprintf("%s answers %d", a.who, n)); err == nil {
					a.acked = append(a.acked, ack)
				}
			}
		}
	}
}

// playAndVanish takes all that is offered, answers, and is never heard of again once nobody begins anything any more: customers who
// may still leave could have ended all their chats before anybody missed the agent, which happened in a quarter of the runs.
func (a *worker) playAndVanish(over <-chan struct{}) {
	for n := 0; pause(a.dice, over); n++ {
		a.decide(nil)
		if session := a.one(); session != "" {
			if ack, err := a.write(session, fmt.Sprintf("%s answers %d", a.who, n)); err == nil {
				a.acked = append(a.acked, ack)
			}
		}
	}
	a.Vanish()
}

// decide answers the offers that the desktop shows. Without dice it takes them all.
func (a *worker) decide(dice *rand.Rand) {
	a.mu.Lock()
	var showing []wire.Offer
	for _, o := range a.offers {
		if !a.asked[round(o)] {
			a.asked[round(o)] = true
			showing = append(showing, o)
		}
	}
	a.mu.Unlock()
	for _, o := range showing {
		luck := 9
		if dice != nil {
			luck = dice.IntN(10)
		}
		switch {
		case luck == 0: // let it pass
		case luck < 3:
			a.persist("reject", func() error {
				return last(ask[wire.Done](a.Tab, wire.Reject{Type: "reject", Session: o.Session, Generation: o.Generation, Round: o.Round}))
			})
		default:
			a.persist("accept", func() error { return last(a.accept(o)) }) // losing is an answer
		}
	}
}

// one is a session in which the agent may write, as far as they know, "" for none.
func (a *worker) one() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var mine []string
	for session, views := range a.states {
		if v := views[len(views)-1]; a.speaks(v) {
			mine = append(mine, session)
		}
	}
	if len(mine) == 0 {
		return ""
	}
	slices.Sort(mine)
	return mine[a.dice.IntN(len(mine))]
}

// speaks reports whether the agent owns a session or assists in it.
func (a *Agent) speaks(v wire.View) bool {
	return v.State == wire.SessionActive && (v.Agent.ID == a.ID || slices.ContainsFunc(v.Assist, func(r wire.Ref) bool { return r.ID == a.ID }))
}

// rest waits until every session is with an agent who is there, or closed: nobody waits while somebody could take them.
func (c *chaos) rest() {
	began := time.Now()
	var restless []string
	if err := eventually(often, func() bool {
		restless = nil
		for _, a := range c.staff[1:] {
			a.persist("be there", func() error { return last(a.becomes(wire.AgentReady, "")) })
			a.persist("beat", func() error { return last(ask[wire.Pulse](a.Tab, wire.Beat{Type: "beat"})) })
			a.decide(nil)
		}
		for _, w := range c.customers {
			var p wire.Pulse
			if err := w.persist("beat", func() (err error) { p, err = ask[wire.Pulse](w.Tab, wire.Beat{Type: "beat"}); return err }); err != nil || len(p.Sessions) != 1 {
				restless = append(restless, fmt.Sprintf("%s: %+v, %v", w.who, p.Sessions, err))
				continue
			}
			v := p.Sessions[0]
			if v.State != wire.SessionClosed && (v.State != wire.SessionActive || v.Agent.ID == c.agents[0].ID) {
				restless = append(restless, fmt.Sprintf("%s: %s in generation %d", w.who, v.State, v.Generation))
			}
		}
		return len(restless) == 0
	}); err != nil {
		c.Fatalf("after %v: %v", patience, restless)
	}
	c.Logf("at rest after %v", time.Since(began).Round(time.Millisecond))

	// What agents have open is what they own or assist in.
	for _, a := range c.staff[1:] {
		var p wire.Pulse
		a.persist("beat", func() (err error) { p, err = ask[wire.Pulse](a.Tab, wire.Beat{Type: "beat"}); return err })
		if p.Me == nil || len(p.Me.Open) > chaosCapacity || len(p.Me.Open) != len(p.Sessions) {
			c.Errorf("%s has %+v open, and %d sessions of %d", a.who, p.Me, len(p.Sessions), chaosCapacity)
		}
		for _, v := range p.Sessions {
			if !a.speaks(v) {
				c.Errorf("%s has open: %+v", a.who, v)
			}
		}
	}
}

// judge reads a session's whole log and holds it against what was acknowledged and what was heard.
func (c *chaos) judge(w *writer) {
	var rows []wire.Row
	for head := 1; len(rows) < head; {
		var page wire.Rows
		if err := w.persist("read all", func() (err error) {
			page, err = ask[wire.Rows](w.Tab, wire.Since{Type: "since", Session: w.session, After: len(rows)})
			return err
		}); err != nil || len(page.Rows) == 0 {
			c.Errorf("%s reads %+v, %v", w.who, page, err)
			return
		}
		rows, head = append(rows, page.Rows...), page.Head
	}
	seen := map[string]int{}
	owner, generation := "", 1
	var helpers []string
	for i, r := range rows {
		c.happened[r.Kind]++
		if r.Place != i+1 {
			c.Errorf("%s: place %d follows %d", w.who, r.Place, i)
		}
		if was, twice := seen[r.CID]; twice && r.CID != "" {
			c.Errorf("%s: %q has the places %d and %d", w.who, r.Text, was, r.Place)
		}
		seen[r.CID] = r.Place
		switch r.Kind {
		case wire.RowAccepted:
			if owner != "" {
				c.Errorf("%s: generation %d has the owners %s and %s", w.who, generation, owner, r.By)
			}
			owner = r.By
		case wire.RowTransferred:
			if helpers = nil; r.By == owner { // sent away: it waits
				owner = ""
			} else {
				owner = r.By
			}
			generation++
		case wire.RowJoined:
			helpers = append(helpers, r.By)
		case wire.RowLeft:
			helpers = slices.DeleteFunc(helpers, func(id string) bool { return id == r.By })
		case wire.RowReopened, wire.RowRequeued:
			owner, helpers = "", nil
			generation++
		case wire.RowClosed:
			owner, helpers = "nobody", nil
		case wire.RowMessage:
			if r.Side == wire.SideAgent && r.By != owner && !slices.Contains(helpers, r.By) {
				c.Errorf("%s: %s writes %q in place %d, when %s has the chat", w.who, r.By, r.Text, r.Place, owner)
			}
			if r.Side == wire.SideCustomer && owner == "nobody" {
				c.Errorf("%s: %q in place %d did not reopen the chat", w.who, r.Text, r.Place)
			}
		}
	}
	acked := slices.Clone(w.acked)
	for _, a := range c.staff {
		for _, ack := range a.acked {
			if ack.Session == w.session {
				acked = append(acked, ack)
			}
		}
	}
	for _, ack := range acked {
		if ack.Place > len(rows) || rows[ack.Place-1].CID != ack.CID {
			c.Errorf("%s: what was acknowledged as %+v is not there", w.who, ack)
		}
	}
	// Whatever arrived, early, late or twice, agrees with what is stored.
	tabs := []*Tab{w.Tab}
	for _, a := range c.staff {
		tabs = append(tabs, a.Tab)
	}
	for _, t := range tabs {
		t.mu.Lock()
		for place, r := range t.logs[w.session] {
			if place > len(rows) || rows[place-1].CID != r.CID || rows[place-1].Text != r.Text && r.Text != "" {
				c.Errorf("%s heard %+v, which is not there", t.who, r)
			}
		}
		t.mu.Unlock()
	}
}

// newcomer is a customer who has a token and is not connected.
func (s *stage) newcomer(name string) *Customer {
	s.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var token wire.TokenReply
	if err := eventually(often, func() bool {
		var err error
		token, err = play.CustomerToken(ctx, s.at, s.website, "")
		return err == nil
	}); err != nil {
		s.Fatal(err)
	}
	return &Customer{Tab: s.tab(name, wire.ActionCustomer, token.Token), id: token.Customer}
}
