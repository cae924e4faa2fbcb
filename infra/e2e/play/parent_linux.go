package play

import "syscall"

// dieWithParent makes a child end with the process that started it, even if that is killed.
func dieWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
