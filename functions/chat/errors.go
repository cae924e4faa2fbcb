package chat

import (
	"errors"
	"fmt"
)

// Code names a refusal for programs. The list is part of the contract (functions/wire).
type Code string

// The codes. Everything that a client can do wrong, or that can be decided against it, has one.
const (
	CodeBadFrame     Code = "bad_frame"     // not JSON, or not an object
	CodeUnknownType  Code = "unknown_type"  // no such type on this route
	CodeBadValue     Code = "bad_value"     // a field is missing, of the wrong type or out of range
	CodeTooLong      Code = "too_long"      // a text is longer than its limit
	CodeUnauthorized Code = "unauthorized"  // no valid token
	CodeForbidden    Code = "forbidden"     // not for this role or origin
	CodeNotFound     Code = "not_found"     // no such session, website or queue
	CodeNotYours     Code = "not_yours"     // the session is somebody else's
	CodeClosed       Code = "closed"        // the session is closed
	CodeTaken        Code = "taken"         // another agent was first
	CodeLate         Code = "late"          // the offer is over
	CodePaused       Code = "paused"        // the agent is not available
	CodeFull         Code = "full"          // the agent holds as many sessions as they may
	CodeLicenceFull  Code = "licence_full"  // the stack holds as many sessions as it may
	CodeNobody       Code = "nobody"        // none of those who are asked for is there
	CodeNotOpen      Code = "not_open"      // the website takes no sessions at this hour
	CodeOpenSessions Code = "open_sessions" // signing out with open sessions
	CodeCursorAhead  Code = "cursor_ahead"  // after names a place that does not exist
	CodeResync       Code = "resync"        // after is older than the first row still kept
	CodeRateLimited  Code = "rate_limited"  // too many messages in a short time
	CodeBusy         Code = "busy"          // too many writers at once; the same request may succeed
	CodeInternal     Code = "internal"      // our fault; the log has the story
)

// Codes lists every code, in the order of the contract.
var Codes = []Code{
	CodeBadFrame, CodeUnknownType, CodeBadValue, CodeTooLong, CodeUnauthorized, CodeForbidden, CodeNotFound, CodeNotYours,
	CodeClosed, CodeTaken, CodeLate, CodePaused, CodeFull, CodeLicenceFull, CodeNobody, CodeNotOpen, CodeOpenSessions,
	CodeCursorAhead, CodeResync, CodeRateLimited, CodeBusy, CodeInternal,
}

// Error is a refusal: an answer, not a fault. Message is a sentence for the person who asked.
type Error struct {
	Code    Code
	Message string
	// Retry says that the same request may succeed a little later.
	Retry bool
	// By names the agent who was first, where Code is CodeTaken.
	By Ref
}

func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }

// Refuse makes a refusal.
func Refuse(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Retry: code == CodeBusy || code == CodeRateLimited}
}

// AsError returns the refusal in err, or the one sentence that strangers may read about a fault. The fault itself belongs in
// the log.
func AsError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Code: CodeInternal, Message: "Something went wrong on our side. Please try again.", Retry: true}
}

// What the world answers to Desk. None of them reaches a client.
var (
	// ErrNotFound: the item is not there.
	ErrNotFound = errors.New("not found")
	// ErrStale: a condition failed, because something changed since it was read. Read and decide again.
	ErrStale = errors.New("stale: what was read has changed")
	// ErrConflict: another transaction touched one of the items at that moment. Nothing was decided; try again.
	ErrConflict = errors.New("conflict: another transaction was under way")
	// ErrGone: the connection does not exist (any more).
	ErrGone = errors.New("gone: no such connection")
	// ErrExecutionExists: the execution's name was used before and its execution is over.
	ErrExecutionExists = errors.New("execution exists")
	// ErrTokenGone: the task of this token is over.
	ErrTokenGone = errors.New("token gone: its task is over")
)
