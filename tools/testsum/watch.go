package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

// quiet is how long watch says nothing before it says that it is still there. The first minutes on a fresh machine go into
// compiling.
const quiet = 15 * time.Second

// watch copies a stream of `go test -json` to keep and tells people on out what happens: a line a package, and all the
// output of what fails.
func watch(in io.Reader, keep, out io.Writer) error {
	lines := make(chan []byte)
	read := make(chan error, 1)
	go func() {
		defer close(lines)
		r := bufio.NewReader(in)
		for {
			line, err := r.ReadBytes('\n')
			if len(line) > 0 {
				lines <- line
			}
			if err != nil {
				if err != io.EOF {
					read <- err
				}
				return
			}
		}
	}()

	w := watcher{out: out, said: time.Now(), output: map[string][]string{}, tests: map[string]int{}}
	start := time.Now()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case line, more := <-lines:
			if !more {
				select {
				case err := <-read:
					return err
				default:
					return nil
				}
			}
			if _, err := keep.Write(line); err != nil {
				return err
			}
			w.line(line)
		case <-tick.C:
			if time.Since(w.said) >= quiet {
				w.say("Go: compiling and testing ... %d s, %d tests so far\n", int(time.Since(start).Seconds()), w.total)
			}
		}
	}
}

type watcher struct {
	out    io.Writer
	said   time.Time           // when it last told people something
	output map[string][]string // what a test or package has said, until it ends
	tests  map[string]int      // tests that ended, by package
	total  int
}

func (w *watcher) say(format string, args ...any) {
	fmt.Fprintf(w.out, format, args...)
	w.said = time.Now()
}

func (w *watcher) line(line []byte) {
	var e event
	if json.Unmarshal(line, &e) != nil || e.Action == "" {
		w.say("%s", line) // the go command's own words
		return
	}
	name := e.Package + " " + e.Test
	switch {
	case e.Action == "build-output":
		w.say("%s", e.Output)
	case e.Action == "output":
		w.output[name] = append(w.output[name], e.Output)
	case !e.ended():
	case e.Test != "":
		w.tests[e.Package]++
		w.total++
		if e.Action == "fail" {
			w.say("%s", strings.Join(w.output[name], ""))
		}
		delete(w.output, name)
	case e.Action == "fail":
		w.say("%s", strings.Join(w.output[name], ""))
		w.say("FAIL  %-60s %6.1f s\n", e.Package, e.Elapsed)
	case w.tests[e.Package] > 0:
		w.say("ok    %-60s %6.1f s  %d tests\n", e.Package, e.Elapsed, w.tests[e.Package])
	}
}
