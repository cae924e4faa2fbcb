package dynamo

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"github.com/parley-chat/parley/functions/chat"
)

// Failure is a write that was decided against, or not decided at all. Nothing was written.
type Failure struct {
	Op string
	// Parts of the write that were at fault: "state row", "place", "agent a1", ...
	Parts []string
	// Kind is chat.ErrStale (a condition failed) or chat.ErrConflict (another transaction, or throttling).
	Kind error
	// Cause is what the SDK said.
	Cause error
}

func (f *Failure) Error() string {
	if len(f.Parts) == 0 {
		return fmt.Sprintf("%s: %v", f.Op, f.Kind)
	}
	return fmt.Sprintf("%s: %v (%s)", f.Op, f.Kind, strings.Join(f.Parts, ", "))
}

// Unwrap lets errors.Is find the kind and errors.As the cause.
func (f *Failure) Unwrap() []error { return []error{f.Kind, f.Cause} }

// Cancellation reasons of a transaction, as the service spells them.
const (
	reasonCondition  = "ConditionalCheckFailed"
	reasonConflict   = "TransactionConflict"
	reasonThroughput = "ProvisionedThroughputExceeded"
	reasonThrottling = "ThrottlingError"
)

// judge turns an error of the SDK into one of the domain. parts are the parts of the write, in the order of the request.
func judge(op string, err error, parts ...string) error {
	if err == nil {
		return nil
	}
	var canceled *types.TransactionCanceledException
	if errors.As(err, &canceled) {
		return judgeReasons(op, canceled, parts)
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		switch api.ErrorCode() {
		case "ConditionalCheckFailedException":
			return &Failure{Op: op, Parts: parts, Kind: chat.ErrStale, Cause: err}
		case "TransactionConflictException", "TransactionInProgressException", "ProvisionedThroughputExceededException",
			"ThrottlingException", "RequestLimitExceeded":
			return &Failure{Op: op, Parts: parts, Kind: chat.ErrConflict, Cause: err}
		}
	}
	return fmt.Errorf("%s: %w", op, err)
}

// judgeReasons: one condition that failed decides, whatever else was wrong; only conflicts and throttling mean try again.
func judgeReasons(op string, canceled *types.TransactionCanceledException, parts []string) error {
	stale := &Failure{Op: op, Kind: chat.ErrStale, Cause: canceled}
	conflict := &Failure{Op: op, Kind: chat.ErrConflict, Cause: canceled}
	for i, r := range canceled.CancellationReasons {
		part := ""
		if i < len(parts) {
			part = parts[i]
		}
		if r.Code == nil {
			continue
		}
		switch *r.Code {
		case reasonCondition:
			stale.Parts = append(stale.Parts, part)
		case reasonConflict, reasonThroughput, reasonThrottling:
			conflict.Parts = append(conflict.Parts, part)
		}
	}
	switch {
	case len(stale.Parts) > 0:
		return stale
	case len(conflict.Parts) > 0:
		return conflict
	}
	return fmt.Errorf("%s: %w", op, canceled)
}
