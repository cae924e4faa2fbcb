package faults_test

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"github.com/parley-chat/parley/infra/dynamo/faults"
)

// server answers every call with one JSON and counts them.
func server(t *testing.T, answer string) (url string, calls *atomic.Int64) {
	calls = new(atomic.Int64)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(s.Close)
	return s.URL, calls
}

func client(url string, t *faults.Transport) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{Region: "us-east-1", BaseEndpoint: &url, HTTPClient: &http.Client{Transport: t}, Retryer: aws.NopRetryer{},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "x", SecretAccessKey: "x"}, nil
		})})
}

var key = map[string]types.AttributeValue{"PK": &types.AttributeValueMemberS{Value: "x"}}

func put(c *dynamodb.Client) error {
	_, err := c.PutItem(context.Background(), &dynamodb.PutItemInput{TableName: aws.String("sessions"), Item: key})
	return err
}

func transact(c *dynamodb.Client) error {
	_, err := c.TransactWriteItems(context.Background(), &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		{Put: &types.Put{TableName: aws.String("sessions"), Item: key}},
		{Delete: &types.Delete{TableName: aws.String("directory"), Key: key}},
	}})
	return err
}

// Ensure the SDK takes each fault for what the service would have said.
func TestFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		fault   faults.Fault
		call    func(*dynamodb.Client) error
		arrives bool
		is      func(error) bool
	}{
		{"none", faults.None, put, true, func(err error) bool { return err == nil }},
		{"throttled", faults.Throttle, put, false, func(err error) bool {
			var api smithy.APIError
			return errors.As(err, &api) && api.ErrorCode() == "ThrottlingException"
		}},
		{"conflict of a write", faults.Conflict, put, false, func(err error) bool {
			var conflict *types.TransactionConflictException
			return errors.As(err, &conflict)
		}},
		{"conflict of a transaction", faults.Conflict, transact, false, func(err error) bool {
			var canceled *types.TransactionCanceledException
			return errors.As(err, &canceled) && len(canceled.CancellationReasons) == 2 &&
				*canceled.CancellationReasons[0].Code == "TransactionConflict" && *canceled.CancellationReasons[1].Code == "None"
		}},
		{"lost reply", faults.LostReply, put, true, func(err error) bool {
			var sent interface{ ConnectionError() bool } // what the SDK repeats
			return errors.As(err, &sent) && sent.ConnectionError()
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			url, calls := server(t, "{}")
			err := c.call(client(url, &faults.Transport{Base: http.DefaultTransport, Choose: func(string) faults.Fault { return c.fault }}))
			if !c.is(err) {
				t.Errorf("got %v", err)
			}
			if arrived := calls.Load() == 1; arrived != c.arrives {
				t.Errorf("arrived: %v, want %v", arrived, c.arrives)
			}
		})
	}
}

// Ensure an observer hears what was called, where, and what it consumed, and the caller still gets the answer.
func TestObserve(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		answer string
		call   func(*dynamodb.Client) error
		want   faults.Call
	}{
		{"one table", `{"ConsumedCapacity":{"TableName":"sessions","CapacityUnits":3,"GlobalSecondaryIndexes":{"waiting":{"CapacityUnits":1}}}}`, put,
			faults.Call{Operation: "PutItem", Tables: []string{"sessions"}, Status: 200,
				Capacity: []faults.Capacity{{Table: "sessions", Units: 3, Indexes: map[string]float64{"waiting": 1}}}}},
		{"a transaction", `{"ConsumedCapacity":[{"TableName":"sessions","CapacityUnits":2},{"TableName":"directory","CapacityUnits":4}]}`, transact,
			faults.Call{Operation: "TransactWriteItems", Tables: []string{"sessions", "directory"}, Status: 200,
				Capacity: []faults.Capacity{{Table: "sessions", Units: 2}, {Table: "directory", Units: 4}}}},
		{"nothing asked for", `{}`, put, faults.Call{Operation: "PutItem", Tables: []string{"sessions"}, Status: 200}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			url, _ := server(t, c.answer)
			var got faults.Call
			if err := c.call(client(url, &faults.Transport{Base: http.DefaultTransport, Observe: func(call faults.Call) { got = call }})); err != nil {
				t.Fatal(err)
			}
			got.At, got.Took = time.Time{}, 0
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

// Ensure chances are kept, follow from their seed, and reads meet no transaction.
func TestRandom(t *testing.T) {
	t.Parallel()
	const calls = 20000
	chances := faults.Chances{Conflict: 0.1, Throttle: 0.05, LostReply: 0.2}
	count := func(operation string) (map[faults.Fault]float64, string) {
		choose, share, order := faults.Random(7, chances), map[faults.Fault]float64{}, strings.Builder{}
		for range calls {
			f := choose(operation)
			share[f] += 1.0 / calls
			order.WriteString(string(f))
		}
		return share, order.String()
	}
	writes, order := count("PutItem")
	for f, want := range map[faults.Fault]float64{faults.Conflict: 0.1, faults.Throttle: 0.05, faults.LostReply: 0.2, faults.None: 0.65} {
		if math.Abs(writes[f]-want) > 0.02 {
			t.Errorf("%q: %.3f of all writes, want %.3f", f, writes[f], want)
		}
	}
	if _, again := count("PutItem"); again != order {
		t.Error("the same seed gave other faults")
	}
	if reads, _ := count("Query"); reads[faults.Conflict] != 0 {
		t.Error("a read met a transaction")
	}
}
