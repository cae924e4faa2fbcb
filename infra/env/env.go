// Package env wires the functions from their environment: one constructor a dependency, so that a function's bootstrap names what
// it needs and nothing else. All missing variables are named at once. Nothing is loaded that is not used: a cold start is a
// person who waits.
package env

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/parley-chat/parley/functions/authorizer"
	"github.com/parley-chat/parley/functions/chat"
	"github.com/parley-chat/parley/functions/wire"
	"github.com/parley-chat/parley/infra/apigw"
	"github.com/parley-chat/parley/infra/dynamo"
	"github.com/parley-chat/parley/infra/identity"
	"github.com/parley-chat/parley/infra/metrics"
	"github.com/parley-chat/parley/infra/stepfn"
	"github.com/parley-chat/parley/infra/traces"
)

// tracesOff is the collector of a stack that has none.
const tracesOff = "off"

// Environment is what a function is wired from. Its constructors never fail: what is missing is kept, and Err names it.
type Environment struct {
	get    func(name string) string
	http   *http.Client
	log    *slog.Logger
	meter  *metrics.Meter // nil where nobody reads metrics
	tracer *traces.Tracer // nil where nobody collects traces

	missing []string
	wrong   []string
	store   *dynamo.Store
}

// Process is the environment of this process, as Lambda sets it.
func Process() *Environment {
	level := new(slog.LevelVar)
	_ = level.UnmarshalText([]byte(os.Getenv("AWS_LAMBDA_LOG_LEVEL"))) // absent or odd: INFO
	log := slog.New(slog.NewJSONHandler(os.Stdout, &slog.HandlerOptions{Level: level}))
	e := New(os.Getenv, &http.Client{Transport: dynamo.NewTransport()}, log)
	e.Watch(os.Stdout)
	e.trace()
	return e
}

// trace records the function's calls if there is a collector for them.
func (e *Environment) trace() {
	collector := e.need("TRACES_ENDPOINT")
	if collector == tracesOff {
		return
	}
	e.tracer = traces.New(collector, e.get("AWS_LAMBDA_FUNCTION_NAME"), e.get("AWS_REGION"))
	e.tracer.Log = e.log
	e.http.Transport = e.tracer.Transport(e.http.Transport)
}

// New is any environment: the local runner wires the same functions with what its template says.
func New(get func(name string) string, client *http.Client, log *slog.Logger) *Environment {
	return &Environment{get: get, http: client, log: log}
}

// Watch lets the function gather what operators watch, and write it to out with each Flush of Meter. Without it there are no metrics.
func (e *Environment) Watch(out io.Writer) {
	e.meter = metrics.New(e.need("METRICS_NAMESPACE"), out, time.Now)
}

// Log is where the function writes.
func (e *Environment) Log() *slog.Logger { return e.log }

// Meter is what operators watch; it gathers nothing where nobody reads it.
func (e *Environment) Meter() *metrics.Meter { return e.meter }

// need reads a variable that has to be there.
func (e *Environment) need(name string) string {
	v := e.get(name)
	if v == "" && !slices.Contains(e.missing, name) {
		e.missing = append(e.missing, name)
	}
	return v
}

// Err names everything that is missing or wrong.
func (e *Environment) Err() error {
	var parts []string
	if len(e.missing) > 0 {
		parts = append(parts, "missing: "+strings.Join(e.missing, ", "))
	}
	parts = append(parts, e.wrong...)
	if len(parts) == 0 {
		return nil
	}
	return fmt.Errorf("environment: %s", strings.Join(parts, "; "))
}

// Start runs the function that handler is, or ends the process with all that is missing.
func (e *Environment) Start(handler any) {
	if err := e.Err(); err != nil {
		e.log.Error("cannot start", "err", err)
		os.Exit(1)
	}
	var h lambda.Handler = metered{lambda.NewHandler(handler), e}
	if e.tracer != nil {
		h = e.tracer.Around(h)
	}
	lambda.Start(h)
}

// metered is a function that writes what it counted after every invocation.
type metered struct {
	lambda.Handler
	env *Environment
}

