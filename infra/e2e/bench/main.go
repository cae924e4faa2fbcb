// Command bench measures Parley over real sockets against the local runner with its data on disk, on this machine, client and
// server side by side. Every figure it prints it has just measured. `make bench` runs it; reference figures of other products are
// not printed here, because they were not measured in this run.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// aims are the figures that the project has set itself.
const aims = `aims: 50 chats at 50 msg/s and 200 at 200: p50 <= 3 ms, p99 <= 8 ms; peak >= 800 msg/s; start to offered p50 <= 20 ms, p99 <= 50 ms; idle memory <= 60 MiB`

func run(ctx context.Context) error {
	binary := flag.String("parley", "build/parley", "the runner's binary")
	root := flag.String("root", ".", "the checkout")
	seconds := flag.Int("seconds", 20, "length of each open loop; closed loops take half")
	only := flag.String("only", "", "comma-separated rows to measure: memory, starts, open50, open200, back50, peak")
	profile := flag.String("cpuprofile", "", "write a CPU profile of the runner during the peak to this file")
	flag.Parse()
	want := func(row string) bool { return *only == "" || strings.Contains(","+*only+",", ","+row+",") }
	length := time.Duration(*seconds) * time.Second

	dir, err := os.MkdirTemp("", "parley-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	demo := filepath.Join(dir, "demo.yaml")
	if err := os.WriteFile(demo, []byte(scene(agents)), 0o600); err != nil {
		return err
	}
	s, err := open(ctx, *binary, *root, demo, filepath.Join(dir, "data"), *profile)
	if err != nil {
		return err
	}
	defer s.close()

	fmt.Printf("%s/%s, %d cores, %s; data on disk; client and server share the machine\n\n", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version())
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "measured\tload\trate\tp50\tp99\tmax\tcount")
	row := func(name, load string, took time.Duration, l latencies) {
		fmt.Fprintf(t, "%s\t%s\t%.0f/s\t%.2f ms\t%.2f ms\t%.2f ms\t%d\n", name, load, float64(len(l))/took.Seconds(), l.at(0.5), l.at(0.99), l.at(1), len(l))
		t.Flush()
	}
	var idle, busy memory
	if want("memory") {
		if idle, err = s.memory(); err != nil {
			return err
		}
	}
	if want("starts") {
		began := time.Now()
		l, err := s.starts(ctx, 200, 8)
		if err != nil {
			return fmt.Errorf("starts: %w", err)
		}
		row("start to offered", "200 chats, 8 at a time, 10 agents rung", time.Since(began), l)
	}
	for _, n := range []int{50, 200} {
		if !want(fmt.Sprintf("open%d", n)) && !(n == 50 && (want("back50") || want("peak"))) {
			continue
		}
		if err := s.talk(ctx, n); err != nil {
			return fmt.Errorf("open %d chats: %w", n, err)
		}
		if want(fmt.Sprintf("open%d", n)) {
			l, err := s.openLoop(ctx, n, length, fromCustomer)
			if err != nil {
				return fmt.Errorf("open loop: %w", err)
			}
			row("customer to agent", fmt.Sprintf("open loop, %d chats, %d msg/s", n, n), length, l)
		}
		if n == 50 && want("back50") {
			l, err := s.openLoop(ctx, n, length, fromAgent)
			if err != nil {
				return fmt.Errorf("open loop: %w", err)
			}
			row("agent to customer", "open loop, 50 chats, 50 msg/s", length, l)
		}
		if n == 50 && want("peak") {
			l, took, err := s.closedLoop(ctx, n, length/2)
			if err != nil {
				return fmt.Errorf("closed loop: %w", err)
			}
			row("customer to agent, peak", "closed loop, 50 chats", took, l)
		}
	}
	if want("memory") {
		if busy, err = s.memory(); err != nil {
			return err
		}
		fmt.Fprintf(t, "memory, idle\t\t\t%.0f MiB\t\t\trunner %.0f, engine %.0f\n", idle.sum(), idle.runner, idle.engine)
		fmt.Fprintf(t, "memory, at the end\t\t\t%.0f MiB\t\t\trunner %.0f, engine %.0f\n", busy.sum(), busy.runner, busy.engine)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Println("\n" + aims)
	if s.lost.Load() > 0 {
		return errors.New("messages were acknowledged and not delivered")
	}
	return nil
}
