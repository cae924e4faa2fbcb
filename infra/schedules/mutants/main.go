// Command mutants shows that the random schedules notice mistakes: it breaks the code in one place after the other and plays
// schedules until a promise is broken. The tree stays as it is, the compiler reads the broken file instead (-overlay).
//
//	go run ./infra/schedules/mutants            all of them
//	go run ./infra/schedules/mutants -only pause   those whose name contains it
//
// It exits with 1 if a mutant survives.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

func main() {
	schedules := flag.Int("schedules", 600, "how many `schedules` may pass until a mutant is caught")
	only := flag.String("only", "", "play the mutants whose name contains this `text`")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *schedules, *only); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, schedules int, only string) error {
	dir, err := os.MkdirTemp("", "mutants")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	played, survived := 0, 0
	fmt.Printf("%-52s %-28s %8s %8s\n", "mutant", "breaks", "schedule", "seconds")
	for _, m := range mutants {
		if !strings.Contains(m.name, only) {
			continue
		}
		start := time.Now()
		caught, err := m.play(ctx, dir, schedules)
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		if played++; caught.promise == "" {
			survived++
			caught = catch{"(nothing: it survives)", schedules}
		}
		fmt.Printf("%-52s %-28s %8d %8.1f\n", m.name, caught.promise, caught.schedule, time.Since(start).Seconds())
	}
	fmt.Printf("%d of %d caught\n", played-survived, played)
	if survived > 0 || played == 0 {
		return fmt.Errorf("%d of %d mutants survive", survived, played)
	}
	return nil
}

// catch is how a mutant was noticed.
type catch struct {
	promise  string
	schedule int // counted from 1
}

// play compiles the schedules with the mistake in them and plays until a promise is broken.
func (m mutant) play(ctx context.Context, dir string, schedules int) (catch, error) {
	overlay, err := m.overlay(dir)
	if err != nil {
		return catch{}, err
	}
	binary := filepath.Join(dir, "schedules.test")
	build := exec.CommandContext(ctx, "go", "test", "-c", "-overlay", overlay, "-o", binary, "./infra/schedules")
	if out, err := build.CombinedOutput(); err != nil {
		return catch{}, fmt.Errorf("it does not build: %w\n%s", err, out)
	}
	test := exec.CommandContext(ctx, binary, "-test.run", "^TestSchedules$", "-schedules", strconv.Itoa(schedules), "-within", "1h")
	test.Dir = filepath.Join("infra", "schedules")
	out, err := test.CombinedOutput()
	if err == nil {
		return catch{}, nil
	}
	found := broken.FindSubmatch(out)
	if found == nil || string(found[2]) == "the engine is there" {
		return catch{}, fmt.Errorf("%w\n%s", err, out)
	}
	seed, err := strconv.Atoi(string(found[1]))
	return catch{string(found[2]), seed + 1}, err
}

// broken is how a schedule says that a promise is broken.
var broken = regexp.MustCompile(`seed (\d+) .*\n\s*BROKEN  (.*)\n`)

// overlay writes the broken file and what tells the compiler of it.
func (m mutant) overlay(dir string) (string, error) {
	path, err := filepath.Abs(filepath.FromSlash(m.file))
	if err != nil {
		return "", err
	}
	code, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	if n := strings.Count(string(code), m.old); n != 1 {
		return "", fmt.Errorf("%s has %q %d times, want once: the mutant has to follow the code", m.file, m.old, n)
	}
	mutated := filepath.Join(dir, "mutated.go")
	if err := os.WriteFile(mutated, []byte(strings.Replace(string(code), m.old, m.new, 1)), 0o600); err != nil {
		return "", err
	}
	content, err := json.Marshal(map[string]any{"Replace": map[string]string{path: mutated}})
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, "overlay.json")
	return name, os.WriteFile(name, content, 0o600)
}
