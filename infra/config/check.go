package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// schema is the part of JSON Schema that schema.json uses, and all of it: a keyword that is not here is refused, because it would
// be believed and not checked.
type schema struct {
	Schema      string `json:"$schema"`
	ID          string `json:"$id"`
	Ref         string `json:"$ref"`
	Title       string `json:"title"` // of an object: what it is called in a sentence
	Description string `json:"description"`
	Type        string `json:"type"`
	Default     any    `json:"default"`

	AdditionalProperties *bool              `json:"additionalProperties"`
	Required             []string           `json:"required"`
	Properties           map[string]*schema `json:"properties"`
	Definitions          map[string]*schema `json:"definitions"`

	Items       *schema `json:"items"`
	UniqueItems bool    `json:"uniqueItems"`
	MinItems    *int    `json:"minItems"`
	MaxItems    *int    `json:"maxItems"`

	Enum      []string `json:"enum"`
	MinLength *int     `json:"minLength"`
	MaxLength *int     `json:"maxLength"`
	Pattern   string   `json:"pattern"`
	// PatternErrorMessage is what a value must be, in words; editors show it, too.
	PatternErrorMessage string `json:"patternErrorMessage"`

	Minimum *int   `json:"minimum"`
	Maximum *int   `json:"maximum"`
	Unit    string `json:"x-unit"`
}

// seconds is the unit whose limits tests may pass.
const seconds = "seconds"

func loadSchema() (*schema, error) {
	decoder := json.NewDecoder(bytes.NewReader(schemaJSON))
	decoder.DisallowUnknownFields()
	var root schema
	if err := decoder.Decode(&root); err != nil {
		return nil, fmt.Errorf("schema.json: %w", err)
	}
	return &root, root.resolve(root.Definitions)
}

// resolve puts definitions in the place of references.
func (s *schema) resolve(definitions map[string]*schema) error {
	if name, ok := strings.CutPrefix(s.Ref, "#/definitions/"); ok {
		target, known := definitions[name]
		if !known {
			return fmt.Errorf("schema.json: no definition %s", name)
		}
		description := s.Description
		*s = *target
		if description != "" {
			s.Description = description
		}
	}
	for _, p := range s.Properties {
		if err := p.resolve(definitions); err != nil {
			return err
		}
	}
	if s.Items != nil {
		return s.Items.resolve(definitions)
	}
	return nil
}

// checker compares a file with the schema and collects what is wrong.
type checker struct {
	testing  bool
	problems Problems
}

func (c *checker) say(n *yaml.Node, format string, args ...any) {
	c.problems = append(c.problems, Problem{n.Line, fmt.Sprintf(format, args...)})
}

// check compares a value with its schema. what names it in a sentence, after "of".
func (c *checker) check(n *yaml.Node, s *schema, what string) {
	at := n // an alias is where it stands, its value is elsewhere
	if n = real(n); n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" {
		c.say(at, "%s is empty: write a value or leave the key out.", capital(what))
		return
	}
	switch s.Type {
	case "object":
		c.object(at, n, s, what)
	case "array":
		c.array(at, n, s, what)
	case "string":
		c.text(at, n, s, what)
	case "integer":
		c.integer(at, n, s, what)
	case "boolean":
		if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!bool" || n.Value != "true" && n.Value != "false" {
			c.say(at, "%s is %s: it must be true or false.", capital(what), shown(n))
		}
	}
}

func (c *checker) object(at, n *yaml.Node, s *schema, what string) {
	if n.Kind != yaml.MappingNode {
		c.say(at, "%s is %s: it must have keys and values, like `id: …`.", capital(what), shown(n))
		return
	}
	if s.Title != "file" {
		what = called(s.Title, n)
	}
	first := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		property, known := s.Properties[key.Value]
		line, twice := first[key.Value]
		switch {
		case key.Kind != yaml.ScalarNode:
			c.say(key, "A key of %s is %s: it must be a word.", what, shown(real(key)))
		case key.Tag == "!!merge":
			c.say(key, "%s takes over keys by <<: write them out.", capital(what))
		case !known:
			c.say(key, "%s has the key %s, which does not exist.%s", capital(what), quote(key.Value), suggest(key.Value, s.keys()))
		case twice:
			c.say(key, "%s has `%s` twice; the first is in line %d.", capital(what), key.Value, line)
		case s.Title == "file":
			c.check(value, property, "`"+key.Value+"`")
		default:
			c.check(value, property, "`"+key.Value+"` of "+what)
		}
		if !twice {
			first[key.Value] = key.Line
		}
	}
	for _, key := range s.Required {
		if _, there := first[key]; !there {
			c.say(at, "%s has no `%s`.", capital(what), key)
		}
	}
}

