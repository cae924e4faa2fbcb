package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
)

// source is what reflection cannot see of the contract: comments, and the constants of string types.
type source struct {
	doc      string              // of the package
	comments map[string]string   // of types ("View") and of their fields ("View.Head")
	values   map[string][]string // of string types, in the order of their declaration
	structs  []string            // exported, in the order of the files
}

// parse reads the package wire, and the codes of refusals from the package chat.
func parse(wireDir, chatDir string) (*source, error) {
	src, err := parseDir(wireDir)
	if err != nil {
		return nil, err
	}
	chat, err := parseDir(chatDir)
	if err != nil {
		return nil, err
	}
	src.values["ErrorCode"] = chat.values["Code"]
	return src, nil
}

func parseDir(dir string) (*source, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	src := &source{comments: map[string]string{}, values: map[string][]string{}}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		if file.Doc != nil {
			src.doc = file.Doc.Text()
		}
		for _, decl := range file.Decls {
			if gen, ok := decl.(*ast.GenDecl); ok {
				src.declaration(gen)
			}
		}
	}
	return src, nil
}

func (s *source) declaration(decl *ast.GenDecl) {
	for _, spec := range decl.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			s.comments[spec.Name.Name] = oneLine(decl.Doc)
			if structure, ok := spec.Type.(*ast.StructType); ok && spec.Name.IsExported() {
				s.structs = append(s.structs, spec.Name.Name)
				s.fields(spec.Name.Name, structure)
			}
		case *ast.ValueSpec:
			s.value(spec)
		}
	}
}

func (s *source) fields(typ string, structure *ast.StructType) {
	for _, field := range structure.Fields.List {
		for _, name := range field.Names {
			s.comments[typ+"."+name.Name] = oneLine(field.Doc)
		}
	}
}

// value collects constants such as `SideAgent Side = "agent"`.
func (s *source) value(spec *ast.ValueSpec) {
	typ, ok := spec.Type.(*ast.Ident)
	if !ok || !spec.Names[0].IsExported() {
		return
	}
	for _, expr := range spec.Values {
		if lit, ok := expr.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if text, err := strconv.Unquote(lit.Value); err == nil {
				s.values[typ.Name] = append(s.values[typ.Name], text)
			}
		}
	}
}

func oneLine(doc *ast.CommentGroup) string { return strings.Join(strings.Fields(doc.Text()), " ") }
