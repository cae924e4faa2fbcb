package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-chat/parley/infra/config"
	"github.com/parley-chat/parley/infra/dynamo/dynamotest"
)

func TestMain(m *testing.M) { os.Exit(dynamotest.Main(m)) }

const shop = `websites:
  - id: shop
    name: Shop
    origins: [https://shop.example]
    queues: [sales]
queues:
  - id: sales
    name: Sales
agents:
  - id: ann
    name: Ann
    queues: [sales]
`

// stage is a stack and a folder.
type stage struct {
	*testing.T
	env map[string]string
	dir string
}

func newStage(t *testing.T) *stage {
	tables := dynamotest.Tables(t)
	return &stage{T: t, dir: t.TempDir(), env: map[string]string{"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local",
		"AWS_ENDPOINT_URL_DYNAMODB": dynamotest.Endpoint(t), "STACK": strings.TrimSuffix(tables.Sessions, "-SessionsTable"),
		"SESSIONS": tables.Sessions, "DIRECTORY": tables.Directory}}
}

func (s *stage) file(name, content string) string {
	s.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		s.Fatal(err)
	}
	return path
}

// silence is the answer of /dev/null, which looks like a terminal.
const silence = "silence"

// run calls the program; answer is what somebody types, "" if nobody sits there.
func (s *stage) run(answer string, args ...string) (string, error) {
	s.Helper()
	var out bytes.Buffer
	c := command{env: func(name string) string { return s.env[name] }, in: strings.NewReader(strings.TrimSuffix(answer, silence)), out: &out, asks: answer != ""}
	err := c.run(context.Background(), args)
	return out.String(), err
}

func (s *stage) must(want, answer string, args ...string) {
	s.Helper()
	got, err := s.run(answer, args...)
	if err != nil || got != want {
		s.Errorf("parley %s: got %v and\n%s\nwant\n%s", strings.Join(args, " "), err, got, want)
	}
}

func (s *stage) fails(want, answer string, args ...string) {
	s.Helper()
	if _, err := s.run(answer, args...); err == nil || !strings.Contains(err.Error(), want) {
		s.Errorf("parley %s: got %v, want %q", strings.Join(args, " "), err, want)
	}
}

const (
	plan = `+ queue sales
    name: Sales
    strategy: beepall
    timeout: 20
    lostAfter: 300
+ website shop
    name: Shop
    origins: ['https://shop.example']
    queues: [sales]
+ agent ann
    name: Ann
    capacity: 5
    queues: [sales]
3 to add, 0 to change, 0 to delete.
`
	done    = "Done. Agents and pages see it within a minute.\n"
	nothing = "Nothing to change: the stack is as the file says.\n"
)

// Ensure that a stack is found by its name, that nothing changes without a yes, and that what is exported can be applied.
func TestApplyAndExport(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	stack, file := s.env["STACK"], s.file("parley.yaml", shop)
	s.must(file+" is fine: 1 website, 1 queue, 1 agent.\n", "", "check", file)
	s.must(plan+"Make these changes? [y/N] Nothing was changed.\n", "n\n", "apply", "-stack", stack, file)
	s.must(plan+"Make these changes? [y/N] Nothing was changed.\n", "\n", "apply", "-stack", stack, file)
	s.fails("there is nobody to ask", "", "apply", "-stack", stack, file)
	s.fails("there is nobody to ask", silence, "apply", "-stack", stack, file)
	s.must(plan+"Make these changes? [y/N] "+done, "yes\n", "apply", file, "-stack", stack)
	s.must(nothing, "", "apply", "-stack", stack, file)

	exported, err := s.run("", "export", "-sessions", s.env["SESSIONS"], "-directory", s.env["DIRECTORY"])
	if err != nil {
		t.Fatal(err)
	}
	s.must(nothing, "", "apply", "-stack", stack, s.file("exported.yaml", exported))
	s.must("~ agent ann\n    name: Ann → Anna\n0 to add, 1 to change, 0 to delete.\n"+done, "", "apply", "-stack", stack, "-yes",
		s.file("changed.yaml", strings.Replace(exported, "name: Ann", "name: Anna", 1)))
}

// Ensure that a deletion that cannot be is refused in words, whatever anybody says.
func TestApplyRefuses(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	stack := s.env["STACK"]
	if _, err := s.run("", "apply", "-yes", "-stack", stack, s.file("a.yaml", shop)); err != nil {
		t.Fatal(err)
	}
	empty := s.file("b.yaml", "websites: []\nqueues: []\nagents: []\n")
	s.fails("Queue sales cannot be deleted while it has 1 website and 1 agent, only closed to new ones", "", "apply", "-yes", "-stack", stack, empty)
	s.fails("Nothing was changed", "y\n", "apply", "-stack", stack, empty)
	s.must(nothing, "", "apply", "-stack", stack, s.file("a.yaml", shop))
}

// Ensure that every mistake is named, with its place in the file or with what is missing.
func TestMistakes(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	good := s.file("good.yaml", shop)
	wrong := s.file("wrong.yaml", strings.Replace(shop, "name: Ann", "nmae: Ann", 1))
	problem := wrong + ":10: Agent ann has no `name`.\n" + wrong + ":11: Agent ann has the key \"nmae\", which does not exist. Did you mean \"name\"?\nNothing was changed."
	for _, args := range [][]string{{"check", wrong}, {"apply", "-yes", "-stack", s.env["STACK"], wrong}} {
		if _, err := s.run("", args...); err == nil || err.Error() != problem {
			t.Errorf("got\n%v\nwant\n%s", err, problem)
		}
	}
	s.fails("no such file", "", "check", filepath.Join(s.dir, "none.yaml"))
	s.fails(`there is no command "aply"`, "", "aply", good)
	s.fails("name one file", "", "apply")
	s.fails("it takes no file", "", "export", good)
	s.fails("not defined: -stak", "", "apply", "-stak", "x", good)
	s.fails(`there are no tables of a stack "parly" here`, "", "apply", "-stack", "parly", good)
	s.fails("name both tables", "", "export", "-sessions", "x")
	s.fails("there is no such table in this region", "", "export", "-sessions", "x", "-directory", "y")
	if _, err := s.run(""); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("without a command: %v", err)
	}

	delete(s.env, "AWS_REGION")
	delete(s.env, "AWS_SECRET_ACCESS_KEY")
	s.fails("the environment does not say AWS_REGION, AWS_SECRET_ACCESS_KEY; for a profile,", "", "export")
	s.env["AWS_DEFAULT_REGION"], s.env["AWS_SECRET_ACCESS_KEY"], s.env["AWS_ENDPOINT_URL_DYNAMODB"] = "us-east-1", "x", "http://127.0.0.1:1"
	s.fails("DynamoDB does not answer", "", "export")
}

// Ensure that editors get the schema that files are checked by.
func TestSchema(t *testing.T) {
	t.Parallel()
	s := &stage{T: t, env: map[string]string{}}
	s.must(string(config.Schema()), "", "schema")
}
