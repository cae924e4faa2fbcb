// Package dynamo is chat.Store on DynamoDB: what is kept, under which keys, and under which conditions it changes.
//
// A transition of the domain (chat.Change) becomes one conditional update or one transaction. Its conditions name what the
// rule had read; nothing here decides anything. A condition that fails is chat.ErrStale, another transaction on the same
// item and throttling are chat.ErrConflict: both mean that nothing was written, and Failure names the parts for the log.
//
// Every method says what it costs, in the units that AWS bills: a write unit is 1 KB, a read unit is 4 KB read
// consistently, a write in a transaction counts twice, an index counts what it has to change. The figures hold for
// sessions with task tokens of about 1,000 characters, and a test compares them with the ConsumedCapacity of the engine.
package dynamo
