// Package e2e_test plays stories of customers and agents over real sockets: against the local runner as it is built here, or against
// the deployment that the file named by PARLEY_DEPLOYMENT describes (infra/stack writes one).
//
// Such a deployment must have been set up with the cast of all stories: `go test ./infra/e2e -args -cast FILE` writes it, in the form
// of infra/local/demo.yaml. A story that needs what a deployment lacks is skipped there, and says why.
package e2e_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/infra/e2e/play"
)

// root is the checkout, seen from here.
const root = "../.."

// The timing of the hasty runner. Its tabs beat three times in a lease.
const (
	hastyLease = 3 * time.Second
	hastySweep = time.Second
)

// How long an agent may think, in seconds.
const (
	// quick is for stories about offers that run out: a router that has less than 2 s left makes none, and the rest is for a busy
	// machine.
	quick = 5
	// brisk is for stories in which a patience passes, and offers are answered before.
	brisk = 10
	// unhurried is for all others.
	unhurried = 90
)

// steadyData is the folder of the steady runner in house.dir.
const steadyData = "steady"

// sideBySide is how many stories are played at once: most of the time they wait.
const sideBySide = "24"

// house is what TestMain builds and starts, and nobody changes afterwards.
var house struct {
	binary string       // of the runner
	dir    string       // that goes with the tests
	record string       // file that every runner adds to at its end: what its functions may do on AWS and what they did
	steady *play.Runner // times as deployed
	hasty  *play.Runner // a short lease
	at     deployment
}

// deployment is where the stories are played.
type deployment struct {
	play.Deployment
	// Lacks says which powers it has not, and why.
	Lacks map[power]string `json:"lacks"`
}

// power is what a story may need, and what a runner of our own has.
type power string

const (
	anywhere power = ""
	leases   power = "lease"  // of seconds
	frames   power = "limits" // of API Gateway: 32 KB a frame
	keys     power = "keys"   // that sign tokens, to make bad ones with them
	faults   power = "chaos"
	engine   power = "engine" // a process of its own, and a start and an end that are ours
)

// need skips a test that a deployment is no place for. A runner of our own has everything.
func need(t *testing.T, p power) {
	t.Helper()
	if p == anywhere || house.steady != nil {
		return
	}
	why, lacks := house.at.Lacks[p]
	if p == keys || p == engine || p == leases || p == faults {
		lacks = true // there is only one of it, and it is not ours
	}
	if lacks {
		t.Skip("out of reach: " + cmp.Or(why, "only a runner of our own has "+string(p)))
	}
}

func TestMain(m *testing.M) {
	castFile := flag.String("cast", "", "write the cast of all stories to this file, and play none")
	writeRights := flag.Bool("rights", false, "write the rights that template.yaml gives into docs/privileges.md, and do not compare them")
	flag.Parse()
	chosen := false
	flag.Visit(func(f *flag.Flag) { chosen = chosen || f.Name == "test.parallel" })
	if !chosen {
		_ = flag.Set("test.parallel", sideBySide) // go test knows the processors only
	}
	code, err := run(m, *castFile, *writeRights)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

func run(m *testing.M, castFile string, writeRights bool) (code int, err error) {
	if castFile != "" {
		return 0, writeDemo(castFile, demoOf(stories()))
	}
	if file := os.Getenv("PARLEY_DEPLOYMENT"); file != "" {
		b, err := os.ReadFile(file)
		if err != nil {
			return 1, err
		}
		if err := json.Unmarshal(b, &house.at); err != nil {
			return 1, fmt.Errorf("%s: %w", file, err)
		}
		return m.Run(), nil
	}
	if house.dir, err = os.MkdirTemp("", "parley-e2e-"); err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(house.dir)) }()
	house.binary, house.record = filepath.Join(house.dir, "parley"), filepath.Join(house.dir, "record")
	build := exec.Command("go", "build", "-race", "-o", house.binary, "./infra/local")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return 1, fmt.Errorf("build the runner: %w\n%s", err, out)
	}
	demo := filepath.Join(house.dir, "demo.yaml")
	if err := writeDemo(demo, demoOf(stories())); err != nil {
		return 1, err
	}
	var log, hastyLog diary
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if house.steady, err = startRunner(ctx, &log, "-demo", demo, "-data", filepath.Join(house.dir, steadyData)); err != nil {
		return 1, fmt.Errorf("%w\n%s", err, &log)
	}
	if house.hasty, err = startRunner(ctx, &hastyLog, "-demo", demo, "-lease", hastyLease.String(), "-sweep", hastySweep.String()); err != nil {
		return 1, fmt.Errorf("%w\n%s", err, &hastyLog)
	}
	house.at.Deployment = house.steady.Deployment
	code = m.Run()
	// A runner that saw a data race ends with a status of its own.
	if err = errors.Join(house.steady.Stop(), house.hasty.Stop()); err != nil || code != 0 {
		fmt.Fprintf(os.Stderr, "what the runners said:\n%s%s", &log, &hastyLog)
	}
	return code, errors.Join(err, judgeRights(code == 0 && err == nil && isWhole(), writeRights))
}

// startRunner starts a runner of this checkout.
func startRunner(ctx context.Context, log io.Writer, args ...string) (*play.Runner, error) {
	return play.StartRunner(ctx, house.binary, log, append([]string{"-root", root, "-record", house.record}, args...)...)
}

// diary keeps what a runner says, to be read while it is still talking.
type diary struct {
	mu   sync.Mutex
	text strings.Builder
}

func (d *diary) Write(b []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text.Write(b)
}

func (d *diary) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text.String()
}

// story is something that happens between customers and agents, with the people that it needs. It is played on a website of its
// own, with a queue of its own, so that all stories can be played at once.
type story struct {
	name string
	// in are the strategies of the queue: the story is played once in each.
	in []string
	// agents is how many there are, capacity how many sessions each may hold (0: as many as by default).
	agents, capacity int
	// second is how many there are in a second queue of the website besides; 0: it has none. It has the same strategy.
	second int
	// supervised: the last agent of the first queue is a supervisor.
	supervised bool
	// timeout is how long an agent may think (0: unhurried), lostAfter how long a lost agent keeps their sessions (0: by default), in
	// seconds.
	timeout, lostAfter int
	// line and front are what else there is to say about the queue and the website.
	line  queue
	front website
	needs power
	play  func(*stage)
}

// The strategies that stories are played in: everybody rings, or one after the other.
const (
	beepall  = "beepall"
	rrmemory = "rrmemory"
)

var both = []string{beepall, rrmemory}

func stories() []story {
	var all []story
	for _, some := range [][]story{offerStories(), messageStories(), networkStories(), presenceStories(), httpStories(), refusalStories(), seldomStories(),
		handoverStories(), availabilityStories(), waitingStories()} {
		all = append(all, some...)
	}
	return all
}

func TestStories(t *testing.T) {
	t.Parallel()
	for i, it := range stories() {
		for _, strategy := range it.in {
			t.Run(it.name+"/"+strategy, func(t *testing.T) {
				t.Parallel()
				need(t, it.needs)
				s := &stage{T: t, at: house.at.Deployment, cast: castOf(i, it, strategy), strategy: strategy}
				if it.needs == leases {
					s.at, s.beats = house.hasty.Deployment, hastyLease/3
				}
				it.play(s)
			})
		}
	}
}
