package infra_test

import (
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// Ensure that docs/privileges.md leaves no statement out: its table shows those of functions and state machines, its words explain the
// others. Whether functions need what they may, the end-to-end tests find out (infra/e2e, judgeRights), because they have to run for it.
func TestPrivilegesPageHasEveryStatement(t *testing.T) {
	t.Parallel()
	page := source(t, "../docs/privileges.md")
	rows := slices.Collect(strings.SplitSeq(page, "\n"))
	for _, r := range resources(t, readTemplate(t)) {
		visit(r.node, func(n *yaml.Node) {
			sid := value(child(n, "Sid"))
			if value(child(n, "Effect")) == "" {
				return
			}
			ours := r.kind == functionType || r.kind == machineType
			switch {
			case ours && !strings.Contains(page, " | "+sid+" |"):
				t.Errorf("docs/privileges.md does not show %s of %s: `make privileges` writes its table", sid, r.id)
			case !ours && !slices.ContainsFunc(rows, func(row string) bool {
				return strings.HasPrefix(row, "| `"+r.id+"`") && strings.Contains(row, "| `"+sid+"` |")
			}):
				t.Errorf("docs/privileges.md does not explain %s of %s, which no function of ours has: say there who may do what", sid, r.id)
			}
		})
	}
}
