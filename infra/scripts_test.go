package infra_test

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// recorder stands for a command line of AWS: it writes down how it was called, and answers what publish.sh asks.
const recorder = `#!/bin/sh
printf '%s %s\n' "$(basename "$0")" "$*" >>"$CALLS"
case "$*" in
*get-caller-identity*) [ "${WHO-123456789012}" ] && echo "${WHO-123456789012}" || { echo "Unable to locate credentials"; exit 1; } ;;
*describe-stacks*nosuch*) echo "Stack with id nosuch does not exist"; exit 1 ;;
*describe-stacks*closed*) echo "AccessDenied"; exit 1 ;;
*SiteBucketName*) echo bucket ;;
*SiteId*) echo E123 ;;
*SiteUrl*) echo https://chat.example.com ;;
esac
`

// script runs one of tools/*.sh with recorders for these commands, and with nothing else that a machine may have installed.
func script(t *testing.T, commands []string, env []string, name string, args ...string) (calls []string, said string, ok bool) {
	t.Helper()
	bin := t.TempDir()
	for _, command := range commands {
		if err := os.WriteFile(filepath.Join(bin, command), []byte(recorder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	record := filepath.Join(t.TempDir(), "calls")
	run := exec.CommandContext(t.Context(), filepath.Join(root, "tools", name), args...)
	run.Env = append([]string{"PATH=" + bin + ":/usr/bin:/bin", "CALLS=" + record}, env...)
	out, err := run.CombinedOutput()
	if content, readErr := os.ReadFile(record); readErr == nil {
		calls = strings.Split(strings.TrimSpace(string(content)), "\n")
	}
	return calls, string(out), err == nil
}

// Ensure that nobody deletes a stack by accident: not by one word too few, not in a script that answers nothing.
func TestDestroyAsks(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, confirm string
		deletes       bool
	}{
		{"nobody answers", "", false},
		{"another name", "parley", false},
		{"the name", "parley-test", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			calls, said, ok := script(t, []string{"sam", "aws"}, []string{"CONFIRM=" + test.confirm}, "destroy.sh", "parley-test")
			calls = slices.DeleteFunc(calls, func(call string) bool { return strings.HasPrefix(call, "aws ") })
			var want []string
			if test.deletes {
				want = []string{"sam delete --stack-name parley-test --no-prompts"}
			}
			if ok != test.deletes || !slices.Equal(calls, want) || !strings.Contains(said, "What stays") {
				t.Errorf("it ended well: %t, called %q and said\n%s", ok, calls, said)
			}
		})
	}
}

// Ensure that a first deployment asks and a later one does not, and that every one makes new versions.
func TestDeployAsksTheFirstTime(t *testing.T) {
	t.Parallel()
	config := filepath.Join(t.TempDir(), "samconfig.toml")
	deploy := "sam deploy --config-file " + config + " --stack-name "
	for _, test := range []struct {
		stack string
		flags []string
		want  string
	}{
		{"parley", nil, deploy + "parley"},
		{"nosuch", nil, deploy + "nosuch --guided"},
		{"nosuch", []string{"--no-confirm-changeset"}, deploy + "nosuch --no-confirm-changeset"},
	} {
		t.Run(test.want, func(t *testing.T) {
			t.Parallel()
			calls, said, _ := script(t, []string{"sam", "aws"}, []string{"SAM_CONFIG=" + config}, "deploy.sh", append([]string{test.stack}, test.flags...)...)
			calls = slices.DeleteFunc(calls, func(call string) bool { return strings.HasPrefix(call, "aws ") })
			if want := []string{"sam build --config-file " + config, test.want}; !slices.Equal(calls, want) {
				t.Errorf("called %q, want %q", calls, want)
			}
			if !strings.Contains(said, "account 123456789012") {
				t.Errorf("it said\n%s", said)
			}
		})
	}
}

// Ensure that who cannot deploy hears so at once and in words, before anything is built: without credentials, without rights to look,
// by a name that no stack can have, without a tool.
func TestDeployLooksFirst(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, stack string
		tools, env  []string
		says        string
	}{
		{"no credentials", "parley", []string{"sam", "aws"}, []string{"WHO="}, "AWS does not say who you are"},
		{"no rights", "closed", []string{"sam", "aws"}, nil, "It is not known whether there is a stack closed"},
		{"no name", "Bad_Name", []string{"sam", "aws"}, nil, "not 'Bad_Name'"},
		{"no AWS CLI", "parley", []string{"sam"}, nil, "needs the AWS CLI"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			calls, said, ok := script(t, test.tools, test.env, "deploy.sh", test.stack)
			built := slices.ContainsFunc(calls, func(call string) bool { return strings.HasPrefix(call, "sam ") })
			if ok || built || !strings.Contains(said, test.says) {
				t.Errorf("it ended well: %t, called %q and said\n%s", ok, calls, said)
			}
		})
	}
}

