//go:build !linux

package play

import "syscall"

func dieWithParent() *syscall.SysProcAttr { return nil }
