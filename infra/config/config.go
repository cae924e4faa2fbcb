// Package config is a stack's configuration as one YAML file: websites, queues, agents, what agents choose from, the licence.
// Parse reads a file and refuses all of it for anything that is wrong, with line and reason; Diff says what would change in a
// stack, Apply changes it, Export writes down what is there. schema.json says what a file may contain: Parse checks by it, and
// so do editors.
package config

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // what a zone is must not depend on the machine
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/parley-chat/parley/functions/chat"
)

// File is a whole configuration. It is the truth: what a stack has and the file has not is deleted by Apply.
type File struct {
	Licence      int       `yaml:"licence,omitempty"`           // sessions with agents at a time, 0: no limit
	PauseReasons []string  `yaml:"pauseReasons,omitempty,flow"` // none: the defaults of package chat
	Dispositions []string  `yaml:"dispositions,omitempty,flow"`
	Websites     []Website `yaml:"websites"`
	Queues       []Queue   `yaml:"queues"`
	Agents       []Agent   `yaml:"agents"`
}

// Website is where customers write.
type Website struct {
	ID       string   `yaml:"id"`
	Name     string   `yaml:"name"`
	Origins  []string `yaml:"origins,omitempty"`
	Brand    string   `yaml:"brand,omitempty"`
	Greeting string   `yaml:"greeting,omitempty"`
	Queues   []string `yaml:"queues,flow"`
	AskName  bool     `yaml:"askName,omitempty"`
	AskEmail bool     `yaml:"askEmail,omitempty"`
	Messages []string `yaml:"messages,omitempty,flow"` // full, nobody
	Hours    []string `yaml:"hours,omitempty,flow"`    // none: always
	Zone     string   `yaml:"zone,omitempty"`
}

// Queue is a line of sessions. Times are seconds.
type Queue struct {
	ID        string        `yaml:"id"`
	Name      string        `yaml:"name"`
	Strategy  chat.Strategy `yaml:"strategy"`
	Timeout   int           `yaml:"timeout"`
	Weight    int           `yaml:"weight,omitempty"`
	LostAfter int           `yaml:"lostAfter"`
	MaxWait   int           `yaml:"maxWait,omitempty"` // 0: for ever
	Then      chat.Fallback `yaml:"then,omitempty"`    // "": unmanaged
	Overflow  string        `yaml:"overflow,omitempty"`
	WrapUp    int           `yaml:"wrapUp,omitempty"`
	Idle      int           `yaml:"idle,omitempty"` // 0: as long as the stack says
	Previous  bool          `yaml:"previous,omitempty"`
}

// Agent is who answers.
type Agent struct {
	ID       string   `yaml:"id"`
	Name     string   `yaml:"name"`
	Email    string   `yaml:"email,omitempty"`
	Capacity int      `yaml:"capacity"`
	Queues   []string `yaml:"queues,omitempty,flow"`
	// Supervisor sees the whole team, and may set who is available.
	Supervisor bool `yaml:"supervisor,omitempty"`
}

// Options of Parse.
type Options struct {
	// Hosted allows websites without origins: who runs the stack adds its own pages (File.With).
	Hosted bool
	// Testing allows any time of a second and more, so that tests need not wait for what operators may not shorten.
	Testing bool
}

// Problem is one thing that is wrong with a file.
type Problem struct {
	Line int
	Text string // a sentence
}

// Problems are all that is wrong with a file, in the order of its lines.
type Problems []Problem

func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = fmt.Sprintf("line %d: %s", p.Line, p.Text)
	}
	return strings.Join(lines, "\n")
}

// maxFile is far above what a stack can use: 10,000 agents are about 1 MB.
const maxFile = 4 << 20

// Parse reads a file and fills in the defaults. The error is Problems: all that is wrong, not only the first.
func Parse(content []byte, o Options) (File, error) {
	root, problem := read(content)
	if problem != nil {
		return File{}, Problems{*problem}
	}
	c := &checker{testing: o.Testing}
	s, err := loadSchema()
	if err != nil {
		return File{}, err
	}
	c.check(root, s, "the file")
	c.meaning(root, o)
	if len(c.problems) > 0 {
		slices.SortStableFunc(c.problems, func(a, b Problem) int { return a.Line - b.Line })
		return File{}, c.problems
	}
	var f File
	if err := root.Decode(&f); err != nil {
		return File{}, err
	}
	for i, w := range f.Websites {
		f.Websites[i].Hours = formatHours(parseHours(w.Hours))
	}
	for i := range f.Queues {
		f.Queues[i].fill()
	}
	for i := range f.Agents {
		f.Agents[i].fill()
	}
	return f, nil
}

