package asl

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda/messages"
)

// maxData is the largest input, payload or output, in bytes.
const maxData = 262_144

// timeFormat is how the context object tells times.
const timeFormat = "2006-01-02T15:04:05.000Z"

// run is an execution's goroutine: state after state, until one ends it or something from outside has.
func (s *Service) run(x *execution, data any) {
	if limit := s.machine.timeout; limit > 0 {
		stop := s.clock.AfterFunc(limit, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.end(x, Execution{Status: TimedOut})
		})
		defer stop()
	}
	about := map[string]any{
		"Execution":    map[string]any{"Id": x.ARN, "Name": x.Name, "Input": data, "StartTime": x.Started.Format(timeFormat)},
		"StateMachine": map[string]any{"Id": s.arn, "Name": s.name()},
	}
	for name := s.machine.start; name != ""; {
		entered, ok := s.enter(x, name)
		if !ok {
			return
		}
		st := s.machine.states[name]
		about := maps.Clone(about)
		about["State"] = map[string]any{"Name": name, "EnteredTime": entered.Format(timeFormat)}
		states := map[string]any{"context": about, "input": data}

		var f *failure
		data, f = s.visit(x, st, states)
		name = st.next
		s.exit(x, f)
		if f != nil {
			if data, name, f = st.recover(f, states); f != nil {
				s.fail(x, f)
				return
			}
		}
	}
	s.succeed(x, data)
}

