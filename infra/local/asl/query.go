package asl

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/blues/jsonata-go"
)

// template is a JSON value of a definition, in which strings of the form "{% ... %}" are JSONata: nil, bool, float64, string,
// map[string]template, []template or *expression. A nil *template means that the definition does not have the field.
type template any

// expression is one compiled query. Its variables belong to it and not to an evaluation, so evaluations take turns; at some
// microseconds each nobody notices.
type expression struct {
	source string
	mu     sync.Mutex
	query  *jsonata.Expr
}

const (
	queryOpens  = "{%"
	queryCloses = "%}"
)

// compile finds and compiles the queries of a JSON value.
func compile(v any) (template, error) {
	switch v := v.(type) {
	case string:
		if !strings.HasPrefix(v, queryOpens) {
			return v, nil
		}
		source, closed := strings.CutSuffix(strings.TrimPrefix(v, queryOpens), queryCloses)
		if !closed {
			return nil, fmt.Errorf("%q opens a query with %s and does not close it with %s", v, queryOpens, queryCloses)
		}
		source = strings.TrimSpace(source)
		query, err := jsonata.Compile(source)
		if err != nil {
			return nil, fmt.Errorf("the query %q is not JSONata: %w", source, err)
		}
		return &expression{source: source, query: query}, nil
	case map[string]any:
		t := make(map[string]template, len(v))
		for key, value := range v {
			part, err := compile(value)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", key, err)
			}
			t[key] = part
		}
		return t, nil
	case []any:
		t := make([]template, len(v))
		for i, value := range v {
			part, err := compile(value)
			if err != nil {
				return nil, fmt.Errorf("[%d]: %w", i, err)
			}
			t[i] = part
		}
		return t, nil
	default:
		return v, nil
	}
}

// render evaluates the queries of a template with $states set, and returns plain JSON.
func render(t template, states map[string]any) (any, error) {
	switch t := t.(type) {
	case *expression:
		return t.eval(states)
	case map[string]template:
		v := make(map[string]any, len(t))
		for key, part := range t {
			value, err := render(part, states)
			if err != nil {
				return nil, err
			}
			v[key] = value
		}
		return v, nil
	case []template:
		v := make([]any, len(t))
		for i, part := range t {
			value, err := render(part, states)
			if err != nil {
				return nil, err
			}
			v[i] = value
		}
		return v, nil
	default:
		return t, nil
	}
}

func (e *expression) eval(states map[string]any) (any, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.query.RegisterVars(map[string]any{"states": states}); err != nil {
		return nil, err
	}
	v, err := e.query.Eval(nil)
	if errors.Is(err, jsonata.ErrUndefined) {
		return nil, fmt.Errorf("the query %q finds nothing", e.source)
	}
	if err != nil {
		return nil, fmt.Errorf("the query %q: %w", e.source, err)
	}
	switch v.(type) {
	case nil, bool, float64, string:
		return v, nil
	}
	// Queries may return Go values of the library's own types, or parts of their input: make it plain JSON of its own.
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("the query %q does not return JSON: %w", e.source, err)
	}
	var plain any
	err = json.Unmarshal(text, &plain)
	return plain, err
}
