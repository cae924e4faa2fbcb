// Package schedules proves the promises of package chat by random schedules. The handlers' Desk and the store on the real engine
// are the production code; simulated are time, the routing executions (package simulation), the sockets and the people.
//
// A schedule is a world of a few customers, agents and queues in which many things happen at once. Every command of a Desk is a
// goroutine that stops before each of its calls to the world (store, executions, sockets); whenever all of them stand still, the
// schedule's dice choose what happens next: one call of one command, another step of a person, of an execution, of the reaper or
// of the operator, or a moment of time. The call may meet a conflict, be throttled, lose its reply, find its command stuck for
// seconds, or be the last thing that its process does. So everything interleaves with everything, and still a seed replays
// exactly: goroutines live in a bubble of testing/synctest, in which even the pauses between two tries take no time.
//
// Every write is followed on its way through the store's transport. After each the promises are checked against a mirror of the
// items (promises_test.go). At the end the faults stop, time goes on, and all must come to rest (rest_test.go).
//
//	go test ./infra/schedules -run Schedules -args -from 17 -schedules 1 -story    replays seed 17 and tells it
//	make soak                                                                      20,000 of them
//	make mutants                                                                   breaks the code in ways that must be noticed
//
// A new kind of step is a row in a table of actors_test.go; a new promise is a check in promises_test.go.
package schedules
