// Package apigw pushes frames to sockets through API Gateway's management API (@connections).
package apigw

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	api "github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/parley-chat/parley/functions/chat"
	"github.com/parley-chat/parley/functions/wire"
)

const (
	// attempts of a push that must arrive: the first and three more. What still fails is repaired by the next beat; trying
	// longer would feed an outage.
	attempts = 4
	// basePause bounds the pause before the second attempt; it doubles with each. All together they stay below a second, far
	// below a function's time-out.
	basePause = 100 * time.Millisecond
	// width is how many pushes of one event are under way at once: an offer to 50 agents takes two turns.
	width = 32
)

// Pusher tells connections what happened. It keeps nothing between two pushes.
type Pusher struct {
	// Log hears of pushes that were given up; slog.Default unless it is set.
	Log *slog.Logger
	// Pushed hears what became of the pushes of one event: to sockets that were there, that are gone, and given up. Droppable
	// events that did not arrive are not lost, they were dropped.
	Pushed func(sent, gone, lost int)

	client  *api.Client
	retryer aws.Retryer
}

var _ chat.Pusher = (*Pusher)(nil)

// New makes a Pusher. The client's own retries are not used.
func New(client *api.Client) *Pusher {
	return &Pusher{Log: slog.Default(), Pushed: func(int, int, int) {}, client: client, retryer: retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = attempts
		o.Backoff = retry.BackoffDelayerFunc(fullJitter)
		o.RateLimiter = ratelimit.None // its token bucket would let the pushes to a few slow sockets cost others their retries
	})}
}

// fullJitter spreads retries evenly from at once to a bound that doubles, so that those who failed together do not come back
// together.
func fullJitter(attempt int, _ error) (time.Duration, error) {
	return rand.N(basePause << (attempt - 1)), nil
}

// Push sends an event to all of the connections, side by side, and returns those that do not exist any more. Throttling, full
// socket buffers and faults of the service are tried again as long as ctx allows, but not for droppable events. What fails
// in the end is logged and left to the next beat.
func (p *Pusher) Push(ctx context.Context, to []chat.Connection, e chat.Event) (gone []chat.Connection) {
	frame, err := wire.Encode(e)
	if err != nil {
		p.Log.ErrorContext(ctx, "cannot encode", "op", "push", "event", fmt.Sprintf("%T", e), "err", err)
		return nil
	}
	var retryer aws.Retryer = aws.NopRetryer{}
	if !chat.Droppable(e) {
		retryer = p.retryer
	}
	errs := make([]error, len(to))
	turns := make(chan struct{}, width)
	var wg sync.WaitGroup
	for i, c := range to {
		turns <- struct{}{}
		wg.Go(func() {
			errs[i] = p.post(ctx, c.ID, frame, retryer)
			<-turns
		})
	}
	wg.Wait()
	for i, err := range errs {
		if errors.Is(err, chat.ErrGone) {
			gone, errs[i] = append(gone, to[i]), nil
		}
	}
	lost := slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	if sent := len(to) - len(gone) - len(lost); chat.Droppable(e) {
		p.Pushed(sent, len(gone), 0)
	} else {
		p.Pushed(sent, len(gone), len(lost))
	}
	if len(lost) > 0 {
		p.Log.WarnContext(ctx, "left to the next beat", "op", "push", "event", fmt.Sprintf("%T", e), "lost", len(lost), "of", len(to), "err", lost[0])
	}
	return gone
}

// post sends a frame to one connection; chat.ErrGone if there is no such connection any more.
func (p *Pusher) post(ctx context.Context, connection string, frame []byte, retryer aws.Retryer) error {
	_, err := p.client.PostToConnection(ctx, &api.PostToConnectionInput{ConnectionId: &connection, Data: frame},
		func(o *api.Options) { o.Retryer = retryer })
	if response, ok := errors.AsType[*smithyhttp.ResponseError](err); ok && response.HTTPStatusCode() == http.StatusGone {
		return chat.ErrGone
	}
	return err
}
