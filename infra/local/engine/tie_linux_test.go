package engine_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/infra/local/engine"
)

// parentOnly makes this test binary the short-lived parent of TestEndsWithParent.
const parentOnly = "PARLEY_TEST_ENGINE_PARENT"

func TestMain(m *testing.M) {
	if os.Getenv(parentOnly) == "" {
		os.Exit(m.Run())
	}
	e, err := engine.Start(context.Background(), engine.Options{})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(e.Pid())
	select {} // until it is killed
}

// Ensure the engine ends with a parent that had no chance to stop it.
func TestEndsWithParent(t *testing.T) {
	t.Parallel()
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), parentOnly+"=1")
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	proc := "/proc/" + strings.TrimSpace(line) + "/stat"
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); {
		stat, err := os.ReadFile(proc)
		if err != nil || strings.Contains(string(stat), ") Z ") { // gone, or waiting for init to collect it
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("the engine runs on: %s", line)
}
