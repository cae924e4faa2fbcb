package asl

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// The API's protocol: JSON 1.0, the operation in a header.
const (
	targetHeader = "X-Amz-Target"
	targetPrefix = "AWSStepFunctions."
	contentType  = "application/x-amz-json-1.0"
)

// maxRequest is the largest request, in bytes: AWS's limit of 1 MB.
const maxRequest = 1 << 20

// apiError is a refusal as the API tells it.
type apiError struct {
	Code    string `json:"__type"`
	Message string `json:"message"`
}

func refuse(code, format string, args ...any) *apiError {
	return &apiError{code, fmt.Sprintf(format, args...)}
}

// RoundTrip answers one request of the SDK's client. What goes wrong is an answer of the API; only a request that was given
// up, or cannot be read, is an error.
func (s *Service) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	body, err := readBody(r)
	if err != nil {
		return nil, err
	}
	status := http.StatusOK
	reply, refusal := s.dispatch(strings.TrimPrefix(r.Header.Get(targetHeader), targetPrefix), body)
	if refusal != nil {
		status, reply = http.StatusBadRequest, refusal
	}
	text, err := json.Marshal(reply)
	if err != nil {
		return nil, err
	}
	return &http.Response{
		Status: strconv.Itoa(status) + " " + http.StatusText(status), StatusCode: status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        http.Header{"Content-Type": {contentType}, "X-Amzn-Requestid": {rand.Text()}},
		Body:          io.NopCloser(bytes.NewReader(text)),
		ContentLength: int64(len(text)),
		Request:       r,
	}, nil
}

func readBody(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	defer r.Body.Close()
	return io.ReadAll(io.LimitReader(r.Body, maxRequest+1))
}

func (s *Service) dispatch(operation string, body []byte) (any, *apiError) {
	if len(body) > maxRequest {
		return nil, refuse("ValidationException", "the request has more than %d bytes", maxRequest)
	}
	switch operation {
	case "StartExecution":
		return answer(body, s.startExecution)
	case "DescribeExecution":
		return answer(body, s.describeExecution)
	case "StopExecution":
		return answer(body, s.stopExecution)
	case "SendTaskSuccess":
		return answer(body, s.sendTaskSuccess)
	case "SendTaskFailure":
		return answer(body, s.sendTaskFailure)
	}
	return nil, refuse("UnknownOperationException", "the local Step Functions has no operation %q: it knows StartExecution, "+
		"DescribeExecution, StopExecution, SendTaskSuccess and SendTaskFailure", operation)
}

// answer decodes a request for its operation. A parameter that would be ignored is refused.
func answer[In, Out any](body []byte, operation func(In) (Out, *apiError)) (any, *apiError) {
	var in In
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return nil, refuse("ValidationException", "the local Step Functions does not understand this request: %v", err)
	}
	return operation(in)
}

type startExecutionInput struct {
	StateMachineARN string  `json:"stateMachineArn"`
	Name            string  `json:"name"`
	Input           *string `json:"input"`
}

type startExecutionOutput struct {
	ExecutionARN string `json:"executionArn"`
	StartDate    stamp  `json:"startDate"`
}

// executionName is what AWS allows; a name is also the last part of an ARN.
var executionName = regexp.MustCompile("^[^\\s\\p{Cc}<>{}\\[\\]?*\"#%\\\\^|~`$&,;:/]{1,80}$")

