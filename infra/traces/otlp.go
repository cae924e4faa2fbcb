package traces

import "strconv"

// The part of OTLP that is used, in its JSON form: ids in hexadecimal, 64-bit numbers as texts, enumerations as numbers.
type (
	export struct {
		ResourceSpans []resourceSpans `json:"resourceSpans"`
	}
	resourceSpans struct {
		Resource   resource     `json:"resource"`
		ScopeSpans []scopeSpans `json:"scopeSpans"`
	}
	resource struct {
		Attributes attributes `json:"attributes"`
	}
	scopeSpans struct {
		Scope scope  `json:"scope"`
		Spans []span `json:"spans"`
	}
	scope struct {
		Name string `json:"name"`
	}
	span struct {
		TraceID      string     `json:"traceId"`
		SpanID       string     `json:"spanId"`
		ParentSpanID string     `json:"parentSpanId,omitempty"`
		Name         string     `json:"name"`
		Kind         int        `json:"kind"`
		Start        string     `json:"startTimeUnixNano"`
		End          string     `json:"endTimeUnixNano"`
		Attributes   attributes `json:"attributes"`
		Status       *status    `json:"status,omitempty"`
	}
	status struct {
		Code int `json:"code"`
	}
	attributes []attribute
	attribute  struct {
		Key   string         `json:"key"`
		Value map[string]any `json:"value"`
	}
)

// Kinds of spans, and the status of one that failed.
const (
	kindServer  = 2
	kindClient  = 3
	statusError = 2
)

func text(key, v string) attribute      { return attribute{key, map[string]any{"stringValue": v}} }
func flag(key string, v bool) attribute { return attribute{key, map[string]any{"boolValue": v}} }

func number(key string, v int) attribute {
	return attribute{key, map[string]any{"intValue": strconv.Itoa(v)}}
}
