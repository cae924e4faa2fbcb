package dynamo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/parley-chat/parley/functions/chat"
)

// Tables are the names of the three tables.
type Tables struct{ Sessions, Directory, Connections string }

// Store is chat.Store on three tables. It holds nothing but its client, so any number of them work side by side.
type Store struct {
	// Now tells which rows are past their ttl: DynamoDB deletes them up to days later. time.Now by default.
	Now chat.Clock
	// Retention is how long a side's cursor and lease are kept after they last moved: as long as the rows of the log.
	Retention time.Duration

	client *dynamodb.Client
	tables Tables
}

var _ chat.Store = (*Store)(nil)

// New makes a store. The client is best one of NewClient.
func New(client *dynamodb.Client, tables Tables) *Store {
	return &Store{client: client, tables: tables, Now: time.Now, Retention: chat.DefaultRetention}
}

func (s *Store) expired(it item) bool {
	end := it.expiry()
	return !end.IsZero() && !s.Now().Before(end)
}

// get reads one item consistently: 1 read unit per 4 KB. chat.ErrNotFound.
func (s *Store) get(ctx context.Context, op, table string, k item) (item, error) {
	out, err := s.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &table, Key: k, ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, judge(op, err)
	}
	if out.Item == nil {
		return nil, fmt.Errorf("%s: %s %s: %w", op, k.text(pk), k.text(sk), chat.ErrNotFound)
	}
	return out.Item, nil
}

// query reads items until there are no more, or until it has limit of them (0: all).
func (s *Store) query(ctx context.Context, op string, in *dynamodb.QueryInput, limit int) ([]item, error) {
	in.ExpressionAttributeNames = aliases(*in.KeyConditionExpression)
	if limit > 0 {
		in.Limit = aws.Int32(int32(limit))
	}
	var found []item
	for {
		out, err := s.client.Query(ctx, in)
		if err != nil {
			return nil, judge(op, err)
		}
		for _, it := range out.Items {
			found = append(found, it)
		}
		if out.LastEvaluatedKey == nil || limit > 0 {
			return found, nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

// batch is BatchGetItem's limit of keys.
const batch = 100

// getAll reads items by key, consistently: 1 read unit an item (and 4 KB). Keys must differ; items come in no order.
func (s *Store) getAll(ctx context.Context, op, table string, keys []item) ([]item, error) {
	var found []item
	for len(keys) > 0 {
		n := min(len(keys), batch)
		asked := make([]map[string]types.AttributeValue, n)
		for i, k := range keys[:n] {
			asked[i] = k
		}
		keys = keys[n:]
		for attempt := 1; len(asked) > 0; attempt++ {
			out, err := s.client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{
				table: {Keys: asked, ConsistentRead: aws.Bool(true)}}})
			if err != nil {
				return nil, judge(op, err)
			}
			for _, it := range out.Responses[table] {
				found = append(found, it)
			}
			asked = out.UnprocessedKeys[table].Keys
			if len(asked) == 0 {
				break
			}
			// The service hands back what it had no throughput for.
			if attempt == attempts {
				return nil, &Failure{Op: op, Kind: chat.ErrConflict, Cause: fmt.Errorf("%d keys unprocessed", len(asked))}
			}
			if err := pause(ctx, attempt); err != nil {
				return nil, err
			}
		}
	}
	return found, nil
}

// pause waits before another attempt.
func pause(ctx context.Context, attempt int) error {
	t := time.NewTimer(rand.N(firstPause << min(attempt, attempts)))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// write is one part of a change, with the name that a Failure calls it.
type write struct {
	part string
	types.TransactWriteItem
}

func (s *Store) put(part, table string, it item, condition string) write {
	return write{part, types.TransactWriteItem{Put: &types.Put{TableName: &table, Item: it, ConditionExpression: stringOrNil(condition),
		ExpressionAttributeNames: aliases(condition), ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld}}}
}

// edit makes an update of an edit, or a mere check of its conditions if it changes nothing.
func (s *Store) edit(part, table string, k item, e *edit) write {
	update := e.update()
	if update == "" {
		return write{part, types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{TableName: &table, Key: k,
			ConditionExpression: stringOrNil(e.condition()), ExpressionAttributeNames: e.names(), ExpressionAttributeValues: e.valuesOrNil(),
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld}}}
	}
	return write{part, types.TransactWriteItem{Update: &types.Update{TableName: &table, Key: k, UpdateExpression: &update,
		ConditionExpression: stringOrNil(e.condition()), ExpressionAttributeNames: e.names(), ExpressionAttributeValues: e.valuesOrNil(),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld}}}
}

// update carries out one edit on its own and returns the attributes asked for.
func (s *Store) update(ctx context.Context, op, table string, k item, e *edit, values types.ReturnValue) (item, error) {
	return s.updateItem(ctx, op, s.edit("", table, k, e), values)
}

func (s *Store) updateItem(ctx context.Context, op string, w write, values types.ReturnValue) (item, error) {
	u := w.Update
	out, err := s.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: u.TableName, Key: u.Key, UpdateExpression: u.UpdateExpression,
		ConditionExpression: u.ConditionExpression, ExpressionAttributeNames: u.ExpressionAttributeNames,
		ExpressionAttributeValues: u.ExpressionAttributeValues, ReturnValues: values,
		ReturnValuesOnConditionCheckFailure: u.ReturnValuesOnConditionCheckFailure})
	if err != nil {
		return nil, judge(op, err, w.part)
	}
	return out.Attributes, nil
}

func (s *Store) putItem(ctx context.Context, op string, w write) error {
	p := w.Put
	_, err := s.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: p.TableName, Item: p.Item, ConditionExpression: p.ConditionExpression,
		ExpressionAttributeNames: p.ExpressionAttributeNames, ReturnValuesOnConditionCheckFailure: p.ReturnValuesOnConditionCheckFailure})
	return judge(op, err, w.part)
}

// commit carries out the parts of a change: one by itself as a plain conditional write (half the price), more as a transaction.
// The SDK's own request token makes its retries of a transaction exact; one made of session and round would turn a repeated
// command with other values into an error.
func (s *Store) commit(ctx context.Context, op string, writes ...write) error {
	if len(writes) == 1 {
		switch w := writes[0]; {
		case w.Put != nil:
			return s.putItem(ctx, op, w)
		case w.Update != nil:
			_, err := s.updateItem(ctx, op, w, types.ReturnValueNone)
			return err
		}
	}
	items := make([]types.TransactWriteItem, len(writes))
	parts := make([]string, len(writes))
	for i, w := range writes {
		items[i], parts[i] = w.TransactWriteItem, w.part
	}
	_, err := s.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: items})
	return judge(op, err, parts...)
}
