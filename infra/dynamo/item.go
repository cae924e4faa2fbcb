package dynamo

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// item is an item, or the values of an expression, as the SDK takes them. Codecs are written by hand: they are on the path of
// every message, and reflection would cost more than the call's own JSON. What is zero is absent (so that indexes stay sparse
// and attribute_not_exists means it), but for counts that conditions compare: those are always there.
type item map[string]types.AttributeValue

func text(v string) types.AttributeValue { return &types.AttributeValueMemberS{Value: v} }

func number(v int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(v, 10)}
}

func millis(t time.Time) types.AttributeValue { return number(t.UnixMilli()) }

func set(v ...string) types.AttributeValue { return &types.AttributeValueMemberSS{Value: v} }

func (it item) putText(name, v string) {
	if v != "" {
		it[name] = text(v)
	}
}

func (it item) putInt(name string, v int) { it[name] = number(int64(v)) }

func (it item) putCount(name string, v int) {
	if v != 0 {
		it.putInt(name, v)
	}
}

func (it item) putFlag(name string, v bool) {
	if v {
		it[name] = &types.AttributeValueMemberBOOL{Value: true}
	}
}

func (it item) putTime(name string, t time.Time) {
	if !t.IsZero() {
		it[name] = millis(t)
	}
}

// putExpiry is for ttl, which DynamoDB reads in seconds.
func (it item) putExpiry(t time.Time) {
	if !t.IsZero() {
		it["ttl"] = number(t.Unix())
	}
}

// putSet keeps members without order; DynamoDB refuses sets that are empty or name one twice.
func (it item) putSet(name string, members []string) {
	if len(members) > 0 {
		sorted := slices.Sorted(slices.Values(members))
		it[name] = set(slices.Compact(sorted)...)
	}
}

// putList keeps strings in order.
func (it item) putList(name string, vs []string) {
	if len(vs) == 0 {
		return
	}
	l := make([]types.AttributeValue, len(vs))
	for i, v := range vs {
		l[i] = text(v)
	}
	it[name] = &types.AttributeValueMemberL{Value: l}
}

func (it item) putMap(name string, m item) {
	if len(m) > 0 {
		it[name] = &types.AttributeValueMemberM{Value: m}
	}
}

func (it item) text(name string) string {
	if s, ok := it[name].(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}

func (it item) int64(name string) int64 {
	if n, ok := it[name].(*types.AttributeValueMemberN); ok {
		v, _ := strconv.ParseInt(n.Value, 10, 64)
		return v
	}
	return 0
}

func (it item) int(name string) int { return int(it.int64(name)) }

func (it item) flag(name string) bool {
	b, ok := it[name].(*types.AttributeValueMemberBOOL)
	return ok && b.Value
}

func (it item) time(name string) time.Time {
	if _, ok := it[name]; !ok {
		return time.Time{}
	}
	return time.UnixMilli(it.int64(name)).UTC()
}

func (it item) expiry() time.Time {
	if _, ok := it["ttl"]; !ok {
		return time.Time{}
	}
	return time.Unix(it.int64("ttl"), 0).UTC()
}

// strings reads a set or a list.
func (it item) strings(name string) []string {
	switch v := it[name].(type) {
	case *types.AttributeValueMemberSS:
		return v.Value
	case *types.AttributeValueMemberL:
		out := make([]string, 0, len(v.Value))
		for _, e := range v.Value {
			if s, ok := e.(*types.AttributeValueMemberS); ok {
				out = append(out, s.Value)
			}
		}
		return out
	}
	return nil
}

func (it item) sub(name string) item {
	if m, ok := it[name].(*types.AttributeValueMemberM); ok {
		return m.Value
	}
	return nil
}

// same compares two scalars, sets or maps of them; sets written by putSet are sorted, sets read may not be.
func same(a, b types.AttributeValue) bool {
	switch a := a.(type) {
	case *types.AttributeValueMemberS:
		b, ok := b.(*types.AttributeValueMemberS)
		return ok && a.Value == b.Value
	case *types.AttributeValueMemberN:
		b, ok := b.(*types.AttributeValueMemberN)
		return ok && a.Value == b.Value
	case *types.AttributeValueMemberBOOL:
		b, ok := b.(*types.AttributeValueMemberBOOL)
		return ok && a.Value == b.Value
	case *types.AttributeValueMemberM:
		b, ok := b.(*types.AttributeValueMemberM)
		return ok && maps.EqualFunc(a.Value, b.Value, same)
	case *types.AttributeValueMemberSS:
		b, ok := b.(*types.AttributeValueMemberSS)
		return ok && slices.Equal(slices.Sorted(slices.Values(a.Value)), slices.Sorted(slices.Values(b.Value)))
	}
	return false
}
