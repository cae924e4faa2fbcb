package dynamo_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/parley-chat/parley/functions/chat"
	"github.com/parley-chat/parley/infra/dynamo"
	"github.com/parley-chat/parley/infra/dynamo/dynamotest"
	"github.com/parley-chat/parley/infra/dynamo/faults"
)

// A crash of any handler between any two steps loses nothing: that is what these tests are about. The six promises
// of package chat are read from the tables (office.violations) after every step. Package schedules lets everything happen at once.

// process carries out one command and dies at one of its calls to the world: to the store, the routing loop or a socket. From
// then on it does nothing more; what was on its way is carried out.
type process struct {
	*chat.Desk
	office *office
	dies   int // at which call; 0: never
	faults http.RoundTripper

	mu    sync.Mutex
	calls int
	acted int // the first call that did more than read
}

// errDied tells the SDK not to repeat the call.
type errDied struct{}

func (errDied) Error() string       { return "the process has died" }
func (errDied) CanceledError() bool { return true }

// hires a process. weather is of its network; nil is fine.
func (o *office) process(dies int, weather func(string) faults.Fault) *process {
	p := &process{office: o, dies: dies, faults: &faults.Transport{Base: o.network(), Choose: weather}}
	cfg := aws.Config{Region: "us-east-1", HTTPClient: &http.Client{Transport: p},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}, nil
		})}
	s := dynamo.New(dynamo.NewClient(cfg, dynamotest.Endpoint(o.tb)), o.tables)
	s.Now = o.clock.now
	p.Desk = chat.New(s, p, p, slog.New(slog.DiscardHandler))
	p.Now = o.clock.now
	return p
}

// network is the way to the engine.
func (o *office) network() http.RoundTripper {
	if o.transport == nil {
		t := dynamo.NewTransport()
		o.tb.Cleanup(t.CloseIdleConnections)
		o.transport = t
	}
	return o.transport
}

func (p *process) step(acts bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.calls++; p.dies > 0 && p.calls >= p.dies {
		return errDied{}
	}
	if acts && p.acted == 0 {
		p.acted = p.calls
	}
	return nil
}

func (p *process) dead() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dies > 0 && p.calls >= p.dies
}

func (p *process) RoundTrip(r *http.Request) (*http.Response, error) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if err := p.step(!slices.Contains([]string{"GetItem", "BatchGetItem", "Query"}, operation)); err != nil {
		return nil, err
	}
	return p.faults.RoundTrip(r)
}

func (p *process) Start(ctx context.Context, e chat.Execution) error {
	if err := p.step(true); err != nil {
		return err
	}
	return p.office.loop.Start(ctx, e)
}

func (p *process) Answer(ctx context.Context, token string, a chat.Answer) error {
	if err := p.step(true); err != nil {
		return err
	}
	return p.office.loop.Answer(ctx, token, a)
}

func (p *process) Push(ctx context.Context, to []chat.Connection, e chat.Event) []chat.Connection {
	if p.step(true) != nil {
		return nil
	}
	return p.office.screens.Push(ctx, to, e)
}

// violations are the broken promises that the tables show.
func (o *office) violations() (broken []string) {
	say := func(format string, args ...any) { broken = append(broken, fmt.Sprintf(format, args...)) }
	holds, used := map[string][]string{}, map[int]int{}
	offered := map[string]string{} // reservation -> agent
	for _, id := range o.sessions {
		s, err := o.store.Session(o.tb.Context(), id)
		if errors.Is(err, chat.ErrNotFound) {
			continue // its start died before it was written
		}
		ok(o.tb, err)
		o.readLog(s, say)
		for _, a := range s.Speakers() {
			holds[a] = append(holds[a], id)
		}
		if s.Seat > 0 {
			used[s.Seat]++
		}
		if (s.State == chat.Offered) != (s.Offered != "") || (s.State == chat.Active) != (s.Agent != "") || len(s.Assist) > chat.MaxAssist ||
			s.State != chat.Active && (s.Seat > 0 || s.Transfer != nil || len(s.Assist) > 0) {
			say("session %+v", s)
		}
		if s.State == chat.Offered && s.Offered != chat.Everybody {
			offered[ref(s).Reservation()] = s.Offered
		}
		if s.Transfer != nil && s.Transfer.Agent != "" {
			offered[handed(s).Reservation()] = s.Transfer.Agent
		}
		o.readLedger(s, say)
	}
	shards, err := o.store.Shards(o.tb.Context())
	ok(o.tb, err)
	for _, sh := range shards {
		if sh.Used != used[sh.Number] || sh.Used > sh.Limit {
			say("shard %+v, sessions with a seat: %d", sh, used[sh.Number])
		}
	}
	for _, id := range o.agents {
		a := o.agent(id)
		held := len(a.Open)
		if a.Offer != "" {
			if held++; offered[a.Offer] != id || a.State != chat.Ready {
				say("agent %s, who is %s, holds a reservation of nothing: %s", id, a.State, a.Offer)
			}
			delete(offered, a.Offer)
		}
		open := slices.Sorted(slices.Values(a.Open))
		if want := slices.Sorted(slices.Values(holds[id])); !slices.Equal(open, want) {
			say("agent %s has %v open and speaks in %v", id, open, want)
		}
		if held > a.Capacity {
			say("agent %s holds %d of %d", id, held, a.Capacity)
		}
	}
	for reservation, agent := range offered {
		say("offer %s is made to %s, who does not hold it", reservation, agent)
	}
	return broken
}

