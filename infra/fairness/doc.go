// Package fairness plays the day of a contact centre and measures who waits, for how long, beside whom: 10,000 customers with a
// profile of the day that has a peak above what the agents can do, and 60 agents in 6 queues with all strategies, other weights,
// shifts, breaks, and a mind of their own.
//
// The Desk and the store on the real engine are the production code; simulated are time, the routing executions (package simulation)
// and the people. One thing happens after the other, and a command takes no time, so a seed gives the same day again. What goes wrong
// side by side is for package schedules.
//
// A day of fewer chats is shorter: the same people come and work at the same rate, for less long.
//
//	go test ./infra/fairness                                        500 chats
//	go test ./infra/fairness -run Day -args -chats 10000 -docs      writes docs/fairness.md, as make fairness does
package fairness
