package wire_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/parley-chat/parley/functions/chat"
	"github.com/parley-chat/parley/functions/wire"
)

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	manyCursors := map[string]int{}
	for i := range wire.MaxCursors + 1 {
		manyCursors[fmt.Sprint("s", i)] = 1
	}
	for _, tt := range []struct {
		name   string
		frame  string
		decode func([]byte) (any, error)
		code   chat.Code
		says   string
		re     int64
	}{
		{"nothing", ``, wire.DecodeCustomer, chat.CodeBadFrame, "JSON object", 0},
		{"not JSON", `{"action":`, wire.DecodeCustomer, chat.CodeBadFrame, "not JSON", 0},
		{"null", `null`, wire.DecodeCustomer, chat.CodeBadFrame, "JSON object", 0},
		{"an array", `[]`, wire.DecodeCustomer, chat.CodeBadFrame, "JSON object", 0},
		{"two objects", `{"action":"customer","type":"hello"}{}`, wire.DecodeCustomer, chat.CodeBadFrame, "not JSON", 0},
		{"no action", `{"id":3,"type":"hello"}`, wire.DecodeCustomer, chat.CodeUnknownType, "`action`", 3},
		{"another's action", `{"action":"agent","type":"hello"}`, wire.DecodeCustomer, chat.CodeUnknownType, "`action`", 0},
		{"no type", `{"action":"customer","id":3}`, wire.DecodeCustomer, chat.CodeUnknownType, "`type`", 3},
		{"unknown type", `{"action":"customer","id":3,"type":"shout"}`, wire.DecodeCustomer, chat.CodeUnknownType, "`type`", 3},
		{"an agent's type", `{"action":"customer","type":"accept"}`, wire.DecodeCustomer, chat.CodeUnknownType, "`type`", 0},
		{"a customer's type", `{"action":"agent","type":"start"}`, wire.DecodeAgent, chat.CodeUnknownType, "`type`", 0},
		{"type is a number", `{"action":"customer","id":9,"type":1}`, wire.DecodeCustomer, chat.CodeBadValue, "`type` must be a text", 9},
		{"id is a text", `{"action":"customer","id":"9","type":"hello"}`, wire.DecodeCustomer, chat.CodeBadValue, "`id` must be a whole number", 0},
		{"id is a fraction", `{"action":"customer","id":1.5,"type":"hello"}`, wire.DecodeCustomer, chat.CodeBadValue, "`id`", 0},
		{"cursors is a list", `{"action":"customer","id":1,"type":"hello","cursors":[]}`, wire.DecodeCustomer, chat.CodeBadValue, "`cursors` must be an object", 1},
		{"a cursor is a text", `{"action":"customer","type":"hello","cursors":{"s":"1"}}`, wire.DecodeCustomer, chat.CodeBadValue, "cursors", 0},
		{"a cursor below 0", `{"action":"customer","type":"beat","cursors":{"s":-1}}`, wire.DecodeCustomer, chat.CodeBadValue, "`cursors`", 0},
		{"many cursors", encode(t, map[string]any{"action": "agent", "type": "beat", "cursors": manyCursors}), wire.DecodeAgent, chat.CodeBadValue, "`cursors`", 0},
		{"page.url is a number", `{"action":"customer","type":"hello","page":{"url":1}}`, wire.DecodeCustomer, chat.CodeBadValue, "`page.url`", 0},
		{"language is a sentence", `{"action":"customer","type":"hello","language":"in English"}`, wire.DecodeCustomer, chat.CodeBadValue, "`language`", 0},
		{"no session", `{"action":"customer","id":4,"type":"send","cid":"c","after":1,"text":"x"}`, wire.DecodeCustomer, chat.CodeBadValue, "`session` is missing", 4},
		{"session is null", `{"action":"customer","type":"typing","session":null}`, wire.DecodeCustomer, chat.CodeBadValue, "`session` is missing", 0},
		{"no cid", `{"action":"customer","type":"send","session":"s","after":1,"text":"x"}`, wire.DecodeCustomer, chat.CodeBadValue, "`cid` is missing", 0},
		{"cid with a line break", `{"action":"customer","type":"send","session":"s","cid":"a\nb","after":1,"text":"x"}`, wire.DecodeCustomer, chat.CodeBadValue, "`cid`", 0},
		{"long cid", `{"action":"customer","type":"send","session":"s","cid":"` + strings.Repeat("c", 65) + `","after":1,"text":"x"}`, wire.DecodeCustomer, chat.CodeTooLong, "`cid`", 0},
		{"no after", `{"action":"customer","type":"send","session":"s","cid":"c","text":"x"}`, wire.DecodeCustomer, chat.CodeBadValue, "`after`", 0},
		{"after is too large for a number", `{"action":"customer","type":"since","session":"s","after":1e30}`, wire.DecodeCustomer, chat.CodeBadValue, "`after`", 0},
		{"text of spaces", `{"action":"customer","type":"send","session":"s","cid":"c","after":1,"text":" \n\t "}`, wire.DecodeCustomer, chat.CodeBadValue, "`text` says nothing", 0},
		{"text of control characters", `{"action":"customer","type":"send","session":"s","cid":"c","after":1,"text":"\u0000\u0007"}`, wire.DecodeCustomer, chat.CodeBadValue, "`text` says nothing", 0},
		{"long text", `{"action":"agent","type":"send","session":"s","cid":"c","after":1,"text":"` + strings.Repeat("é", 4001) + `"}`, wire.DecodeAgent, chat.CodeTooLong, "`text` is longer than 4000", 0},
		{"start without nonce", `{"action":"customer","type":"start","cid":"c","text":"x"}`, wire.DecodeCustomer, chat.CodeBadValue, "`nonce` is missing", 0},
		{"long name", `{"action":"customer","type":"start","nonce":"n","cid":"c","text":"x","name":"` + strings.Repeat("n", 81) + `"}`, wire.DecodeCustomer, chat.CodeTooLong, "`name`", 0},
		{"half an e-mail", `{"action":"customer","type":"start","nonce":"n","cid":"c","text":"x","email":"ana.lima@"}`, wire.DecodeCustomer, chat.CodeBadValue, "`email`", 0},
		{"read nothing", `{"action":"customer","type":"read","session":"s","place":0}`, wire.DecodeCustomer, chat.CodeBadValue, "`place`", 0},
		{"no such state", `{"action":"agent","type":"status","state":"ASLEEP"}`, wire.DecodeAgent, chat.CodeBadValue, "`state`", 0},
		{"no round", `{"action":"agent","type":"accept","session":"s","generation":1}`, wire.DecodeAgent, chat.CodeBadValue, "`round`", 0},
		{"no generation", `{"action":"agent","type":"reject","session":"s","round":1}`, wire.DecodeAgent, chat.CodeBadValue, "`generation`", 0},
		{"seen is a text", `{"action":"agent","type":"mark","session":"s","generation":1,"round":1,"seen":"yes"}`, wire.DecodeAgent, chat.CodeBadValue, "`seen` must be true or false", 0},
		{"transfer to nobody", `{"action":"agent","id":5,"type":"transfer","session":"s"}`, wire.DecodeAgent, chat.CodeBadValue, "`agent` or `queue`", 5},
		{"transfer to two", `{"action":"agent","type":"transfer","session":"s","agent":"a","queue":"q"}`, wire.DecodeAgent, chat.CodeBadValue, "`agent` or `queue`", 0},
		{"give away to an agent", `{"action":"agent","type":"transfer","session":"s","agent":"a","blind":true}`, wire.DecodeAgent, chat.CodeBadValue, "`blind`", 0},
		{"invite blindly", `{"action":"agent","type":"transfer","session":"s","queue":"q","blind":true,"assist":true}`, wire.DecodeAgent, chat.CodeBadValue, "`blind`", 0},
		{"transfer of nothing", `{"action":"agent","type":"transfer","queue":"q"}`, wire.DecodeAgent, chat.CodeBadValue, "`session` is missing", 0},
		{"transfer with a long note", `{"action":"agent","type":"transfer","session":"s","queue":"q","note":"` + strings.Repeat("n", 2001) + `"}`, wire.DecodeAgent, chat.CodeTooLong, "`note`", 0},
		{"withdraw nothing", `{"action":"agent","type":"withdraw"}`, wire.DecodeAgent, chat.CodeBadValue, "`session` is missing", 0},
		{"pick nothing", `{"action":"agent","type":"pick"}`, wire.DecodeAgent, chat.CodeBadValue, "`session` is missing", 0},
		{"ledger of nothing", `{"action":"agent","type":"ledger"}`, wire.DecodeAgent, chat.CodeBadValue, "`session` is missing", 0},
		{"send somebody odd away", `{"action":"agent","type":"leave","session":"s","agent":"a b"}`, wire.DecodeAgent, chat.CodeBadValue, "`agent`", 0},
		{"pause somebody odd", `{"action":"agent","type":"status","state":"PAUSED","agent":"a\nb"}`, wire.DecodeAgent, chat.CodeBadValue, "`agent`", 0},
		{"after is a text", `{"action":"agent","type":"status","state":"PAUSED","after":"later"}`, wire.DecodeAgent, chat.CodeBadValue, "`after` must be true or false", 0},
		{"a customer's transfer", `{"action":"customer","type":"transfer","session":"s","queue":"q"}`, wire.DecodeCustomer, chat.CodeUnknownType, "`type`", 0},
		{"a customer's ledger", `{"action":"customer","type":"ledger","session":"s"}`, wire.DecodeCustomer, chat.CodeUnknownType, "`type`", 0},
		{"long note", `{"action":"agent","type":"close","session":"s","note":"` + strings.Repeat("n", 2001) + `"}`, wire.DecodeAgent, chat.CodeTooLong, "`note`", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := tt.decode([]byte(tt.frame))
			var refusal *wire.Refusal
			if !errors.As(err, &refusal) {
				t.Fatalf("got %+v, %v; want a refusal", got, err)
			}
			if chat.Code(refusal.Code) != tt.code || refusal.Re != tt.re || !strings.Contains(refusal.Message, tt.says) {
				t.Errorf("got %s %q re %d, want %s %q re %d", refusal.Code, refusal.Message, refusal.Re, tt.code, tt.says, tt.re)
			}
			if frame := refusal.Frame(); frame.Type != "error" || frame.Code != refusal.Code || frame.Re != tt.re {
				t.Errorf("frame is %+v", frame)
			}
		})
	}
}