// handed names the offer of the session's transfer.
func handed(s chat.Session) chat.OfferRef {
	return chat.OfferRef{Session: s.ID, Generation: s.Generation, Round: s.Transfer.Round}
}

// readLog holds a session's log against its state row. It knows no messages for later.
func (o *office) readLog(s chat.Session, say func(string, ...any)) {
	page, err := o.store.Log(o.tb.Context(), s.ID, 1, 1000)
	ok(o.tb, err)
	state, agent, version := chat.Closed, "", 0
	var assist []string
	stored := map[string]int{}
	for i, r := range page.Rows {
		if r.Place != i+1 {
			say("session %s: place %d holds row %d", s.ID, i+1, r.Place)
		}
		if r.CID != "" {
			if stored[r.CID] > 0 {
				say("session %s: %s is stored at %d and %d", s.ID, r.CID, stored[r.CID], r.Place)
			}
			stored[r.CID] = r.Place
		}
		was := state
		switch r.Kind {
		case chat.KindMessage:
			if r.Place == 1 {
				state = chat.Waiting
				break
			}
			if r.Side == chat.FromAgent && r.By != agent && !slices.Contains(assist, r.By) || was == chat.Closed {
				say("session %s, row %d: %s %s wrote while it was %s with %q", s.ID, r.Place, r.Side, r.By, was, agent)
			}
			continue
		case chat.KindReopened:
			state = chat.Waiting
			if was != chat.Closed {
				say("session %s, row %d: reopened while %s", s.ID, r.Place, was)
			}
		case chat.KindAccepted:
			state, agent = chat.Active, r.By
			if was != chat.Waiting {
				say("session %s, row %d: accepted while %s", s.ID, r.Place, was)
			}
		case chat.KindJoined:
			assist = append(assist, r.By)
			if was != chat.Active {
				say("session %s, row %d: joined while %s", s.ID, r.Place, was)
			}
		case chat.KindLeft:
			if !slices.Contains(assist, r.By) {
				say("session %s, row %d: %s left, and %v assisted", s.ID, r.Place, r.By, assist)
			}
			assist = slices.DeleteFunc(assist, func(a string) bool { return a == r.By })
		case chat.KindTransferred:
			if was != chat.Active {
				say("session %s, row %d: transferred while %s", s.ID, r.Place, was)
			}
			if assist = nil; r.By == agent { // blindly
				state, agent = chat.Waiting, ""
			} else {
				agent = r.By
			}
		case chat.KindRequeued:
			state, agent, assist = chat.Waiting, "", nil
			if was != chat.Active {
				say("session %s, row %d: returned while %s", s.ID, r.Place, was)
			}
		case chat.KindClosed:
			state, agent, assist = chat.Closed, "", nil
			if was == chat.Closed {
				say("session %s, row %d: closed twice", s.ID, r.Place)
			}
		}
		if version++; r.Version != version {
			say("session %s, row %d: version %d, want %d", s.ID, r.Place, r.Version, version)
		}
	}
	now := s.State
	if now == chat.Offered {
		now = chat.Waiting
	}
	slices.Sort(assist)
	if state != now || agent != s.Agent || !slices.Equal(assist, slices.Sorted(slices.Values(s.Assist))) || version != s.Version {
		say("session %s: the log says %s with %q and %v (%d), the state row %s with %q and %v (%d)", s.ID, state, agent, assist, version, s.State,
			s.Agent, s.Assist, s.Version)
	}
	for cid, place := range o.acknowledged[s.ID] {
		if stored[cid] != place {
			say("session %s: %s was acknowledged at %d and stands at %d", s.ID, cid, place, stored[cid])
		}
	}
}