// Invoke carries out one invocation. Metrics that cannot be written are no reason to fail it.
func (m metered) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	out, err := m.Handler.Invoke(ctx, payload)
	if err := m.env.meter.Flush(); err != nil {
		m.env.log.WarnContext(ctx, "metrics are lost", "err", err)
	}
	return out, err
}

// config is made by hand: loading a default configuration takes 7 to 26 ms of a cold start and looks for files and services
// that a function does not have.
func (e *Environment) config() aws.Config {
	credentials := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: e.get("AWS_ACCESS_KEY_ID"), SecretAccessKey: e.get("AWS_SECRET_ACCESS_KEY"),
			SessionToken: e.get("AWS_SESSION_TOKEN"), Source: "environment"}, nil
	})
	return aws.Config{Region: e.need("AWS_REGION"), Credentials: credentials, HTTPClient: e.http}
}

// endpoint is another address of a service, as the SDK's own variables give it; nil is the region's.
func (e *Environment) endpoint(service string) *string {
	for _, name := range []string{"AWS_ENDPOINT_URL_" + service, "AWS_ENDPOINT_URL"} {
		if v := e.get(name); v != "" {
			return aws.String(v)
		}
	}
	return nil
}

// Store is the store on DynamoDB.
func (e *Environment) Store() *dynamo.Store {
	if e.store == nil {
		e.store = dynamo.New(dynamo.NewClient(e.config(), aws.ToString(e.endpoint("DYNAMODB"))), dynamo.Tables{
			Sessions: e.need("SESSIONS_TABLE"), Directory: e.need("DIRECTORY_TABLE"), Connections: e.need("CONNECTIONS_TABLE")})
		e.store.Retention = e.retention()
	}
	return e.store
}

// Desk is the domain, on DynamoDB, API Gateway and Step Functions.
func (e *Environment) Desk() *chat.Desk {
	push := apigatewaymanagementapi.NewFromConfig(e.config(), func(o *apigatewaymanagementapi.Options) {
		o.BaseEndpoint = aws.String(e.need("WS_ENDPOINT"))
	})
	machine := sfn.NewFromConfig(e.config(), func(o *sfn.Options) { o.BaseEndpoint = e.endpoint("SFN") })
	pusher := apigw.New(push)
	pusher.Log, pusher.Pushed = e.log, e.meter.Pushed
	d := chat.New(metrics.Store{Store: e.Store(), Meter: e.meter}, pusher, stepfn.New(machine, e.need("STATE_MACHINE_ARN")), e.log)
	d.Retention = e.retention()
	return d
}

// retention is how long a conversation is kept.
func (e *Environment) retention() time.Duration {
	return time.Duration(e.number("RETENTION_DAYS")) * 24 * time.Hour
}

// number reads a variable that has to be a positive number.
func (e *Environment) number(name string) int {
	v := e.need(name)
	n, err := strconv.Atoi(v)
	if v != "" && (err != nil || n <= 0) {
		e.wrong = append(e.wrong, name+" is not a positive number")
	}
	return n
}

// OpenSecret makes what reads a secret (secret.Open).
type OpenSecret func(config aws.Config, endpoint *string, id string) func(context.Context) (string, error)

// Customers makes and checks customers' tokens.
func (e *Environment) Customers(open OpenSecret) *identity.Customers {
	return identity.NewCustomers(open(e.config(), e.endpoint("SECRETS_MANAGER"), e.need("CUSTOMER_KEYS_SECRET")), time.Now)
}

// Verifier checks everybody's tokens.
func (e *Environment) Verifier(open OpenSecret) authorizer.Verifier {
	agents := identity.NewAgents(identity.Issuer{URL: e.need("AGENT_ISSUER"), Audience: e.need("AGENT_AUDIENCE"), JWKS: e.need("AGENT_JWKS_URL"),
		Claim: e.need("AGENT_CLAIM"), Client: e.http}, time.Now)
	return identity.Both{Customers: e.Customers(open), Agents: agents}
}

// Desktop is what desktops are told.
func (e *Environment) Desktop() wire.DesktopConfig {
	return wire.DesktopConfig{Issuer: e.need("AGENT_ISSUER"), ClientID: e.need("AGENT_AUDIENCE"), Socket: e.need("SOCKET_URL")}
}
