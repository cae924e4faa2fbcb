// Command local runs the whole of Parley on this machine: the functions of template.yaml in one process behind API Gateway's
// behaviour, the routing loop from its own file, Dynoxide as DynamoDB, sign-in for demo agents, and the web pages. What it cannot
// do it refuses in words. Data stay in a folder; Ctrl+C leaves nothing running.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"syscall"
	"time"

	"github.com/parley-chat/parley/infra/local/meter"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "parley:", err)
		os.Exit(1)
	}
}

// run starts a runner by its flags and waits until ctx ends.
func run(ctx context.Context, args []string, out, errOut io.Writer) error {
	var o Options
	flags := flag.NewFlagSet("parley", flag.ContinueOnError)
	flags.SetOutput(errOut)
	flags.StringVar(&o.Addr, "addr", "127.0.0.1:8080", "address to listen on; port 0 chooses a free one")
	flags.StringVar(&o.Data, "data", "", "folder that keeps the data; empty keeps them in memory")
	flags.StringVar(&o.Root, "root", ".", "the checkout: template, widget and desktop are found from here")
	flags.StringVar(&o.Demo, "demo", "", "file with websites, queues and agents (default infra/local/demo.yaml)")
	flags.BoolVar(&o.Testing, "testing", false, "for tests: times in that file may be shorter than an operator may set")
	flags.BoolVar(&o.Chaos, "chaos", false, "lose, delay and repeat what AWS may lose, delay and repeat")
	flags.BoolVar(&o.Meter, "meter", false, "count what AWS would bill, and serve the counts at "+meter.Path)
	flags.StringVar(&o.Record, "record", "", "at the end, add to this file what each function may do on AWS and what it did")
	flags.Uint64Var(&o.Seed, "seed", uint64(time.Now().UnixNano()), "seed of the chaos")
	flags.DurationVar(&o.Lease, "lease", 0, "how long a sign of life counts (default 150s)")
	flags.DurationVar(&o.Sweep, "sweep", 0, "how often the reaper runs (default: as in the template)")
	flags.IntVar(&o.Rate, "rate", 0, "messages a second that one customer may send (default 5)")
	profile := flags.String("cpuprofile", "", "write a CPU profile of the whole run to this file")
	links := flags.Bool("json", false, "print the links as one line of JSON")
	level := flags.String("log", "warn", "log level: debug, info, warn, error")
	if err := flags.Parse(args); err != nil {
		return err
	}
	var min slog.Level
	if err := min.UnmarshalText([]byte(*level)); err != nil {
		return err
	}
	o.Log = slog.New(slog.NewTextHandler(errOut, &slog.HandlerOptions{Level: min}))
	if o.Demo == "" {
		o.Demo = filepath.Join(o.Root, "infra", "local", "demo.yaml")
	}

	if *profile != "" {
		f, err := os.Create(*profile)
		if err != nil {
			return err
		}
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer func() { pprof.StopCPUProfile(); _ = f.Close() }()
	}
	began := time.Now()
	r, err := Start(ctx, o)
	if err != nil {
		return err
	}
	if *links {
		err = json.NewEncoder(out).Encode(r.Links)
	} else {
		err = printLinks(out, r.Links, o, time.Since(began))
	}
	if err == nil {
		select {
		case <-ctx.Done():
		case err = <-r.Failed():
		}
	}
	return errors.Join(err, r.Close())
}

// Links are what somebody opens.
type Links struct {
	Shop    string      `json:"shop"`
	Desktop string      `json:"desktop"`
	Agents  []AgentLink `json:"agents"`
	Health  string      `json:"health"`
	Socket  string      `json:"socket"`
	Origin  string      `json:"origin"`
	Issuer  string      `json:"issuer"`
	// Engine is the process id of the DynamoDB engine, 0 if it is somebody else's.
	Engine int `json:"engine,omitempty"`
	// Store is where DynamoDB answers.
	Store string `json:"store"`
}

// AgentLink opens a desktop with an agent already signed in.
type AgentLink struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	URL  string `json:"url"`
}

func printLinks(out io.Writer, l Links, o Options, took time.Duration) error {
	p := func(format string, args ...any) { fmt.Fprintf(out, format+"\n", args...) }
	p("")
	p("  Parley is running (%s)", took.Round(10*time.Millisecond))
	p("")
	p("  Demo shop   %s", l.Shop)
	p("  Desktop     %s", l.Desktop)
	for _, a := range l.Agents {
		p("    %-16s  %s", a.Name, a.URL)
	}
	p("  Health      %s", l.Health)
	p("")
	if o.Chaos {
		p("  Chaos is on, seed %d.", o.Seed)
	}
	p("  Write in the shop, accept on one of the desktops. Ctrl+C stops it; the data stay in %s.", dataName(o.Data))
	p("")
	return nil
}

func dataName(dir string) string {
	if dir == "" {
		return "memory, and go"
	}
	return dir
}