// readLedger looks for offers without an end, or with one before it.
func (o *office) readLedger(s chat.Session, say func(string, ...any)) {
	for generation := 1; generation <= s.Generation; generation++ {
		for round := 1; round <= s.Round; round++ {
			r := chat.OfferRef{Session: s.ID, Generation: generation, Round: round}
			offer, err := o.store.Offer(o.tb.Context(), r)
			if errors.Is(err, chat.ErrNotFound) {
				continue // of another generation
			}
			ok(o.tb, err)
			shows := s.State == chat.Offered && r == ref(s) || s.Transfer != nil && r == handed(s)
			if shows != (offer.Outcome == "") {
				say("offer %v shows %v and has the outcome %q", r, shows, offer.Outcome)
			}
		}
	}
}

// keepsItsPromises ends the test if one is broken.
func (o *office) keepsItsPromises(when string) {
	o.tb.Helper()
	if broken := o.violations(); len(broken) > 0 {
		o.tb.Fatalf("%s: %d broken promises: %v", when, len(broken), broken)
	}
}

// forgotten are the sessions that wait and that nothing routes.
func (o *office) forgotten() (ids []string) {
	for _, id := range o.sessions {
		if s, err := o.store.Session(o.tb.Context(), id); err == nil && s.InLine() && len(o.loop.running(id)) == 0 {
			ids = append(ids, id)
		}
	}
	return ids
}

// rest lets so much time go by that the reaper, who then comes, takes for lost what does not move. Everybody present gives a
// sign of life.
func (o *office) rest() {
	o.tb.Helper()
	o.pass(95 * time.Second)
	o.beats(o.present...)
	o.sweeps()
}

// drain lets the agents work until nothing is open, and fails the test if that takes them more than some minutes.
func (o *office) drain() {
	o.tb.Helper()
	for _, a := range o.agents {
		if o.agent(a).State != chat.Ready {
			o.becomes(a, chat.Ready)
		}
	}
	for tick := range 100 { // of 7 s: no offer shows for less
		open := 0
		for _, id := range o.sessions {
			s, err := o.store.Session(o.tb.Context(), id)
			if errors.Is(err, chat.ErrNotFound) || s.State == chat.Closed {
				continue
			}
			ok(o.tb, err)
			switch open++; s.State {
			case chat.Offered:
				_, err = o.desk.Accept(o.tb.Context(), desktop(o.offer(ref(s)).To[0]), ref(s))
				o.settle()
			case chat.Active:
				_, err = o.desk.Close(o.tb.Context(), desktop(s.Agent), chat.Closing{Session: s.ID})
				o.settle()
			}
			if err != nil && !errors.As(err, new(*chat.Error)) { // a refusal is fine: it is full, or the licence is
				o.tb.Fatal(err)
			}
		}
		if open == 0 {
			break
		}
		if o.pass(7 * time.Second); tick%10 == 9 {
			o.beats(o.present...)
			o.sweeps()
		}
	}
	o.pass(time.Minute) // executions whose answer was lost hear that it is over
	o.keepsItsPromises("at rest")
	for _, id := range o.sessions {
		if s, err := o.store.Session(o.tb.Context(), id); err == nil && s.State != chat.Closed {
			o.tb.Errorf("not at rest: %+v", s)
		}
		if names := o.loop.running(id); len(names) > 0 {
			o.tb.Errorf("still running: %v", names)
		}
	}
}

