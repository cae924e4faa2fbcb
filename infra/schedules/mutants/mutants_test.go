package main

import (
	"testing"
)

// Ensure that each mutant follows the code: what it breaks is there, once.
func TestMutantsFollowTheCode(t *testing.T) {
	t.Chdir("../../..")
	for _, m := range mutants {
		if _, err := m.overlay(t.TempDir()); err != nil {
			t.Errorf("%s: %v", m.name, err)
		}
	}
}
