// Package chat is the domain: customers' sessions, the agents and queues that answer them, the offers between the two.
//
// A rule is a pure function of what was read, the command and the time; it returns the writes to make and the condition
// under which they hold (Change), or a typed refusal (*Error). Desk has one method a command: it reads, lets the rule
// decide, commits, decides again when what it read has changed, and only then answers the routing execution, pushes to
// the participants and wakes whoever may go on. DynamoDB decides; executions, pushes and indexes only speed things up and
// may each be lost, repeated or late.
//
// The package knows no AWS and imports the standard library only. What it needs of the world it declares in ports.go.
//
// The words: a session is one customer's conversation with one website, kept for good; a generation is one episode of
// ownership (from waiting to the end of the owner's part); a round numbers the offers of a session; a lap is asking
// everybody once; a place is a position in the session's log; a seat is one of the licence.
package chat
