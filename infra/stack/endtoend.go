package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

const (
	// deploymentVariable tells the end-to-end tests where to play instead of on a local runner of their own.
	deploymentVariable = "PARLEY_DEPLOYMENT"
	// reachPrefix begins the reason of a test that is skipped because the deployment lacks what it needs. Any other reason fails:
	// nothing is skipped silently.
	reachPrefix = "out of reach: "
	// sideBySide is how many stories are played at once. One process does the work of all of AWS: more would only wait for it.
	sideBySide = "6"
	// socketsWithin ends what hangs. The stories take two minutes, and a quarter of an hour on a machine that does ten other things.
	socketsWithin = "20m"
)

// endToEnd runs the tests of infra/e2e, over sockets and in the browser, against this deployment.
func (s *stack) endToEnd(ctx context.Context) []scenario {
	file, err := filepath.Abs(filepath.Join(home, "deployment.json"))
	if err != nil {
		return []scenario{{"end-to-end tests", failed, err.Error()}}
	}
	env := append(os.Environ(), deploymentVariable+"="+file, "FORCE_COLOR=0")
	var all []scenario
	if tests, _ := filepath.Glob("infra/e2e/*_test.go"); len(tests) > 0 && ctx.Err() == nil {
		fmt.Fprintln(s.out, "End-to-end tests over sockets ...")
		all = append(all, goScenarios(output(ctx, "", env, "go", "test", "-count=1", "-parallel="+sideBySide, "-timeout="+socketsWithin, "-json", "./infra/e2e"))...)
	}
	if config, _ := filepath.Glob("infra/e2e/playwright.config.*"); len(config) > 0 && ctx.Err() == nil {
		fmt.Fprintln(s.out, "End-to-end tests in the browser ...")
		if browser, err := os.ReadFile(filepath.Join(".tools", "chromium")); err == nil {
			env = append(env, "CHROMIUM="+strings.TrimSpace(string(browser)))
		}
		before := s.setUps.Load()
		// One worker: each test begins anew, and there is one deployment.
		all = append(all, browserScenarios(output(ctx, "infra/e2e", env, "node_modules/.bin/playwright", "test", "--workers=1", "--reporter=json"))...)
		if s.setUps.Load() == before {
			all = append(all, scenario{"the browser tests play here", failed, "none of them asked for " + s.SetUp})
		}
	}
	return all
}

// output is what a command writes, errors included: a report of failed tests is what is wanted.
func output(ctx context.Context, dir string, env []string, args ...string) []byte {
	cmd := command(ctx, env, args...)
	cmd.Dir = dir
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil && out.Len() == 0 {
		return append(said.Bytes(), err.Error()...)
	}
	return out.Bytes()
}

// skipped is the scenario of a test that was skipped.
func skipped(name, reason string) scenario {
	if _, why, ok := strings.Cut(reason, reachPrefix); ok {
		why, _, _ = strings.Cut(why, "\n")
		return scenario{name, outOfReach, why}
	}
	return scenario{name, failed, "skipped without saying that it is out of reach"}
}

// goScenarios reads the output of `go test -json`: the innermost tests, and a package that failed by itself.
func goScenarios(report []byte) []scenario {
	type event struct{ Action, Test, Output string }
	var ended []event
	said, inner := map[string]string{}, map[string]bool{}
	broken := ""
	lines := bufio.NewScanner(bytes.NewReader(report))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			broken += lines.Text() + "\n"
			continue
		}
		switch e.Action {
		case "output", "build-output":
			said[e.Test] += e.Output
		case "pass", "fail", "skip":
			ended = append(ended, e)
			for at, c := range e.Test {
				if c == '/' {
					inner[e.Test[:at]] = true
				}
			}
		}
	}
	var all []scenario
	for _, e := range ended {
		name := words(e.Test)
		switch {
		case e.Test == "" || inner[e.Test]:
		case e.Action == "pass":
			all = append(all, scenario{name, passed, ""})
		case e.Action == "skip":
			all = append(all, skipped(name, said[e.Test]))
		default:
			all = append(all, scenario{name, failed, lastLine(said[e.Test]) + "\n" + said[e.Test]})
		}
	}
	slices.SortFunc(all, func(a, b scenario) int { return strings.Compare(a.name, b.name) })
	broke := slices.ContainsFunc(ended, func(e event) bool { return e.Test == "" && e.Action == "fail" })
	if len(all) == 0 || broke && !slices.ContainsFunc(all, func(s scenario) bool { return s.result == failed }) {
		all = append(all, scenario{"end-to-end tests over sockets", failed, lastLine(said[""]+broken) + "\n" + said[""] + broken})
	}
	return all
}

// words is a test's name as people write it.
func words(test string) string {
	story, _ := strings.CutPrefix(test, "TestStories/")
	return strings.NewReplacer("_", " ", "/", ", ").Replace(story)
}

// lastLine is the last line that says something.
func lastLine(text string) string {
	last := "no word"
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		noise := slices.ContainsFunc([]string{"---", "===", "FAIL", "at "}, func(p string) bool { return strings.HasPrefix(line, p) })
		if line != "" && !noise {
			last = line
		}
	}
	return last
}

type browserSuite struct {
	Title  string
	File   string
	Suites []browserSuite
	Specs  []struct {
		Title string
		Tests []struct {
			Status      string
			Annotations []struct{ Type, Description string }
			Results     []struct {
				Error         struct{ Message string }
				ErrorLocation struct {
					File string
					Line int
				}
			}
		}
	}
}

var colours = regexp.MustCompile("\x1b\\[[0-9;]*m")

// browserScenarios reads Playwright's JSON report.
func browserScenarios(report []byte) []scenario {
	var r struct {
		Suites []browserSuite
		Errors []struct{ Message string }
	}
	var all []scenario
	if err := json.Unmarshal(report, &r); err != nil {
		return []scenario{{"end-to-end tests in the browser", failed, lastLine(string(report)) + "\n" + string(report)}}
	}
	for _, e := range r.Errors {
		all = append(all, scenario{"end-to-end tests in the browser", failed, lastLine(e.Message)})
	}
	for _, suite := range r.Suites {
		all = append(all, suite.scenarios("in the browser: ")...)
	}
	return all
}

// scenarios are the suite's tests; around names what is around it, but for the file.
func (b browserSuite) scenarios(around string) []scenario {
	if b.Title != b.File {
		around += b.Title + ", "
	}
	var all []scenario
	for _, spec := range b.Specs {
		for _, test := range spec.Tests {
			name := around + spec.Title
			switch test.Status {
			case "expected":
				all = append(all, scenario{name, passed, ""})
			case "flaky":
				all = append(all, scenario{name, passed, "at a second try"})
			case "skipped":
				reason := ""
				for _, a := range test.Annotations {
					reason += a.Description
				}
				all = append(all, skipped(name, reason))
			default:
				why := "no word"
				if n := len(test.Results); n > 0 {
					last := test.Results[n-1]
					// In colours even when they are not wanted.
					why = fmt.Sprintf("%s:%d: %s", filepath.Base(last.ErrorLocation.File), last.ErrorLocation.Line, colours.ReplaceAllString(last.Error.Message, ""))
				}
				all = append(all, scenario{name, failed, why})
			}
		}
	}
	for _, inner := range b.Suites {
		all = append(all, inner.scenarios(around)...)
	}
	return all
}
