package engine_test

import (
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-chat/parley/infra/local/engine"
)

// Ensure an engine answers when Start returns, and is gone when Stop returns.
func TestStartStop(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		options engine.Options
	}{
		{"in memory", engine.Options{}},
		{"in a file", engine.Options{DBPath: filepath.Join(t.TempDir(), "parley.db")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e, err := engine.Start(t.Context(), c.options)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := http.Get(e.Endpoint)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			e.Stop()
			e.Stop()
			if _, err := http.Get(e.Endpoint); err == nil {
				t.Fatal("it answers after Stop")
			}
		})
	}
}

// Ensure an engine that cannot start says why, with what it said itself.
func TestStartFails(t *testing.T) {
	t.Parallel()
	t.Run("no folder for the file", func(t *testing.T) {
		t.Parallel()
		_, err := engine.Start(t.Context(), engine.Options{DBPath: filepath.Join(t.TempDir(), "no", "such", "folder", "x.db")})
		if err == nil || !strings.Contains(err.Error(), "ended at once") {
			t.Fatalf("got %v", err)
		}
	})
	t.Run("no binary", func(t *testing.T) {
		t.Parallel()
		if _, err := engine.Start(t.Context(), engine.Options{Binary: filepath.Join(t.TempDir(), "dynoxide")}); err == nil {
			t.Fatal("started")
		}
	})
}

// Ensure a missing engine is a sentence that says what to do.
func TestFind(t *testing.T) {
	t.Run("variable names nothing", func(t *testing.T) {
		t.Setenv(engine.Variable, filepath.Join(t.TempDir(), "nothing"))
		if _, err := engine.Find(); err == nil || !strings.Contains(err.Error(), engine.Variable) {
			t.Fatalf("got %v", err)
		}
	})
	t.Run("not installed", func(t *testing.T) {
		t.Setenv(engine.Variable, "")
		t.Chdir(t.TempDir())
		if _, err := engine.Find(); err == nil || !strings.Contains(err.Error(), "make setup") {
			t.Fatalf("got %v", err)
		}
	})
}

// Ensure what is in the file outlives the engine.
func TestKeepsData(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "parley.db")
	call := func(endpoint, operation, body string) string {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-amz-json-1.0")
		req.Header.Set("X-Amz-Target", "DynamoDB_20120810."+operation)
		req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=local/20261124/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0")
		req.Header.Set("X-Amz-Date", "20261124T120000Z")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		answer, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s %s %v", operation, resp.Status, answer, err)
		}
		return string(answer)
	}
	for i, step := range []struct{ operation, body, want string }{
		{"CreateTable", `{"TableName":"kept","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[{"AttributeName":"PK","AttributeType":"S"}],"KeySchema":[{"AttributeName":"PK","KeyType":"HASH"}]}`, "kept"},
		{"PutItem", `{"TableName":"kept","Item":{"PK":{"S":"one"}}}`, ""},
		{"GetItem", `{"TableName":"kept","Key":{"PK":{"S":"one"}}}`, `"one"`},
	} {
		e, err := engine.Start(t.Context(), engine.Options{DBPath: file})
		if err != nil {
			t.Fatal(err)
		}
		if answer := call(e.Endpoint, step.operation, step.body); !strings.Contains(answer, step.want) {
			t.Errorf("step %d: %s", i, answer)
		}
		e.Stop()
	}
}