// With is the file with more origins for every website, before its own.
func (f File) With(origins ...string) File {
	f.Websites = slices.Clone(f.Websites)
	for i, w := range f.Websites {
		f.Websites[i].Origins = slices.Concat(origins, w.Origins)
	}
	return f
}

func (q *Queue) fill() {
	if q.Strategy == "" {
		q.Strategy = chat.BeepAll
	}
	if q.Timeout == 0 {
		q.Timeout = chat.DefaultTimeout
	}
	if q.LostAfter == 0 {
		q.LostAfter = chat.DefaultLostAfter
	}
	if q.Then == chat.ThenUnmanaged {
		q.Then = ""
	}
}

func (a *Agent) fill() {
	if a.Capacity == 0 {
		a.Capacity = chat.DefaultCapacity
	}
}

// read makes one document of the content.
func read(content []byte) (*yaml.Node, *Problem) {
	if len(content) > maxFile {
		return nil, &Problem{1, fmt.Sprintf("The file has %d bytes: more than %d are not read.", len(content), maxFile)}
	}
	if at := unreadable(content); at >= 0 {
		return nil, &Problem{lineOf(content, at), "There is something that is no text: a file is UTF-8 without control characters."}
	}
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	var document, another yaml.Node
	if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
		return nil, &Problem{1, "The file is empty."}
	} else if err != nil {
		return nil, syntax(content, err)
	}
	if err := decoder.Decode(&another); err == nil {
		return nil, &Problem{another.Line, "A second document begins here: a configuration is one."}
	} else if !errors.Is(err, io.EOF) {
		return nil, syntax(content, err)
	}
	return document.Content[0], nil
}

// unreadable is where something is that YAML does not allow, -1 if there is nothing.
func unreadable(content []byte) int {
	for i := 0; i < len(content); {
		r, size := utf8.DecodeRune(content[i:])
		if r == utf8.RuneError && size <= 1 || r < ' ' && r != '\n' && r != '\r' && r != '\t' || r >= 0x7f && r < 0xa0 && r != 0x85 ||
			r == 0xfffe || r == 0xffff || r == 0xfeff && i > 0 {
			return i
		}
		i += size
	}
	return -1
}

func lineOf(content []byte, at int) int { return 1 + bytes.Count(content[:at], []byte("\n")) }

// syntax takes the line out of the parser's text.
func syntax(content []byte, err error) *Problem {
	line, text := 1, strings.TrimPrefix(err.Error(), "yaml: ")
	if m := regexp.MustCompile(`^line (\d+): (.*)$`).FindStringSubmatch(text); m != nil {
		line, _ = strconv.Atoi(m[1])
		text = m[2]
	}
	// The commonest mistake deserves its own sentence; the parser names the line before it.
	lines := strings.Split(string(content), "\n")
	for i := max(line-1, 0); i < min(line+1, len(lines)); i++ {
		if strings.HasPrefix(strings.TrimLeft(lines[i], " "), "\t") {
			return &Problem{i + 1, "The line is indented by a tab: YAML wants spaces."}
		}
	}
	return &Problem{line, fmt.Sprintf("This is not YAML: %s.", text)}
}

