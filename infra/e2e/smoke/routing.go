package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

const (
	// patience of the visit that fails, in seconds. A machine that waited for its task token first would take that long.
	patience = 30
	lookAway = time.Second // between two looks at the history
	// States of infra/routing.asl.json.
	offerState, backoffState = "Offer", "Backoff"
)

// failingRouter starts the routing of a session that cannot be, which the router refuses with an error, and sees when the machine
// takes the way of errors: at once, or only when the task it waits for has timed out.
func (s *smoke) failingRouter(ctx context.Context) (string, error) {
	if s.machine == "" {
		return "", errNotAsked("-machine names no state machine (the stack's output StateMachine)")
	}
	client, err := newStates(s.machine)
	if err != nil {
		return "", err
	}
	visit, err := json.Marshal(struct {
		Session    string `json:"session"`
		Generation int    `json:"generation"`
		Part       int    `json:"part"`
		Patience   int    `json:"patience"`
	}{Patience: patience})
	if err != nil {
		return "", err
	}
	started, err := client.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: &s.machine, Input: aws.String(string(visit)),
		Name: aws.String("smoke-" + strconv.FormatInt(time.Now().UnixNano(), 36))})
	if err != nil {
		return "", err
	}
	defer func() {
		quick, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerWithin)
		defer cancel()
		_, _ = client.StopExecution(quick, &sfn.StopExecutionInput{ExecutionArn: started.ExecutionArn, Cause: aws.String("smoke test")})
	}()
	tick := time.NewTicker(lookAway)
	defer tick.Stop()
	for {
		history, err := client.GetExecutionHistory(ctx, &sfn.GetExecutionHistoryInput{ExecutionArn: started.ExecutionArn})
		if err != nil {
			return "", err
		}
		if note, over, err := judge(history.Events); over {
			return note, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

// judge reads a history until the machine has left its first visit.
func judge(events []types.HistoryEvent) (note string, over bool, err error) {
	var entered time.Time
	why := "an error"
	for _, e := range events {
		switch {
		case e.TaskFailedEventDetails != nil:
			why = aws.ToString(e.TaskFailedEventDetails.Error)
		case e.TaskTimedOutEventDetails != nil:
			why = "States.Timeout"
		case e.StateEnteredEventDetails == nil:
		case aws.ToString(e.StateEnteredEventDetails.Name) == backoffState:
			after := e.Timestamp.Sub(entered)
			if after > patience*time.Second/2 {
				return "", true, fmt.Errorf("goes to %s only after %s (%s)", backoffState, ms(after), why)
			}
			return fmt.Sprintf("goes to %s at once, after %s (%s)", backoffState, ms(after), why), true, nil
		case aws.ToString(e.StateEnteredEventDetails.Name) == offerState && entered.IsZero():
			entered = aws.ToTime(e.Timestamp)
		case aws.ToString(e.StateEnteredEventDetails.Name) == offerState:
			return "", true, fmt.Errorf("asks again after %s without going to %s (%s)", ms(e.Timestamp.Sub(entered)), backoffState, why)
		}
	}
	return "", false, nil
}

// newStates makes a client for the machine's Region from the credentials in the environment.
func newStates(machine string) (*sfn.Client, error) {
	parts := strings.Split(machine, ":")
	if len(parts) < 7 {
		return nil, fmt.Errorf("%q is not the ARN of a state machine", machine)
	}
	c := aws.Credentials{AccessKeyID: os.Getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY"), SessionToken: os.Getenv("AWS_SESSION_TOKEN")}
	if c.AccessKeyID == "" {
		return nil, errors.New(`there are no AWS credentials in the environment: eval "$(aws configure export-credentials --format env)"`)
	}
	o := sfn.Options{Region: parts[3], Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return c, nil })}
	if endpoint := os.Getenv("AWS_ENDPOINT_URL"); endpoint != "" {
		o.BaseEndpoint = &endpoint
	}
	return sfn.New(o), nil
}