func TestDecodeCleans(t *testing.T) {
	t.Parallel()
	decoded, err := wire.DecodeCustomer([]byte(`{
		"action": "customer", "type": "start", "nonce": "n", "cid": "c", "later": {"field": 1},
		"text": "one\r\ntwo\rthree\u0000\tfour\u0085",
		"name": "  Ana\n Lima\u0007 ", "email": " ana@example.com ",
		"page": {"url": "javascript:alert(1)", "title": "` + strings.Repeat("é", 300) + `"}
	}`))
	if err != nil {
		t.Fatal(err)
	}
	start := decoded.(*wire.Start)
	for _, tt := range []struct{ name, got, want string }{
		{"text", start.Text, "one\ntwo\nthree\tfour"},
		{"name", start.Name, "Ana Lima"},
		{"email", start.Email, "ana@example.com"},
		{"page.url", start.Page.URL, ""},
		{"page.title", start.Page.Title, strings.Repeat("é", 200)},
	} {
		if tt.got != tt.want {
			t.Errorf("%s is %q, want %q", tt.name, tt.got, tt.want)
		}
	}

	decoded, err = wire.DecodeCustomer([]byte(`{"action":"customer","type":"hello","page":{"url":"https://shop.example/` +
		strings.Repeat("é", 300) + `"}}`))
	if err != nil {
		t.Fatal(err)
	}
	if url := decoded.(*wire.Hello).Page.URL; len(url) > wire.MaxURL || len(url) < wire.MaxURL-1 || !utf8.ValidString(url) {
		t.Errorf("the address has %d bytes, want it cut to %d in whole characters", len(url), wire.MaxURL)
	}
}