// Ensure that a handler may die before any of its calls, and neither loses a session nor breaks a promise, whether its caller
// asks again or not.
func TestDeaths(t *testing.T) {
	t.Parallel()
	offered := func(o *office) chat.Session { return o.writes("c1") }
	active := func(o *office) chat.Session { return o.accepts("ann", o.writes("c1")) }
	ringing := func(o *office) chat.Session { return o.hands("ann", active(o), chat.Handover{Agent: "bob"}) }
	closed := func(o *office) chat.Session { return o.closes("ann", active(o)) }
	waiting := func(o *office) chat.Session {
		for _, a := range o.agents {
			o.becomes(a, chat.Paused)
		}
		return o.writes("c1")
	}
	// visit is the next one of the router.
	visit := func(ctx context.Context, p *process, _ chat.Session) error {
		v, found := p.office.loop.due()
		if !found {
			p.office.clock.set(p.office.loop.next())
			v, _ = p.office.loop.due()
		}
		err := p.Route(ctx, v)
		if err != nil {
			p.office.loop.failed(v.Token)
		}
		return err
	}
	tests := []struct {
		name     string
		queue    chat.Queue
		licence  int
		before   func(*office) chat.Session
		command  func(context.Context, *process, chat.Session) error
		minCalls int
		own      bool // nobody's command
	}{
		{"start", byTurns, 0, nil, func(ctx context.Context, p *process, _ chat.Session) error {
			_, err := p.Desk.Start(ctx, page("c1"), opening("c1"))
			return err
		}, 7, false},
		{"send", byTurns, 0, active, func(ctx context.Context, p *process, s chat.Session) error {
			row, err := p.Send(ctx, page("c1"), chat.Outgoing{Session: s.ID, CID: "m2", Text: "Hello?", After: 2})
			p.office.acknowledges(s.ID, "m2", row, err)
			return err
		}, 4, false},
		{"reopen", everybody, 0, closed, func(ctx context.Context, p *process, s chat.Session) error {
			row, err := p.Send(ctx, page("c1"), chat.Outgoing{Session: s.ID, CID: "m2", Text: "Again!", After: 3})
			p.office.acknowledges(s.ID, "m2", row, err)
			return err
		}, 7, false},
		{"accept, of one", byTurns, 5, offered, func(ctx context.Context, p *process, s chat.Session) error {
			_, err := p.Accept(ctx, desktop("ann"), ref(s))
			return err
		}, 12, false},
		{"accept, of everybody", everybody, 0, offered, func(ctx context.Context, p *process, s chat.Session) error {
			_, err := p.Accept(ctx, desktop("ann"), ref(s))
			return err
		}, 12, false},
		{"accept without a seat", byTurns, 2, func(o *office) chat.Session {
			s := o.writes("c1") // rings at Ann
			o.accepts("bob", o.writes("c0"))
			ok(o.tb, o.store.PutLicence(o.tb.Context(), 1))
			return s
		}, func(ctx context.Context, p *process, s chat.Session) error {
			_, err := p.Accept(ctx, desktop("ann"), ref(s))
			return err
		}, 7, false},
		{"reject, of one", byTurns, 0, offered, func(ctx context.Context, p *process, s chat.Session) error {
			return p.Reject(ctx, desktop("ann"), ref(s))
		}, 5, false},
		{"reject, the last of everybody", everybody, 0, func(o *office) chat.Session {
			s := o.writes("c1")
			return o.rejects("bob", s)
		}, func(ctx context.Context, p *process, s chat.Session) error {
			return p.Reject(ctx, desktop("ann"), ref(s))
		}, 6, false},
		{"pause", byTurns, 0, offered, func(ctx context.Context, p *process, _ chat.Session) error {
			_, err := p.SetAvailability(ctx, desktop("ann"), chat.Wish{State: chat.Paused, Reason: "Lunch"})
			return err
		}, 7, false},
		{"close", byTurns, 5, active, func(ctx context.Context, p *process, s chat.Session) error {
			_, err := p.Close(ctx, desktop("ann"), chat.Closing{Session: s.ID})
			return err
		}, 9, false},
		{"leave the line", byTurns, 0, waiting, leave, 6, false},
		{"leave while it rings", byTurns, 0, offered, leave, 8, false},
		{"leave an agent", everybody, 5, active, leave, 8, false},
		{"offer a transfer", byTurns, 0, active, func(ctx context.Context, p *process, s chat.Session) error {
			_, err := p.Transfer(ctx, desktop("ann"), chat.Handover{Session: s.ID, Agent: "bob"})
			return err
		}, 12, false},
		{"accept a transfer", byTurns, 5, ringing, func(ctx context.Context, p *process, s chat.Session) error {
			_, err := p.Accept(ctx, desktop("bob"), handed(s))
			return err
		}, 22, false},
		{"decline a transfer", byTurns, 0, ringing, func(ctx context.Context, p *process, s chat.Session) error {
			return p.Reject(ctx, desktop("bob"), handed(s))
		}, 16, false},
		{"pause while a transfer rings", byTurns, 0, ringing, func(ctx context.Context, p *process, _ chat.Session) error {
			_, err := p.SetAvailability(ctx, desktop("bob"), chat.Wish{State: chat.Paused})
			return err
		}, 18, false},
		{"give away", byTurns, 5, ringing, func(ctx context.Context, p *process, s chat.Session) error {
			_, err := p.Transfer(ctx, desktop("ann"), chat.Handover{Session: s.ID, Queue: queue, Blind: true})
			return err
		}, 24, false},
		{"the sweep returns a session", byTurns, 5, func(o *office) chat.Session {
			s := active(o)
			for range 6 {
				o.pass(time.Minute)
				o.beats(page("c1"), desktop("bob"))
			}
			return s
		}, sweep, 15, true},
		{"the sweep raises the part", byTurns, 0, func(o *office) chat.Session {
			s := offered(o)
			o.loop.end(s.ID, false)
			o.pass(2 * time.Minute)
			o.beats(page("c1"), desktop("ann"), desktop("bob"))
			return s
		}, sweep, 7, true},
		{"a visit that offers", everybody, 0, func(o *office) chat.Session {
			s := waiting(o)
			for _, a := range o.agents {
				_, err := o.desk.SetAvailability(o.tb.Context(), desktop(a), chat.Wish{State: chat.Ready})
				ok(o.tb, err)
			}
			return s
		}, visit, 9, true},
		{"a visit that parks", byTurns, 0, waiting, visit, 7, true},
		{"a visit that expires, of one", byTurns, 0, offered, visit, 12, true},
		{"a visit that expires, of everybody", everybody, 0, offered, visit, 12, true},
		{"a visit that finds nobody waiting", everybody, 0, func(o *office) chat.Session {
			s := waiting(o)
			o.pass(150 * time.Second)
			return s
		}, visit, 9, true},
	}
	for _, test := range tests {
		for _, again := range []bool{false, true} {
			name := test.name
			if again {
				name += ", and again"
			}
			if again && test.own {
				continue // the loop and the schedule repeat it themselves
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				// plays lets the command die at a call, and everything come to rest.
				plays := func(dies int) *process {
					o := opened(t, test.queue, "ann", "bob")
					if test.licence > 0 {
						ok(t, o.store.PutLicence(t.Context(), test.licence))
					}
					o.knows(chat.SessionID(website, "c1", "nonce"))
					o.present = []chat.Connection{page("c1"), desktop("ann"), desktop("bob")}
					var s chat.Session
					if test.before != nil {
						s = test.before(o)
					}
					p := o.process(dies, nil)
					if err := test.command(t.Context(), p, s); err != nil && !p.dead() && !errors.As(err, new(*chat.Error)) {
						t.Fatal(err)
					}
					if again {
						if err := test.command(t.Context(), o.process(0, nil), s); err != nil && !errors.As(err, new(*chat.Error)) {
							t.Fatal(err)
						}
					} else {
						o.keepsItsPromises(fmt.Sprintf("dead at call %d", dies))
						if len(o.forgotten()) > 0 {
							o.rest() // the reaper finds them
						}
						if found := o.forgotten(); len(found) > 0 {
							t.Fatalf("dead at call %d: nothing routes %v", dies, found)
						}
					}
					if o.drain(); t.Failed() {
						t.Fatalf("dead at call %d", dies)
					}
					return p
				}
				whole := plays(0)
				if whole.acted == 0 || whole.calls < test.minCalls {
					t.Fatalf("%d calls, %d of them before anything was done: this is not the command that was meant", whole.calls, whole.acted)
				}
				for dies := whole.acted; dies <= whole.calls; dies++ { // before that nothing has happened
					plays(dies)
				}
			})
		}
	}
}

func leave(ctx context.Context, p *process, s chat.Session) error {
	_, err := p.Leave(ctx, page("c1"), s.ID)
	return err
}

func sweep(ctx context.Context, p *process, _ chat.Session) error {
	_, err := p.Sweep(ctx, false)
	return err
}

// acknowledges remembers what a writer was told.
func (o *office) acknowledges(session, cid string, row chat.Row, err error) {
	if err != nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.acknowledged[session] == nil {
		o.acknowledged[session] = map[string]int{}
	}
	o.acknowledged[session][cid] = row.Place
}
