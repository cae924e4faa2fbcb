// Command testsum counts what the test runners of this repository report, in one table and one closing line.
//
//	go test -json ./... | testsum -watch build/reports/go.json
//	testsum -started 1700000000 build/reports/go.json build/reports/widget.json
//
// With -watch it stands behind `go test -json`: it keeps the stream in a file, says how each package went, and shows the
// output of what fails. Without, it reads reports of go test, Vitest and Playwright (it knows them by their content) and ends
// with the line "N passed, N failed". It exits with 1 when a test failed or was skipped, or when a report is missing or has
// no test in it: a suite that did not run must not look like one that passed.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	watchFile := flag.String("watch", "", "read `go test -json` on standard input and keep it in this `file`")
	started := flag.Int64("started", 0, "when the run began, in seconds since 1970; 0 leaves the time out")
	flag.Parse()

	if *watchFile != "" {
		if err := watchInto(*watchFile); err != nil {
			fmt.Fprintln(os.Stderr, "testsum:", err)
			os.Exit(1)
		}
		return
	}
	suites := make([]suite, 0, flag.NArg())
	for _, name := range flag.Args() {
		suites = append(suites, readSuite(name))
	}
	var took time.Duration
	if *started > 0 {
		took = time.Since(time.Unix(*started, 0))
	}
	if !summarize(os.Stdout, suites, took) {
		os.Exit(1)
	}
}

func watchInto(name string) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	defer file.Close()
	return watch(os.Stdin, file, os.Stdout)
}

// readSuite reads one report. Whatever is wrong with it becomes a failure of the suite.
func readSuite(name string) suite {
	s := suite{name: strings.TrimSuffix(filepath.Base(name), ".json")}
	content, err := os.ReadFile(name)
	if err == nil {
		err = s.read(content)
	}
	switch {
	case err != nil:
		s.fail("no report: " + err.Error())
	case s.passed+len(s.failed) == 0:
		s.fail("no test ran")
	}
	return s
}

// summarize prints failures, the table and the closing line, and says whether all is well.
func summarize(out io.Writer, suites []suite, took time.Duration) bool {
	passed, failed := 0, 0
	for _, s := range suites {
		for _, name := range s.failed {
			fmt.Fprintf(out, "FAILED  %s: %s\n", s.name, name)
		}
		for _, name := range s.flaky {
			fmt.Fprintf(out, "flaky   %s: %s (passed at a second try)\n", s.name, name)
		}
		passed += s.passed
		failed += len(s.failed)
	}
	fmt.Fprintf(out, "\n%-10s %7s %7s\n", "", "passed", "failed")
	for _, s := range suites {
		fmt.Fprintf(out, "%-10s %7d %7d\n", s.name, s.passed, len(s.failed))
	}
	if took > 0 {
		fmt.Fprintf(out, "\nin %d min %d s", int(took.Minutes()), int(took.Seconds())%60)
	}
	fmt.Fprintf(out, "\n%d passed, %d failed\n", passed, failed)
	return failed == 0 && passed > 0
}
