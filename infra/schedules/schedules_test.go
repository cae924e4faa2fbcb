package schedules_test

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-chat/parley/functions/chat"
	"github.com/parley-chat/parley/infra/dynamo/dynamotest"
)

var (
	schedules = flag.Int("schedules", 300, "how many `schedules` to play")
	from      = flag.Uint64("from", 0, "the first `seed`")
	within    = flag.Duration("within", 5*time.Minute, "begin no schedule later than that: on a busy machine fewer must do")
	whole     = flag.Bool("story", false, "tell the whole story of each schedule")
	progress  = flag.Bool("progress", false, "say every few seconds how far it is")
)

func TestMain(m *testing.M) {
	debug.SetGCPercent(400) // a schedule needs a few MB: to collect less often is 7 % faster
	os.Exit(dynamotest.Main(m))
}

// Ensure that every promise of package chat holds after every step of random schedules, and that everything comes to rest once
// the faults are over. A failure names its seed, which replays exactly.
func TestSchedules(t *testing.T) {
	t.Parallel()
	var sum total
	if sum.play(t); t.Failed() {
		return
	}
	t.Logf("\n%v", &sum)
	c := sum.counts
	for _, n := range c.numbers() {
		if *n.n == 0 && n.name != "violations" && c.schedules >= 200 {
			t.Errorf("in %d schedules there were no %s: this is not what it was meant to be", c.schedules, n.name)
		}
	}
}

// total is what many schedules came to.
type total struct {
	began time.Time
	next  atomic.Int64

	mu sync.Mutex
	counts
	rest time.Duration // the longest that a schedule took to come to rest
}

// play plays the schedules that the flags ask for, some at a time. The first that breaks a promise ends it.
func (sum *total) play(t *testing.T) {
	sum.began = time.Now()
	if *progress {
		done := make(chan struct{})
		defer close(done)
		go sum.report(done)
	}
	endpoint := dynamotest.Endpoint(t)
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), *schedules) {
		tables := dynamotest.Tables(t)
		l, err := dial(endpoint)
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			defer l.Close()
			for n := sum.next.Add(1); n <= int64(*schedules) && time.Since(sum.began) < *within && !t.Failed(); n = sum.next.Add(1) {
				w := newWorld(*from+uint64(n-1), endpoint, l, tables)
				w.story.keep = *whole
				synctest.Test(t, func(t *testing.T) { w.play(t) })
				sum.add(w)
			}
		})
	}
	wg.Wait()
	if played := sum.schedules; !t.Failed() && played < *schedules/5 {
		t.Errorf("%d of %d schedules in %v: that proves nothing", played, *schedules, *within)
	}
}

// play plays one schedule.
func (w *world) play(t *testing.T) {
	w.opens()
	if w.seed%4 == 0 {
		w.run(morning.Add(longNoise))
	} else {
		w.run(morning.Add(noise))
	}
	w.calmDown()
	if v := w.promises.violation; v != nil {
		w.count.violations++
		t.Errorf("seed %d (go test ./infra/schedules -run Schedules -args -from %d -schedules 1 -story)\n%v", w.seed, w.seed, v)
	}
	w.abandon()
	if *whole {
		t.Logf("seed %d\n%s", w.seed, strings.Join(w.read(), "\n"))
	}
	if err := w.mirror.clean(); err != nil {
		t.Error(err)
	}
	w.count.schedules = 1
}

func (sum *total) add(w *world) {
	sum.mu.Lock()
	defer sum.mu.Unlock()
	all := sum.numbers()
	for i, n := range w.count.numbers() {
		*all[i].n += *n.n
	}
	sum.rest = max(sum.rest, w.rest)
}

// report says every few seconds how far it is.
func (sum *total) report(done <-chan struct{}) {
	every := 5 * time.Second
	if *schedules > 1000 {
		every = 30 * time.Second
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
		}
		sum.mu.Lock()
		played, calls := sum.schedules, sum.calls
		sum.mu.Unlock()
		took := time.Since(sum.began)
		left := "?"
		if played > 0 {
			left = time.Duration(float64(took) * float64(*schedules-played) / float64(played)).Round(time.Second).String()
		}
		fmt.Fprintf(os.Stderr, "%6d of %d schedules, %d calls, %v, %s to go\n", played, *schedules, calls, took.Round(time.Second), left)
	}
}

// String is the table of what happened.
func (sum *total) String() string {
	sum.mu.Lock()
	defer sum.mu.Unlock()
	var b strings.Builder
	for _, n := range sum.numbers() {
		fmt.Fprintf(&b, "%-20s %9d\n", n.name, *n.n)
	}
	fmt.Fprintf(&b, "%-20s %9v\n", "longest until rest", sum.rest.Round(time.Second))
	fmt.Fprintf(&b, "%-20s %9v", "took", time.Since(sum.began).Round(time.Second))
	return b.String()
}

