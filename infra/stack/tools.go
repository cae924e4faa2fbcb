package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// home is where all that is installed, built and written for the stack lies.
const home = ".stack"

// command is one that ends with ctx, and with all that it has started.
func command(ctx context.Context, env []string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = env
	together(cmd)
	return cmd
}

// step runs a command quietly, with progress when it takes longer than two seconds, and shows what it said when it fails.
func step(ctx context.Context, out io.Writer, env []string, label string, args ...string) error {
	cmd := command(ctx, env, append([]string{"tools/step.sh", label}, args...)...)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("%s: %w", label, err)
	}
	return nil
}

// install makes the virtual environment .stack/<name> of infra/stack/<name>.txt, unless it is there and the file is still the
// one that it was made of.
func install(ctx context.Context, out io.Writer, name, what string) error {
	list := filepath.Join("infra", "stack", name+".txt")
	content, err := os.ReadFile(list)
	if err != nil {
		return err
	}
	python, err := exec.CommandContext(ctx, "tools/python.sh").Output()
	if err != nil {
		need := exec.CommandContext(ctx, "tools/need.sh", "python") // which says it in words
		need.Stdout, need.Stderr = out, out
		_ = need.Run()
		return fmt.Errorf("%s needs Python", what)
	}
	sum := sha256.Sum256(content)
	dir := filepath.Join(home, name)
	made, want := filepath.Join(dir, "made-of"), hex.EncodeToString(sum[:])
	if have, err := os.ReadFile(made); err == nil && string(have) == want {
		return nil
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := step(ctx, out, os.Environ(), "Making the Python environment of "+what, strings.TrimSpace(string(python)), "-m", "venv", dir); err != nil {
		return err
	}
	// --no-deps: the list is whole, and what it does not name has no hash.
	if err := step(ctx, out, os.Environ(), "Fetching "+what, filepath.Join(dir, "bin", "pip"), "install", "--no-input",
		"--disable-pip-version-check", "--no-deps", "--require-hashes", "-r", list); err != nil {
		return err
	}
	return os.WriteFile(made, []byte(want), 0o600)
}
