package chat

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"
)

// The tests in this package drive the rules, which know no store. Desk is tested over the real one, in infra/dynamo.

var morning = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

const (
	retention = 24 * time.Hour
	idle      = time.Hour
)

// codeOf is the code of a refusal, "" for none; any other error fails the test.
func codeOf(t *testing.T, err error) Code {
	t.Helper()
	var refused *Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &refused):
		return refused.Code
	}
	t.Fatalf("not a refusal: %v", err)
	return ""
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %+v, want %+v", what, got, want)
	}
}

// writeOf is the change's write of one type; the test fails if there is not exactly one.
func writeOf[W Write](t *testing.T, c Change) W {
	t.Helper()
	all := writesOf[W](c)
	if len(all) != 1 {
		var w W
		t.Fatalf("%s: %d writes of type %T, want 1: %+v", c.Name, len(all), w, c.Writes)
	}
	return all[0]
}

func writesOf[W Write](c Change) (all []W) {
	for _, w := range c.Writes {
		if w, ok := w.(W); ok {
			all = append(all, w)
		}
	}
	return all
}

// roomy is a slice with room behind its end, so that a rule which appends to it in place is found out.
func roomy(items ...string) []string {
	all := append(slices.Clone(items), "untouched", "untouched")
	return all[:len(items):len(all)]
}

// untouched fails the test if a slice made by roomy was changed, or written behind.
func untouched(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if all := got[:cap(got)]; !slices.Equal(all, append(slices.Clone(want), "untouched", "untouched")) {
		t.Errorf("%s was changed: %v, want %v with nothing behind", what, all, want)
	}
}

// seeds runs a property for a number of seeds, each a test of its own name.
func seeds(t *testing.T, n uint64, property func(t *testing.T, r *rand.Rand)) {
	t.Helper()
	for seed := range n {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) { property(t, rand.New(rand.NewPCG(seed, 0))) })
	}
}

// some is a random part of a list, in its order.
func some(r *rand.Rand, list []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(string) bool { return r.IntN(2) == 0 })
}
