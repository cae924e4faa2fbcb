// Package dynamotest gives tests a Store on the real engine. One engine runs per test binary, in memory; each test has tables
// of its own, made from template.yaml.
//
//	func TestMain(m *testing.M) { os.Exit(dynamotest.Main(m)) }
//
//	store := dynamotest.New(t, dynamotest.Options{})
package dynamotest

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"

	"github.com/parley-chat/parley/infra/dynamo"
	"github.com/parley-chat/parley/infra/dynamo/faults"
	"github.com/parley-chat/parley/infra/local/engine"
	"github.com/parley-chat/parley/infra/local/template"
)

// Options of a store under test. The zero value is a store without faults.
type Options struct {
	Faults  func(operation string) faults.Fault // as in faults.Transport
	Observe func(faults.Call)                   // hears of every call
	// Capacity asks for the consumed capacity of every call, by table and index.
	Capacity bool
}

// racers is how many calls a test makes at once; more connections than are kept would be made anew for every call.
const racers = 500

// process is what the tests of one binary share: starting an engine costs more than most tests.
var process struct {
	sync.Mutex
	engine    *engine.Engine
	transport *http.Transport
	tables    atomic.Int64
}

// Main runs a binary's tests and stops the engine if one of them had it started.
func Main(m *testing.M) int {
	code := m.Run()
	process.Lock()
	defer process.Unlock()
	if process.engine != nil {
		process.transport.CloseIdleConnections()
		process.engine.Stop()
	}
	return code
}

// Endpoint is where the binary's engine answers; the first call starts it.
func Endpoint(tb testing.TB) string {
	tb.Helper()
	process.Lock()
	defer process.Unlock()
	if process.engine == nil {
		e, err := engine.Start(context.Background(), engine.Options{})
		if err != nil {
			tb.Fatal(err)
		}
		process.engine, process.transport = e, dynamo.NewTransport()
		process.transport.MaxIdleConnsPerHost = racers
	}
	return process.engine.Endpoint
}

// New makes a store on tables of its own.
func New(tb testing.TB, o Options) *dynamo.Store {
	tb.Helper()
	return Open(tb, Tables(tb), o)
}

// Open makes a store on tables that a test has made: several stores with other faults on one truth.
func Open(tb testing.TB, tables dynamo.Tables, o Options) *dynamo.Store {
	tb.Helper()
	return dynamo.New(Client(tb, o), tables)
}

// Client makes a client of the engine, to look behind a store.
func Client(tb testing.TB, o Options) *dynamodb.Client {
	tb.Helper()
	endpoint := Endpoint(tb)
	var transport http.RoundTripper = process.transport
	if o.Faults != nil || o.Observe != nil {
		transport = &faults.Transport{Base: transport, Choose: o.Faults, Observe: o.Observe}
	}
	cfg := aws.Config{Region: "us-east-1", HTTPClient: &http.Client{Transport: transport},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}, nil
		})}
	if o.Capacity {
		cfg.APIOptions = append(cfg.APIOptions, askForCapacity)
	}
	return dynamo.NewClient(cfg, endpoint)
}

// values are what the template leaves open. Its tables need none of them.
func values() template.Values {
	return template.Values{
		Parameters: map[string]string{"AgentIssuer": "-", "AgentAudience": "-", "AgentJwksUrl": "-"},
		Pseudo: map[string]string{"AWS::StackName": "-", "AWS::Region": "-", "AWS::AccountId": "-", "AWS::Partition": "-",
			"AWS::URLSuffix": "-"},
	}
}

// Tables makes the three tables of template.yaml under names of their own and deletes them when the test is over.
func Tables(tb testing.TB) dynamo.Tables {
	tb.Helper()
	root, err := engine.Root()
	if err != nil {
		tb.Fatal(err)
	}
	t, err := template.Read(filepath.Join(root, "template.yaml"), values())
	if err != nil {
		tb.Fatal(err)
	}
	db := Client(tb, Options{})
	prefix := "test" + strconv.FormatInt(process.tables.Add(1), 10) + "-"
	for _, table := range t.Tables {
		in := table.Create
		in.TableName = aws.String(prefix + table.ID)
		if _, err := db.CreateTable(tb.Context(), &in); err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(func() {
			_, err := db.DeleteTable(context.Background(), &dynamodb.DeleteTableInput{TableName: in.TableName})
			if err != nil {
				tb.Error(err)
			}
		})
	}
	return dynamo.Tables{Sessions: prefix + "SessionsTable", Directory: prefix + "DirectoryTable", Connections: prefix + "ConnectionsTable"}
}

// askForCapacity sets ReturnConsumedCapacity on every operation of the store.
func askForCapacity(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("AskForCapacity",
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			const all = types.ReturnConsumedCapacityIndexes
			switch p := in.Parameters.(type) {
			case *dynamodb.GetItemInput:
				p.ReturnConsumedCapacity = all
			case *dynamodb.BatchGetItemInput:
				p.ReturnConsumedCapacity = all
			case *dynamodb.QueryInput:
				p.ReturnConsumedCapacity = all
			case *dynamodb.PutItemInput:
				p.ReturnConsumedCapacity = all
			case *dynamodb.UpdateItemInput:
				p.ReturnConsumedCapacity = all
			case *dynamodb.DeleteItemInput:
				p.ReturnConsumedCapacity = all
			case *dynamodb.TransactWriteItemsInput:
				p.ReturnConsumedCapacity = all
			default:
				return middleware.InitializeOutput{}, middleware.Metadata{}, fmt.Errorf("the store is not known to use %T", p)
			}
			return next.HandleInitialize(ctx, in)
		}), middleware.Before)
}
