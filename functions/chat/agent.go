package chat

import (
	"slices"
	"time"
)

// Availability is an agent's own state.
type Availability string

// The availabilities.
const (
	Ready         Availability = "READY"
	Paused        Availability = "PAUSED"
	NotResponding Availability = "NOT_RESPONDING" // missed too many offers that were seen
	WrapUp        Availability = "WRAPUP"         // never stored: READY with WrapUntil to come (Agent.Shown)
	Offline       Availability = "OFFLINE"
)

// Presence is a lease that every sign of life renews.
const (
	// DefaultLease is how long an agent, or a customer who waits, counts as present after their last sign of life: hidden
	// tabs tick once a minute, so two beats may be lost.
	DefaultLease = 150 * time.Second
	// MissedLimit is how many offers in a row an agent may see and not answer before they are set to NotResponding.
	MissedLimit = 3
	// DefaultCapacity is how many sessions an agent holds at once.
	DefaultCapacity = 5
)

// Agent is a person who answers customers. Configuration makes them; they are OFFLINE until they sign in, hold at most
// Capacity open sessions, and are OFFLINE again when they sign out or their lease is over. What they have open stays theirs
// through reloads and lost networks.
type Agent struct {
	ID      string
	Name    string
	Email   string // contact only; no rule reads it
	State   Availability
	Reason  string // of a pause
	Changed time.Time
	By      string // the supervisor who set the state, "" if the agent or nobody did
	// Next is what they become when the open sessions are over, for NextReason and by the wish of NextBy; it counts as a pause for
	// new offers.
	Next       Availability
	NextReason string
	NextBy     string
	// WrapUntil: no new offers before, to finish what the last session left to do. An accept ends it.
	WrapUntil time.Time
	Open      []string // sessions they own or assist in
	Capacity  int
	Offer     string // reservation of the one offer made to them alone
	Idle      time.Time
	Seen      time.Time // last sign of life
	// Unreached is when an offer last ran out without reaching any of their desktops.
	Unreached time.Time
	Missed    int
	Queues    []string
	// Supervisor may set the availability of others, and read every ledger.
	Supervisor bool
}

// Shown is the availability that people see. Precedence: offline, paused, not responding, wrap-up, available.
func (a Agent) Shown(now time.Time) Availability {
	if a.State == Ready && a.WrapUntil.After(now) {
		return WrapUp
	}
	return a.State
}

// Present reports whether the lease is running.
func (a Agent) Present(now time.Time, lease time.Duration) bool {
	return a.State != Offline && !a.Seen.Before(now.Add(-lease))
}

// places are how many sessions the agent could take beside the offer that is made to them alone.
func (a Agent) places() int { return a.Capacity - len(a.Open) - btoi(a.Offer != "") }

// answers reports whether offers show on the agent's desktop: none do to who is not available, is leaving or is full. What rang before
// a wrap-up began rings on.
func (a Agent) answers() bool {
	return a.State == Ready && a.Next == "" && len(a.Open) < a.Capacity
}

// otherOffer is why nobody can be asked to whom an offer is made alone, where this one would be, too, or that one holds the last place.
const otherOffer = "has another offer"

// unfit says why the agent cannot be offered a session now; "" if they can. reserve: the strategy reserves the agent, so a
// showing reservation counts too.
func (a Agent) unfit(now time.Time, lease time.Duration, skip []string, reserve bool) string {
	switch {
	case a.State == Offline:
		return "offline"
	case a.State == Paused:
		return "paused"
	case a.State == NotResponding:
		return "not responding"
	case a.WrapUntil.After(now):
		return "wrap-up"
	case a.Next != "":
		return "leaving after these sessions"
	case !a.Present(now, lease):
		return "no sign of life"
	case !a.Seen.After(a.Unreached):
		return "last offer did not reach them"
	case len(a.Open) >= a.Capacity:
		return "full"
	case slices.Contains(skip, a.ID):
		return "asked before"
	case a.Offer != "" && (reserve || a.places() <= 0):
		return otherOffer
	}
	return ""
}
