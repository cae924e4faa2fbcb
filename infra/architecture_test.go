// Package infra_test holds the tests of the whole: that template.yaml says what the code does, and that the code imports in
// one direction. It has no code of its own.
package infra_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// module is the import path of the root.
const module = "github.com/parley-chat/parley"

// goPackage is what `go list -json` says of a package; tests are left out.
type goPackage struct {
	ImportPath string
	Name       string
	Dir        string
	GoFiles    []string
	Imports    []string
	Standard   bool
}

// name is the path inside the repository.
func (p goPackage) name() string {
	return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
}

// listPackages asks the go command. Code that does not build is for other tests to name.
func listPackages(t *testing.T, args ...string) []goPackage {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", append([]string{"list", "-e", "-json=ImportPath,Name,Dir,GoFiles,Imports,Standard"}, args...)...)
	list.Dir = root
	var stderr bytes.Buffer
	list.Stderr = &stderr
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var packages []goPackage
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

// rule says what the packages that a pattern fits may import of this repository.
type rule struct {
	pattern string
	may     []string
	why     string
}

// The direction of imports: bootstrap -> infra, functions; infra -> chat, wire; handlers -> chat, wire; chat -> the standard
// library. The first rule whose pattern fits a package (path.Match) is the one that holds; a package without one is refused,
// so that a new folder has to find its place here.
var rules = []rule{
	{"functions/chat", nil, "the rules know nothing but the standard library"},
	{"functions/wire", []string{"functions/chat"}, "the contract shows the domain to clients"},
	{"functions/wire/gen", []string{"functions/wire"}, "it writes down the contract and nothing else"},
	{"functions/socket", []string{"functions/chat", "functions/wire"}, "what all handlers of frames share"},
	{"functions/*/bootstrap", []string{"functions/*", "infra/env", "infra/secret"}, "wiring only"},
	{"functions/*", []string{"functions/chat", "functions/wire", "functions/socket"}, "a handler decodes, calls the domain once, encodes"},
	{"infra/dynamo/dynamotest", []string{"functions/chat", "infra/dynamo", "infra/dynamo/*", "infra/local/*"}, "it gives tests a store on the real engine"},
	{"infra/dynamo/faults", nil, "it stands between a client and the engine"},
	{"infra/dynamo", []string{"functions/chat", "functions/wire"}, "it implements what the domain declares"},
	{"infra/apigw", []string{"functions/chat", "functions/wire"}, "it implements what the domain declares"},
	{"infra/stepfn", []string{"functions/chat", "functions/wire"}, "it implements what the domain declares"},
	{"infra/metrics", []string{"functions/chat"}, "it counts what the domain does"},
	{"infra/traces", nil, "it records calls, whoever makes them"},
	{"infra/identity", []string{"functions/chat", "functions/authorizer"}, "it implements what the authorizer declares"},
	{"infra/secret", nil, "it reads one service"},
	{"infra/env", []string{"functions/*", "infra/*"}, "it wires the functions"},
	{"infra/config", []string{"functions/chat"}, "it knows what is configured, not where it is kept"},
	{"infra/parley", []string{"infra/config", "infra/dynamo"}, "it shows people what package config does, on DynamoDB"},
	{"infra/local/meter", []string{"infra/dynamo/faults"}, "it counts units where faults are injected"},
	{"infra/local/*", nil, "each emulates one service and knows nothing of Parley"},
	{"infra/local", []string{"functions/*", "infra/*", "infra/dynamo/faults", "infra/local/*"}, "it runs the whole"},
	{"infra/e2e", nil, "it is tests only: they play on what play gives them"},
	{"infra/e2e/play", []string{"functions/wire"}, "it plays customers and agents, who know the contract only"},
	{"infra/e2e/smoke", []string{"functions/wire", "infra/e2e/play"}, "it asks what people would notice, and knows the contract only"},
	{"infra/e2e/bench", []string{"functions/wire", "infra/e2e/play"}, "it measures what customers and agents feel"},
	{"infra/simulation", []string{"functions/chat"}, "it stands in for time and for the routing executions"},
	{"infra/schedules", nil, "it is tests only: they play on the real store"},
	{"infra/fairness", nil, "it is tests only: they play a day on the real store"},
	{"infra/schedules/mutants", nil, "it knows the files that it breaks, not what is in them"},
	{"infra/cost", []string{"functions/wire", "infra/dynamo", "infra/e2e/play", "infra/local/meter"}, "it plays on a runner and reads its meter"},
	{"infra/stack", []string{"functions/wire", "infra/config", "infra/dynamo", "infra/e2e/play", "infra/local/*"}, "it deploys the whole and plays on it"},
	{"tools/*", nil, "tools serve the repository, not the product"},
}

func fits(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		ok, err := path.Match(pattern, name)
		return ok && err == nil
	})
}

