package iam

import (
	"fmt"
	"slices"
	"strings"
)

// Missing is a need that no right of its role covers, with what to do about it.
func Missing(roles []Role) (findings []string) {
	for _, role := range roles {
		for _, u := range role.Did {
			if u.Resource == Unknown {
				findings = append(findings, fmt.Sprintf("%s calls %s, and this test does not know what that is about: infra/local/iam/iam.go, Needs, has to find the ARN in the request.",
					role.Name, u.Action))
			} else if _, ok := role.right(u.Need); !ok {
				findings = append(findings, fmt.Sprintf("%s needs %s on %s (%d calls), and its policy does not allow it. %s", role.Name, u.Action, u.Resource, u.Calls,
					advice(roles, role, u.Need)))
			}
		}
	}
	return findings
}

// advice names the line of the template to change.
func advice(roles []Role, role Role, n Need) string {
	about := func(r Right) bool { return matches(r.Resource, n.Resource) }
	if i := slices.IndexFunc(role.May, about); i >= 0 {
		return fmt.Sprintf("In template.yaml, line %d, add the action to %s.", role.May[i].Line, role.May[i].Statement)
	}
	like := ""
	for _, other := range roles {
		if i := slices.IndexFunc(other.May, about); i >= 0 {
			like = fmt.Sprintf(" whose Resource is that of %s of %s (line %d)", other.May[i].Statement, other.Name, other.May[i].Line)
			break
		}
	}
	return fmt.Sprintf("In template.yaml, add a statement to its Policies%s.", like)
}

// Unused is a right that nobody needed and nobody gave a reason for. It means something only of a record of everything that there is
// to do.
func Unused(roles []Role) (findings []string) {
	for _, role := range roles {
		for _, r := range role.May {
			if role.Calls(r) == 0 && r.Unseen() == "" {
				findings = append(findings, fmt.Sprintf("%s may %s on %s, and never did. In template.yaml, line %d, take it out of %s; or add a story to infra/e2e that needs it; "+
					"or, if no story can, say why not in a comment above the statement that begins with \"Unseen:\".", role.Name, r.Action, r.Resource, r.Line, r.Statement))
			}
		}
	}
	return findings
}

// Twice is a right that a role has from two statements: taking it out of one would take nothing away.
func Twice(roles []Role) (findings []string) {
	for _, role := range roles {
		for i, r := range role.May {
			if j := slices.IndexFunc(role.May[:i], func(other Right) bool { return other.allows(r.Need) || r.allows(other.Need) }); j >= 0 {
				findings = append(findings, fmt.Sprintf("%s may %s on %s by %s and by %s (lines %d and %d).", role.Name, r.Action, r.Resource,
					role.May[j].Statement, r.Statement, role.May[j].Line, r.Line))
			}
		}
	}
	return findings
}

// right is the first one that covers a need.
func (r Role) right(n Need) (Right, bool) {
	i := slices.IndexFunc(r.May, func(right Right) bool { return right.allows(n) })
	if i < 0 {
		return Right{}, false
	}
	return r.May[i], true
}

// Calls is how often a right was needed.
func (r Role) Calls(right Right) (calls int) {
	for _, u := range r.Did {
		if right.allows(u.Need) {
			calls += u.Calls
		}
	}
	return calls
}

// The labels of what a comment above a statement may say.
const (
	labelReason = "Reason:" // why its resource has a wildcard
	labelUnseen = "Unseen:" // why no test needs it
)

// Reason is why the resource has a wildcard, "" if nobody says so.
func (r Right) Reason() string { return labelled(r.Comment, labelReason) }

// Unseen is why no test uses the right, "" if nobody says so.
func (r Right) Unseen() string { return labelled(r.Comment, labelUnseen) }

// labelled is the text behind a label of a comment, up to the next label.
func labelled(comment, label string) string {
	var words []string
	for line := range strings.Lines(comment) {
		words = append(words, strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "#"))...)
	}
	_, text, _ := strings.Cut(strings.Join(words, " "), label)
	for _, next := range []string{labelReason, labelUnseen} {
		text, _, _ = strings.Cut(text, next)
	}
	return strings.TrimSpace(text)
}
