package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"
)

// result is how a scenario ended.
type result string

const (
	passed result = "passed"
	failed result = "FAILED"
	// outOfReach is a scenario that this deployment cannot play; the note says why.
	outOfReach result = "out of reach"
)

// scenario is a line of the table, with the first line of its note. The rest of a note is what a failed test said.
type scenario struct {
	name   string
	result result
	note   string
}

// errOutOfReach makes a scenario out of reach; its text is the reason.
type errOutOfReach string

func (e errOutOfReach) Error() string { return string(e) }

// prove plays everything, prints the tables, and fails if a scenario did.
func (s *stack) prove(ctx context.Context) error {
	var table []scenario
	play := func(name string, f func(ctx context.Context) (note string, err error)) {
		if ctx.Err() != nil {
			return
		}
		fmt.Fprintf(s.out, "%s ...\n", name)
		note, err := f(ctx)
		if ctx.Err() != nil {
			return
		}
		line := scenario{name, passed, note}
		var why errOutOfReach
		switch {
		case errors.As(err, &why):
			line.result, line.note = outOfReach, string(why)
		case err != nil:
			line.result, line.note = failed, err.Error()
		}
		fmt.Fprintf(s.out, "  %s: %s\n", line.result, line.note)
		table = append(table, line)
	}
	play("Functions start fast and are small", s.measureStarts)
	play("A customer and an agent talk, the others are told", s.talk)
	play("Functions are killed in the middle of a chat: nothing is lost or doubled", s.killSpeakers)
	play("The router is killed at work: the offer comes all the same", s.killRouter)
	play("Without one of its permissions a function fails, and with it goes on", s.forbid)
	for _, line := range s.endToEnd(ctx) {
		if line.result == failed && ctx.Err() == nil {
			fmt.Fprintf(s.out, "  %s: %s: %s\n", line.result, line.name, strings.TrimSpace(line.note))
		}
		table = append(table, line)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	functions, err := s.functions(ctx)
	if err != nil {
		return err
	}
	play("Ending it leaves no process behind", func(ctx context.Context) (string, error) { return s.end(ctx, functions) })
	if ctx.Err() != nil {
		return ctx.Err()
	}

	s.printFunctions(functions)
	t := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\nscenario\tresult\t")
	named := map[result][]string{}
	for _, line := range table {
		named[line.result] = append(named[line.result], line.name)
		note, _, _ := strings.Cut(line.note, "\n")
		fmt.Fprintf(t, "%s\t%s\t%.200s\n", line.name, line.result, note)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "\n%d passed, %d failed, %d out of reach\n", len(named[passed]), len(named[failed]), len(named[outOfReach]))
	if names := named[failed]; len(names) > 0 {
		return fmt.Errorf("failed: %s (%s, %s and build/browser tell more)", strings.Join(names, "; "),
			filepath.Join(home, "functions.log"), filepath.Join(home, "emulator.log"))
	}
	return nil
}

// end stops everything and looks for processes of functions that are still there.
func (s *stack) end(_ context.Context, functions []function) (string, error) {
	if s.emulator == nil {
		return "", errOutOfReach("it was there before and stays")
	}
	s.stop()
	var left []string
	count := 0
	for _, f := range functions {
		for _, pid := range f.Pids {
			count++
			if p, err := os.FindProcess(pid); err == nil && p.Signal(syscall.Signal(0)) == nil {
				left = append(left, fmt.Sprintf("%s (%d)", f.name(), pid))
			}
		}
	}
	if len(left) > 0 {
		return "", fmt.Errorf("still there: %s", strings.Join(left, ", "))
	}
	if _, err := os.Stat(s.emulator.temp); !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("%s is still there", s.emulator.temp)
	}
	return fmt.Sprintf("%d processes of functions ended", count), nil
}

// at is the p-quantile of unsorted values (nearest rank), NaN of none.
func at[T float64 | time.Duration](values []T, p float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	return float64(sorted[min(len(sorted)-1, int(p*float64(len(sorted))))])
}

// spread words p50 and p99 in milliseconds.
func spread(took []time.Duration) string {
	return fmt.Sprintf("p50 %.1f ms, p99 %.1f ms of %d", at(took, 0.5)/1e6, at(took, 0.99)/1e6, len(took))
}
