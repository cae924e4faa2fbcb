package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/parley-chat/parley/functions/wire"
	"github.com/parley-chat/parley/infra/e2e/play"
)

// home is a runner of a test's own, whose data survive it.
type home struct {
	*play.Runner
	t    *testing.T
	log  diary
	args []string
}

// ownRunner starts a runner with a demo, and keeps its data in a folder of its own.
func ownRunner(t *testing.T, d demo, args ...string) *home {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "demo.yaml")
	if err := writeDemo(file, d); err != nil {
		t.Fatal(err)
	}
	h := &home{t: t, args: append([]string{"-demo", file, "-data", filepath.Join(dir, "data")}, args...)}
	h.start()
	u, err := url.Parse(h.Origin)
	if err != nil {
		t.Fatal(err)
	}
	h.args = append(h.args, "-addr", u.Host) // the next start is at the same address: tokens name it
	t.Cleanup(func() {
		if h.Runner != nil {
			h.stop()
		}
		if t.Failed() {
			t.Logf("what the runner said:\n%s", &h.log)
		}
	})
	return h
}

func (h *home) start() {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var err error
	if h.Runner, err = startRunner(ctx, &h.log, h.args...); err != nil {
		h.t.Fatalf("%v\n%s", err, &h.log)
	}
}

// kill ends the runner as a power failure does. Nothing of it may be left.
func (h *home) kill() {
	h.t.Helper()
	runner := h.Runner
	h.Runner = nil
	if err := runner.Kill(); err != nil {
		h.t.Fatal(err)
	}
	h.isGone(runner.Engine)
}

// stop ends the runner as Ctrl+C does.
func (h *home) stop() {
	h.t.Helper()
	runner := h.Runner
	h.Runner = nil
	if err := runner.Stop(); err != nil { // another status than 0: a failure, or a data race
		h.t.Errorf("the runner ended with %v", err)
	}
	h.isGone(runner.Engine)
}

// isGone waits until a process is no more.
func (h *home) isGone(pid int) {
	h.t.Helper()
	if pid == 0 {
		h.t.Fatal("the runner has no engine of its own")
	}
	if err := eventually(often, func() bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }); err != nil {
		h.t.Errorf("the engine, process %d, is still there", pid)
	}
}

// stage is where a story is played on this runner.
func (h *home) stage(c cast, strategy string) *stage {
	return &stage{T: h.t, at: h.Deployment, cast: c, strategy: strategy}
}

// Ensure that a power failure in the middle of everything loses nothing that was acknowledged, and no session.
func TestKilledRunnerGoesOn(t *testing.T) {
	t.Parallel()
	need(t, engine)
	busy := story{name: "busy", in: both, agents: 2}
	idle := story{name: "idle", in: both, agents: 1}
	h := ownRunner(t, demoOf([]story{busy, idle}))
	var scenes []*scene
	for _, strategy := range both {
		scenes = append(scenes, &scene{stage: h.stage(castOf(0, busy, strategy), strategy), idle: h.stage(castOf(1, idle, strategy), strategy)})
	}
	var writing sync.WaitGroup
	for _, s := range scenes {
		s.begin()
		writing.Go(s.write)
	}
	for _, s := range scenes {
		s.ada.AwaitRows(s.ada.session, 10) // they are in the middle of it
	}
	h.kill()
	writing.Wait()
	h.start()
	for _, s := range scenes {
		s.goOn()
	}
	h.stop()
	h.start() // and once more, after an orderly end
	for _, s := range scenes {
		s.ada.Cut()
		s.ada.Connect()
		s.ada.Says("Third time")
		s.agents[0].Cut()
		s.agents[0].Connect()
		s.agents[0].Hears(s.ada, "Third time")
	}
}

// scene is one chat in every state: Ada is served, Berta's offer rings, Carla waits where nobody is.
type scene struct {
	*stage
	idle              *stage
	ada, berta, carla *Customer
	agents            []*Agent
	acked             []wire.Ack // of what the first agent wrote to Ada
	unknown           wire.Send  // what they wrote last: nobody knows whether it was stored
	offer             wire.Offer // to the second agent
}

func (s *scene) begin() {
	s.Helper()
	s.ada, s.berta, s.carla = s.customer("Ada"), s.customer("Berta"), s.idle.customer("Carla")
	s.agents = s.everybody()
	s.agents[1].Becomes(wire.AgentPaused, "Waiting")
	s.ada.Start("Hello?")
	s.agents[0].takes(s.ada)
	s.agents[0].Becomes(wire.AgentPaused, "One is enough")
	s.agents[1].Becomes(wire.AgentReady, "")
	s.berta.Start("Hello?")
	s.offer = s.agents[1].AwaitOffer(s.berta)
	s.carla.Start("Anybody?")
}

