package asl_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/parley-chat/parley/infra/local/asl"
)

// machine wraps states, of which the first is called A, into a definition.
func machine(states string) string {
	return `{"QueryLanguage": "JSONata", "StartAt": "A", "States": {` + states + `}}`
}

const task = `"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke"`

type timeoutError struct{}

func (*timeoutError) Error() string { return "of a named type" }

// function plays the functions that a definition names: what is not an error replies with the payload.
func function(_ context.Context, name string, payload []byte) ([]byte, error) {
	switch name {
	case "echo":
		return payload, nil
	case "silent":
		return nil, nil
	case "mumble":
		return []byte("not JSON"), nil
	case "chatter":
		return fmt.Appendf(nil, "%q", strings.Repeat("x", 300_000)), nil
	case "typed":
		return nil, &timeoutError{}
	case "reported":
		return nil, messages.InvokeResponse_Error{Type: "Sandbox.Timedout", Message: "after 3 s"}
	default:
		return nil, errors.New("no such function")
	}
}

// What a definition does with an input, state by state: its output, or the error that it fails with.
func TestLanguage(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		states string
		input  string
		output string
		error  string // "name" or "name: part of the cause"
		trace  string
		after  time.Duration
	}{
		{
			name:   "Pass hands its input on",
			states: `"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Succeed"}`,
			input:  `{"a":[1,"x",null,true]}`, output: `{"a":[1,"x",null,true]}`, trace: "A B",
		},
		{
			name: "Output mixes JSON and queries",
			states: `"A": {"Type": "Pass", "End": true, "Output": {"n": "{% $states.input.n + 1 %}", "text": "{ % no query %}",
				"list": ["{%$states.input.n%}", 2], "all": "{% $states.input %}", "odd": "{% [1..3] %}"}}`,
			input: `{"n":1}`, output: `{"all":{"n":1},"list":[1,2],"n":2,"odd":[1,2,3],"text":"{ % no query %}"}`, trace: "A",
		},
		{
			name: "the context object",
			states: `"A": {"Type": "Pass", "End": true, "Output": ["{% $states.context.Execution.Id %}", "{% $states.context.Execution.Name %}",
				"{% $states.context.Execution.StartTime %}", "{% $states.context.State.Name %}", "{% $states.context.State.EnteredTime %}",
				"{% $states.context.StateMachine.Name %}", "{% $states.context.Execution.Input.k %}"]}`,
			input: `{"k":"v"}`, trace: "A",
			output: `["arn:aws:states:eu-west-1:000000000000:execution:parley-routing:test","test","2000-01-01T00:00:00.000Z","A",` +
				`"2000-01-01T00:00:00.000Z","parley-routing","v"]`,
		},
		{
			name:   "Wait for a number, then for a query",
			states: `"A": {"Type": "Wait", "Seconds": 3, "Next": "B"}, "B": {"Type": "Wait", "Seconds": "{% $states.input.s * 2 %}", "Output": "done", "End": true}`,
			input:  `{"s":2}`, output: `"done"`, trace: "A B", after: 7 * time.Second,
		},
		{
			name:   "a task's result is what Lambda returned",
			states: `"A": {` + task + `, "Arguments": {"FunctionName": "echo", "Payload": {"in": "{% $states.input %}"}}, "End": true}`,
			input:  `7`, output: `{"ExecutedVersion":"$LATEST","Payload":{"in":7},"StatusCode":200}`, trace: "A",
		},
		{
			name:   "a task without payload, with an output",
			states: `"A": {` + task + `, "Arguments": {"FunctionName": "echo"}, "Output": "{% $states.result.Payload %}", "End": true}`,
			output: `{}`, trace: "A",
		},
		{
			name:   "a function that returns nothing",
			states: `"A": {` + task + `, "Arguments": {"FunctionName": "silent"}, "Output": "{% $states.result.StatusCode %}", "End": true}`,
			output: `200`, trace: "A",
		},
		{
			name:   "an error takes its type's name",
			states: `"A": {` + task + `, "Arguments": {"FunctionName": "typed"}, "End": true}`,
			error:  `timeoutError: {"errorMessage":"of a named type","errorType":"timeoutError"}`, trace: "A!timeoutError",
		},
		{
			name:   "an error as the runtime reports it",
			states: `"A": {` + task + `, "Arguments": {"FunctionName": "reported"}, "End": true}`,
			error:  `Sandbox.Timedout: {"errorMessage":"after 3 s","errorType":"Sandbox.Timedout"}`, trace: "A!Sandbox.Timedout",
		},
		{
			name: "the first catcher that knows the name takes it, and hands the error on",
			states: `"A": {` + task + `, "Arguments": {"FunctionName": "typed"}, "End": true, "Catch": [{"ErrorEquals": ["States.Timeout"], "Next": "B"},
				{"ErrorEquals": ["Else", "timeoutError"], "Next": "C"}, {"ErrorEquals": ["States.ALL"], "Next": "B"}]},
				"B": {"Type": "Succeed"}, "C": {"Type": "Succeed", "Output": "{% $states.input.Error & ' in ' & $states.context.State.Name %}"}`,
			output: `"timeoutError in C"`, trace: "A!timeoutError C",
		},
		{
			name: "a catcher's output",
			states: `"A": {` + task + `, "Arguments": {"FunctionName": "typed"}, "End": true, "Catch": [{"ErrorEquals": ["States.TaskFailed"],
				"Output": {"why": "{% $states.errorOutput.Error %}", "was": "{% $states.input %}"}, "Next": "B"}]}, "B": {"Type": "Succeed"}`,
			input: `1`, output: `{"was":1,"why":"timeoutError"}`, trace: "A!timeoutError B",
		},
		{
			name: "States.TaskFailed does not take a time-out, States.ALL does",
			states: `"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "TimeoutSeconds": "{% $states.input.t %}",
				"Arguments": {"FunctionName": "echo"}, "End": true, "Catch": [{"ErrorEquals": ["States.TaskFailed"], "Next": "B"},
				{"ErrorEquals": ["States.ALL"], "Output": "late", "Next": "B"}]}, "B": {"Type": "Succeed"}`,
			input: `{"t":4}`, output: `"late"`, trace: "A!States.Timeout B", after: 4 * time.Second,
		},
		{
			name: "a query that finds nothing is an error that can be caught",
			states: `"A": {` + task + `, "Arguments": {"FunctionName": "echo", "Payload": "{% $states.input.none %}"}, "End": true, "Catch": [
				{"ErrorEquals": ["States.QueryEvaluationError"], "Output": "{% $states.errorOutput.Cause %}", "Next": "B"}]}, "B": {"Type": "Succeed"}`,
			output: `"the query \"$states.input.none\" finds nothing"`, trace: "A!States.QueryEvaluationError B",
		},
		{
			name:   "a time-out that is no number",
			states: `"A": {` + task + `, "Arguments": {"FunctionName": "echo"}, "TimeoutSeconds": "{% 0.5 %}", "End": true}`,
			error:  "States.QueryEvaluationError: 0.5 is not a whole number from 1", trace: "A!States.QueryEvaluationError",
		},
		{
			name:   "a query that fails",
			states: `"A": {"Type": "Pass", "Output": "{% 'a' + 1 %}", "End": true}`,
			error:  "States.QueryEvaluationError: the query", trace: "A!States.QueryEvaluationError",
		},
		{
			name: "too much data ends the execution, whatever is caught",
			states: `"A": {` + task + `, "Arguments": {"FunctionName": "chatter"}, "End": true, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B"}]},
				"B": {"Type": "Succeed"}`,
			error: "States.DataLimitExceeded: the function's reply has more than 262144 bytes", trace: "A!States.DataLimitExceeded",
		},
		{
			name:   "too large a payload",
			states: `"A": {` + task + `, "Arguments": {"FunctionName": "echo", "Payload": "{% $pad('', 300000, 'x') %}"}, "End": true}`,
			error:  "States.DataLimitExceeded: the payload of state A has more than 262144 bytes", trace: "A!States.DataLimitExceeded",
		},
		{
			name:   "a function whose reply is not JSON",
			states: `"A": {` + task + `, "Arguments": {"FunctionName": "mumble"}, "End": true}`,
			error:  "States.Runtime: the function's reply is not JSON", trace: "A!States.Runtime",
		},
		{
			name:   "a function's name may be a query, but must be a string",
			states: `"A": {` + task + `, "Arguments": {"FunctionName": "{% $states.input %}"}, "End": true}`,
			input:  `1`, error: "States.QueryEvaluationError: FunctionName is not a string", trace: "A!States.QueryEvaluationError",
		},
		{
			name:   "Fail",
			states: `"A": {"Type": "Fail", "Error": "Bad", "Cause": "{% 'by ' & $states.input %}"}`,
			input:  `"me"`, error: "Bad: by me", trace: "A!Bad",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				e := run(t, machine(tt.states), tt.input)
				if got := trace(e); got != tt.trace {
					t.Errorf("went %q, want %q", got, tt.trace)
				}
				if took := e.Stopped.Sub(e.Started); took != tt.after {
					t.Errorf("took %v, want %v", took, tt.after)
				}
				if tt.error == "" {
					if e.Status != asl.Succeeded || e.Output != tt.output {
						t.Errorf("%s with %s (%s: %s), want %s", e.Status, e.Output, e.Error, e.Cause, tt.output)
					}
				} else if got := e.Error + ": " + e.Cause; e.Status != asl.Failed || !strings.HasPrefix(got, tt.error) {
					t.Errorf("%s with %s, want %s", e.Status, got, tt.error)
				}
			})
		})
	}
}