func (s *Service) succeed(x *execution, data any) {
	output, err := json.Marshal(data)
	if err != nil {
		s.fail(x, &failure{errRuntime, err.Error()})
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end(x, Execution{Status: Succeeded, Output: string(output)})
}

func (s *Service) fail(x *execution, f *failure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.end(x, Execution{Status: Failed, Error: f.name, Cause: f.cause}) {
		s.log.Warn("an execution failed", "execution", x.Name, "error", f.name, "cause", f.cause)
	}
}

// visit is one state's turn: what it hands on, or how it failed.
func (s *Service) visit(x *execution, st *state, states map[string]any) (any, *failure) {
	result := states["input"]
	var f *failure
	switch st.kind {
	case "Task":
		if result, f = s.call(x, st, states); f != nil {
			return nil, f
		}
		states["result"] = result
	case "Wait":
		pause, f := st.duration(st.seconds, states, 0)
		if f != nil {
			return nil, f
		}
		s.pause(x, pause)
	case "Fail":
		return nil, st.fail(states)
	}
	if st.output == nil {
		return result, nil
	}
	return evaluate(st.output, states)
}

// call is a Task: it invokes the function and waits for its reply, or for an answer to the token.
func (s *Service) call(x *execution, st *state, states map[string]any) (any, *failure) {
	token := ""
	if st.callback {
		token = s.newToken()
		states["context"].(map[string]any)["Task"] = map[string]any{"Token": token}
	}
	function, f := evaluate(st.function, states)
	if f != nil {
		return nil, f
	}
	name, ok := function.(string)
	if !ok {
		return nil, &failure{errQueryEvaluation, "FunctionName is not a string"}
	}
	payload, f := st.event(states)
	if f != nil {
		return nil, f
	}
	limit := time.Duration(maxSeconds) * time.Second
	if st.timeout != nil {
		if limit, f = st.duration(st.timeout, states, 1); f != nil {
			return nil, f
		}
	}

	t, ok := s.open(x, token)
	if !ok {
		return nil, nil
	}
	stop := s.clock.AfterFunc(limit, func() { s.settleNow(t, outcome{failure: &failure{name: errTimeout}}) })
	defer stop()
	s.running.Go(func() {
		reply, err := s.invoke(s.functions, name, payload)
		if err != nil {
			s.settleNow(t, outcome{failure: functionFailure(err)})
		} else if !st.callback {
			s.settleNow(t, invoked(reply))
		}
	})
	o := <-t.outcome
	return o.result, o.failure
}

// pause waits, or until the execution is over.
func (s *Service) pause(x *execution, d time.Duration) {
	t, ok := s.open(x, "")
	if !ok {
		return
	}
	stop := s.clock.AfterFunc(d, func() { s.settleNow(t, outcome{}) })
	defer stop()
	<-t.outcome
}

// recover finds the catcher for a failure: what it hands on and to which state. Without one the failure comes back.
func (st *state) recover(f *failure, states map[string]any) (any, string, *failure) {
	for _, c := range st.catch {
		if !c.catches(f.name) {
			continue
		}
		caught := map[string]any{"Error": f.name, "Cause": f.cause}
		if c.output == nil {
			return caught, c.next, nil
		}
		delete(states, "result")
		states["errorOutput"] = caught
		output, f := evaluate(c.output, states)
		return output, c.next, f
	}
	return nil, "", f
}

// event is what a Task sends to its function.
func (st *state) event(states map[string]any) ([]byte, *failure) {
	if st.payload == nil {
		return []byte("{}"), nil
	}
	v, f := evaluate(st.payload, states)
	if f != nil {
		return nil, f
	}
	payload, err := json.Marshal(v)
	if err != nil {
		return nil, &failure{errRuntime, err.Error()}
	}
	if len(payload) > maxData {
		return nil, &failure{errDataLimitExceeded, fmt.Sprintf("the payload of state %s has more than %d bytes", st.name, maxData)}
	}
	return payload, nil
}

func (st *state) duration(t template, states map[string]any, least float64) (time.Duration, *failure) {
	v, f := evaluate(t, states)
	if f != nil {
		return 0, f
	}
	d, err := seconds(v, least)
	if err != nil {
		return 0, &failure{errQueryEvaluation, err.Error()}
	}
	return d, nil
}

// fail is what a Fail state raises.
func (st *state) fail(states map[string]any) *failure {
	text := func(t template) (string, *failure) {
		v, f := evaluate(t, states)
		if v == nil {
			return "", f
		}
		s, ok := v.(string)
		if !ok {
			return "", &failure{errQueryEvaluation, "Error and Cause must be strings"}
		}
		return s, nil
	}
	name, f := text(st.error)
	if f != nil {
		return f
	}
	cause, f := text(st.cause)
	if f != nil {
		return f
	}
	return &failure{name, cause}
}

func evaluate(t template, states map[string]any) (any, *failure) {
	v, err := render(t, states)
	if err != nil {
		return nil, &failure{errQueryEvaluation, err.Error()}
	}
	return v, nil
}

// invoked is the result of a function that was not asked to call back.
func invoked(reply []byte) outcome {
	if len(reply) > maxData {
		return outcome{failure: &failure{errDataLimitExceeded, fmt.Sprintf("the function's reply has more than %d bytes", maxData)}}
	}
	var payload any
	if len(reply) > 0 {
		if err := json.Unmarshal(reply, &payload); err != nil {
			return outcome{failure: &failure{errRuntime, "the function's reply is not JSON: " + err.Error()}}
		}
	}
	return outcome{result: map[string]any{"ExecutedVersion": "$LATEST", "StatusCode": 200.0, "Payload": payload}}
}

// functionFailure names a function's error as the Lambda runtime for Go reports it: by its type.
func functionFailure(err error) *failure {
	report := messages.InvokeResponse_Error{Message: err.Error()}
	if known, ok := err.(messages.InvokeResponse_Error); ok {
		report = known
	} else if t := reflect.TypeOf(err); t.Kind() == reflect.Pointer {
		report.Type = t.Elem().Name()
	} else {
		report.Type = t.Name()
	}
	cause, _ := json.Marshal(report) // strings and numbers only
	return &failure{report.Type, string(cause)}
}

// name is the state machine's, and executionARN an execution's.
func (s *Service) name() string { return s.arn[strings.LastIndexByte(s.arn, ':')+1:] }

func (s *Service) executionARN(name string) string {
	return strings.Replace(s.arn, ":stateMachine:", ":execution:", 1) + ":" + name
}
