package arch_test

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	root   = "../.."
	module = "penates"

	mostFileLines  = 500 // of a file that is no test
	mostFuncLines  = 90
	longFunc       = 45 // the tenth longest function of a hundred is at most this long
	mostMethods    = 10 // of an interface
	leastDocs      = 85 // percent of exported names that are documented
	longestPackage = 5000
)

var update = flag.Bool("update", false, "write the table of ARCHITECTURE.md anew")

// sources parses every file that is no test, by the folder it is in. The tests
// read the sources themselves, so that Go's test cache knows what they depend on.
func sources(t *testing.T) (*token.FileSet, map[string][]*ast.File) {
	t.Helper()
	fset, files := token.NewFileSet(), map[string][]*ast.File{}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains([]string{"testdata", ".git", "node_modules", "bench"}, d.Name()):
			return fs.SkipDir
		case d.IsDir(), !strings.HasSuffix(name, ".go"), strings.HasSuffix(name, "_test.go"):
			return nil
		}
		f, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, filepath.Dir(name))
		files[filepath.ToSlash(rel)] = append(files[filepath.ToSlash(rel)], f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return fset, files
}

// A rule says what packages of some layers must not import.
type rule struct {
	layers []string
	path   string
	why    string
}

type policy struct {
	layers [][]string // the patterns of each layer, bottom first
	names  []string
	rules  []rule
}

func readPolicy(t *testing.T) (p policy) {
	t.Helper()
	text, err := os.ReadFile("layers.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0, strings.HasPrefix(words[0], "#"):
		case words[0] == "deny":
			p.rules = append(p.rules, rule{strings.Split(words[1], ","), words[2], strings.Join(words[3:], " ")})
		default:
			p.names = append(p.names, words[0])
			p.layers = append(p.layers, words[1:])
		}
	}
	return p
}

// layer returns the number of the layer of the package in dir, or -1.
func (p policy) layer(dir string) int {
	best, length := -1, -1
	for i, patterns := range p.layers {
		for _, pattern := range patterns {
			if pattern == dir {
				return i
			}
			if above, ok := strings.CutSuffix(pattern, "/..."); ok && strings.HasPrefix(dir, above+"/") && len(above) > length {
				best, length = i, len(above)
			}
		}
	}
	return best
}

func forTests(dir string) bool { return strings.HasSuffix(dir, "test") }

func TestLayers(t *testing.T) {
	p := readPolicy(t)
	_, packages := sources(t)
	for dir, files := range packages {
		from := p.layer(dir)
		if from < 0 {
			t.Errorf("%s is in no layer: add it to layers.txt", dir)
			continue
		}
		for _, f := range files {
			for _, spec := range f.Imports {
				imported, err := strconv.Unquote(spec.Path.Value)
				if err != nil {
					t.Fatal(err)
				}
				p.check(t, dir, from, imported)
			}
		}
	}
}

func (p policy) check(t *testing.T, dir string, from int, imported string) {
	t.Helper()
	for _, r := range p.rules {
		if imported == r.path && !forTests(dir) && slices.Contains(r.layers, p.names[from]) {
			t.Errorf("%s imports %s: %s", dir, imported, r.why)
		}
	}
	inside, ours := strings.CutPrefix(imported+"/", module+"/")
	if !ours || forTests(dir) {
		return
	}
	inside = path.Clean(inside)
	if forTests(inside) {
		t.Errorf("%s imports %s, which is for tests", dir, inside)
	} else if to := p.layer(inside); to >= from {
		t.Errorf("%s (%s) imports %s (%s), which is no lower layer", dir, p.names[from], inside, p.names[to])
	}
}

func TestPackageComments(t *testing.T) {
	_, packages := sources(t)
	for dir, files := range packages {
		if !slices.ContainsFunc(files, func(f *ast.File) bool { return f.Doc != nil }) {
			t.Errorf("%s has no package comment", dir)
		}
	}
}

