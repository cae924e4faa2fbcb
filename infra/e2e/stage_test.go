package e2e_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/functions/wire"
	"github.com/parley-chat/parley/infra/e2e/play"
)

// patience is how long anything may take that is about to happen: a busy machine with the race detector must not fail a story.
const patience = 60 * time.Second

// stage is where one story is played.
type stage struct {
	*testing.T
	at       play.Deployment
	strategy string
	cast
	beats time.Duration // between two beats of an open tab; 0: none, where no story lasts as long as a lease
}

// everybodyRings reports whether an offer goes to all agents at once.
func (s *stage) everybodyRings() bool { return s.strategy == beepall }

// attention is what becomes of an offer that arrives on a desktop.
type attention int

const (
	watching attention = iota // its agent sees it
	hidden                    // it arrives in a tab that nobody looks at
)

// Tab is one tab of a customer's browser, or one desktop of an agent: it holds a socket, says hello first, asks for what it has
// missed when it connects again, and remembers all that it ever heard.
type Tab struct {
	s      *stage
	who    string
	action string
	token  string
	looks  attention

	mu     sync.Mutex
	client *play.Client // nil while it is cut off
	gone   bool         // for good
	heard  []play.Frame
	news   chan struct{}          // closed and replaced with each frame
	logs   map[string]log         // by session
	sent   map[string]wire.Send   // by cid
	offers []wire.Offer           // each round once, in the order of arrival
	asked  map[string]bool        // rounds that a story has taken note of
	states map[string][]wire.View // by session
}

// log is what a tab knows of a session's log, by place.
type log map[int]wire.Row

// seen is the last place up to which there is no gap.
func (l log) seen() int {
	n := 0
	for l[n+1].Place > 0 {
		n++
	}
	return n
}

func (s *stage) tab(who, action, token string) *Tab {
	t := &Tab{s: s, who: who, action: action, token: token, news: make(chan struct{}), logs: map[string]log{}, sent: map[string]wire.Send{},
		asked: map[string]bool{}, states: map[string][]wire.View{}}
	s.Cleanup(t.Cut)
	return t
}

// hear takes note of a frame.
func (t *Tab) hear(f play.Frame) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.heard = append(t.heard, f)
	switch f.Type {
	case "welcome":
		t.noteSnapshot(decode[wire.Welcome](f).Sessions, decode[wire.Welcome](f).Offers)
	case "pulse":
		t.noteSnapshot(decode[wire.Pulse](f).Sessions, decode[wire.Pulse](f).Offers)
	case "session":
		t.noteSnapshot([]wire.View{decode[wire.SessionFrame](f).Session}, nil)
	case "rows":
		r := decode[wire.Rows](f)
		t.noteRows(r.Session, r.Rows)
	case "ack":
		a := decode[wire.Ack](f)
		side := wire.SideCustomer
		if t.action == wire.ActionAgent {
			side = wire.SideAgent
		}
		t.noteRows(a.Session, []wire.Row{{Place: a.Place, Kind: wire.RowMessage, Side: side, CID: a.CID, Text: t.sent[a.CID].Text}})
	case "offer":
		t.noteOffer(decode[wire.Offer](f))
	}
	close(t.news)
	t.news = make(chan struct{})
}

func (t *Tab) noteSnapshot(views []wire.View, offers []wire.Offer) {
	for _, v := range views {
		t.states[v.Session] = append(t.states[v.Session], v)
		t.noteRows(v.Session, v.Rows)
	}
	for _, o := range offers {
		t.noteOffer(o)
	}
}

func (t *Tab) noteRows(session string, rows []wire.Row) {
	if t.logs[session] == nil {
		t.logs[session] = log{}
	}
	for _, r := range rows {
		was, known := t.logs[session][r.Place]
		if known && (was.CID != r.CID || was.Text != r.Text) {
			t.s.Errorf("%s: place %d of %s changed from %+v to %+v", t.who, r.Place, session, was, r)
		}
		// An acknowledgement does not say that a message has reopened its session; the row does.
		if !known || r.Kind != wire.RowMessage {
			t.logs[session][r.Place] = r
		}
	}
}

// noteOffer takes note of a ring and tells the server that it arrived, as every desktop must.
func (t *Tab) noteOffer(o wire.Offer) {
	if !slices.ContainsFunc(t.offers, func(old wire.Offer) bool { return round(old) == round(o) }) {
		t.offers = append(t.offers, o)
	}
	if client := t.client; client != nil {
		mark := wire.Mark{Type: "mark", Session: o.Session, Generation: o.Generation, Round: o.Round, Seen: t.looks == watching}
		go func() { _ = client.Tell(context.Background(), mark) }() // a socket that has just ended marks nothing
	}
}

// round names an offer.
func round(o wire.Offer) string { return fmt.Sprintf("%s#%d#%d", o.Session, o.Generation, o.Round) }

func decode[T any](f play.Frame) T {
	var v T
	_ = json.Unmarshal(f.Raw, &v) // an empty one fits nothing that a story waits for
	return v
}

// ---- waiting

