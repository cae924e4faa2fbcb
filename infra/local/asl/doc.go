// Package asl runs a state machine of the Amazon States Language in process, behind the Step Functions API.
//
// It knows what infra/routing.asl.json uses and a little more: Task (lambda:invoke, with and without waitForTaskToken), Wait
// for Seconds, Pass, Succeed and Fail, with Arguments, Output, Catch and TimeoutSeconds, in JSONata. Everything else is
// refused when the file is read, in a sentence that names the place: a definition that loads here does on AWS what it does
// here. The reverse is not promised.
//
// Service speaks the API to the unmodified SDK client through an http.RoundTripper, without a socket. Executions, their
// names and their task tokens die with the process, as if a Region had lost them; whoever owns the sessions starts the next
// part.
//
// What differs from AWS: timers are exact to the millisecond, nothing is throttled, a function's panic is its invoker's
// business, and an execution may be as long as it likes (AWS ends it at 25,000 events).
package asl
