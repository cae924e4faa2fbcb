package wire_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/functions/chat"
	"github.com/parley-chat/parley/functions/wire"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// frame encodes a server frame as the Lambdas do.
func frame(t *testing.T, f any) string {
	t.Helper()
	b, err := wire.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Ensure that a customer sees of a session what is theirs to see: not the note, nor the transfer that rings, nor the disposition.
func TestViewOfACustomer(t *testing.T) {
	t.Parallel()
	v := chat.View{Session: chat.Session{ID: "s1", State: chat.Active, Agent: "ann", Assist: []string{"eve"}, Warned: 4, Due: noon.Add(time.Minute), Disposition: "Spam"},
		Head: 4, Agent: chat.Ref{ID: "ann", Name: "Ann"}, Assist: []chat.Ref{{ID: "eve", Name: "Eve"}}, Website: chat.Ref{ID: "shop", Name: "Shop"}, Now: noon,
		Transfer: &chat.Asking{Transfer: chat.Transfer{Queue: "billing", By: "ann", Note: "A secret.", Round: 3, Until: noon.Add(time.Second)},
			To: chat.Ref{ID: "billing", Name: "Billing"}, By: chat.Ref{ID: "ann", Name: "Ann"}},
		Rows: []chat.Row{{Place: 4, Kind: chat.KindTransferred, By: "ann", To: "Sales", Note: "A secret."}}}
	for role, secret := range map[chat.Role]bool{chat.RoleCustomer: false, chat.RoleAgent: true} {
		v.For = role
		got := frame(t, wire.FromView(v))
		for _, s := range []string{"A secret.", "Spam", `"transfer":{`, `"website"`, `"customer"`} {
			if strings.Contains(got, s) != secret {
				t.Errorf("%s is told %s: %v", role, s, !secret)
			}
		}
		for _, s := range []string{`"assist":[{"id":"eve","name":"Eve"}]`, fmt.Sprintf(`"idleUntil":%d`, noon.Add(time.Minute).UnixMilli()), `"to":"Sales"`} {
			if !strings.Contains(got, s) {
				t.Errorf("%s is not told %s: %s", role, s, got)
			}
		}
	}
	// Who wrote since the warning hears of no end.
	v.Head = 5
	if got := wire.FromView(v); got.IdleUntil != 0 {
		t.Errorf("idle until %d", got.IdleUntil)
	}
	// Nor does a customer hear that it rings at somebody.
	v.Session.State, v.For = chat.Offered, chat.RoleCustomer
	if got := wire.FromView(v); got.State != wire.SessionWaiting {
		t.Errorf("a customer is told %s", got.State)
	}
}

// Ensure that a transfer names the agent or the queue that is asked.
func TestViewOfATransfer(t *testing.T) {
	t.Parallel()
	v := chat.View{For: chat.RoleAgent, Now: noon, Session: chat.Session{ID: "s1", State: chat.Active}}
	to := chat.Ref{ID: "x", Name: "X"}
	want := wire.Ref{ID: "x", Name: "X"}
	v.Transfer = &chat.Asking{Transfer: chat.Transfer{Agent: "x", Assist: true, Round: 2, Until: noon.Add(time.Second)}, To: to}
	if got := wire.FromView(v).Transfer; got.Agent == nil || *got.Agent != want || got.Queue != nil || !got.Assist || got.Round != 2 ||
		got.Until != got.Now+1000 || got.Now != noon.UnixMilli() {
		t.Errorf("to an agent: %+v", got)
	}
	v.Transfer = &chat.Asking{Transfer: chat.Transfer{Queue: "x"}, To: to}
	if got := wire.FromView(v).Transfer; got.Queue == nil || *got.Queue != want || got.Agent != nil {
		t.Errorf("to a queue: %+v", got)
	}
}

// Ensure that a wrap-up shows while it lasts, with its end by the server's clock.
func TestMeInWrapUp(t *testing.T) {
	t.Parallel()
	a := chat.Agent{ID: "ann", State: chat.Ready, WrapUntil: noon.Add(time.Second), Next: chat.Paused, NextReason: "Lunch", Supervisor: true}
	got := wire.FromMe(chat.Me{Agent: a, By: chat.Ref{ID: "sue", Name: "Sue"}, Now: noon})
	if got.State != wire.AgentWrapUp || got.Until != noon.UnixMilli()+1000 || got.Now != noon.UnixMilli() || got.By.Name != "Sue" || got.Next != wire.AgentPaused ||
		got.NextReason != "Lunch" || !got.Supervisor {
		t.Errorf("in wrap-up: %+v", got)
	}
	got = wire.FromMe(chat.Me{Agent: a, Now: noon.Add(time.Second)})
	if got.State != wire.AgentReady || got.Until != 0 || got.By != nil || got.Open == nil {
		t.Errorf("after it: %+v", got)
	}
	team := wire.FromTeam(7, chat.Team{Now: noon, Agents: []chat.Agent{a}})
	if c := team.Agents[0]; c.State != wire.AgentWrapUp || c.Next != wire.AgentPaused || c.Queues == nil || team.Re != 7 {
		t.Errorf("her colleagues see %+v", c)
	}
}

// Ensure that the ledger says of each who was asked what they did and when, and why the others were not.
func TestLedgerFrame(t *testing.T) {
	t.Parallel()
	at := func(s int) time.Time { return noon.Add(time.Duration(s) * time.Second) }
	l := chat.Ledger{Session: "s1", Now: at(60), Names: map[string]chat.Ref{"ann": {ID: "ann", Name: "Ann"}, "bob": {ID: "bob", Name: "Bob"}, "eve": {ID: "eve", Name: "Eve"}},
		Offers: []chat.Offer{{OfferRef: chat.OfferRef{Session: "s1", Generation: 2, Round: 3}, Kind: chat.KindTransfer, From: "eve", To: []string{"ann", "bob"}, Strategy: chat.BeepAll,
			Why: chat.Why{Candidates: []string{"bob", "ann"}, Excluded: map[string]string{"eve": "paused"}, Ahead: 2, Again: true}, At: noon, Until: at(20),
			Delivered: map[string]time.Time{"ann": at(1)}, Seen: map[string]time.Time{"ann": at(2)}, Rejected: []string{"bob"},
			Decided: map[string]time.Time{"bob": at(3)}, Outcome: chat.OfferAccepted, By: "ann", Ended: at(4)}}}
	ms := func(s int) int64 { return at(s).UnixMilli() }
	ann, bob, eve := wire.Ref{ID: "ann", Name: "Ann"}, wire.Ref{ID: "bob", Name: "Bob"}, wire.Ref{ID: "eve", Name: "Eve"}
	want := wire.Ledger{Type: "ledger", Re: 9, Now: ms(60), Session: "s1", Offers: []wire.PastOffer{{Generation: 2, Round: 3, Kind: wire.OfferTransfer, By: &eve, Again: true,
		Strategy: "beepall", Offered: ms(0), Until: ms(20), Ended: ms(4), Outcome: wire.OfferAccepted, Ahead: 2,
		Asked:      []wire.Asked{{Agent: ann, Delivered: ms(1), Seen: ms(2), Decision: "accepted", Decided: ms(4)}, {Agent: bob, Decision: "rejected", Decided: ms(3)}},
		Candidates: []wire.Ref{bob, ann}, Excluded: []wire.Excluded{{Agent: eve, Reason: "paused"}}}}}
	if got, want := frame(t, wire.FromLedger(9, l)), frame(t, want); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := frame(t, wire.FromLedger(9, chat.Ledger{})); !strings.Contains(got, `"offers":[]`) {
		t.Errorf("of no offers: %s", got)
	}
}

// Ensure that no answer is larger than a frame, however much there is to say, and that what is left out is what can be asked for again,
// or matters least.
func TestFramesFit(t *testing.T) {
	t.Parallel()
	const crowd = 1000
	name := strings.Repeat("ñ", wire.MaxName)
	ref := func(n int) chat.Ref { return chat.Ref{ID: fmt.Sprintf("%064d", n), Name: name} }
	var team chat.Team
	var snap, rude chat.Snapshot
	ledger := chat.Ledger{Session: "s1", Names: map[string]chat.Ref{}}
	for i := range crowd {
		a := chat.Agent{ID: fmt.Sprintf("%064d", i), Name: name, State: chat.Offline, Queues: []string{"sales", "support"}}
		if i >= crowd-20 {
			a.State = chat.Ready
		}
		team.Agents = append(team.Agents, a)
		ring := chat.Ring{Ref: chat.OfferRef{Session: fmt.Sprintf("s%d", i), Generation: 1, Round: 1}, Question: "Hello?"}
		snap.Offers = append(snap.Offers, ring)
		if i < 10 {
			ring.Question = strings.Repeat("🌿", wire.MaxText)
			rude.Offers = append(rude.Offers, ring)
		}
	}
	for round := range 50 {
		o := chat.Offer{OfferRef: chat.OfferRef{Session: "s1", Generation: 1, Round: 50 - round}, Why: chat.Why{Excluded: map[string]string{}}}
		for i := range chat.MaxAsked {
			r := ref(i)
			ledger.Names[r.ID] = r
			o.To = append(o.To, r.ID)
			o.Why.Candidates = append(o.Why.Candidates, r.ID)
			o.Why.Excluded[r.ID] = "last offer did not reach them"
		}
		ledger.Offers = append(ledger.Offers, o)
	}
	fits := func(what string, frame any) {
		t.Helper()
		b, err := wire.Marshal(frame)
		if err != nil || len(b) > wire.MaxFrame || !json.Valid(b) {
			t.Errorf("%s: %d bytes, at most %d, %v", what, len(b), wire.MaxFrame, err)
		}
	}
	teamFrame := wire.FromTeam(1, team)
	fits("team", &teamFrame)
	ready := 0
	for _, a := range teamFrame.Agents {
		if a.State == wire.AgentReady {
			ready++
		}
	}
	if ready != 20 || len(teamFrame.Agents) < 50 {
		t.Errorf("of a large team %d are shown, %d of 20 who are there", len(teamFrame.Agents), ready)
	}
	ledgerFrame := wire.FromLedger(1, ledger)
	fits("ledger", &ledgerFrame)
	if len(ledgerFrame.Offers) == 0 || ledgerFrame.Offers[0].Round != 50 || len(ledgerFrame.Offers[0].Asked) != chat.MaxAsked {
		t.Errorf("of a long ledger %d offers are shown", len(ledgerFrame.Offers))
	}
	welcome, pulse := wire.FromHello(1, snap), wire.FromBeat(1, snap)
	fits("welcome", &welcome)
	fits("pulse", &pulse)
	if len(welcome.Offers) < 50 || len(pulse.Offers) < 50 || pulse.Offers[0].Session != "s0" {
		t.Errorf("of many offers %d and %d are shown", len(welcome.Offers), len(pulse.Offers))
	}
	welcome, pulse = wire.FromHello(1, rude), wire.FromBeat(1, rude)
	fits("welcome with long questions", &welcome)
	fits("pulse with long questions", &pulse)
	if len(welcome.Offers) != 10 || len(pulse.Offers) != 10 || !strings.HasSuffix(pulse.Offers[0].Question, "🌿…") {
		t.Errorf("of 10 long questions %d and %d are shown", len(welcome.Offers), len(pulse.Offers))
	}
}