// counts are what happened in a schedule, or in many.
type counts struct {
	schedules, steps, commands, calls                                                         int
	offers, accepts, transfersOffered, assistsOffered, transfers, assists, blind              int
	messages, returns, overflows, reopens, later, picks, timeouts, unmanaged, abandoned, next int
	stale, conflicts, throttles, lostReplies, deaths, stuck                                   int
	visits, lostExecutions, sweeps, pushes, lostPushes, gone                                  int
	violations                                                                                int
}

// number is a count with its name.
type number struct {
	name string
	n    *int
}

// numbers are the counts in the order of the table.
func (c *counts) numbers() []number {
	return []number{{"schedules", &c.schedules}, {"steps", &c.steps}, {"commands", &c.commands}, {"calls", &c.calls},
		{"offers", &c.offers}, {"accepts", &c.accepts}, {"transfers offered", &c.transfersOffered}, {"transfers accepted", &c.transfers},
		{"assists offered", &c.assistsOffered}, {"assists accepted", &c.assists}, {"blind transfers", &c.blind}, {"messages", &c.messages},
		{"returns", &c.returns}, {"overflows", &c.overflows}, {"reopened", &c.reopens}, {"left for later", &c.later}, {"picked", &c.picks},
		{"idle closed", &c.timeouts}, {"unmanaged", &c.unmanaged}, {"abandoned", &c.abandoned}, {"next status", &c.next},
		{"stale", &c.stale}, {"conflicts", &c.conflicts}, {"throttles", &c.throttles}, {"lost replies", &c.lostReplies}, {"deaths", &c.deaths},
		{"stuck", &c.stuck}, {"visits", &c.visits}, {"lost executions", &c.lostExecutions}, {"sweeps", &c.sweeps}, {"pushes", &c.pushes},
		{"lost pushes", &c.lostPushes}, {"gone sockets", &c.gone}, {"violations", &c.violations}}
}

// transition counts what became of a session.
func (c *counts) transition(was, is item, cause *command) {
	from, to := chat.State(was.text("state")), chat.State(is.text("state"))
	taken := was.text("agent") != is.text("agent")
	switch {
	case from == chat.Waiting && to == chat.Offered:
		c.offers++
	case from == chat.Offered && to == chat.Active:
		c.accepts++
	case from == chat.Active && to == chat.Active && taken:
		c.transfers++
	case from == chat.Active && to == chat.Active && len(is.set("assist")) > len(was.set("assist")):
		c.assists++
	case from == chat.Active && to == chat.Active && is.has("transfer") && !was.has("transfer"):
		if is["transfer"].M.has("assist") {
			c.assistsOffered++
		} else {
			c.transfersOffered++
		}
	case from == chat.Active && to == chat.Waiting && cause.by("sweep"):
		c.returns++
	case from == chat.Active && to == chat.Waiting:
		c.blind++
	case from == chat.Waiting && to == chat.Waiting && was.text("queue") != is.text("queue"):
		c.overflows++
	case from == chat.Closed && to == chat.Waiting:
		c.reopens++
	case from == chat.Closed && to == chat.Active:
		c.picks++
	case to != chat.Closed:
	case is.text("outcome") == string(chat.Message):
		c.later++
	case from == chat.Closed:
	case is.text("outcome") == string(chat.TimedOut):
		c.timeouts++
	case is.text("outcome") == string(chat.Unmanaged):
		c.unmanaged++
	case is.text("outcome") == string(chat.Abandoned):
		c.abandoned++
	}
}

// Ensure that a seed replays exactly, call for call.
func TestReplay(t *testing.T) {
	t.Parallel()
	endpoint, tables := dynamotest.Endpoint(t), dynamotest.Tables(t)
	l, err := dial(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for seed := range uint64(3) {
		var stories [2][]string
		for i := range stories {
			w := newWorld(seed, endpoint, l, tables)
			w.story.keep = true
			synctest.Test(t, func(t *testing.T) {
				w.play(t)
				stories[i] = w.read()
			})
		}
		for i := range min(len(stories[0]), len(stories[1])) {
			if stories[0][i] != stories[1][i] {
				t.Fatalf("seed %d: step %d is\n%s\nand again\n%s", seed, i, stories[0][i], stories[1][i])
			}
		}
		if len(stories[0]) != len(stories[1]) || len(stories[0]) < 100 {
			t.Fatalf("seed %d: %d steps, and again %d", seed, len(stories[0]), len(stories[1]))
		}
	}
}