// run runs a definition to its end, within a bubble.
func run(t *testing.T, definition, input string) asl.Execution {
	t.Helper()
	m, err := asl.Load([]byte(definition), nil)
	if err != nil {
		t.Fatal(err)
	}
	s := asl.NewService(asl.Config{Machine: m, ARN: machineARN, Invoke: function, Log: slog.New(slog.DiscardHandler)})
	defer s.Close()
	start := &sfn.StartExecutionInput{StateMachineArn: aws.String(machineARN), Name: aws.String("test")}
	if input != "" {
		start.Input = &input
	}
	if _, err := newClient(s).StartExecution(t.Context(), start); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Minute)
	synctest.Wait()
	e, _ := s.Execution("test")
	return e
}

// What is not interpreted as on AWS is refused when it is read, in a sentence that says where.
func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	const succeed = `, "B": {"Type": "Succeed"}`
	arguments := `"Arguments": {"FunctionName": "f"}`
	for _, tt := range []struct{ name, definition, want string }{
		{"no JSON", `{`, "state machine: not a JSON object"},
		{"a list", `[]`, "state machine: not a JSON object"},
		{"two objects", machine(`"A": {"Type": "Succeed"}`) + "{}", "something follows"},
		{"JSONPath by default", `{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}`, "QueryLanguage must be JSONata"},
		{"JSONPath in a state", machine(`"A": {"Type": "Succeed", "QueryLanguage": "JSONPath"}`), "state A: QueryLanguage must be JSONata"},
		{"an unknown field of the machine", `{"QueryLanguage": "JSONata", "Startat": "A"}`, "state machine: the field Startat is not interpreted"},
		{"a field in lower case", machine(`"A": {"Type": "Succeed", "output": 1}`), "state A: the field output is not interpreted"},
		{"no StartAt", `{"QueryLanguage": "JSONata", "States": {}}`, "StartAt is missing"},
		{"no states", `{"QueryLanguage": "JSONata", "StartAt": "A"}`, "States must be an object"},
		{"a start that is nowhere", machine(`"B": {"Type": "Succeed"}`), `StartAt names "A"`},
		{"a next that is nowhere", machine(`"A": {"Type": "Pass", "Next": "B"}`), `state A: Next names "B"`},
		{"a catcher to nowhere", machine(`"A": {` + task + `,` + arguments + `, "End": true, "Catch": [{"ErrorEquals": ["X"], "Next": "C"}]}`), `state A: Next names "C"`},
		{"a state that is no object", machine(`"A": 1`), "state A: must be an object"},
		{"no type", machine(`"A": {}`), "state A: Type is missing"},
		{"Choice", machine(`"A": {"Type": "Choice", "Choices": []}`), "state A: a state of type Choice is not interpreted here"},
		{"Assign", machine(`"A": {"Type": "Pass", "Assign": {}, "End": true}`), "state A: the field Assign is not interpreted"},
		{"Retry", machine(`"A": {` + task + `,` + arguments + `, "Retry": [], "End": true}`), "state A: the field Retry"},
		{"HeartbeatSeconds", machine(`"A": {` + task + `,` + arguments + `, "HeartbeatSeconds": 1, "End": true}`), "state A: the field HeartbeatSeconds"},
		{"neither Next nor End", machine(`"A": {"Type": "Pass"}`), "state A: either Next or End"},
		{"both Next and End", machine(`"A": {"Type": "Pass", "Next": "B", "End": true}` + succeed), "state A: either Next or End"},
		{"End is false", machine(`"A": {"Type": "Pass", "Next": "B", "End": false}` + succeed), "state A: the field End must be true"},
		{"Next is no name", machine(`"A": {"Type": "Pass", "Next": 1}`), "state A: Next must be a string"},
		{"another service", machine(`"A": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": true}`), "state A: the resource arn:aws:states:::sqs:sendMessage is not interpreted"},
		{"no arguments", machine(`"A": {` + task + `, "End": true}`), "state A: the field Arguments must be an object"},
		{"no function", machine(`"A": {` + task + `, "Arguments": {}, "End": true}`), "state A: in Arguments: FunctionName is missing"},
		{"an argument that would be ignored", machine(`"A": {` + task + `, "Arguments": {"FunctionName": "f", "InvocationType": "Event"}, "End": true}`), "state A: in Arguments: the field InvocationType"},
		{"a time-out of nothing", machine(`"A": {` + task + `,` + arguments + `, "TimeoutSeconds": 0, "End": true}`), "state A: TimeoutSeconds: 0 is not a whole number from 1"},
		{"a time-out in words", machine(`"A": {` + task + `,` + arguments + `, "TimeoutSeconds": "5", "End": true}`), "state A: TimeoutSeconds: 5 is not a whole number"},
		{"half a second", machine(`"A": {"Type": "Wait", "Seconds": 0.5, "End": true}`), "state A: Seconds: 0.5 is not a whole number from 0"},
		{"a wait for nothing said", machine(`"A": {"Type": "Wait", "End": true}`), "state A: Seconds is missing"},
		{"a wait until", machine(`"A": {"Type": "Wait", "Timestamp": "x", "End": true}`), "state A: the field Timestamp"},
		{"a query that is not closed", machine(`"A": {"Type": "Pass", "Output": {"x": ["{% 1"]}, "End": true}`), `state A: Output: x: [0]: "{% 1" opens a query`},
		{"a query that is no JSONata", machine(`"A": {"Type": "Pass", "Output": "{% 1 + %}", "End": true}`), `state A: Output: the query "1 +" is not JSONata`},
		{"Catch is no list", machine(`"A": {` + task + `,` + arguments + `, "Catch": {}, "End": true}`), "state A: the field Catch must be a list"},
		{"a catcher of nothing", machine(`"A": {` + task + `,` + arguments + `, "Catch": [{"ErrorEquals": [], "Next": "B"}], "End": true}` + succeed), "state A: in Catch[0]: ErrorEquals must be"},
		{"States.ALL in company", machine(`"A": {` + task + `,` + arguments + `, "Catch": [{"ErrorEquals": ["X", "States.ALL"], "Next": "B"}], "End": true}` + succeed), "state A: in Catch[0]: States.ALL must stand alone"},
		{"States.ALL before others", machine(`"A": {` + task + `,` + arguments + `, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B"}, {"ErrorEquals": ["X"], "Next": "B"}], "End": true}` + succeed), "state A: in Catch[0]: States.ALL must stand alone"},
		{"a name that cannot be caught", machine(`"A": {` + task + `,` + arguments + `, "Catch": [{"ErrorEquals": ["States.Runtime"], "Next": "B"}], "End": true}` + succeed), "state A: in Catch[0]: States.Runtime is not raised here"},
		{"Catch where nothing fails", machine(`"A": {"Type": "Pass", "Catch": [], "End": true}`), "state A: the field Catch"},
		{"a place that nobody fills", machine(`"A": {"Type": "Succeed", "Output": "${X} ${Y}"}`), "nothing is given for ${X}, ${Y}"},
		{"no end of a machine", `{"QueryLanguage": "JSONata", "TimeoutSeconds": -1, "StartAt": "A", "States": {}}`, "state machine: TimeoutSeconds: -1 is not"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := asl.Load([]byte(tt.definition), nil)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

// Substitutions land in JSON strings, whatever they contain.
func TestSubstitutions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, err := asl.Load([]byte(machine(`"A": {"Type": "Succeed", "Output": "<${X}>"}`)), map[string]string{"X": `a"b\`, "Unused": ""})
		if err != nil {
			t.Fatal(err)
		}
		s := asl.NewService(asl.Config{Machine: m, ARN: machineARN, Invoke: function})
		defer s.Close()
		_, err = newClient(s).StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: aws.String(machineARN)})
		must(t, err)
		synctest.Wait()
		if got := s.Executions(1)[0]; got.Output != `"\u003ca\"b\\\u003e"` {
			t.Errorf("output %s", got.Output)
		}
	})
}

// handClock moves when it is told to; it is what tests bring that cannot live in a bubble.
type handClock struct {
	now   time.Time
	rings chan func()
}

func (c *handClock) Now() time.Time { return c.now }

func (c *handClock) AfterFunc(_ time.Duration, f func()) func() bool {
	c.rings <- f
	return func() bool { return true }
}

// An injected clock is the only one there is: nothing rings unless it does.
func TestInjectedClock(t *testing.T) {
	t.Parallel()
	m, err := asl.Load([]byte(machine(`"A": {"Type": "Wait", "Seconds": 3600, "End": true}`)), nil)
	if err != nil {
		t.Fatal(err)
	}
	clock := &handClock{now: time.UnixMilli(1_700_000_000_123), rings: make(chan func())}
	s := asl.NewService(asl.Config{Machine: m, ARN: machineARN, Invoke: function, Clock: clock})
	_, err = newClient(s).StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: aws.String(machineARN), Name: aws.String("test")})
	must(t, err)
	ring := <-clock.rings
	if e, _ := s.Execution("test"); e.Status != asl.Running || !e.Started.Equal(clock.now) {
		t.Errorf("before it rings: %+v", e)
	}
	ring()
	s.Close() // waits for the execution, which has nothing to wait for any more
	if e, _ := s.Execution("test"); e.Status == asl.Running || !e.Visits[0].Exited.Equal(clock.now) {
		t.Errorf("after it rang: %+v", e)
	}
}
