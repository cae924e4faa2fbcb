//go:build unix && !linux

package engine

import (
	"os"
	"os/exec"
	"syscall"
)

// tie leaves the child in its parent's process group: there is no signal for the death of a parent here, so at least Ctrl+C and a
// hang-up of the terminal reach both.
func tie(*exec.Cmd) {}

func terminate(p *os.Process) { _ = p.Signal(syscall.SIGTERM) }