// Ensure limits count characters: 4,000 emoji are 16,000 bytes and one message.
func TestDecodeCountsCharacters(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("🌿", wire.MaxText)
	decoded, err := wire.DecodeAgent([]byte(`{"action":"agent","type":"send","session":"s","cid":"c","after":1,"text":"` + text + `"}`))
	if err != nil {
		t.Fatal(err)
	}
	if decoded.(*wire.Send).Text != text {
		t.Error("the text was changed")
	}
}

// Ensure that whatever arrives, the decoder answers with a request within the limits or with a refusal that has a code and a
// sentence, and that a request means the same when it is decoded again.
func FuzzDecode(f *testing.F) {
	for _, content := range goldenFiles(f) {
		f.Add(content)
	}
	f.Add([]byte(`{"action":"customer","type":"send","session":"s","cid":"c","after":1,"text":"\ud800\u0000"}`))
	f.Add([]byte(`{"action":"agent","type":"beat","cursors":{"":0}}`))
	f.Fuzz(func(t *testing.T, frame []byte) {
		for _, decode := range []func([]byte) (any, error){wire.DecodeCustomer, wire.DecodeAgent} {
			request, err := decode(frame)
			if err != nil {
				var refusal *wire.Refusal
				if !errors.As(err, &refusal) || !slices.Contains(chat.Codes, chat.Code(refusal.Code)) || refusal.Message == "" {
					t.Fatalf("refused with %#v", err)
				}
				continue
			}
			if send, ok := request.(*wire.Send); ok {
				if utf8.RuneCountInString(send.Text) > wire.MaxText || strings.TrimSpace(send.Text) == "" || !utf8.ValidString(send.Text) {
					t.Fatalf("let %q pass", send.Text)
				}
				if strings.ContainsFunc(send.Text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) {
					t.Fatalf("let control characters pass: %q", send.Text)
				}
			}
			first, err := json.Marshal(request)
			if err != nil {
				t.Fatal(err)
			}
			again, err := decode(first)
			if err != nil {
				t.Fatalf("%s: %v", first, err)
			}
			if second, err := json.Marshal(again); err != nil || string(second) != string(first) {
				t.Fatalf("%s became %s, %v", first, second, err)
			}
		}
	})
}

func BenchmarkDecodeCustomer(b *testing.B) {
	frame := []byte(`{"action":"customer","id":3,"type":"send","session":"s4k2m7q3x5z6w2a4b6c7","cid":"c-02","after":4,"text":"About two metres, but the sun is strong."}`)
	for b.Loop() {
		if _, err := wire.DecodeCustomer(frame); err != nil {
			b.Fatal(err)
		}
	}
}

func encode(t *testing.T, v any) string {
	t.Helper()
	content, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
