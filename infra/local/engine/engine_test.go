package engine_test

import (
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
