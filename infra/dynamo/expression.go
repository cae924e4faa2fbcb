package dynamo

import (
	"maps"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// edit collects the parts of one conditional write. Its texts are DynamoDB's own expressions with every attribute aliased by
// its name (#state): reserved words are many and grow.
type edit struct {
	set, remove, add, drop []string
	when                   []string // joined by AND
	values                 item
	aliases                map[string]string // beyond those that stand for themselves
}

func newEdit() *edit { return &edit{values: item{}} }

// setTo sets an attribute to a value.
func (e *edit) setTo(name string, v types.AttributeValue) {
	e.set = append(e.set, "#"+name+" = :"+name)
	e.values[":"+name] = v
}

func (e *edit) unset(names ...string) {
	for _, n := range names {
		e.remove = append(e.remove, "#"+n)
	}
}

// need adds a condition. Values come as pairs of placeholder and value.
func (e *edit) need(condition string, values ...any) {
	e.when = append(e.when, condition)
	for i := 0; i < len(values); i += 2 {
		e.values[values[i].(string)] = values[i+1].(types.AttributeValue)
	}
}

// asRead demands an attribute as it was read: absent where it was zero.
func (e *edit) asRead(name string, v types.AttributeValue) {
	if v == nil {
		e.need("attribute_not_exists(#" + name + ")")
		return
	}
	e.need("#"+name+" = :read_"+name, ":read_"+name, v)
}

func (e *edit) update() string {
	var parts []string
	for _, c := range []struct {
		verb string
		list []string
	}{{"SET ", e.set}, {"REMOVE ", e.remove}, {"ADD ", e.add}, {"DELETE ", e.drop}} {
		if len(c.list) > 0 {
			parts = append(parts, c.verb+strings.Join(c.list, ", "))
		}
	}
	return strings.Join(parts, " ")
}

func (e *edit) condition() string { return strings.Join(e.when, " AND ") }

func (e *edit) names() map[string]string {
	m := aliases(e.update(), e.condition())
	maps.Copy(m, e.aliases)
	return m
}

// valuesOrNil: the service refuses an empty map.
func (e *edit) valuesOrNil() map[string]types.AttributeValue {
	if len(e.values) == 0 {
		return nil
	}
	return e.values
}

// aliases finds every #name in the expressions and lets it stand for the attribute of that name. nil if there is none: the
// service refuses an empty map.
func aliases(expressions ...string) map[string]string {
	var m map[string]string
	for _, s := range expressions {
		for {
			i := strings.IndexByte(s, '#')
			if i < 0 {
				break
			}
			s = s[i:]
			end := 1
			for end < len(s) && isWord(s[end]) {
				end++
			}
			if m == nil {
				m = map[string]string{}
			}
			m[s[:end]] = s[1:end]
			s = s[end:]
		}
	}
	return m
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

func textOrNil(v string) types.AttributeValue {
	if v == "" {
		return nil
	}
	return text(v)
}

func countOrNil(v int) types.AttributeValue {
	if v == 0 {
		return nil
	}
	return number(int64(v))
}

func stringOrNil(s string) *string {
	if s == "" {
		return nil
	}
	return aws.String(s)
}