// Ensure that pages come after what they name, and that CloudFront hears of what has no hash in its name.
func TestPublishPutsPagesLast(t *testing.T) {
	t.Parallel()
	calls, said, ok := script(t, []string{"aws"}, nil, "publish.sh", "parley")
	var puts []string
	for _, call := range calls {
		if words := strings.Fields(call); words[1] == "s3" {
			puts = append(puts, strings.Join(words[2:5], " "))
		}
	}
	want := []string{"sync widget/dist/assets s3://bucket/widget/assets", "sync desktop/dist/assets s3://bucket/desktop/assets",
		"cp widget/dist s3://bucket/widget", "cp desktop/dist s3://bucket/desktop"}
	last := "aws cloudfront create-invalidation --distribution-id E123 --paths /widget/widget.js /desktop/*"
	if !ok || !slices.Equal(puts, want) || calls[len(calls)-1] != last || !strings.Contains(said, "https://chat.example.com/desktop/") {
		t.Errorf("it ended well: %t, called\n%s\nand said\n%s", ok, strings.Join(calls, "\n"), said)
	}
}

// Ensure that publishing without its tool says where to get it, and for a stack that is none what is wrong; both touch nothing.
func TestPublishSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	calls, said, ok := script(t, []string{"aws"}, nil, "publish.sh", "nosuch")
	puts := slices.ContainsFunc(calls, func(call string) bool {
		return strings.HasPrefix(call, "aws s3") || strings.HasPrefix(call, "aws cloudfront")
	})
	if ok || puts || !strings.Contains(said, "There is no stack nosuch. STACK=") {
		t.Errorf("no such stack: it ended well: %t, called %q and said\n%s", ok, calls, said)
	}
	dirname, err := exec.LookPath("dirname")
	if err != nil {
		t.Fatal(err)
	}
	bare := t.TempDir()
	if err := os.Symlink(dirname, filepath.Join(bare, "dirname")); err != nil {
		t.Fatal(err)
	}
	if calls, said, ok = script(t, nil, []string{"PATH=" + bare}, "publish.sh", "parley"); ok || calls != nil || !strings.Contains(said, "AWS CLI") {
		t.Errorf("no AWS CLI: it ended well: %t, called %q and said\n%s", ok, calls, said)
	}
}

// Ensure that a step that is ended by force takes its reporter along. One was left behind that reported for ever: it had not settled
// when the step ended, was deaf to the signal, and held the pipe open for whose end somebody waited until the test timed out.
func TestStepLeavesNoReporter(t *testing.T) {
	t.Parallel()
	step := exec.CommandContext(t.Context(), filepath.Join(root, "tools", "step.sh"), "Waiting", "sh", "-c", "echo $$ >$CHILD; exec sleep 60")
	child := filepath.Join(t.TempDir(), "child")
	step.Env = append(os.Environ(), "CHILD="+child)
	said, its, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer said.Close()
	step.Stdout = its
	if err := step.Start(); err != nil {
		t.Fatal(err)
	}
	its.Close()
	lines := bufio.NewReader(said)
	if line, err := lines.ReadString('\n'); line != "Waiting ...\n" {
		t.Fatalf("said %q, %v", line, err)
	}
	if err := step.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = step.Wait()
	if _, err := io.ReadAll(lines); err != nil { // until nobody holds it any more
		t.Error(err)
	}
	pid, err := os.ReadFile(child)
	if err != nil {
		t.Fatal(err)
	}
	if err := exec.CommandContext(t.Context(), "kill", strings.TrimSpace(string(pid))).Run(); err != nil {
		t.Error(err)
	}
}
