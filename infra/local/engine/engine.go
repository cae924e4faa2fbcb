// Package engine runs Dynoxide, the DynamoDB of the local runner and of the tests, as a child process: a real engine on
// SQLite, in memory or in a file, on a free port of the loopback interface. It ends with the process that started it.
package engine

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// Variable names the environment variable that points at a Dynoxide binary of one's own.
	Variable = "PARLEY_DYNOXIDE"

	// readyWithin is how long a start may take: 5 ms in memory, longer with a large file on a slow disk.
	readyWithin = 10 * time.Second
	// readyPoll is the pause between two looks at a starting engine.
	readyPoll = 2 * time.Millisecond
	// stopWithin is how long the engine has to end by itself; then it is killed, which its journal survives.
	stopWithin = 3 * time.Second
	// starts bounds how often another port is tried: a free port may be taken before the engine has it.
	starts = 5
	// keptOutput is how much of what the engine said is kept for an error.
	keptOutput = 4 << 10
)

// Options of an engine. The zero value is one in memory on a free port.
type Options struct {
	// DBPath is the file that keeps the data; its folder must exist. "" keeps it in memory.
	DBPath string
	// Port to listen on; 0 chooses a free one.
	Port int
	// Binary to run; "" is what Find finds.
	Binary string
}

// Engine is a running engine. It runs until Stop, until its parent ends (on Linux even if that is killed), or until it fails.
type Engine struct {
	// Endpoint is where it answers: http://127.0.0.1:<port>.
	Endpoint string

	cmd  *exec.Cmd
	done chan struct{}
	said *tail
}

// Find looks for the engine: PARLEY_DYNOXIDE, else tools/node_modules of this checkout, where `make setup` puts it.
func Find() (string, error) {
	if path := os.Getenv(Variable); path != "" {
		if _, err := os.Stat(path); err != nil {
			return "", fmt.Errorf("%s does not name the DynamoDB engine: %w", Variable, err)
		}
		return path, nil
	}
	missing := fmt.Errorf("the DynamoDB engine is not installed: run `make setup`, or set %s to a Dynoxide binary", Variable)
	root, err := Root()
	if err != nil {
		return "", missing
	}
	name := "dynoxide"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	// One package a platform; npm installs the one of this machine.
	found, err := filepath.Glob(filepath.Join(root, "tools", "node_modules", "@dynoxide", "*", name))
	if err != nil || len(found) == 0 {
		return "", missing
	}
	return found[0], nil
}

// Root is the checkout that the working directory is in: the nearest folder with a go.mod.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "go.mod")); err == nil {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("%s is not in a checkout: no go.mod above it", dir)
		}
	}
}

// Start starts an engine and waits until it answers. ctx bounds the start, not the engine's life.
func Start(ctx context.Context, o Options) (*Engine, error) {
	if o.Binary == "" {
		var err error
		if o.Binary, err = Find(); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	var err error
	for range starts {
		port := o.Port
		if port == 0 {
			if port, err = freePort(); err != nil {
				return nil, err
			}
		}
		var e *Engine
		if e, err = startAt(ctx, o, port); err == nil {
			return e, nil
		}
		if o.Port != 0 || ctx.Err() != nil {
			break
		}
	}
	return nil, fmt.Errorf("start the DynamoDB engine: %w", err)
}

func startAt(ctx context.Context, o Options, port int) (*Engine, error) {
	args := []string{"--host", "127.0.0.1", "--port", strconv.Itoa(port)}
	if o.DBPath != "" {
		args = append(args, "--db-path", o.DBPath)
	}
	e := &Engine{Endpoint: "http://127.0.0.1:" + strconv.Itoa(port), cmd: exec.Command(o.Binary, args...), done: make(chan struct{}), said: &tail{}}
	e.cmd.Stdout, e.cmd.Stderr = e.said, e.said
	// Not this process's settings: the engine reads variables like DB_PATH.
	e.cmd.Env = []string{"HOME=" + os.Getenv("HOME"), "TMPDIR=" + os.Getenv("TMPDIR"), "SystemRoot=" + os.Getenv("SystemRoot")}
	tie(e.cmd)
	started := make(chan error)
	go e.run(started)
	if err := <-started; err != nil {
		return nil, err
	}
	if err := e.wait(ctx); err != nil {
		e.Stop()
		return nil, err
	}
	return e, nil
}

// run starts the process and waits for its end, on one thread: Linux ties a child to the thread that started it, and a
// thread may end before its process.
func (e *Engine) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := e.cmd.Start()
	started <- err
	if err == nil {
		_ = e.cmd.Wait()
		close(e.done)
	}
}

// wait polls the engine until it answers anything at all.
func (e *Engine) wait(ctx context.Context) error {
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	tick := time.NewTicker(readyPoll)
	defer tick.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, e.Endpoint, nil)
		if err != nil {
			return err
		}
		if resp, err := client.Do(req); err == nil {
			return resp.Body.Close()
		}
		select {
		case <-e.done:
			return fmt.Errorf("it ended at once (%s): %s", e.cmd.ProcessState, strings.TrimSpace(e.said.String()))
		case <-ctx.Done():
			return fmt.Errorf("no answer at %s: %w", e.Endpoint, ctx.Err())
		case <-tick.C:
		}
	}
}

// Pid is the process id of the engine.
func (e *Engine) Pid() int { return e.cmd.Process.Pid }

// Done is closed when the engine has ended, wanted or not.
func (e *Engine) Done() <-chan struct{} { return e.done }

// Stop ends the engine and waits for its end. Stopping it again does nothing.
func (e *Engine) Stop() {
	select {
	case <-e.done:
		return
	default:
	}
	terminate(e.cmd.Process)
	timer := time.NewTimer(stopWithin)
	defer timer.Stop()
	select {
	case <-e.done:
	case <-timer.C:
		_ = e.cmd.Process.Kill()
		<-e.done
	}
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// tail keeps the end of what was written.
type tail struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf.Write(p)
	if over := t.buf.Len() - keptOutput; over > 0 {
		t.buf.Next(over)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.buf.String()
}
