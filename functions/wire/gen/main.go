// Command gen makes from the Go structs of functions/wire what the front ends and people read: the JSON Schema, the TypeScript
// types, the golden frames as TypeScript, and the AsyncAPI page. Run it with `make gen` or `go generate ./functions/wire`. It
// needs the npm packages of widget/ (`make setup`).
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
)

// The generated files, by their paths in the repository.
const (
	schemaFile   = "functions/wire/schema.json"
	typesFile    = "widget/client/src/wire.gen.ts"
	goldenFile   = "widget/client/src/golden.gen.ts"
	asyncAPIFile = "docs/asyncapi.yaml"
)

const banner = "// Made by functions/wire/gen from the Go structs of functions/wire. Do not edit: change those and run `make gen`.\n"

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run() error {
	root, err := repository()
	if err != nil {
		return err
	}
	files, err := generate(root)
	if err != nil {
		return err
	}
	for name, content := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// repository finds the folder of go.mod: go generate and go test start in the package's own folder.
func repository() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no go.mod above the working folder")
		}
		dir = parent
	}
}

// generate returns the content of every generated file by its path in the repository.
func generate(root string) (map[string][]byte, error) {
	src, err := parse(filepath.Join(root, "functions/wire"), filepath.Join(root, "functions/chat"))
	if err != nil {
		return nil, err
	}
	contract, err := reflectContract(src)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", schemaFile, err)
	}
	schema, err := encode(contract)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", schemaFile, err)
	}
	golden, err := goldenTypescript(filepath.Join(root, "functions/wire/testdata"))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", goldenFile, err)
	}
	api, err := asyncAPI(root, src, schema)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", asyncAPIFile, err)
	}
	bent, err := forTypescript(contract)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", typesFile, err)
	}
	types, err := typescript(root, bent)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", typesFile, err)
	}
	return map[string][]byte{schemaFile: schema, typesFile: types, goldenFile: golden, asyncAPIFile: api}, nil
}

// typescript compiles the schema with json-schema-to-typescript.
func typescript(root string, schema []byte) ([]byte, error) {
	bin := filepath.Join(root, "widget/node_modules/.bin/json2ts")
	if _, err := os.Stat(bin); errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("json-schema-to-typescript is not installed: run `make setup` (npm ci in widget/) first")
	}
	cmd := exec.Command(bin, "--unreachableDefinitions", "--additionalProperties=false",
		"--bannerComment", banner, "--style.singleQuote", "--style.printWidth=110")
	cmd.Stdin = bytes.NewReader(schema)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("json2ts: %w\n%s", err, stderr.Bytes())
	}
	return provenance.ReplaceAll(stdout.Bytes(), nil), nil
}

// provenance matches the remark of json-schema-to-typescript on every definition.
var provenance = regexp.MustCompile(`(?m)^( \*\n)? \* This interface was referenced by .*\n \* via the .*\n`)

// goldenTypescript lists the golden frames as TypeScript values, so that the compiler checks each against the generated types.
func goldenTypescript(dir string) ([]byte, error) {
	var out bytes.Buffer
	out.WriteString(banner)
	out.WriteString("import type { AgentRequest, CustomerRequest, ServerFrame } from './wire.gen';\n")
	for _, group := range []struct{ prefix, name, typ string }{
		{"customer", "customerRequests", "CustomerRequest"},
		{"agent", "agentRequests", "AgentRequest"},
		{"server", "serverFrames", "ServerFrame"},
	} {
		files, err := filepath.Glob(filepath.Join(dir, group.prefix+".*.json"))
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&out, "\n/** The frames of functions/wire/testdata/%s.*.json. */\n", group.prefix)
		fmt.Fprintf(&out, "export const %s: Record<string, %s> = {\n", group.name, group.typ)
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			fmt.Fprintf(&out, "%q: %s,\n", filepath.Base(file), bytes.TrimSpace(content))
		}
		out.WriteString("};\n")
	}
	return out.Bytes(), nil
}