// await waits until look finds what it is looking for in what the tab has heard. look is called under the tab's lock.
func (t *Tab) await(what string, look func() bool) {
	t.s.Helper()
	if err := t.waitFor(what, look); err != nil {
		t.s.Fatal(err)
	}
}

func (t *Tab) waitFor(what string, look func() bool) error {
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		t.mu.Lock()
		found, news := look(), t.news
		t.mu.Unlock()
		if found {
			return nil
		}
		select {
		case <-news:
		case <-late.C:
			return fmt.Errorf("%s waited in vain for %s\n%s", t.who, what, t.story())
		}
	}
}

// story is all that the tab has heard, for the reader of a failure.
func (t *Tab) story() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var b strings.Builder
	fmt.Fprintf(&b, "%s heard:", t.who)
	for _, f := range t.heard {
		fmt.Fprintf(&b, "\n  %s %s", f.At.Format("05.000"), f.Raw)
	}
	return b.String()
}

// awaitFrame waits for the first frame of a type that fits, among all that were ever heard.
func awaitFrame[T any](t *Tab, what, typ string, fits func(T) bool) T {
	t.s.Helper()
	var got T
	from := 0
	t.await(what, func() bool {
		for ; from < len(t.heard); from++ {
			if t.heard[from].Type != typ {
				continue
			}
			if got = decode[T](t.heard[from]); fits(got) {
				return true
			}
		}
		return false
	})
	return got
}

// AwaitRow waits for a message.
func (t *Tab) AwaitRow(session, text string) wire.Row {
	t.s.Helper()
	return t.awaitRow(session, fmt.Sprintf("%q", text), func(r wire.Row) bool { return r.Text == text })
}

// AwaitKind waits for a change of who may speak.
func (t *Tab) AwaitKind(session string, kind wire.RowKind) wire.Row {
	t.s.Helper()
	return t.awaitRow(session, "a row that says "+string(kind), func(r wire.Row) bool { return r.Kind == kind })
}

func (t *Tab) awaitRow(session, what string, fits func(wire.Row) bool) wire.Row {
	t.s.Helper()
	var got wire.Row
	t.await(what, func() bool {
		for _, r := range t.logs[session] {
			if fits(r) {
				got = r
				return true
			}
		}
		return false
	})
	return got
}

// AwaitRows waits until the tab has the log of a session up to a place, without a gap, and returns it.
func (t *Tab) AwaitRows(session string, head int) []wire.Row {
	t.s.Helper()
	t.await(fmt.Sprintf("%d rows without a gap", head), func() bool { return t.logs[session].seen() >= head })
	return t.Log(session)
}

// Log is what the tab knows of a session's log, from its beginning to the first gap.
func (t *Tab) Log(session string) []wire.Row {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.logs[session]
	rows := make([]wire.Row, l.seen())
	for i := range rows {
		rows[i] = l[i+1]
	}
	return rows
}

// AwaitState waits for a session to be told in a state of a generation. agent is who has it then.
func (t *Tab) AwaitState(session string, state wire.SessionState, generation int) wire.View {
	t.s.Helper()
	return t.AwaitView(session, fmt.Sprintf("generation %d of %s to be %s", generation, session, state), func(v wire.View) bool {
		return v.State == state && v.Generation == generation
	})
}

// AwaitView waits for the first view of a session that fits, among all that were ever told.
func (t *Tab) AwaitView(session, what string, fits func(wire.View) bool) (v wire.View) {
	t.s.Helper()
	t.await(what, func() bool {
		i := slices.IndexFunc(t.states[session], fits)
		if i >= 0 {
			v = t.states[session][i]
		}
		return i >= 0
	})
	return v
}

// ---- connecting

// What a tab without a socket answers.
var (
	errCut  = errors.New("there is no connection")
	errGone = errors.New("there will be no connection any more")
)

func (t *Tab) socket() *play.Client {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.client
}

// dial opens a socket, and beats on it if the lease is short.
func (t *Tab) dial() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	client, err := play.Dial(ctx, t.s.at, t.action, t.token, play.Options{On: t.hear})
	if err != nil {
		return err
	}
	t.mu.Lock()
	gone := t.gone
	if !gone {
		t.client = client
	}
	t.mu.Unlock()
	if gone {
		client.Cut()
		return errGone
	}
	if t.s.beats > 0 {
		go t.beat(client)
	}
	return nil
}

// beat renews the lease as long as the socket is there.
func (t *Tab) beat(client *play.Client) {
	tick := time.NewTicker(t.s.beats)
	defer tick.Stop()
	for range tick.C {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		_, err := client.Ask(ctx, wire.Beat{Type: "beat"})
		cancel()
		if err != nil || t.socket() != client {
			return
		}
	}
}

// hello connects and asks for what was missed.
func (t *Tab) hello(signIn bool) (wire.Welcome, error) {
	if err := t.dial(); err != nil {
		return wire.Welcome{}, err
	}
	return ask[wire.Welcome](t, wire.Hello{Type: "hello", Cursors: t.cursors(), SignIn: signIn})
}