// startExecution begins an execution. A repeated start of one that runs is a success, if it is the same start.
func (s *Service) startExecution(in startExecutionInput) (out startExecutionOutput, _ *apiError) {
	if in.StateMachineARN != s.arn {
		return out, refuse("StateMachineDoesNotExist", "State Machine Does Not Exist: '%s'", in.StateMachineARN)
	}
	if in.Name == "" {
		in.Name = rand.Text()
	}
	if !executionName.MatchString(in.Name) {
		return out, refuse("InvalidName", "Invalid Name: '%s'", in.Name)
	}
	input := "{}"
	if in.Input != nil {
		input = *in.Input
	}
	data, err := decode(input)
	if err != nil {
		return out, refuse("InvalidExecutionInput", "Invalid State Machine Execution Input: '%v'", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return out, refuse("StateMachineDeleting", "State Machine is being deleted: '%s'", s.arn)
	}
	x, exists := s.names[in.Name]
	if exists && (x.Status != Running || x.Input != input) {
		return out, refuse("ExecutionAlreadyExists", "Execution Already Exists: '%s'", x.ARN)
	}
	if !exists {
		x = s.begin(in.Name, input, data)
	}
	return startExecutionOutput{x.ARN, stamp(x.Started)}, nil
}

type executionInput struct {
	ExecutionARN string `json:"executionArn"`
}

type describeExecutionOutput struct {
	ExecutionARN    string `json:"executionArn"`
	StateMachineARN string `json:"stateMachineArn"`
	Name            string `json:"name"`
	Status          Status `json:"status"`
	StartDate       stamp  `json:"startDate"`
	StopDate        *stamp `json:"stopDate,omitempty"`
	Input           string `json:"input"`
	Output          string `json:"output,omitempty"`
	Error           string `json:"error,omitempty"`
	Cause           string `json:"cause,omitempty"`
}

func (s *Service) describeExecution(in executionInput) (out describeExecutionOutput, _ *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x, refusal := s.byARN(in.ExecutionARN)
	if refusal != nil {
		return out, refusal
	}
	out = describeExecutionOutput{ExecutionARN: x.ARN, StateMachineARN: s.arn, Name: x.Name, Status: x.Status,
		StartDate: stamp(x.Started), Input: x.Input, Output: x.Output, Error: x.Error, Cause: x.Cause}
	if x.Status != Running {
		out.StopDate = (*stamp)(&x.Stopped)
	}
	return out, nil
}

type stopExecutionInput struct {
	executionInput
	Error string `json:"error"`
	Cause string `json:"cause"`
}

type stopExecutionOutput struct {
	StopDate stamp `json:"stopDate"`
}

// stopExecution aborts an execution. One that is over stays what it is.
func (s *Service) stopExecution(in stopExecutionInput) (out stopExecutionOutput, _ *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x, refusal := s.byARN(in.ExecutionARN)
	if refusal != nil {
		return out, refusal
	}
	s.end(x, Execution{Status: Aborted, Error: in.Error, Cause: in.Cause})
	return stopExecutionOutput{stamp(x.Stopped)}, nil
}

// byARN finds an execution. The caller holds mu.
func (s *Service) byARN(arn string) (*execution, *apiError) {
	name, ok := strings.CutPrefix(arn, s.executionARN(""))
	if x := s.names[name]; ok && x != nil {
		return x, nil
	}
	return nil, refuse("ExecutionDoesNotExist", "Execution Does Not Exist: '%s'", arn)
}

type sendTaskSuccessInput struct {
	TaskToken string `json:"taskToken"`
	Output    string `json:"output"`
}

func (s *Service) sendTaskSuccess(in sendTaskSuccessInput) (struct{}, *apiError) {
	result, err := decode(in.Output)
	if err != nil {
		return struct{}{}, refuse("InvalidOutput", "Invalid Output: '%v'", err)
	}
	return struct{}{}, s.sendTask(in.TaskToken, outcome{result: result})
}

type sendTaskFailureInput struct {
	TaskToken string `json:"taskToken"`
	Error     string `json:"error"`
	Cause     string `json:"cause"`
}

// The longest that SendTaskFailure takes, in characters.
const (
	maxErrorName = 256
	maxCause     = 32_768
)

func (s *Service) sendTaskFailure(in sendTaskFailureInput) (struct{}, *apiError) {
	if len(in.Error) > maxErrorName || len(in.Cause) > maxCause {
		return struct{}{}, refuse("ValidationException", "error is longer than %d or cause longer than %d", maxErrorName, maxCause)
	}
	return struct{}{}, s.sendTask(in.TaskToken, outcome{failure: &failure{in.Error, in.Cause}})
}

// sendTask answers a token. Whoever comes second hears that the task is over; so does whoever comes after a time-out.
func (s *Service) sendTask(token string, o outcome) *apiError {
	s.mu.Lock()
	t := s.tasks[token]
	won := t != nil && s.settle(t, o)
	s.mu.Unlock()
	switch {
	case won:
		return nil
	case s.ours(token):
		return refuse("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
	}
	return refuse("InvalidToken", "Invalid Token: 'Invalid token'")
}

// decode reads the JSON of an input or an output.
func decode(text string) (v any, err error) {
	if len(text) > maxData {
		return nil, fmt.Errorf("more than %d bytes", maxData)
	}
	err = json.Unmarshal([]byte(text), &v)
	return v, err
}

// stamp is a time as the protocol writes it: seconds since 1970, with milliseconds.
type stamp time.Time

func (t stamp) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(time.Time(t).UnixMilli())/1000, 'f', 3, 64), nil
}
