// Package stepfn starts and answers the routing state machine (infra/routing.asl.json) on Step Functions.
package stepfn

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/parley-chat/parley/functions/chat"
)

// Router is the routing state machine of one stack.
type Router struct {
	client  *sfn.Client
	machine string
}

var _ chat.Router = (*Router)(nil)

// New makes a Router for the state machine of that ARN.
func New(client *sfn.Client, machine string) *Router { return &Router{client, machine} }

// input is an execution's. The order of its fields is part of its identity: Step Functions takes a repeated start for the
// same one only if the text of its input is the same, also after a deployment.
type input struct {
	Session    string `json:"session"`
	Generation int    `json:"generation"`
	Part       int    `json:"part"`
	Patience   int    `json:"patience"`
}

// Start begins the execution "<session>-<generation>-<part>", or "<session>-<generation>-x<round>" of a transfer; one that runs
// already is fine. chat.ErrExecutionExists if it is over, or if it runs with another patience.
func (r *Router) Start(ctx context.Context, e chat.Execution) error {
	name := fmt.Sprintf("%s-%d-%d", e.Session, e.Generation, e.Part)
	if e.Round > 0 {
		name = fmt.Sprintf("%s-%d-x%d", e.Session, e.Generation, e.Round)
	}
	text, err := json.Marshal(input{e.Session, e.Generation, e.Part, e.Patience})
	if err != nil {
		return err
	}
	_, err = r.client.StartExecution(ctx, &sfn.StartExecutionInput{
		StateMachineArn: &r.machine, Name: &name, Input: aws.String(string(text)),
	})
	if is[*types.ExecutionAlreadyExists](err) {
		return fmt.Errorf("%w: %s", chat.ErrExecutionExists, name)
	}
	return err
}

// Answer ends the task of a token: AnswerOver as a success, everything else as the failure of that name, which the state
// machine catches. chat.ErrTokenGone if the task was over, or never was.
func (r *Router) Answer(ctx context.Context, token string, a chat.Answer) error {
	var err error
	switch a {
	case chat.AnswerOver:
		_, err = r.client.SendTaskSuccess(ctx, &sfn.SendTaskSuccessInput{TaskToken: &token, Output: aws.String("{}")})
	case chat.AnswerRejected, chat.AnswerWithdrawn, chat.AnswerWoken:
		_, err = r.client.SendTaskFailure(ctx, &sfn.SendTaskFailureInput{TaskToken: &token, Error: aws.String(string(a))})
	default:
		return fmt.Errorf("the state machine knows no answer %q", a)
	}
	if is[*types.TaskTimedOut](err) || is[*types.TaskDoesNotExist](err) || is[*types.InvalidToken](err) {
		return fmt.Errorf("%w: %w", chat.ErrTokenGone, err)
	}
	return err
}

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}
