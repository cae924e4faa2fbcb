// Command parley configures a stack from a file: it checks the file, shows what would change, changes it after a yes, and writes down
// what a stack is configured to be. docs/configuration.md is its manual.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"github.com/parley-chat/parley/infra/config"
)

const usage = `Usage:
  parley check FILE      say whether FILE can be applied, without looking at a stack
  parley apply FILE      show what would change in the stack, ask, and change it (-yes: do not ask)
  parley export          write the stack's configuration to standard output
  parley schema          write the JSON Schema of FILE, for editors

Which stack, by flags or environment:
  -stack NAME            the name it was deployed with (default: parley); its tables are looked up
  -sessions, -directory  names of its tables instead (SESSIONS_TABLE, DIRECTORY_TABLE)
  AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
  AWS_ENDPOINT_URL_DYNAMODB   another address of DynamoDB, such as a local one
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	c := command{env: os.Getenv, in: os.Stdin, out: os.Stdout, asks: terminal(os.Stdin), colour: terminal(os.Stdout) && os.Getenv("NO_COLOR") == ""}
	err := c.run(ctx, os.Args[1:])
	stop()
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(os.Stderr, usage)
	} else if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// terminal reports whether somebody sits behind a file.
func terminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// command is one call of the program.
type command struct {
	env    func(string) string
	in     io.Reader
	out    io.Writer
	asks   bool // somebody can answer
	colour bool

	where place
	yes   bool
}

func (c *command) run(ctx context.Context, args []string) error {
	name, files, err := c.parse(args)
	if err != nil {
		return err
	}
	wanted := map[string]int{"check": 1, "apply": 1, "export": 0, "schema": 0}
	n, known := wanted[name]
	switch {
	case name == "" || name == "help":
		return flag.ErrHelp
	case !known:
		return fmt.Errorf("parley: there is no command %q: check, apply, export and schema are all", name)
	case len(files) != n && n == 1:
		return fmt.Errorf("parley %s: name one file", name)
	case len(files) != n:
		return fmt.Errorf("parley %s: it takes no file; redirect its output to write one", name)
	}
	switch name {
	case "check":
		return c.check(files[0])
	case "apply":
		return explain(c.apply(ctx, files[0]))
	case "export":
		return explain(c.export(ctx))
	}
	_, err = c.out.Write(config.Schema())
	return err
}

// parse takes flags before, between and behind the names.
func (c *command) parse(args []string) (name string, files []string, err error) {
	flags := flag.NewFlagSet("parley", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&c.where.stack, "stack", "", "")
	flags.StringVar(&c.where.sessions, "sessions", c.env("SESSIONS_TABLE"), "")
	flags.StringVar(&c.where.directory, "directory", c.env("DIRECTORY_TABLE"), "")
	flags.BoolVar(&c.yes, "yes", false, "")
	var words []string
	for {
		if err := flags.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return "", nil, err
			}
			return "", nil, fmt.Errorf("parley: %w; parley -h tells all flags", err)
		}
		if flags.NArg() == 0 {
			break
		}
		words, args = append(words, flags.Arg(0)), flags.Args()[1:]
	}
	if len(words) == 0 {
		return "", nil, nil
	}
	return words[0], words[1:], nil
}

// read parses a file; what is wrong with it is named like in a compiler's output, so that editors and terminals find the place.
func read(name string) (config.File, error) {
	content, err := os.ReadFile(name)
	if err != nil {
		return config.File{}, err
	}
	f, err := config.Parse(content, config.Options{})
	var problems config.Problems
	if !errors.As(err, &problems) {
		return f, err
	}
	var b strings.Builder
	for _, p := range problems {
		fmt.Fprintf(&b, "%s:%d: %s\n", name, p.Line, p.Text)
	}
	return f, errors.New(b.String() + "Nothing was changed.")
}

func (c *command) check(file string) error {
	f, err := read(file)
	if err == nil {
		_, err = fmt.Fprintf(c.out, "%s is fine: %s, %s, %s.\n", file, count(len(f.Websites), "website"), count(len(f.Queues), "queue"), count(len(f.Agents), "agent"))
	}
	return err
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func (c *command) export(ctx context.Context) error {
	s, err := c.where.open(ctx, c.env)
	if err != nil {
		return err
	}
	f, err := config.Export(ctx, s)
	if err != nil {
		return err
	}
	text, err := f.Marshal()
	if err != nil {
		return err
	}
	_, err = c.out.Write(text)
	return err
}

func (c *command) apply(ctx context.Context, file string) error {
	f, err := read(file)
	if err != nil {
		return err
	}
	s, err := c.where.open(ctx, c.env)
	if err != nil {
		return err
	}
	plan, err := config.Diff(ctx, s, f)
	if err != nil {
		return err
	}
	if err := plan.Print(c.out, c.colour); err != nil || len(plan.Changes) == 0 {
		return err
	}
	if len(plan.Refusals) == 0 && !c.yes {
		if agreed, err := c.ask(); err != nil || !agreed {
			return err
		}
	}
	made := 0
	err = config.Apply(ctx, s, plan, func(config.Change) {
		made++
		if c.colour { // a terminal: show that it goes on
			fmt.Fprintf(c.out, "\r%d of %d", made, len(plan.Changes))
		}
	})
	if c.colour && made > 0 {
		fmt.Fprintln(c.out)
	}
	var refused *config.Refused
	switch {
	case errors.As(err, &refused):
		return fmt.Errorf("%w\nNothing was changed", err)
	case err != nil:
		return fmt.Errorf("%w\n%d of %d changes were made; the same command makes the rest", err, made, len(plan.Changes))
	}
	_, err = fmt.Fprintln(c.out, "Done. Agents and pages see it within a minute.")
	return err
}

var errNobody = errors.New("there is nobody to ask whether to make these changes: add -yes. Nothing was changed")

func (c *command) ask() (bool, error) {
	if !c.asks {
		return false, errNobody
	}
	fmt.Fprint(c.out, "Make these changes? [y/N] ")
	line, err := bufio.NewReader(c.in).ReadString('\n')
	if errors.Is(err, io.EOF) && line == "" {
		fmt.Fprintln(c.out)
		return false, errNobody
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	switch strings.ToLower(strings.TrimSpace(line)) {
	case "y", "yes":
		return true, nil
	}
	_, err = fmt.Fprintln(c.out, "Nothing was changed.")
	return false, err
}
