package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
)

// suite is what one report says.
type suite struct {
	name   string
	passed int
	// failed names the tests that failed, were skipped, or could not run.
	failed []string
	// flaky names tests that passed only at a second try; they count as passed.
	flaky []string
}

func (s *suite) fail(name string) { s.failed = append(s.failed, name) }

// skip counts a skipped test as failed: it proves nothing, and nobody would notice.
func (s *suite) skip(name string) { s.fail(name + " (skipped)") }

// read adds up a report of Vitest, Playwright or go test.
func (s *suite) read(content []byte) error {
	var shape struct {
		TestResults []vitestFile
		Suites      []playwrightSuite
		Errors      []struct{ Message string }
	}
	if err := json.Unmarshal(content, &shape); err != nil {
		return s.readGo(content)
	}
	switch {
	case shape.TestResults != nil:
		s.addVitest(shape.TestResults)
	case shape.Suites != nil:
		for _, e := range shape.Errors {
			s.fail(firstLine(e.Message))
		}
		s.addPlaywright(shape.Suites, "")
	default:
		return s.readGo(content)
	}
	return nil
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}

type vitestFile struct {
	Name             string
	Status           string
	Message          string
	AssertionResults []struct{ FullName, Status string }
}

func (s *suite) addVitest(files []vitestFile) {
	for _, file := range files {
		before := len(s.failed)
		for _, test := range file.AssertionResults {
			switch test.Status {
			case "passed":
				s.passed++
			case "failed":
				s.fail(test.FullName)
			default: // skipped, pending, todo, disabled
				s.skip(test.FullName)
			}
		}
		// A file that does not load has no tests, only a message.
		if file.Status == "failed" && len(s.failed) == before {
			s.fail(file.Name + ": " + firstLine(file.Message))
		}
	}
}

type playwrightSuite struct {
	Title  string
	Suites []playwrightSuite
	Specs  []struct {
		Title string
		Tests []struct{ ProjectName, Status string }
	}
}

func (s *suite) addPlaywright(suites []playwrightSuite, above string) {
	for _, inner := range suites {
		title := strings.TrimPrefix(above+" > "+inner.Title, " > ")
		for _, spec := range inner.Specs {
			for _, test := range spec.Tests {
				name := strings.TrimSpace(test.ProjectName + " " + title + " > " + spec.Title)
				switch test.Status {
				case "expected":
					s.passed++
				case "flaky":
					s.passed++
					s.flaky = append(s.flaky, name)
				case "skipped":
					s.skip(name)
				default:
					s.fail(name)
				}
			}
		}
		s.addPlaywright(inner.Suites, title)
	}
}

// event is one line of `go test -json`.
type event struct {
	Action, Package, Test, Output, ImportPath string
	Elapsed                                   float64
}

// ended says whether the event is the last one of its test or package.
func (e event) ended() bool { return e.Action == "pass" || e.Action == "fail" || e.Action == "skip" }

// readGo counts the innermost tests of a stream of `go test -json`. What is around them counts only where it failed by
// itself: a test that fails beside its subtests, a package that does not build or panics.
func (s *suite) readGo(content []byte) error {
	var failed []event
	blamed := map[string]bool{} // packages and tests that a failure inside them explains
	inner := map[string]bool{}  // tests that have subtests
	var ends []event
	known := false
	for line := range bytes.Lines(content) {
		var e event
		if json.Unmarshal(line, &e) != nil {
			continue
		}
		known = known || e.Action != ""
		if e.ended() {
			ends = append(ends, e)
			if i := strings.LastIndexByte(e.Test, '/'); i > 0 {
				inner[e.Package+" "+e.Test[:i]] = true
			}
		}
	}
	if !known {
		return errors.New("the file is no report of go test, Vitest or Playwright")
	}
	for _, e := range ends {
		name := e.Package + " " + e.Test
		switch {
		case e.Action == "fail":
			failed = append(failed, e)
		case e.Test == "" || inner[name]: // a package, or only a frame around subtests
		case e.Action == "pass":
			s.passed++
		default:
			s.skip(name)
			blame(blamed, e)
		}
	}
	// The innermost first: subtests end before their test, tests before their package.
	for _, e := range failed {
		name := strings.TrimSpace(e.Package + " " + e.Test)
		if !blamed[name] {
			s.fail(name)
		}
		blame(blamed, e)
	}
	return nil
}

// blame marks everything around a test as explained.
func blame(blamed map[string]bool, e event) {
	blamed[e.Package] = true
	for test := e.Test; ; {
		i := strings.LastIndexByte(test, '/')
		if i < 0 {
			return
		}
		test = test[:i]
		blamed[e.Package+" "+test] = true
	}
}