func (t *Tab) cursors() map[string]int {
	t.mu.Lock()
	defer t.mu.Unlock()
	cursors := map[string]int{}
	for session, l := range t.logs {
		cursors[session] = l.seen()
	}
	return cursors
}

// Connect opens a socket, or another one after Cut, and asks for what was missed meanwhile.
func (t *Tab) Connect() wire.Welcome {
	t.s.Helper()
	w, err := t.hello(false)
	t.check("connect", err)
	return w
}

// Cut ends the connection as a lost network does: without a word.
func (t *Tab) Cut() {
	t.mu.Lock()
	client := t.client
	t.client = nil
	t.mu.Unlock()
	if client != nil {
		client.Cut()
	}
}

// Vanish ends the connection, and no other is ever opened.
func (t *Tab) Vanish() {
	t.mu.Lock()
	t.gone = true
	t.mu.Unlock()
	t.Cut()
}

// Beat gives a sign of life and hears how things stand.
func (t *Tab) Beat() wire.Pulse {
	t.s.Helper()
	p, err := ask[wire.Pulse](t, wire.Beat{Type: "beat"})
	t.check("beat", err)
	return p
}

// ---- asking

// ask sends a request and waits for its answer; a refusal is a *play.Error.
func ask[T any](t *Tab, request any) (v T, err error) {
	client := t.socket()
	if client == nil {
		return v, errCut
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	f, err := client.Ask(ctx, request)
	if err != nil {
		return v, err
	}
	return play.As[T](f)
}

// check ends the story if what somebody did has failed.
func (t *Tab) check(did string, err error) {
	t.s.Helper()
	if err != nil {
		t.s.Fatalf("%s: %s: %v\n%s", t.who, did, err, t.story())
	}
}

// refused checks that what somebody did was refused with a code, in a sentence.
func (t *Tab) refused(err error, code wire.ErrorCode) wire.Error {
	t.s.Helper()
	var refusal *play.Error
	if !errors.As(err, &refusal) {
		t.s.Fatalf("%s: got %v, want a refusal %q\n%s", t.who, err, code, t.story())
	}
	e := refusal.Frame
	if e.Code != code || !isSentence(e.Message) {
		t.s.Fatalf("%s was refused with %q and %q, want %q and a sentence", t.who, e.Code, e.Message, code)
	}
	return e
}

// isSentence reports whether somebody may read this: it begins with a capital (or a field's name) and ends with a full stop.
func isSentence(text string) bool {
	return text != "" && (text[0] == '`' || 'A' <= text[0] && text[0] <= 'Z' || '0' <= text[0] && text[0] <= '9') && strings.HasSuffix(text, ".")
}

// Say sends a message, as clients must: behind the last place that this tab has seen without a gap.
func (t *Tab) Say(session, text string) wire.Ack {
	t.s.Helper()
	ack, err := t.say(session, text)
	t.check("say "+text, err)
	return ack
}

func (t *Tab) say(session, text string) (wire.Ack, error) {
	t.mu.Lock()
	m := wire.Send{Type: "send", Session: session, CID: newID(), After: max(t.logs[session].seen(), 1), Text: text}
	t.mu.Unlock()
	return t.send(m)
}

// send sends a message that may have been sent before.
func (t *Tab) send(m wire.Send) (wire.Ack, error) {
	t.mu.Lock()
	t.sent[m.CID] = m
	t.mu.Unlock()
	return ask[wire.Ack](t, m)
}

// Since asks for everything behind a place.
func (t *Tab) Since(session string, after int) wire.Rows {
	t.s.Helper()
	rows, err := ask[wire.Rows](t, wire.Since{Type: "since", Session: session, After: after})
	t.check("ask for what is missing", err)
	return rows
}

// newID makes the id of a message or of an attempt.
func newID() string { return rand.Text() }

// sameLog checks that all tabs have the same log of a session up to a place, and returns it.
func (s *stage) sameLog(session string, head int, tabs ...*Tab) []wire.Row {
	s.Helper()
	first := tabs[0].AwaitRows(session, head)
	for _, t := range tabs[1:] {
		rows := t.AwaitRows(session, head)
		if len(rows) != len(first) {
			s.Fatalf("%s has %d rows, %s has %d\n%s", tabs[0].who, len(first), t.who, len(rows), t.story())
		}
		for i, r := range rows {
			if f := first[i]; r.CID != f.CID || r.Text != f.Text || r.Kind != f.Kind {
				s.Errorf("place %d: %s has %+v, %s has %+v", r.Place, tabs[0].who, f, t.who, r)
			}
		}
	}
	return first
}

// atOnce does things at the same moment and waits for all of them.
func atOnce(n int, do func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() { <-start; do(i) })
	}
	close(start)
	wg.Wait()
}

// often is how often something is asked that nobody tells.
const often = 50 * time.Millisecond

// eventually asks again and again, where nobody tells.
func eventually(every time.Duration, is func() bool) error {
	again := time.NewTicker(every)
	defer again.Stop()
	for late := time.Now().Add(patience); !is(); <-again.C {
		if time.Now().After(late) {
			return errors.New("it did not come to that")
		}
	}
	return nil
}
