package iam

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Right is one action on one resource, as a statement of a role's policy allows it.
type Right struct {
	Need             // the resource may have wildcards
	Statement string // its Sid
	// Comment stands above the statement. A line of it that begins with "Unseen:" says why no test uses this right.
	Comment string `json:",omitempty"`
	Line    int    // of the statement in the template
}

// allows says whether the right covers a need.
func (r Right) allows(n Need) bool { return r.Action == n.Action && matches(r.Resource, n.Resource) }

// matches compares as IAM does: * is any text, ? any character.
func matches(pattern, text string) bool {
	quoted := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern))
	return regexp.MustCompile("^(?s:" + quoted + ")$").MatchString(text)
}

// Role is what somebody may do and did.
type Role struct {
	Name string
	May  []Right
	Did  []Use
}

// Use is a need and how often it arose.
type Use struct {
	Need
	Calls int
}

// Record gathers what roles may do and what they do. It is safe for concurrent use.
type Record struct {
	stack Stack

	mu    sync.Mutex
	may   map[string][]Right
	calls map[string]map[Need]int
}

// NewRecord makes a Record of calls in a stack.
func NewRecord(s Stack) *Record {
	return &Record{stack: s, may: map[string][]Right{}, calls: map[string]map[Need]int{}}
}

// May notes what a role is allowed.
func (r *Record) May(role string, rights ...Right) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.may[role] = append(r.may[role], rights...)
}

// Did notes that a role needed something, once.
func (r *Record) Did(role string, needs ...Need) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, n := range needs {
		r.count(role, n, 1)
	}
}

func (r *Record) count(role string, n Need, calls int) {
	if r.calls[role] == nil {
		r.calls[role] = map[Need]int{}
	}
	r.calls[role][n] += calls
}

// Transport notes what a role calls, retries too, on the way to base.
func (r *Record) Transport(role string, base http.RoundTripper) http.RoundTripper {
	return transport{base, role, r}
}

// Roles are all of them by name, with their needs in order.
func (r *Record) Roles() []Role {
	r.mu.Lock()
	defer r.mu.Unlock()
	names := maps.Clone(r.may)
	for name := range r.calls {
		names[name] = r.may[name]
	}
	var all []Role
	for _, name := range slices.Sorted(maps.Keys(names)) {
		role := Role{Name: name, May: r.may[name]}
		for _, n := range slices.SortedFunc(maps.Keys(r.calls[name]), compare) {
			role.Did = append(role.Did, Use{n, r.calls[name][n]})
		}
		all = append(all, role)
	}
	return all
}

// AppendTo writes the record at the end of a file, in one write: several processes may do that at once.
func (r *Record) AppendTo(file string) error {
	text, err := json.Marshal(r.Roles())
	if err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	return errors.Join(err, f.Close())
}

// ReadRoles reads a file of records and adds them up. They have to be of one template.
func ReadRoles(file string) ([]Role, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	sum := NewRecord(Stack{})
	for d := json.NewDecoder(f); ; {
		var roles []Role
		if err := d.Decode(&roles); errors.Is(err, io.EOF) {
			return sum.Roles(), nil
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		for _, role := range roles {
			if known, ok := sum.may[role.Name]; ok && !slices.Equal(known, role.May) {
				return nil, fmt.Errorf("%s: it has two policies of %s: the template was changed while the record was made", file, role.Name)
			}
			sum.may[role.Name] = role.May
			for _, u := range role.Did {
				sum.count(role.Name, u.Need, u.Calls)
			}
		}
	}
}
