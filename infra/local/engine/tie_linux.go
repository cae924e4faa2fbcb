package engine

import (
	"os"
	"os/exec"
	"syscall"
)

// tie makes the child end with its parent, however that ends, and keeps the terminal's Ctrl+C for the parent, which stops the
// child in its turn.
func tie(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

func terminate(p *os.Process) { _ = p.Signal(syscall.SIGTERM) }