// write lets the agent write without end, and Ada listen.
func (s *scene) write() {
	for n := 0; ; n++ {
		agent := s.agents[0].Tab
		agent.mu.Lock()
		s.unknown = wire.Send{Type: "send", Session: s.ada.session, CID: newID(), After: agent.logs[s.ada.session].seen(), Text: fmt.Sprint("Line ", n)}
		agent.mu.Unlock()
		ack, err := agent.send(s.unknown)
		if err != nil {
			return
		}
		s.acked = append(s.acked, ack)
	}
}

func (s *scene) goOn() {
	s.Helper()
	// Customers are known by their tokens, agents by theirs.
	again, err := play.CustomerToken(s.Context(), s.at, s.website, s.ada.token)
	if err != nil || again.Customer != s.ada.id {
		s.Errorf("after the restart Ada is %+v, %v, want %s", again, err, s.ada.id)
	}
	for _, t := range []*Tab{s.ada.Tab, s.berta.Tab, s.carla.Tab, s.agents[0].Tab, s.agents[1].Tab} {
		t.Cut()
		t.Connect()
	}

	// Active: what was acknowledged is there, and the one that nobody knows of is stored once when it is sent again.
	ack, err := s.agents[0].send(s.unknown)
	s.agents[0].check("send again", err)
	head := ack.Place
	if want := 2 + len(s.acked) + 1; head != want {
		s.Errorf("the last message has place %d, want %d", head, want)
	}
	rows := s.ada.Since(s.ada.session, 0).Rows
	if len(rows) != head {
		s.Fatalf("Ada has %d rows, want %d", len(rows), head)
	}
	for _, ack := range s.acked {
		if r := rows[ack.Place-1]; r.CID != ack.CID {
			s.Errorf("place %d was acknowledged to %s and has %+v", ack.Place, ack.CID, r)
		}
	}
	s.ada.Says("What a night!")
	s.agents[0].Hears(s.ada, "What a night!")

	// Offered: it rings again.
	o := s.offer
	if late := s.agents[1]; !rings(late, o) {
		o = late.AwaitOffer(s.berta)
	}
	s.agents[1].Accept(o)
	s.berta.AwaitState(s.berta.session, wire.SessionActive, 1)

	// Waiting: whoever comes is asked.
	s.idle.agent(0).takes(s.carla)
	s.carla.AwaitState(s.carla.session, wire.SessionActive, 1)
}

// rings reports whether an offer shows on a desktop, as a beat tells.
func rings(a *Agent, o wire.Offer) bool {
	a.s.Helper()
	for _, showing := range a.Beat().Offers {
		if round(showing) == round(o) {
			return true
		}
	}
	return false
}

func TestStoppedRunner(t *testing.T) {
	t.Parallel()
	need(t, engine)
	h := ownRunner(t, demoOf([]story{{name: "chat", in: []string{beepall}, agents: 1}}))
	s := h.stage(castOf(0, story{agents: 1}, beepall), beepall)
	ada, agent := s.talk()

	data := h.args[slices.Index(h.args, "-data")+1]
	for _, c := range []struct{ name, says, flag, value string }{
		{"its address is taken", "is another Parley running?", "-addr", strings.TrimPrefix(h.Origin, "http://")},
		// Two runners on one folder ran two routing loops on one database, and every offer rang twice.
		{"its data are in use", "another Parley is using the data", "-data", data},
	} {
		t.Run(c.name, func(t *testing.T) {
			second := exec.CommandContext(t.Context(), house.binary, "-root", root, "-addr", "127.0.0.1:0", c.flag, c.value)
			out, err := second.CombinedOutput()
			var status *exec.ExitError
			if !errors.As(err, &status) || status.ExitCode() != 1 || !strings.Contains(string(out), c.says) {
				t.Errorf("a second runner ends with %v and says\n%s", err, out)
			}
		})
	}
	t.Run("open sockets are told", func(t *testing.T) {
		clients := []*play.Client{ada.socket(), agent.socket()}
		h.stop()
		for _, c := range clients {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			if code, err := c.Ended(ctx); err != nil || code != 1001 {
				t.Errorf("a socket ended with %d, %v, want 1001", code, err)
			}
		}
	})
}
