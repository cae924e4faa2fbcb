package gateway

import (
	"math/rand/v2"
	"sync"
	"time"
)

// Chaos takes the liberties that AWS takes now and then. The zero value takes none. Clients and handlers must live with all of
// them; what they must never see is something that AWS does not do.
type Chaos struct {
	// Seed makes the dice repeat themselves, as far as the order of events does.
	Seed uint64
	// DropDisconnect is the probability that nobody hears of the end of a socket.
	DropDisconnect float64
	// DelayPush is the longest that a push is held back after its caller heard 200. Pushes overtake each other, and one
	// whose socket ends meanwhile is lost.
	DelayPush time.Duration
	// DuplicatePush is the probability that a push arrives twice.
	DuplicatePush float64
}

type dice struct {
	Chaos
	mu  sync.Mutex // guards rnd
	rnd *rand.Rand
}

func newDice(c Chaos) *dice {
	return &dice{Chaos: c, rnd: rand.New(rand.NewPCG(c.Seed, c.Seed))}
}

func (d *dice) happens(p float64) bool {
	if p <= 0 {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.rnd.Float64() < p
}

func (d *dice) delay() time.Duration {
	if d.DelayPush <= 0 {
		return 0
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return time.Duration(d.rnd.Int64N(int64(d.DelayPush) + 1))
}
