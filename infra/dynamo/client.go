package dynamo

import (
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

const (
	// attempts per call: the first and three retries. A condition makes a write safe to repeat.
	attempts = 4
	// firstPause and its doublings are the upper ends of the pauses before a retry (full jitter). DynamoDB answers in
	// milliseconds; the SDK's own pauses, up to a second for throttling, are longer than a person waits for an answer.
	firstPause = 10 * time.Millisecond
	// connectTimeout and answerTimeout end what hangs, so that a retry has time left before the function's own time-out.
	connectTimeout = time.Second
	answerTimeout  = 3 * time.Second
)

// NewClient makes the client that a Store uses. cfg needs Region and Credentials, and is best made by hand: loading a default
// configuration costs a cold start its tens of milliseconds. cfg.HTTPClient is used if it is set, else NewTransport.
// endpoint names another DynamoDB than that of the region; "" is the region's.
func NewClient(cfg aws.Config, endpoint string) *dynamodb.Client {
	if cfg.HTTPClient == nil {
		cfg.HTTPClient = &http.Client{Transport: NewTransport()}
	}
	return dynamodb.NewFromConfig(cfg, func(o *dynamodb.Options) {
		o.Retryer = newRetryer()
		if endpoint != "" {
			o.BaseEndpoint = aws.String(endpoint)
			o.HTTPClient = plainBodies{cfg.HTTPClient}
		}
	})
}

// NewTransport makes the HTTP transport for one process: enough idle connections for every handler that runs at once, and no
// compression, because bodies are small.
func NewTransport() *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: connectTimeout}).DialContext,
		TLSHandshakeTimeout:   connectTimeout,
		ResponseHeaderTimeout: answerTimeout,
		MaxIdleConns:          0, // no limit over all hosts: there is one
		MaxIdleConnsPerHost:   100,
		IdleConnTimeout:       time.Minute,
		DisableCompression:    true,
	}
}

// newRetryer repeats what the SDK repeats (throttling, 5xx, broken connections) and a plain write that met a transaction. The
// quota of the SDK is off: it guards a service against many clients, and here it would turn a short spell of throttling into
// errors of a process that makes few calls.
func newRetryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = attempts
		o.RateLimiter = ratelimit.None
		o.Retryables = append(o.Retryables, retry.RetryableErrorCode{Codes: map[string]struct{}{"TransactionConflictException": {}}})
		o.Backoff = retry.BackoffDelayerFunc(func(attempt int, _ error) (time.Duration, error) {
			return rand.N(firstPause << min(attempt, attempts)), nil
		})
	})
}

// plainBodies hides WriterTo from the transport. The SDK closes a request's body as soon as Do returns; a response from the
// same machine can overtake the transport's own writing, which then takes the end of the closed body for an error (it comes
// through WriterTo) and closes the connection under the response. 0.2 to 2.7 % of calls on loopback fail that way after the
// server has executed them. Over a network the response is never that early.
type plainBodies struct{ client aws.HTTPClient }

// Do sends the request with its body as a plain reader.
func (p plainBodies) Do(r *http.Request) (*http.Response, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return p.client.Do(r)
	}
	c := *r // the request belongs to the SDK: change a copy
	c.Body = struct{ io.ReadCloser }{r.Body}
	return p.client.Do(&c)
}
