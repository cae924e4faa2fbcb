package main

import (
	"os"
	"path/filepath"
)

// lock opens the file without keeping others out: SQLite's own lock is what there is.
func lock(dir string) (*os.File, error) {
	return os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
}
