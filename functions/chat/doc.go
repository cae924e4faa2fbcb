// Package chat is the domain: customers' sessions, the agents and queues that answer them, the offers between the two.
//
// A rule is a pure function of what was read, the command and the time; it returns the writes to make and the condition
// under which they hold (Change), or a typed refusal (*Error). Desk has one method a command: it reads, lets the rule
// decide, commits, decides again when what it read has changed, and only then answers the routing execution, pushes to
// the participants and wakes whoever may go on. DynamoDB decides; executions, pushes and indexes only speed things up and
// may each be lost, repeated or late.
//
// Six promises hold whatever crashes, is lost, repeated or late:
//
//  1. At most one agent ever wins a session's generation; a winner who asks again hears "yours", a loser hears who has it.
//  2. An agent never holds more than their capacity, the stack never more than its licence.
//  3. An offer and its reservation on the agent exist together or not at all; every offer ends in exactly one of accepted,
//     rejected, expired, rescinded (taken by another) and canceled (customer left, agent paused or lost, licence full).
//  4. No reserved offer is made to, and no accept succeeds for, an agent who is paused, offline or full.
//  5. A message that was acknowledged is in the history once, at one place in a gap-free order per session, and reaches every
//     connected participant or is replayed from their cursor, at the latest with the next beat.
//  6. No session is forgotten: within one reaper period somebody owns it, it waits, or it is closed with an outcome.
//
// The package knows no AWS and imports the standard library only. What it needs of the world it declares in ports.go.
//
// The words: a session is one customer's conversation with one website, kept for good; a generation is one episode of
// ownership (from waiting to the end of the owner's part); a round numbers the offers of a session; a lap is asking
// everybody once; a place is a position in the session's log; a seat is one of the licence.
package chat
