package play

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// Runner is a local runner as a child process.
type Runner struct {
	Deployment
	Engine int    // process id of its DynamoDB engine
	Store  string // where that answers

	cmd *exec.Cmd
}

// stopping is how long a runner may take to stop.
const stopping = 10 * time.Second

// StartRunner starts the runner's binary on a free port and waits for its links; its demo file may be hastier than an operator's.
// Its log goes to log.
func StartRunner(ctx context.Context, binary string, log io.Writer, args ...string) (*Runner, error) {
	cmd := exec.Command(binary, append([]string{"-addr", "127.0.0.1:0", "-json", "-testing"}, args...)...)
	cmd.Stderr = log
	cmd.SysProcAttr = dieWithParent()
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	r := &Runner{cmd: cmd}
	line := make(chan error, 1)
	go func() {
		b, err := bufio.NewReader(out).ReadBytes('\n')
		if err == nil {
			err = json.Unmarshal(b, &struct {
				*Deployment
				Engine *int    `json:"engine"`
				Store  *string `json:"store"`
			}{&r.Deployment, &r.Engine, &r.Store})
		}
		line <- err
	}()
	select {
	case err = <-line:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", binary, err), r.Kill())
	}
	return r, nil
}

// Pid is the runner's process id.
func (r *Runner) Pid() int { return r.cmd.Process.Pid }

// Stop ends the runner as Ctrl+C does, and waits.
func (r *Runner) Stop() error {
	if err := r.cmd.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	timer := time.AfterFunc(stopping, func() { _ = r.cmd.Process.Kill() })
	defer timer.Stop()
	return r.cmd.Wait()
}

// Kill ends the runner as a power failure does, and waits.
func (r *Runner) Kill() error {
	if err := r.cmd.Process.Signal(syscall.SIGKILL); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	_ = r.cmd.Wait() // killed, as wanted
	return nil
}
