package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// readyWithin is how long the emulator may take to answer: half a second, ten times that on a busy machine.
	readyWithin = 30 * time.Second
	readyPoll   = 50 * time.Millisecond
	// stopWithin covers two seconds of grace for the functions' processes.
	stopWithin = 8 * time.Second
)

// emulator is a running emulator.py.
type emulator struct {
	endpoint string
	temp     string
	log      string // what it says
	cmd      *exec.Cmd
	stdin    io.Closer
	done     chan struct{}
}

// freePort is a port of the loopback interface that nobody has yet.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// startEmulator starts it on a free port and waits until it answers.
func startEmulator(ctx context.Context) (*emulator, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	e := &emulator{endpoint: fmt.Sprintf("http://127.0.0.1:%d", port), log: filepath.Join(home, "emulator.log"), done: make(chan struct{}),
		temp: filepath.Join(home, "run-"+strconv.Itoa(port))}
	log, err := os.Create(e.log)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	// A folder of that name is of one that was killed.
	if err := os.RemoveAll(e.temp); err != nil {
		return nil, err
	}
	e.cmd = exec.Command(filepath.Join(home, "emu", "bin", "python"), "-B", filepath.Join("infra", "stack", "emulator.py"),
		"--port", strconv.Itoa(port), "--temp", e.temp, "--log", filepath.Join(home, "functions.log"))
	e.cmd.Stdout, e.cmd.Stderr, e.cmd.Env = log, log, emulated(e.endpoint)
	// When this process ends, however it ends, the pipe closes and the emulator ends too.
	if e.stdin, err = e.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := e.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = e.cmd.Wait()
		close(e.done)
	}()
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	if err := e.ready(ctx); err != nil {
		e.stop()
		said, _ := os.ReadFile(e.log)
		return nil, fmt.Errorf("the emulator does not start: %w\n%s", err, tail(said))
	}
	return e, nil
}

func (e *emulator) ready(ctx context.Context) error {
	tick := time.NewTicker(readyPoll)
	defer tick.Stop()
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, e.endpoint+"/_ministack/health", nil)
		if err != nil {
			return err
		}
		if resp, err := http.DefaultClient.Do(r); err == nil {
			resp.Body.Close()
			return nil
		}
		select {
		case <-e.done:
			return errors.New("it has ended")
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// stop ends the emulator and all it has started, and waits for that.
func (e *emulator) stop() {
	_ = e.stdin.Close()
	_ = e.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-e.done:
	case <-time.After(stopWithin):
		_ = e.cmd.Process.Kill()
		<-e.done
	}
	_ = os.RemoveAll(e.temp)
}

// tail is the end of a log.
func tail(log []byte) []byte {
	const most = 4 << 10
	return log[max(0, len(log)-most):]
}

// emulated is an environment in which AWS is the emulator and nothing else: no profile, no instance metadata, no telemetry.
func emulated(endpoint string) []string {
	env := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "AWS_") })
	return append(env, "AWS_REGION="+region, "AWS_DEFAULT_REGION="+region, "AWS_ACCESS_KEY_ID="+accessKey, "AWS_SECRET_ACCESS_KEY="+accessKey,
		"AWS_ENDPOINT_URL="+endpoint, "AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull, "AWS_EC2_METADATA_DISABLED=true",
		"SAM_CLI_TELEMETRY=0")
}
