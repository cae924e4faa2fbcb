package e2e_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"text/tabwriter"

	"github.com/parley-chat/parley/infra/local/iam"
)

const (
	// rightsPage shows the rights of every role; rightsTable, how often this run needed them.
	rightsPage  = root + "/docs/privileges.md"
	rightsTable = root + "/build/privileges.txt"
	// What `make privileges` writes stands between these.
	rightsBegin = "<!-- make privileges writes from here -->\n"
	rightsEnd   = "<!-- to here -->\n"
)

// isWhole says whether all tests were asked for. What others lack, they may have left out.
func isWhole() bool {
	whole := true
	flag.Visit(func(f *flag.Flag) {
		switch f.Name {
		case "test.run", "test.skip", "test.list", "test.short":
			whole = false
		}
	})
	return whole
}

// judgeRights holds what the functions did against what template.yaml allows them: nothing may be missing and, after a whole run,
// nothing unused. It is no test because it has to come after all of them. write: the page is written, not compared.
func judgeRights(whole, write bool) error {
	roles, err := iam.ReadRoles(house.record)
	if err != nil {
		return err
	}
	findings := append(iam.Missing(roles), iam.Twice(roles)...)
	if whole {
		findings = append(findings, iam.Unused(roles)...)
		var table bytes.Buffer
		printRights(&table, roles)
		err := errors.Join(os.MkdirAll(filepath.Dir(rightsTable), 0o755), os.WriteFile(rightsTable, table.Bytes(), 0o644))
		if err != nil {
			return err
		}
		finding, err := comparePage(roles, write)
		if err != nil {
			return err
		}
		findings = append(findings, finding...)
	}
	if len(findings) > 0 {
		return errors.New("least privilege:\n  " + strings.Join(findings, "\n  "))
	}
	return nil
}

// printRights writes every right of every role with the calls that needed it.
func printRights(out io.Writer, roles []iam.Role) {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "role\taction\ton\tcalls\tallowed by")
	for _, role := range roles {
		for _, r := range role.May {
			by := r.Statement
			if why := r.Unseen(); why != "" {
				by += " (unseen: " + why + ")"
			}
			fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%s\n", role.Name, r.Action, short(r.Resource), role.Calls(r), by)
		}
	}
	_ = t.Flush() // to memory
}

// comparePage finds a page that does not say what the rights are, or writes it.
func comparePage(roles []iam.Role, write bool) ([]string, error) {
	content, err := os.ReadFile(rightsPage)
	if err != nil {
		return nil, err
	}
	before, rest, ok := strings.Cut(string(content), rightsBegin)
	_, after, also := strings.Cut(rest, rightsEnd)
	if !ok || !also {
		return nil, fmt.Errorf("%s: it has no marks to put the rights between", rightsPage)
	}
	page := before + rightsBegin + "\n" + listRights(roles) + "\n" + rightsEnd + after
	switch {
	case page == string(content):
		return nil, nil
	case write:
		return nil, os.WriteFile(rightsPage, []byte(page), 0o644)
	}
	return []string{"docs/privileges.md does not show the rights that template.yaml gives: `make privileges` writes it."}, nil
}

// listRights is the page's part: a row for every statement and resource. There is nothing in it that differs from run to run.
func listRights(roles []iam.Role) string {
	var b strings.Builder
	b.WriteString("| role | may | on | statement | |\n| --- | --- | --- | --- | --- |\n")
	for _, role := range roles {
		name := "`" + role.Name + "`"
		for rights := role.May; len(rights) > 0; name = "" {
			first := rights[0]
			var actions []string
			for len(rights) > 0 && rights[0].Statement == first.Statement && rights[0].Resource == first.Resource {
				actions = append(actions, "`"+rights[0].Action+"`")
				rights = rights[1:]
			}
			note := first.Reason()
			if why := first.Unseen(); why != "" {
				note = strings.TrimSpace(note + " **Never seen**: " + why)
			}
			row := fmt.Sprintf("| %s | %s | `%s` | %s | %s |\n", name, strings.Join(actions, ", "), short(first.Resource), first.Statement, note)
			b.WriteString(strings.ReplaceAll(row, "|  |", "| |"))
		}
	}
	return b.String()
}

// accountOf is what every ARN of the local runner begins with, but for its service.
var accountOf = regexp.MustCompile(`^arn:aws:[a-z-]*:[a-z0-9-]*:[0-9]*:`)

// short is a resource without what all of them have in common: account and stack.
func short(arn string) string {
	return strings.Replace(accountOf.ReplaceAllString(arn, ""), "parley-", "", 1)
}
