package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// Ensure what is committed is what the Go structs say.
func TestGeneratedFilesAreFresh(t *testing.T) {
	t.Parallel()
	root, err := repository()
	if err != nil {
		t.Fatal(err)
	}
	files, err := generate(root)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is stale: run `make gen` and commit what it changes", name)
		}
	}
}

// Ensure a struct that somebody adds to the contract cannot be forgotten in it.
func TestEveryStructIsInTheSchema(t *testing.T) {
	t.Parallel()
	root, err := repository()
	if err != nil {
		t.Fatal(err)
	}
	src, err := parse(filepath.Join(root, "functions/wire"), filepath.Join(root, "functions/chat"))
	if err != nil {
		t.Fatal(err)
	}
	schema, err := reflectContract(src)
	if err != nil {
		t.Fatal(err)
	}
	inside := map[string]bool{
		"Envelope": true, // part of the requests
		"Refusal":  true, // becomes an Error
	}
	for _, name := range src.structs {
		if _, ok := schema.Definitions[name]; !ok && !inside[name] {
			t.Errorf("%s is nowhere in the schema: add it to the lists in schema.go", name)
		}
	}
}

// Ensure every frame and body has a golden file, so that none goes untested on either side.
func TestEveryFrameIsGolden(t *testing.T) {
	t.Parallel()
	root, err := repository()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"ping"}
	for _, r := range requests() {
		for _, role := range r.roles {
			want = append(want, role+"."+typeOf(r.frame))
		}
	}
	for _, frame := range serverFrames() {
		want = append(want, "server."+typeOf(frame))
	}
	for _, c := range calls() {
		if c.request != nil {
			want = append(want, "http."+nameOf(c.request))
		}
		want = append(want, "http."+nameOf(c.reply))
	}
	for _, name := range want {
		content, err := os.ReadFile(filepath.Join(root, "functions/wire/testdata", name+".json"))
		if err != nil {
			t.Error(err)
		} else if !json.Valid(content) {
			t.Errorf("%s.json is not JSON", name)
		}
	}
}

// Ensure the page for people has no dead end: every reference in it names something in it.
func TestAsyncAPIReferencesResolve(t *testing.T) {
	t.Parallel()
	root, err := repository()
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(root, asyncAPIFile))
	if err != nil {
		t.Fatal(err)
	}
	var document any
	if err := yaml.Unmarshal(content, &document); err != nil {
		t.Fatal(err)
	}
	references := 0
	walk(document, func(reference string) {
		references++
		at := document
		for step := range strings.SplitSeq(strings.TrimPrefix(reference, "#/"), "/") {
			object, _ := at.(map[string]any)
			if at = object[step]; at == nil {
				t.Errorf("%s leads nowhere", reference)
				return
			}
		}
	})
	if references == 0 {
		t.Error("found no references")
	}
}

func walk(node any, visit func(reference string)) {
	switch node := node.(type) {
	case map[string]any:
		if reference, ok := node["$ref"].(string); ok {
			visit(reference)
		}
		for _, child := range node {
			walk(child, visit)
		}
	case []any:
		for _, child := range node {
			walk(child, visit)
		}
	}
}
