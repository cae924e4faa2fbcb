package wire_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/parley-chat/parley/functions/wire"
)

// Ensure each golden frame is read without unknown fields and written as it was. TypeScript checks the same files against the
// generated types (widget/client/src/golden.test.ts).
func TestGoldenFrames(t *testing.T) {
	t.Parallel()
	server := map[string]any{
		"welcome": &wire.Welcome{}, "pulse": &wire.Pulse{}, "session": &wire.SessionFrame{}, "rows": &wire.Rows{}, "ack": &wire.Ack{},
		"done": &wire.Done{}, "status": &wire.Status{}, "offer": &wire.Offer{}, "gone": &wire.Gone{}, "typing": &wire.TypingOut{},
		"read": &wire.ReadOut{}, "messages": &wire.Messages{}, "team": &wire.Team{}, "ledger": &wire.Ledger{}, "pong": &wire.Pong{}, "error": &wire.Error{},
	}
	bodies := map[string]any{
		"WebsiteConfig": &wire.WebsiteConfig{}, "TokenRequest": &wire.TokenRequest{}, "TokenReply": &wire.TokenReply{},
		"DesktopConfig": &wire.DesktopConfig{}, "Health": &wire.Health{}, "HTTPError": &wire.HTTPError{},
	}
	for name, content := range goldenFiles(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			from, what, _ := strings.Cut(strings.TrimSuffix(name, ".json"), ".")
			var frame any
			switch from {
			case "customer":
				frame = fresh(t, wire.DecodeCustomer, content)
			case "agent":
				frame = fresh(t, wire.DecodeAgent, content)
			case "server":
				frame = server[what]
			case "http":
				frame = bodies[what]
			case "ping":
				frame = &wire.Ping{}
			}
			if frame == nil {
				t.Fatal("no type of this name: the file has no use")
			}
			decoder := json.NewDecoder(bytes.NewReader(content))
			decoder.DisallowUnknownFields()
			if err := decoder.Decode(frame); err != nil {
				t.Fatal(err)
			}
			got, err := json.Marshal(frame)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(object(t, got), object(t, content)) {
				t.Errorf("read and written again:\n%s\nwant:\n%s", got, content)
			}
		})
	}
}

// fresh decodes as the Lambdas do and returns an empty value of the same type.
func fresh(t *testing.T, decode func([]byte) (any, error), content []byte) any {
	t.Helper()
	frame, err := decode(content)
	if err != nil {
		t.Fatal(err)
	}
	return reflect.New(reflect.TypeOf(frame).Elem()).Interface()
}

func object(t *testing.T, content []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(content, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func goldenFiles(tb testing.TB) map[string][]byte {
	tb.Helper()
	names, err := filepath.Glob(filepath.Join("testdata", "*.json"))
	if err != nil {
		tb.Fatal(err)
	}
	files := map[string][]byte{}
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			tb.Fatal(err)
		}
		files[filepath.Base(name)] = content
	}
	if len(files) == 0 {
		tb.Fatal("no golden files")
	}
	return files
}
