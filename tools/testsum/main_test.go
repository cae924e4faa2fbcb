package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestReports(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		report string
		passed int
		failed []string
		flaky  []string
	}{
		{
			name: "go counts the innermost tests",
			report: `{"Action":"start","Package":"p"}
{"Action":"pass","Package":"p","Test":"TestA/one","Elapsed":0}
{"Action":"pass","Package":"p","Test":"TestA/two","Elapsed":0}
{"Action":"pass","Package":"p","Test":"TestA","Elapsed":0}
{"Action":"pass","Package":"p","Test":"TestB","Elapsed":0}
{"Action":"pass","Package":"p","Elapsed":0.1}`,
			passed: 3,
		},
		{
			name: "go blames the innermost test that failed",
			report: `{"Action":"fail","Package":"p","Test":"TestA/one"}
{"Action":"pass","Package":"p","Test":"TestA/two"}
{"Action":"fail","Package":"p","Test":"TestA"}
{"Action":"fail","Package":"p"}`,
			passed: 1,
			failed: []string{"p TestA/one"},
		},
		{
			name: "go blames a test that failed beside its subtests",
			report: `{"Action":"pass","Package":"p","Test":"TestA/one"}
{"Action":"fail","Package":"p","Test":"TestA"}
{"Action":"fail","Package":"p"}`,
			passed: 1,
			failed: []string{"p TestA"},
		},
		{
			name: "go blames a package that does not build",
			report: `{"ImportPath":"p [p.test]","Action":"build-output","Output":"p.go:1:1: oh\n"}
{"ImportPath":"p [p.test]","Action":"build-fail"}
{"Action":"start","Package":"p"}
{"Action":"fail","Package":"p","Elapsed":0,"FailedBuild":"p [p.test]"}`,
			failed: []string{"p"},
		},
		{
			name: "go's packages without tests are no skipped tests, a skipped test fails",
			report: `{"Action":"skip","Package":"q"}
{"Action":"skip","Package":"p","Test":"TestA"}
{"Action":"pass","Package":"p"}`,
			failed: []string{"p TestA (skipped)"},
		},
		{
			name: "vitest",
			report: `{"numTotalTests":3,"testResults":[
				{"name":"a.test.ts","status":"failed","message":"","assertionResults":[
					{"fullName":"adds","status":"passed"},{"fullName":"divides","status":"failed"},{"fullName":"later","status":"todo"}]},
				{"name":"b.test.ts","status":"failed","message":"Cannot find module\n at b.test.ts","assertionResults":[]}]}`,
			passed: 1,
			failed: []string{"divides", "later (skipped)", "b.test.ts: Cannot find module"},
		},
		{
			name: "playwright",
			report: `{"config":{},"errors":[{"message":"no server\nat x"}],"suites":[{"title":"a.spec.ts","specs":[
				{"title":"opens","tests":[{"projectName":"chromium","status":"expected"}]}],
				"suites":[{"title":"phone","specs":[
					{"title":"sends","tests":[{"projectName":"chromium","status":"flaky"}]},
					{"title":"closes","tests":[{"projectName":"chromium","status":"unexpected"}]},
					{"title":"later","tests":[{"projectName":"chromium","status":"skipped"}]}]}]}]}`,
			passed: 2,
			failed: []string{"no server", "chromium a.spec.ts > phone > closes", "chromium a.spec.ts > phone > later (skipped)"},
			flaky:  []string{"chromium a.spec.ts > phone > sends"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var s suite
			if err := s.read([]byte(test.report)); err != nil {
				t.Fatal(err)
			}
			if s.passed != test.passed {
				t.Errorf("passed = %d, want %d", s.passed, test.passed)
			}
			if got, want := strings.Join(s.failed, "\n"), strings.Join(test.failed, "\n"); got != want {
				t.Errorf("failed:\n%s\nwant:\n%s", got, want)
			}
			if got, want := strings.Join(s.flaky, "\n"), strings.Join(test.flaky, "\n"); got != want {
				t.Errorf("flaky:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

// A suite that did not run must not look like one that passed.
func TestSuiteThatDidNotRunFails(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"empty.json":   "",
		"text.json":    "command not found\n",
		"other.json":   `{"hello":1}`,
		"notests.json": `{"Action":"skip","Package":"q"}`,
		"vitest.json":  `{"testResults":[]}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"empty", "text", "other", "notests", "vitest", "missing"} {
		if s := readSuite(filepath.Join(dir, name+".json")); len(s.failed) != 1 || s.name != name {
			t.Errorf("%s: got %+v, want one failure", name, s)
		}
	}
}

func TestSummaryEndsWithTheCount(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		suites []suite
		well   bool
		last   string
	}{
		{"all passed", []suite{{name: "go", passed: 3}, {name: "widget", passed: 2, flaky: []string{"x"}}}, true, "5 passed, 0 failed"},
		{"one failed", []suite{{name: "go", passed: 3, failed: []string{"p TestA"}}}, false, "3 passed, 1 failed"},
		{"nothing ran", nil, false, "0 passed, 0 failed"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			if well := summarize(&out, test.suites, 83*time.Second); well != test.well {
				t.Errorf("well = %t, want %t", well, test.well)
			}
			lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
			if last := lines[len(lines)-1]; last != test.last {
				t.Errorf("last line %q, want %q", last, test.last)
			}
			if !strings.Contains(out.String(), "in 1 min 23 s") {
				t.Errorf("no time taken in:\n%s", out.String())
			}
		})
	}
}

func TestWatchKeepsTheStreamAndShowsWhatFails(t *testing.T) {
	t.Parallel()
	stream := `{"Action":"output","Package":"p","Test":"TestA","Output":"fine\n"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"pass","Package":"p","Elapsed":1.5}
go: downloading example.org/x v1.0.0
{"Action":"output","Package":"q","Test":"TestB","Output":"got 1, want 2\n"}
{"Action":"fail","Package":"q","Test":"TestB"}
{"Action":"fail","Package":"q","Elapsed":0.2}
`
	var kept, told bytes.Buffer
	if err := watch(strings.NewReader(stream), &kept, &told); err != nil {
		t.Fatal(err)
	}
	if kept.String() != stream {
		t.Errorf("kept:\n%s\nwant the stream as it came", kept.String())
	}
	for _, want := range []string{"ok    p", "1.5 s  1 tests", "go: downloading", "got 1, want 2", "FAIL  q"} {
		if !strings.Contains(told.String(), want) {
			t.Errorf("told:\n%s\nwant %q in it", told.String(), want)
		}
	}
	if strings.Contains(told.String(), "fine") {
		t.Errorf("told what a passing test said:\n%s", told.String())
	}
}