func TestImportsGoInOneDirection(t *testing.T) {
	t.Parallel()
	for _, p := range listPackages(t, "./...") {
		if len(p.GoFiles) == 0 { // tests alone: they may see everything
			continue
		}
		at := slices.IndexFunc(rules, func(r rule) bool { return fits([]string{r.pattern}, p.name()) })
		if at < 0 {
			t.Errorf("%s has no rule: say in the table above what it may import, and why", p.name())
			continue
		}
		for _, imported := range p.Imports {
			name, ours := strings.CutPrefix(imported, module+"/")
			if ours && !fits(rules[at].may, name) {
				t.Errorf("%s imports %s; it may import %v: %s", p.name(), name, rules[at].may, rules[at].why)
			}
		}
	}
}

// Ensure that the domain can be read, tested and moved without anything else: it needs the standard library only.
func TestDomainNeedsTheStandardLibraryOnly(t *testing.T) {
	t.Parallel()
	for _, p := range listPackages(t, "-deps", "./functions/chat") {
		if !p.Standard && p.name() != "functions/chat" {
			t.Errorf("functions/chat needs %s", p.ImportPath)
		}
	}
}

// Ensure that no handler knows an AWS client. What Lambda hands to it, it may know.
func TestFunctionsKnowNoClients(t *testing.T) {
	t.Parallel()
	const events = "github.com/aws/aws-lambda-go/events"
	for _, p := range listPackages(t, "./functions/...") {
		if p.name() == "functions/wire/gen" || strings.HasSuffix(p.name(), "/bootstrap") {
			continue
		}
		for _, imported := range p.Imports {
			foreign := strings.Contains(imported, ".") && !strings.HasPrefix(imported, module+"/")
			if foreign && imported != events {
				t.Errorf("%s imports %s: clients and libraries belong in infra/", p.name(), imported)
			}
		}
	}
}

// Ensure that a bootstrap only wires: one file of at most 25 lines.
func TestBootstrapsOnlyWire(t *testing.T) {
	t.Parallel()
	const most = 25
	for _, p := range listPackages(t, "./functions/.../bootstrap") {
		if p.Name != "main" || !slices.Equal(p.GoFiles, []string{"main.go"}) {
			t.Errorf("%s is package %s with %v, want package main with main.go alone", p.name(), p.Name, p.GoFiles)
			continue
		}
		file, err := os.Open(filepath.Join(p.Dir, "main.go"))
		if err != nil {
			t.Fatal(err)
		}
		lines := 0
		for scanner := bufio.NewScanner(file); scanner.Scan(); {
			lines++
		}
		file.Close()
		if lines > most {
			t.Errorf("%s has %d lines, want at most %d: move code into the handler or into infra/env", p.name(), lines, most)
		}
	}
}

// Ensure that every folder says what it does or what it runs on.
func TestFoldersHaveNamesThatSaySomething(t *testing.T) {
	t.Parallel()
	empty := []string{"pkg", "lib", "common", "utils", "util", "helpers", "types", "models", "misc", "shared", "internal"}
	for _, p := range listPackages(t, "./...") {
		for _, part := range strings.Split(p.name(), "/") {
			if slices.Contains(empty, part) {
				t.Errorf("%s: %q says neither what it does nor what it runs on", p.name(), part)
			}
		}
	}
}

// Ensure that lock files say what is installed, by version and hash, and not from where: people behind a mirror have another
// registry.
func TestLockFilesNameNoRegistry(t *testing.T) {
	t.Parallel()
	for _, folder := range []string{"tools", "widget", "desktop", "infra/e2e"} {
		content, err := os.ReadFile(filepath.Join(root, folder, "package-lock.json"))
		if err != nil {
			t.Errorf("%s: %v", folder, err)
			continue
		}
		var lock struct {
			Packages map[string]struct{ Resolved, Integrity, Version string }
		}
		if err := json.Unmarshal(content, &lock); err != nil {
			t.Errorf("%s/package-lock.json: %v", folder, err)
			continue
		}
		for name, p := range lock.Packages {
			if strings.Contains(p.Resolved, "://") {
				t.Errorf("%s/package-lock.json names a registry for %s; .npmrc needs omit-lockfile-registry-resolved=true", folder, name)
			}
			if strings.HasPrefix(name, "node_modules/") && p.Version != "" && p.Integrity == "" {
				t.Errorf("%s/package-lock.json has no hash for %s", folder, name)
			}
		}
	}
}
