package chat

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// sources parses the package as it is written.
func sources(t *testing.T) []*ast.File {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return files
}

func TestCodesListsEveryCode(t *testing.T) {
	t.Parallel()
	var declared []Code
	for _, f := range sources(t) {
		ast.Inspect(f, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || spec.Type == nil {
				return true
			}
			if typ, ok := spec.Type.(*ast.Ident); !ok || typ.Name != "Code" {
				return true
			}
			for _, v := range spec.Values {
				text, err := strconv.Unquote(v.(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				declared = append(declared, Code(text))
			}
			return true
		})
	}
	equal(t, "Codes", Codes, declared)
}

// Whoever reads a refusal is a person: it is a sentence.
func TestRefusalsAreSentences(t *testing.T) {
	t.Parallel()
	found := 0
	sentence := func(e ast.Expr) {
		lit, ok := e.(*ast.BasicLit)
		if !ok {
			return
		}
		found++
		text, err := strconv.Unquote(lit.Value)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(text, ".") || text[0] != '%' && (text[0] < 'A' || text[0] > 'Z') {
			t.Errorf("not a sentence: %q", text)
		}
	}
	for _, f := range sources(t) {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if fun, ok := n.Fun.(*ast.Ident); ok && fun.Name == "Refuse" {
					sentence(n.Args[1])
				}
			case *ast.KeyValueExpr:
				if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Message" {
					sentence(n.Value)
				}
			}
			return true
		})
	}
	if found < 20 {
		t.Errorf("found only %d refusals in the sources", found)
	}
}

func TestAsError(t *testing.T) {
	t.Parallel()
	refused := Refuse(CodeLate, "This offer is over.")
	if got := AsError(fmt.Errorf("accept: %w", refused)); got != refused {
		t.Errorf("a wrapped refusal: %v", got)
	}
	fault := AsError(errors.New("table sessions-1 is on fire"))
	if fault.Code != CodeInternal || !fault.Retry || strings.Contains(fault.Message, "sessions-1") {
		t.Errorf("a fault: %+v", fault)
	}
	for _, c := range Codes {
		if got, want := Refuse(c, "No.").Retry, slices.Contains([]Code{CodeBusy, CodeRateLimited}, c); got != want {
			t.Errorf("%s: retry %v, want %v", c, got, want)
		}
	}
}
