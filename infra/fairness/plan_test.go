package fairness_test

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/parley-chat/parley/functions/chat"
)

const (
	// wholeDay is how long the doors are open for wholeChats customers; fewer come in less time.
	wholeDay   = 12 * time.Hour
	wholeChats = 10_000
	// tight and ample are how many sessions may have an agent at once: the peak reaches what is tight. An accept that finds no seat
	// costs the agent a turn, which in a short day is more than strategies may be uneven by.
	tight, ample = 95, 200
	website      = "shop"
	// ownRoom is room for more sessions than an agent of a queue with its own can come to have.
	ownRoom = 20
)

// line is a queue of the plan.
type line struct {
	chat.Queue
	share float64 // of all customers
	// own agents serve this queue alone, from the first minute to the last, take whatever is offered and have room for more than can
	// come: they are equally available, so whatever is not even between them is the strategy's doing.
	own int
}

func lines() []line {
	return []line{
		{Queue: chat.Queue{ID: "vip", Name: "VIP", Strategy: chat.LeastRecent, Weight: 10, Timeout: 10}, share: 0.04},
		{Queue: chat.Queue{ID: "sales", Name: "Sales", Strategy: chat.BeepAll, Weight: 8, Timeout: 20, MaxWait: 600, Then: chat.ThenMessage}, share: 0.20},
		{Queue: chat.Queue{ID: "support", Name: "Support", Strategy: chat.LongestIdle, Weight: 5, Timeout: 25, WrapUp: 20, MaxWait: 900,
			Then: chat.ThenOverflow, Overflow: "returns"}, share: 0.24},
		{Queue: chat.Queue{ID: "returns", Name: "Returns", Strategy: chat.FewestChats, Weight: 3, Timeout: 45, MaxWait: 1200}, share: 0.18},
		{Queue: chat.Queue{ID: "orders", Name: "Orders", Strategy: chat.RRMemory, Weight: 5, Timeout: 20}, share: 0.17, own: 8},
		{Queue: chat.Queue{ID: "billing", Name: "Billing", Strategy: chat.LeastRecent, Weight: 5, Timeout: 30}, share: 0.17, own: 8},
	}
}

// crew is how many agents serve which of the other queues.
type crew struct {
	size   int
	queues []string
}

func crews() []crew {
	return []crew{
		{8, []string{"vip", "sales"}},
		{10, []string{"sales", "support"}},
		{10, []string{"support", "returns"}},
		{8, []string{"returns"}},
		{8, []string{"vip", "sales", "support", "returns"}},
	}
}

// plan is who works and who comes. All of it follows from the seed and the number of chats.
type plan struct {
	seed    uint64
	opens   time.Time
	length  time.Duration
	licence int
	lines   []line
	workers []worker
	callers []caller // in the order in which they come
}

// worker is an agent's day and temper.
type worker struct {
	id         string
	queues     []string
	capacity   int
	own        bool
	from, till time.Time // of the shift
	breaks     []pause
	think      time.Duration // about an offer, the median
	slow       float64       // times what a chat takes
	rejects    float64       // of the offers
	ignores    float64
	lids       float64 // how often an hour the desktop is closed for a while
}

// pause is a break; after the open chats if the agent is that polite.
type pause struct {
	from, till time.Time
	after      bool
}

// caller is a customer.
type caller struct {
	id, queue string
	comes     time.Time
	patience  time.Duration // in the line
	vanishes  bool          // without a word, when it is over
	talks     time.Duration // what their chat takes
	leaves    float64       // part of it after which they end it; 0: the agent does
}

// profile is how busy the hours are: at these parts of the day so many come, and between them what lies between.
func profile() [][2]float64 {
	return [][2]float64{{0, 0.35}, {0.1, 0.8}, {0.2, 1.25}, {0.3, 1.9}, {0.38, 1.9}, {0.46, 1.0}, {0.58, 0.85}, {0.7, 1.3}, {0.8, 1.1}, {0.9, 0.6}, {1, 0.2}}
}

// dice are a person's own: what they do does not depend on who was asked before.
func dice(seed uint64, who string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(who))
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

func newPlan(seed uint64, chats int) plan {
	p := plan{seed: seed, opens: time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC), lines: lines(),
		length: (wholeDay * time.Duration(chats) / wholeChats).Round(time.Minute), licence: ample}
	if p.length >= wholeDay/4 {
		p.licence = tight
	}
	p.hire()
	p.invite(chats)
	return p
}