func TestSizes(t *testing.T) {
	fset, packages := sources(t)
	line := func(p token.Pos) int { return fset.Position(p).Line }
	var lengths []int
	for dir, files := range packages {
		sum := 0
		for _, f := range files {
			name := fset.Position(f.Package).Filename
			n := line(f.FileEnd)
			if sum += n; n > mostFileLines {
				t.Errorf("%s has %d lines; would a newcomer split it?", name, n)
			}
			ast.Inspect(f, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.FuncDecl:
					length := line(n.End()) - line(n.Pos()) + 1
					if lengths = append(lengths, length); length > mostFuncLines {
						t.Errorf("%s: %s has %d lines", name, n.Name.Name, length)
					}
				case *ast.TypeSpec:
					if i, ok := n.Type.(*ast.InterfaceType); ok && i.Methods.NumFields() > mostMethods {
						t.Errorf("%s: the interface %s has %d methods", name, n.Name.Name, i.Methods.NumFields())
					}
				}
				return true
			})
		}
		if sum > longestPackage {
			t.Errorf("%s has %d lines", dir, sum)
		}
	}
	slices.Sort(lengths)
	if p90 := lengths[len(lengths)*9/10]; p90 > longFunc {
		t.Errorf("a tenth of the functions have more than %d lines (%d)", longFunc, p90)
	}
}

func TestExportedNamesAreDocumented(t *testing.T) {
	_, packages := sources(t)
	total, documented := 0, 0
	count := func(name *ast.Ident, docs ...*ast.CommentGroup) {
		if name.IsExported() {
			total++
			if slices.ContainsFunc(docs, func(d *ast.CommentGroup) bool { return d != nil }) {
				documented++
			}
		}
	}
	for _, files := range packages {
		for _, f := range files {
			for _, d := range f.Decls {
				switch d := d.(type) {
				case *ast.FuncDecl:
					count(d.Name, d.Doc)
				case *ast.GenDecl:
					for _, s := range d.Specs {
						switch s := s.(type) {
						case *ast.TypeSpec:
							count(s.Name, s.Doc, d.Doc)
						case *ast.ValueSpec:
							count(s.Names[0], s.Doc, d.Doc, s.Comment)
						}
					}
				}
			}
		}
	}
	if 100*documented < leastDocs*total {
		t.Errorf("%d of %d exported names are documented, less than %d %%", documented, total, leastDocs)
	}
}

func TestDependenciesAreExplained(t *testing.T) {
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	why, err := os.ReadFile(filepath.Join(root, "docs", "dependencies.md"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mod)) {
		words := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "require "))
		if len(words) == 2 && strings.HasPrefix(words[1], "v") && !strings.Contains(string(why), "`"+words[0]+"`") {
			t.Errorf("docs/dependencies.md does not say why %s is needed", words[0])
		}
	}
}

// TestArchitectureShowsTheLayers holds the table of ARCHITECTURE.md to layers.txt:
// a row for each layer that has packages, with the patterns that match some.
// -update writes the rows there are anew.
func TestArchitectureShowsTheLayers(t *testing.T) {
	name := filepath.Join(root, "ARCHITECTURE.md")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	p := readPolicy(t)
	_, packages := sources(t)
	lines := strings.Split(string(text), "\n")
	for i, layer := range p.names {
		var used []string
		for _, pattern := range p.layers[i] {
			if p.matches(pattern, i, packages) {
				used = append(used, "`"+pattern+"`")
			}
		}
		at := slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, "| "+layer+" |") })
		row := "| " + layer + " | " + strings.Join(used, " ") + " | "
		switch {
		case at < 0 && len(used) > 0, at >= 0 && len(used) == 0:
			t.Errorf("ARCHITECTURE.md: the layer %s has %d rows for %d packages", layer, min(at+1, 1), len(used))
		case at >= 0 && *update:
			lines[at] = row + strings.SplitN(lines[at], " | ", 3)[2]
		case at >= 0 && !strings.HasPrefix(lines[at], row):
			t.Errorf("ARCHITECTURE.md is stale (go test ./internal/arch -update), want\n%s", row)
		}
	}
	if *update {
		if err := os.WriteFile(name, []byte(strings.Join(lines, "\n")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// matches reports whether pattern, of a layer, is that of some package.
func (p policy) matches(pattern string, layer int, packages map[string][]*ast.File) bool {
	above, below := strings.CutSuffix(pattern, "/...")
	for dir := range packages {
		if dir == pattern || below && strings.HasPrefix(dir, above+"/") && p.layer(dir) == layer {
			return true
		}
	}
	return false
}