// meaning checks what no schema can say: what refers to what. It also works on a file that is wrong otherwise, so that all is
// said at once.
func (c *checker) meaning(root *yaml.Node, o Options) {
	queues := c.ids(root, "queues", "queue")
	c.ids(root, "agents", "agent")
	c.ids(root, "websites", "website")
	refers := func(n *yaml.Node, what string) {
		for _, ref := range items(get(n, "queues")) {
			if ref = real(ref); ref.Kind == yaml.ScalarNode && ref.Value != "" && !slices.Contains(queues, ref.Value) {
				c.say(ref, "%s names the queue %s, which the file does not have.%s", capital(what), quote(ref.Value), suggest(ref.Value, queues))
			}
		}
	}
	for _, n := range items(get(root, "agents")) {
		refers(n, called("agent", n))
	}
	for _, n := range items(get(root, "queues")) {
		c.fallback(n, queues)
	}
	for _, n := range items(get(root, "websites")) {
		what := called("website", n)
		refers(n, what)
		c.hours(n, what)
		origins := get(n, "origins")
		if real(n).Kind == yaml.MappingNode && !o.Hosted && (origins == nil || real(origins).Kind == yaml.SequenceNode && len(items(origins)) == 0) {
			c.say(n, "%s has no `origins`: no page could open a chat.", capital(what))
		}
		for _, origin := range items(origins) {
			v := real(origin).Value
			if strings.HasPrefix(v, "https://") && strings.HasSuffix(v, ":443") || strings.HasPrefix(v, "http://") && strings.HasSuffix(v, ":80") {
				c.say(origin, "An entry of `origins` of %s is %s: browsers leave the usual port out, and so must you.", what, quote(v))
			}
		}
	}
}

// fallback checks what a queue says of sessions that have waited for too long.
func (c *checker) fallback(n *yaml.Node, queues []string) {
	what, then, to, wait := called("queue", n), get(n, "then"), get(n, "overflow"), get(n, "maxWait")
	value := func(n *yaml.Node) string {
		if n = real(n); n == nil || n.Kind != yaml.ScalarNode {
			return ""
		}
		return n.Value
	}
	if then != nil && (wait == nil || value(wait) == "0") {
		c.say(then, "%s says what follows the longest wait, but has no `maxWait`.", capital(what))
	}
	overflows := value(then) == string(chat.ThenOverflow)
	switch {
	case overflows && to == nil:
		c.say(then, "%s lets sessions overflow, but has no `overflow` that says to which queue.", capital(what))
	case to == nil:
	case !overflows:
		c.say(to, "%s names a queue to overflow to, but `then` is not overflow.", capital(what))
	case value(to) == value(get(n, "id")):
		c.say(to, "%s overflows to itself.", capital(what))
	case value(to) != "" && !slices.Contains(queues, value(to)):
		c.say(to, "%s overflows to the queue %s, which the file does not have.%s", capital(what), quote(value(to)), suggest(value(to), queues))
	}
}

// hours checks that spans of time end after they begin, and that the zone exists.
func (c *checker) hours(n *yaml.Node, what string) {
	for _, line := range items(get(n, "hours")) {
		if _, clock, ok := strings.Cut(real(line).Value, " "); ok {
			if from, until, _ := strings.Cut(clock, "-"); until <= from {
				c.say(line, "An entry of `hours` of %s is %s: it ends before it begins. Who works past midnight has two.", what, quote(real(line).Value))
			}
		}
	}
	if zone := get(n, "zone"); zone != nil && real(zone).Kind == yaml.ScalarNode {
		if _, err := time.LoadLocation(real(zone).Value); err != nil {
			c.say(zone, "`zone` of %s is %s, which is no time zone: it must be a name like Europe/Lisbon.", what, quote(real(zone).Value))
		}
		if get(n, "hours") == nil {
			c.say(zone, "%s has a `zone` and no `hours`.", capital(what))
		}
	}
}

// ids are the ids of a list, each of which may be there once.
func (c *checker) ids(root *yaml.Node, list, noun string) []string {
	first := map[string]int{}
	var all []string
	for _, n := range items(get(root, list)) {
		id := get(n, "id")
		if id == nil || real(id).Kind != yaml.ScalarNode || real(id).Value == "" {
			continue
		}
		v := real(id).Value
		if line, twice := first[v]; twice {
			c.say(id, "There are two %ss with the id %s; the first is in line %d.", noun, quote(v), line)
			continue
		}
		first[v] = id.Line
		all = append(all, v)
	}
	return all
}

// get is the value of a key, nil if there is none.
func get(n *yaml.Node, key string) *yaml.Node {
	if n = real(n); n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// items are the entries of a list.
func items(n *yaml.Node) []*yaml.Node {
	if n = real(n); n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	return n.Content
}

// real is the node that an alias stands for.
func real(n *yaml.Node) *yaml.Node {
	for n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

//go:embed schema.json
var schemaJSON []byte

// Schema is the JSON Schema of a file.
func Schema() []byte { return slices.Clone(schemaJSON) }
