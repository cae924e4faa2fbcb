// Package faults stands between a DynamoDB client and its engine and makes happen what a local engine never does: transactions
// in conflict, throttling, and replies that are lost after the call was carried out. It also lets every call be watched.
//
// It answers with the service's own JSON, so that the unmodified SDK, its retries and the store's conditions are what is tested.
package faults

import (
	"bytes"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Chances are the probabilities of each fault per call, 0 to 1. They add up: a call has at most one.
type Chances struct {
	// Conflict: a write met another transaction. Nothing was written.
	Conflict float64
	// Throttle: the table had no throughput left. Nothing was done.
	Throttle float64
	// LostReply: the call was carried out, and the connection broke under its answer.
	LostReply float64
}

// Fault names what was made to happen to a call.
type Fault string

// The faults.
const (
	None      Fault = ""
	Conflict  Fault = "conflict"
	Throttle  Fault = "throttle"
	LostReply Fault = "lost reply"
)

// Call is one call that went through, as an observer sees it. An SDK's retry is a call of its own.
type Call struct {
	At        time.Time // when it was sent
	Operation string    // PutItem, Query, ...
	Tables    []string
	Fault     Fault
	Status    int // HTTP, 0 if there was no answer
	Capacity  []Capacity
	Took      time.Duration
}

// Capacity is what a call consumed of one table, in units, as far as the request had asked for it.
type Capacity struct {
	Table   string
	Units   float64            // the table with its indexes
	Indexes map[string]float64 // with ReturnConsumedCapacity INDEXES
}

// Transport makes faults happen in front of Base.
type Transport struct {
	Base http.RoundTripper
	// Choose decides the fault of a call; nil means none. It may be called by several goroutines at once.
	Choose func(operation string) Fault
	// Observe, if set, hears of every call, on the goroutine that made it.
	Observe func(Call)
}

// Random chooses faults by chance. They follow from the seed and from the order of calls.
func Random(seed uint64, c Chances) func(operation string) Fault {
	var mu sync.Mutex
	dice := rand.New(rand.NewPCG(seed, 0))
	return func(operation string) Fault {
		mu.Lock()
		x := dice.Float64()
		mu.Unlock()
		switch {
		case x < c.Throttle:
			return Throttle
		case x < c.Throttle+c.LostReply:
			return LostReply
		case x < c.Throttle+c.LostReply+c.Conflict && isWrite(operation): // reads meet no transaction
			return Conflict
		}
		return None
	}
}

// RoundTrip implements http.RoundTripper.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	call := Call{Operation: operation}
	if t.Choose != nil {
		call.Fault = t.Choose(operation)
	}
	if t.Observe == nil && call.Fault == None {
		return t.Base.RoundTrip(r)
	}
	own := *r // a RoundTripper must not change the request
	body, err := readRequest(&own)
	if err != nil {
		return nil, err
	}
	call.At = time.Now()
	resp, err := t.carryOut(&own, body, call.Fault)
	if t.Observe != nil {
		call.Took, call.Tables = time.Since(call.At), tablesOf(body)
		if err == nil {
			call.Status = resp.StatusCode
			var answer []byte
			if answer, err = io.ReadAll(resp.Body); err == nil {
				call.Capacity = capacityOf(answer)
			}
			resp.Body.Close()
			resp.Body = io.NopCloser(bytes.NewReader(answer))
		}
		t.Observe(call)
	}
	return resp, err
}

func isWrite(operation string) bool {
	switch operation {
	case "PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems":
		return true
	}
	return false
}

func (t *Transport) carryOut(r *http.Request, body []byte, f Fault) (*http.Response, error) {
	switch f {
	case Throttle:
		return refuse(r, "com.amazon.coral.availability#ThrottlingException", map[string]any{"message": "Rate exceeded (injected)"}), nil
	case Conflict:
		if n := partsOf(body); n > 0 {
			return refuse(r, "com.amazonaws.dynamodb.v20120810#TransactionCanceledException", map[string]any{
				"Message":             "Transaction cancelled, please refer cancellation reasons for specific reasons [TransactionConflict] (injected)",
				"CancellationReasons": reasons(n)}), nil
		}
		return refuse(r, "com.amazonaws.dynamodb.v20120810#TransactionConflictException", map[string]any{
			"message": "Transaction is ongoing for the item (injected)"}), nil
	}
	resp, err := t.Base.RoundTrip(r)
	if f == LostReply && err == nil {
		_, _ = io.Copy(io.Discard, resp.Body) // it was carried out to the end
		resp.Body.Close()
		return nil, syscall.ECONNRESET
	}
	return resp, err
}

// reasons blames the first part of a transaction, as the service does for the item that was busy.
func reasons(n int) []map[string]any {
	rs := make([]map[string]any, n)
	for i := range rs {
		rs[i] = map[string]any{"Code": "None"}
	}
	rs[0] = map[string]any{"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}
	return rs
}

// refuse makes an answer of the service's error.
func refuse(r *http.Request, kind string, fields map[string]any) *http.Response {
	fields["__type"] = kind
	b, err := json.Marshal(fields)
	if err != nil {
		panic(err) // maps of strings
	}
	return &http.Response{
		Status: "400 Bad Request", StatusCode: http.StatusBadRequest, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header:        http.Header{"Content-Type": {"application/x-amz-json-1.0"}},
		ContentLength: int64(len(b)), Body: io.NopCloser(bytes.NewReader(b)),
	}
}

// readRequest takes the body out of a request and puts an equal one in.
func readRequest(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	body, err := io.ReadAll(r.Body)
	r.Body.Close()
	r.Body = io.NopCloser(bytes.NewReader(body))
	return body, err
}

// partsOf counts the parts of a transaction.
func partsOf(body []byte) int {
	var in struct{ TransactItems []json.RawMessage }
	_ = json.Unmarshal(body, &in) // not a transaction: none
	return len(in.TransactItems)
}

// tablesOf names the tables of a request, each once.
func tablesOf(body []byte) []string {
	var in struct {
		TableName     string
		RequestItems  map[string]json.RawMessage
		TransactItems []map[string]struct{ TableName string }
	}
	_ = json.Unmarshal(body, &in) // another operation: none
	var names []string
	seen := map[string]bool{"": true}
	add := func(n string) {
		if !seen[n] {
			seen[n] = true
			names = append(names, n)
		}
	}
	add(in.TableName)
	for n := range in.RequestItems {
		add(n)
	}
	for _, part := range in.TransactItems {
		for _, p := range part {
			add(p.TableName)
		}
	}
	return names
}

// capacityOf reads ConsumedCapacity from an answer: one object, or a list for batches and transactions.
func capacityOf(answer []byte) []Capacity {
	type consumed struct {
		TableName              string
		CapacityUnits          float64
		GlobalSecondaryIndexes map[string]struct{ CapacityUnits float64 }
	}
	var out struct{ ConsumedCapacity json.RawMessage }
	if json.Unmarshal(answer, &out) != nil || len(out.ConsumedCapacity) == 0 {
		return nil
	}
	var list []consumed
	if json.Unmarshal(out.ConsumedCapacity, &list) != nil {
		list = make([]consumed, 1)
		if json.Unmarshal(out.ConsumedCapacity, &list[0]) != nil {
			return nil
		}
	}
	var cs []Capacity
	for _, c := range list {
		units := Capacity{Table: c.TableName, Units: c.CapacityUnits}
		for name, i := range c.GlobalSecondaryIndexes {
			if units.Indexes == nil {
				units.Indexes = map[string]float64{}
			}
			units.Indexes[name] = i.CapacityUnits
		}
		cs = append(cs, units)
	}
	return cs
}
