// Command stack shows that what is deployed is what was tested: it builds template.yaml with the SAM CLI, deploys it onto an
// emulator of AWS on this machine, and plays on it. Nothing in it is ours but the launcher (emulator.py) and the web pages:
// `sam deploy` makes the stack, the functions run as their compiled bootstraps, and IAM is enforced with their own roles.
//
// It needs Go, Python and the network only for what it installs once under .stack. docs/local.md tells the rest.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// options say what to do.
type options struct {
	endpoint   string
	keep       bool
	addr       string
	origin     string
	parameters string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	if ctx.Err() != nil && err != nil {
		err = errors.New("interrupted")
	}
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "stack:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	var o options
	flags := flag.NewFlagSet("stack", flag.ContinueOnError)
	flags.StringVar(&o.endpoint, "endpoint", "", "deploy to this emulator, or to `aws`, instead of starting one")
	flags.BoolVar(&o.keep, "keep", false, "leave it running, with links, until Ctrl+C")
	flags.StringVar(&o.addr, "addr", "127.0.0.1:0", "address of the web pages; port 0 chooses a free one")
	flags.StringVar(&o.origin, "origin", "", "address under which the web pages are reached from where the functions run, if that is another")
	flags.StringVar(&o.parameters, "parameters", "", "further parameters of the template: Name=value ...")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if o.endpoint == onAWS {
		if err := fitForAWS(o); err != nil {
			return err
		}
	}

	began := time.Now()
	s, err := start(ctx, o, out)
	if err != nil {
		return err
	}
	defer s.stop()
	if o.keep {
		s.links(time.Since(began))
		select {
		case <-ctx.Done():
			return nil
		case err := <-s.failed:
			return err
		}
	}
	fmt.Fprintf(out, "Deployed after %s.\n", time.Since(began).Round(100*time.Millisecond))
	return s.prove(ctx)
}

// fitForAWS says in words what an account needs that an emulator on this machine does not.
func fitForAWS(o options) error {
	if !strings.HasPrefix(o.origin, "https://") {
		return errors.New("functions on AWS cannot ask this machine for the keys of agents' tokens: give -origin an https:// address that leads to -addr, such as a tunnel's")
	}
	for _, name := range []string{"AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} {
		if os.Getenv(name) == "" {
			return fmt.Errorf("%s is not set; `aws configure export-credentials --format env` prints the credentials of a profile", name)
		}
	}
	return nil
}