// at is a time by the part of the day that is over.
func (p *plan) at(part float64) time.Time {
	return p.opens.Add(time.Duration(part * float64(p.length))).Truncate(time.Millisecond)
}

// hire makes the workers.
func (p *plan) hire() {
	for _, l := range p.lines {
		for i := range l.own {
			w := p.worker(fmt.Sprintf("%s-%d", l.ID, i+1))
			w.queues, w.own, w.capacity = []string{l.ID}, true, ownRoom
			w.rejects, w.ignores, w.lids = 0, 0, 0
			p.workers = append(p.workers, w)
		}
	}
	shifts := [][2]float64{{0, 0.68}, {0.42, 1}, {0.12, 0.84}}
	n := 0
	for i, c := range crews() {
		for j := range c.size {
			w := p.worker(fmt.Sprintf("crew%d-%d", i+1, j+1))
			d := dice(p.seed, w.id+"'s breaks")
			shift := shifts[n%len(shifts)]
			w.queues, w.capacity = c.queues, 1+n%3
			w.from, w.till = p.at(shift[0]+0.01*d.Float64()), p.at(shift[1]+0.01*d.Float64())
			// Lunch in the middle, a cup of coffee before and after it.
			for _, b := range [][2]float64{{0.22, 0.015}, {0.5, 0.045}, {0.78, 0.015}} {
				from := shift[0] + (shift[1]-shift[0])*(b[0]+0.1*(d.Float64()-0.5))
				w.breaks = append(w.breaks, pause{p.at(from), p.at(from + b[1]), d.Float64() < 0.5})
			}
			n++
			p.workers = append(p.workers, w)
		}
	}
}

func (p *plan) worker(id string) worker {
	d := dice(p.seed, id+"'s temper")
	return worker{id: id, from: p.opens, till: p.at(1), think: between(d, 1500*time.Millisecond, 6*time.Second), slow: 0.75 + 0.6*d.Float64(),
		rejects: 0.02 + 0.08*d.Float64(), ignores: 0.01 + 0.03*d.Float64(), lids: 0.15}
}

// invite makes the callers.
func (p *plan) invite(chats int) {
	for i := range chats {
		c := caller{id: fmt.Sprintf("customer%05d", i+1)}
		d := dice(p.seed, c.id)
		c.comes, c.queue = p.at(when(d.Float64())), p.chosen(d.Float64())
		c.patience = 45*time.Second + time.Duration(d.ExpFloat64()*float64(7*time.Minute)).Truncate(time.Millisecond)
		c.vanishes = d.Float64() < 0.25
		c.talks = min(max(around(d, 270*time.Second, 0.6), 40*time.Second), 18*time.Minute)
		if d.Float64() < 0.1 {
			c.leaves = 0.2 + 0.8*d.Float64()
		}
		p.callers = append(p.callers, c)
	}
	slices.SortFunc(p.callers, func(a, b caller) int { return cmp.Or(a.comes.Compare(b.comes), cmp.Compare(a.id, b.id)) })
}

// when is the part of the day that is over when a part x of the customers has come.
func when(x float64) float64 {
	points := profile()
	var all float64
	for i, b := range points[1:] {
		all += area(points[i], b)
	}
	x *= all
	for i, b := range points[1:] {
		a := points[i]
		if x > area(a, b) {
			x -= area(a, b)
			continue
		}
		slope := (b[1] - a[1]) / (b[0] - a[0])
		if slope == 0 {
			return a[0] + x/a[1]
		}
		return a[0] + (math.Sqrt(a[1]*a[1]+2*slope*x)-a[1])/slope
	}
	return 1
}

// area is below the profile between two of its points.
func area(a, b [2]float64) float64 { return (b[0] - a[0]) * (a[1] + b[1]) / 2 }

// chosen is a queue, by their shares.
func (p *plan) chosen(x float64) string {
	for _, l := range p.lines {
		if x -= l.share; x < 0 {
			return l.ID
		}
	}
	return p.lines[len(p.lines)-1].ID
}

// between is a duration from a to below b.
func between(d *rand.Rand, a, b time.Duration) time.Duration {
	return (a + time.Duration(d.Int64N(int64(b-a)))).Truncate(time.Millisecond)
}

// around is a duration that is as often below the median as above it, and sometimes far.
func around(d *rand.Rand, median time.Duration, spread float64) time.Duration {
	return time.Duration(float64(median) * math.Exp(spread*d.NormFloat64())).Truncate(time.Millisecond)
}
