package iam_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/parley-chat/parley/infra/local/iam"
)

// right is a right of the statement Sid, which is in line 7.
func right(action, resource, comment string) iam.Right {
	return iam.Right{Need: iam.Need{Action: action, Resource: resource}, Statement: "Sid", Comment: comment, Line: 7}
}

func use(action, resource string) iam.Use {
	return iam.Use{Need: iam.Need{Action: action, Resource: resource}, Calls: 3}
}

// Ensure that every difference of policy and record is found, in words that name what to do and where.
func TestFindings(t *testing.T) {
	t.Parallel()
	neighbour := iam.Role{Name: "Neighbour", May: []iam.Right{right("db:Put", "table/b", "")}}
	for name, test := range map[string]struct {
		role                   iam.Role
		missing, unused, twice string // what the one finding says, "" for none
	}{
		"all is well": {role: iam.Role{May: []iam.Right{right("db:Get", "table/a", "")}, Did: []iam.Use{use("db:Get", "table/a")}}},
		"an action is missing": {
			role:    iam.Role{May: []iam.Right{right("db:Get", "table/a", "")}, Did: []iam.Use{use("db:Get", "table/a"), use("db:Put", "table/a")}},
			missing: "Some needs db:Put on table/a (3 calls), and its policy does not allow it. In template.yaml, line 7, add the action to Sid.",
		},
		"a resource is missing": {
			role:    iam.Role{Did: []iam.Use{use("db:Get", "table/b")}},
			missing: "add a statement to its Policies whose Resource is that of Sid of Neighbour (line 7)",
		},
		"a resource is missing that nobody has": {
			role:    iam.Role{Did: []iam.Use{use("db:Get", "table/c")}},
			missing: "add a statement to its Policies.",
		},
		"a table is not its index": {
			role:    iam.Role{May: []iam.Right{right("db:Query", "table/a", "")}, Did: []iam.Use{use("db:Query", "table/a"), use("db:Query", "table/a/index/i")}},
			missing: "Some needs db:Query on table/a/index/i",
		},
		"nobody knows what a call is about": {
			role:    iam.Role{Did: []iam.Use{use("db:List", iam.Unknown)}},
			missing: "infra/local/iam/iam.go",
		},
		"a right is not used": {
			role:   iam.Role{May: []iam.Right{right("db:Get", "table/a", "# Reason: because.")}},
			unused: "Some may db:Get on table/a, and never did. In template.yaml, line 7, take it out of Sid;",
		},
		"a right is not used, for a reason": {
			role: iam.Role{May: []iam.Right{right("db:Get", "table/a", "# Unseen: only an outage\n# needs it.")}},
		},
		"a wildcard": {
			role: iam.Role{May: []iam.Right{right("api:Post", "api/*/POST/id-?", "")}, Did: []iam.Use{use("api:Post", "api/prod/POST/id-1")}},
		},
		"a wildcard is no more than it says": {
			role:    iam.Role{May: []iam.Right{right("api:Post", "api.x/*", "")}, Did: []iam.Use{use("api:Post", "api.x/1"), use("api:Post", "apisx/1")}},
			missing: "Some needs api:Post on apisx/1",
		},
		"a right is given twice": {
			role:  iam.Role{May: []iam.Right{right("db:Get", "table/*", ""), right("db:Get", "table/a", "")}, Did: []iam.Use{use("db:Get", "table/a")}},
			twice: "Some may db:Get on table/a by Sid and by Sid",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.role.Name = "Some"
			roles := []iam.Role{neighbour, test.role}
			for _, kind := range []struct {
				name, want string
				got        []string
			}{
				{"missing", test.missing, iam.Missing(roles)},
				{"unused", test.unused, iam.Unused(roles[1:])},
				{"twice", test.twice, iam.Twice(roles)},
			} {
				if kind.want == "" && len(kind.got) > 0 || kind.want != "" && (len(kind.got) != 1 || !strings.Contains(kind.got[0], kind.want)) {
					t.Errorf("%s: got %q, want one that says %q", kind.name, kind.got, kind.want)
				}
			}
		})
	}
}

func TestComments(t *testing.T) {
	t.Parallel()
	r := right("", "", "# Something else.\n# Reason: ids are made\n#   later. Unseen: it needs\n# an outage.")
	if got, want := r.Reason(), "ids are made later."; got != want {
		t.Errorf("the reason is %q, want %q", got, want)
	}
	if got, want := r.Unseen(), "it needs an outage."; got != want {
		t.Errorf("it is unseen because %q, want %q", got, want)
	}
	if r := right("", "", "# Something else."); r.Reason() != "" || r.Unseen() != "" {
		t.Errorf("no reason is %q and %q", r.Reason(), r.Unseen())
	}
}

// Ensure that several processes can write one file, that their calls add up, and that policies of two templates are not mixed.
func TestFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "record")
	record := func() *iam.Record {
		r := iam.NewRecord(iam.Stack{})
		r.May("b", right("db:Get", "table/a", "# Reason: because."))
		return r
	}
	var writing sync.WaitGroup
	for range 8 {
		writing.Go(func() {
			r := record()
			r.Did("b", iam.Need{Action: "db:Get", Resource: "table/a"}, iam.Need{Action: "db:Get", Resource: "table/b"})
			r.Did("b", iam.Need{Action: "db:Get", Resource: "table/a"})
			r.Did("a", iam.Need{Action: "db:Put", Resource: "table/a"})
			if err := r.AppendTo(file); err != nil {
				t.Error(err)
			}
		})
	}
	writing.Wait()
	got, err := iam.ReadRoles(file)
	want := []iam.Role{
		{Name: "a", Did: []iam.Use{{Need: iam.Need{Action: "db:Put", Resource: "table/a"}, Calls: 8}}},
		{Name: "b", May: []iam.Right{right("db:Get", "table/a", "# Reason: because.")}, Did: []iam.Use{
			{Need: iam.Need{Action: "db:Get", Resource: "table/a"}, Calls: 16}, {Need: iam.Need{Action: "db:Get", Resource: "table/b"}, Calls: 8}}},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}

	other := record()
	other.May("b", right("db:Put", "table/a", ""))
	if err := other.AppendTo(file); err != nil {
		t.Fatal(err)
	}
	if _, err := iam.ReadRoles(file); err == nil || !strings.Contains(err.Error(), "two policies of b") {
		t.Errorf("two policies: got %v", err)
	}
	if _, err := iam.ReadRoles(filepath.Join(t.TempDir(), "none")); !os.IsNotExist(err) {
		t.Errorf("no file: got %v", err)
	}
}
