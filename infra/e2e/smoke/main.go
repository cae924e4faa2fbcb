// Command smoke plays one chat against any deployment and says what it found, as a table: whether everything that people touch works,
// how long it takes from here, and what no emulator can know. It leaves a closed session behind and signs its agents out.
//
//	AGENT_TOKENS="eyJ..." smoke -url https://chat.example.com -website fern [-origin https://shop.example.com] [-machine ARN]
//
// docs/operations.md says where an agent's token comes from.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/parley-chat/parley/infra/e2e/play"
)

const (
	// within ends a smoke test that hangs: it takes seconds, and up to half a minute where a router's failure is asked for.
	within = 3 * time.Minute
	// tokensVariable holds agents' tokens: an argument would be seen by everybody who may list processes.
	tokensVariable = "AGENT_TOKENS"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "smoke:", err)
		os.Exit(1)
	}
}

// options say where to play.
type options struct {
	url, website, origin string
	tokens               []string // of agents; the first one accepts
	messages             int      // of each side
	machine              string   // ARN of the state machine
}

func run(ctx context.Context, args []string, out io.Writer) error {
	var o options
	var agents string
	flags := flag.NewFlagSet("smoke", flag.ContinueOnError)
	flags.StringVar(&o.url, "url", "", "origin of the site: the stack's output SiteUrl")
	flags.StringVar(&o.website, "website", "", "id of a website of the directory")
	flags.StringVar(&o.origin, "origin", "", "page that the website allows (default: the site itself)")
	flags.StringVar(&agents, "agents", "", "ids of demo agents who sign in at a local runner, instead of "+tokensVariable)
	flags.IntVar(&o.messages, "messages", 20, "messages of each side")
	flags.StringVar(&o.machine, "machine", "", "ARN of the state machine (output StateMachine), to see what a failing router leads to; needs AWS credentials in the environment")
	if err := flags.Parse(args); err != nil {
		return err
	}
	o.url = strings.TrimSuffix(o.url, "/")
	o.origin = cmp.Or(strings.TrimSuffix(o.origin, "/"), o.url)
	o.tokens = strings.Fields(os.Getenv(tokensVariable))
	if o.url == "" || o.website == "" || (len(o.tokens) == 0 && agents == "") {
		return errors.New("the address of the site (URL=...), the id of a website (WEBSITE=...) and the tokens of one or more of its agents (" + tokensVariable + ") are needed")
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	s := &smoke{options: o, out: out}
	if err := s.find(ctx); err != nil {
		return err
	}
	for _, agent := range strings.FieldsFunc(agents, func(c rune) bool { return c == ',' || c == ' ' }) {
		token, err := play.AgentToken(ctx, s.deployment, agent)
		if err != nil {
			return err
		}
		s.tokens = append(s.tokens, token)
	}
	s.check(ctx, "Desktop's page", s.desktopPage)
	s.check(ctx, "Widget's loader", s.loader)
	s.check(ctx, "Strangers are refused", s.strangers)
	s.chat(ctx)
	s.check(ctx, "A failing router", s.failingRouter)
	return s.report()
}

// errNotAsked is a question that was not asked; its text says why.
type errNotAsked string

func (e errNotAsked) Error() string { return string(e) }

// line is a line of the table.
type line struct{ name, result, note string }

// smoke is one run.
type smoke struct {
	options
	deployment play.Deployment
	out        io.Writer
	lines      []line
	failed     int
}

// check asks one question and keeps the answer.
func (s *smoke) check(ctx context.Context, name string, ask func(ctx context.Context) (note string, err error)) {
	note, err := ask(ctx)
	l := line{name, "ok", note}
	var why errNotAsked
	switch {
	case errors.As(err, &why):
		l.result, l.note = "not asked", string(why)
	case err != nil:
		l.result, l.note = "FAILED", err.Error()
		s.failed++
	}
	s.lines = append(s.lines, l)
}

// report prints the table.
func (s *smoke) report() error {
	t := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "question\tanswer\t")
	for _, l := range s.lines {
		fmt.Fprintf(t, "%s\t%s\t%s\n", l.name, l.result, strings.ReplaceAll(l.note, "\n", " "))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if s.failed > 0 {
		return fmt.Errorf("%d of %d questions have a bad answer", s.failed, len(s.lines))
	}
	return nil
}
