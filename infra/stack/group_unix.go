//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// together has a command and all that it starts end with its context. A shell that is killed alone leaves what it waits for behind.
func together(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = stopWithin
}