func (s *schema) keys() []string {
	var keys []string
	for k := range s.Properties {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func (c *checker) array(at, n *yaml.Node, s *schema, what string) {
	if n.Kind != yaml.SequenceNode {
		c.say(at, "%s is %s: it must be a list, like [one, two].", capital(what), shown(n))
		return
	}
	switch count := len(n.Content); {
	case s.MinItems != nil && count < *s.MinItems:
		c.say(at, "%s has no entries: it needs one at least.", capital(what))
	case s.MaxItems != nil && count > *s.MaxItems:
		c.say(at, "%s has %d entries: %d at most.", capital(what), count, *s.MaxItems)
	}
	seen := map[string]bool{}
	for _, item := range n.Content {
		entry := "an entry of " + what
		c.check(item, s.Items, entry)
		if v := real(item); s.UniqueItems && v.Kind == yaml.ScalarNode {
			if seen[v.Value] {
				c.say(item, "%s names %s twice.", capital(what), quote(v.Value))
			}
			seen[v.Value] = true
		}
	}
}

func (c *checker) text(at, n *yaml.Node, s *schema, what string) {
	if n.Kind != yaml.ScalarNode {
		c.say(at, "%s is %s: it must be a text.", capital(what), shown(n))
		return
	}
	if n.ShortTag() != "!!str" {
		c.say(at, "%s is %s: it must be a text, so put it in quotes.", capital(what), shown(n))
		return
	}
	length := utf8.RuneCountInString(n.Value)
	switch {
	case n.Value == "" && (s.MinLength != nil && *s.MinLength > 0 || s.Pattern != ""):
		c.say(at, "%s is empty.", capital(what))
	case s.MaxLength != nil && length > *s.MaxLength:
		c.say(at, "%s has %d characters: %d at most.", capital(what), length, *s.MaxLength)
	case len(s.Enum) > 0 && !slices.Contains(s.Enum, n.Value):
		c.say(at, "%s is %s: it must be one of %s.%s", capital(what), shown(n), strings.Join(s.Enum, ", "), suggest(n.Value, s.Enum))
	case s.Pattern != "" && !regexp.MustCompile(s.Pattern).MatchString(n.Value):
		c.say(at, "%s is %s: it must be %s.", capital(what), shown(n), s.PatternErrorMessage)
	}
}

// decimal keeps octal, hexadecimal and grouped numbers out: they are what people do not mean.
var decimal = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)

func (c *checker) integer(at, n *yaml.Node, s *schema, what string) {
	v, err := strconv.Atoi(n.Value)
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!int" || !decimal.MatchString(n.Value) || err != nil {
		c.say(at, "%s is %s: it must be a whole number.", capital(what), shown(n))
		return
	}
	least, most := *s.Minimum, *s.Maximum
	if c.testing && s.Unit == seconds {
		least, most = min(least, 1), max(most, 1<<20)
	}
	if v < least || v > most {
		c.say(at, "%s is %d: it must be between %d and %d%s.", capital(what), v, least, most, strings.TrimSuffix(" "+s.Unit, " "))
	}
}

// shown is a value as a sentence shows it.
func shown(n *yaml.Node) string {
	const most = 60 // characters
	switch n.Kind {
	case yaml.MappingNode:
		return "a group of keys"
	case yaml.SequenceNode:
		return "a list"
	}
	v := n.Value
	if utf8.RuneCountInString(v) > most {
		v = string([]rune(v)[:most]) + "…"
	}
	if n.ShortTag() == "!!str" {
		return strconv.Quote(v)
	}
	return v
}

func quote(s string) string { return strconv.Quote(s) }

// called names an object in a sentence.
func called(noun string, n *yaml.Node) string {
	if id := real(get(n, "id")); id != nil && id.Kind == yaml.ScalarNode && id.Value != "" {
		return noun + " " + id.Value
	}
	return "this " + noun
}

// capital begins a sentence.
func capital(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return string(s[0]-'a'+'A') + s[1:]
}

// suggest asks for the word that was probably meant.
func suggest(word string, words []string) string {
	const typos = 2 // that are forgiven
	best, nearest := typos+1, ""
	for _, w := range words {
		if d := distance(word, w); d < best && d < len(w) {
			best, nearest = d, w
		}
	}
	if nearest == "" {
		return ""
	}
	return fmt.Sprintf(" Did you mean %s?", quote(nearest))
}

// distance is how many letters have to be added, dropped or changed.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0] // row i, column j-1
		row[0] = i + 1
		for j := range len(b) {
			next := before
			if a[i] != b[j] {
				next = 1 + min(before, row[j], row[j+1])
			}
			before, row[j+1] = row[j+1], next
		}
	}
	return row[len(b)]
}
