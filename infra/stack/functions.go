package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
)

// Budgets of a function. Unpacking, paging in and starting a binary are a part of every cold start.
const (
	mostBinary = 10_000_000 // bytes
	mostZipped = 4_000_000  // bytes
	mostInit   = 20.0       // milliseconds from the start of the process until it asks for its first event; the best, the rest is the machine's
	// starts is how often each function is started to measure that.
	starts = 10
)

// function is what the emulator knows of a deployed function (infra/stack/processes.py). Times are milliseconds.
type function struct {
	Function string    `json:"function"`
	Zipped   int64     `json:"zipped"`
	Pids     []int     `json:"pids"`
	Init     []float64 `json:"init"`
	Warm     []float64 `json:"warm"`

	id     string // in the template
	binary int64
}

// name is the folder.
func (f function) name() string { return strings.ToLower(strings.TrimSuffix(f.id, "Function")) }

// ask calls the part of the emulator that knows about processes.
func (s *stack) ask(ctx context.Context, method, path string, into any) error {
	if s.Processes == "" {
		return errOutOfReach("the functions' processes are not ours to see")
	}
	r, err := http.NewRequestWithContext(ctx, method, s.Processes+path, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: status %d", path, resp.StatusCode)
	}
	return json.NewDecoder(resp.Body).Decode(into)
}

// functions are all deployed functions; none where nobody can tell.
func (s *stack) functions(ctx context.Context) ([]function, error) {
	if s.Processes == "" {
		return nil, nil
	}
	var all []function
	if err := s.ask(ctx, http.MethodGet, "/functions", &all); err != nil {
		return nil, err
	}
	for id, physical := range s.ids {
		i := slices.IndexFunc(all, func(f function) bool { return f.Function == physical })
		if i < 0 {
			continue
		}
		info, err := os.Stat(filepath.Join(home, "build", id, "bootstrap"))
		if err != nil {
			return nil, err
		}
		all[i].id, all[i].binary = id, info.Size()
	}
	return all, nil
}

// kill ends processes of a function without warning, and returns how many.
func (s *stack) kill(ctx context.Context, function string, busy bool) (int, error) {
	q := url.Values{"function": {function}}
	if busy {
		q.Set("busy", "1")
	}
	var reply struct{ Killed []int }
	err := s.ask(ctx, http.MethodPost, "/kill?"+q.Encode(), &reply)
	return len(reply.Killed), err
}

// measureStarts starts each function often enough to know how long that takes, and compares with the budgets.
func (s *stack) measureStarts(ctx context.Context) (string, error) {
	all, err := s.functions(ctx)
	if err != nil {
		return "", err
	}
	for _, f := range all {
		if err := s.ask(ctx, http.MethodPost, fmt.Sprintf("/start?function=%s&times=%d", url.QueryEscape(f.Function), starts), &struct{}{}); err != nil {
			return "", err
		}
	}
	if all, err = s.functions(ctx); err != nil {
		return "", err
	}
	s.quiet = map[string][]float64{}
	var over []string
	slowest := 0.0
	for _, f := range all {
		init := at(f.Init, 0)
		s.quiet[f.Function] = f.Init
		slowest = max(slowest, init)
		if init > mostInit || f.binary > mostBinary || f.Zipped > mostZipped {
			over = append(over, fmt.Sprintf("%s (%.0f ms, %d bytes, %d zipped)", f.name(), init, f.binary, f.Zipped))
		}
	}
	if len(over) > 0 {
		return "", fmt.Errorf("above %.0f ms, %d bytes or %d zipped: %s", mostInit, mostBinary, mostZipped, strings.Join(over, ", "))
	}
	return fmt.Sprintf("slowest init %.1f ms (best of %d)", slowest, starts), nil
}

// printFunctions prints sizes, starts as they were measured when nothing else ran, and invocations of everything that was played.
func (s *stack) printFunctions(all []function) {
	if len(all) == 0 {
		return
	}
	t := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\nfunction\tbytes\tzipped\tinit best\tp50\tand unpacking\twarm p50\tp99\tinvocations\t")
	for _, f := range all {
		init := s.quiet[f.Function]
		unpacked := at(init[:min(1, len(init))], 0)
		fmt.Fprintf(t, "%s\t%d\t%d\t%.1f ms\t%.1f ms\t%.1f ms\t%.1f ms\t%.1f ms\t%d\t\n", f.name(), f.binary, f.Zipped,
			at(init, 0), at(init, 0.5), unpacked, at(f.Warm, 0.5), at(f.Warm, 0.99), len(f.Warm))
	}
	t.Flush()
}
