package template

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// resource is an entry of Resources whose properties are not resolved yet.
type resource struct {
	Type       string               `yaml:"Type"`
	Condition  string               `yaml:"Condition"`
	Properties map[string]yaml.Node `yaml:"Properties"`
}

type reader struct {
	known      map[string]string                 // parameters and pseudo parameters
	stand      func(id, attribute string) string // Values.Resource
	mappings   map[string]map[string]map[string]any
	conditions map[string]yaml.Node
	resources  map[string]resource
	globals    map[string]yaml.Node // of functions
	understood map[string]bool      // types of resources
	err        error
}

// decode fills a struct that has a field for every property that is understood. What is in ignored, divided by spaces, changes
// nothing locally; any other property is refused.
func (r *reader) decode(properties map[string]yaml.Node, ignored string, into any) error {
	plain := map[string]any{}
	for property, node := range properties {
		if slices.Contains(strings.Fields(ignored), property) {
			continue
		}
		// A resource stands for its name or address where a program reads it. Everywhere else it stands for itself: its
		// logical id tells the runner how things hang together.
		stand := func(id, _ string) string { return id }
		if property == "Environment" || property == "DefinitionSubstitutions" {
			stand = r.stand
		}
		value, err := r.value(&node, stand)
		if err != nil {
			return fmt.Errorf("%s: %w", property, err)
		}
		if value != (noValue{}) {
			plain[property] = value
		}
	}
	text, err := json.Marshal(plain)
	if err != nil {
		return err
	}
	return strict(text, into)
}

// strict decodes JSON and refuses what has no field.
func strict(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	d.UseNumber()
	err := d.Decode(into)
	if err == nil {
		return nil
	}
	if property, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return fmt.Errorf("property %s is not understood", property)
	}
	return err
}

// value is a node as plain JSON values, with its intrinsics resolved. stand is what a resource stands for.
func (r *reader) value(n *yaml.Node, stand func(id, attribute string) string) (any, error) {
	if tag, ok := strings.CutPrefix(n.Tag, "!"); ok && !strings.HasPrefix(tag, "!") {
		argument := *n
		argument.Tag = ""
		return r.intrinsic(tag, &argument, stand)
	}
	switch n.Kind {
	case yaml.MappingNode:
		if len(n.Content) == 2 && (n.Content[0].Value == "Ref" || strings.HasPrefix(n.Content[0].Value, "Fn::")) {
			return r.intrinsic(strings.TrimPrefix(n.Content[0].Value, "Fn::"), n.Content[1], stand)
		}
		m := map[string]any{}
		for i := 0; i < len(n.Content); i += 2 {
			value, err := r.value(n.Content[i+1], stand)
			if err != nil {
				return nil, err
			}
			if value != (noValue{}) {
				m[n.Content[i].Value] = value
			}
		}
		return m, nil
	case yaml.SequenceNode:
		list := []any{}
		for _, item := range n.Content {
			value, err := r.value(item, stand)
			if err != nil {
				return nil, err
			}
			if value != (noValue{}) {
				list = append(list, value)
			}
		}
		return list, nil
	}
	var scalar any
	err := n.Decode(&scalar)
	return scalar, err
}

// noValue is !Ref AWS::NoValue: as if what has it were not there.
type noValue struct{}

func (r *reader) intrinsic(name string, n *yaml.Node, stand func(id, attribute string) string) (any, error) {
	switch {
	case name == "Ref" && n.Value == "AWS::NoValue":
		return noValue{}, nil
	case name == "If" && n.Kind == yaml.SequenceNode && len(n.Content) == 3:
		holds, err := r.holds(n.Content[0].Value)
		if err != nil {
			return nil, err
		}
		if holds {
			return r.value(n.Content[1], stand)
		}
		return r.value(n.Content[2], stand)
	case name == "FindInMap" && n.Kind == yaml.SequenceNode && len(n.Content) == 3:
		return r.find(n, stand)
	case (name == "Ref" || name == "GetAtt") && n.Kind == yaml.ScalarNode:
		return r.reference(n.Value, nil, stand)
	case name == "GetAtt" && n.Kind == yaml.SequenceNode && len(n.Content) == 2:
		return r.reference(n.Content[0].Value+"."+n.Content[1].Value, nil, stand)
	case name == "Sub" && n.Kind == yaml.ScalarNode:
		return r.sub(n.Value, nil, stand)
	case name == "Sub" && n.Kind == yaml.SequenceNode && len(n.Content) == 2:
		own, err := r.value(n.Content[1], stand)
		if err != nil {
			return nil, err
		}
		variables, ok := own.(map[string]any)
		if !ok {
			break
		}
		return r.sub(n.Content[0].Value, variables, stand)
	}
	return nil, fmt.Errorf("line %d: !%s is not understood in this form", n.Line, name)
}

var placeholder = regexp.MustCompile(`\$\{[^}]*\}`)

func (r *reader) sub(text string, own map[string]any, stand func(id, attribute string) string) (string, error) {
	var failed error
	text = placeholder.ReplaceAllStringFunc(text, func(p string) string {
		name := strings.TrimSpace(p[2 : len(p)-1])
		if literal, ok := strings.CutPrefix(name, "!"); ok {
			return "${" + literal + "}"
		}
		value, err := r.reference(name, own, stand)
		if err != nil {
			failed = err
		}
		return value
	})
	return text, failed
}

// reference resolves Name or Name.Attribute: a variable of !Sub, a parameter, a pseudo parameter, a resource.
func (r *reader) reference(name string, own map[string]any, stand func(id, attribute string) string) (string, error) {
	if value, ok := own[name]; ok {
		return fmt.Sprint(value), nil
	}
	if value, ok := r.known[name]; ok {
		return value, nil
	}
	id, attribute, _ := strings.Cut(name, ".")
	if _, ok := r.resources[id]; ok {
		return stand(id, attribute), nil
	}
	return "", fmt.Errorf("%s is neither a parameter with a value nor a resource", name)
}

// find reads a mapping: its name, a key and a key below that.
func (r *reader) find(n *yaml.Node, stand func(id, attribute string) string) (any, error) {
	keys, err := r.texts(n, stand)
	if err != nil {
		return nil, err
	}
	value, ok := r.mappings[keys[0]][keys[1]][keys[2]]
	if !ok {
		return nil, fmt.Errorf("line %d: the mappings have no %s", n.Line, strings.Join(keys, "."))
	}
	return value, nil
}

// texts are the items of a list as texts.
func (r *reader) texts(n *yaml.Node, stand func(id, attribute string) string) ([]string, error) {
	texts := make([]string, len(n.Content))
	for i, item := range n.Content {
		value, err := r.value(item, stand)
		if err != nil {
			return nil, err
		}
		texts[i] = fmt.Sprint(value)
	}
	return texts, nil
}

// holds says whether a condition of the template does.
func (r *reader) holds(name string) (bool, error) {
	n, ok := r.conditions[name]
	if !ok {
		return false, fmt.Errorf("there is no condition %s", name)
	}
	return r.condition(&n)
}

func (r *reader) condition(n *yaml.Node) (bool, error) {
	switch n.Tag {
	case "!Condition":
		return r.holds(n.Value)
	case "!Equals":
		sides, err := r.texts(n, r.stand)
		if err != nil {
			return false, err
		}
		if len(sides) == 2 {
			return sides[0] == sides[1], nil
		}
	case "!Not", "!And", "!Or":
		all, any := true, false
		for _, part := range n.Content {
			holds, err := r.condition(part)
			if err != nil {
				return false, err
			}
			all, any = all && holds, any || holds
		}
		return map[string]bool{"!Not": !any, "!And": all, "!Or": any}[n.Tag], nil
	}
	return false, fmt.Errorf("line %d: this condition is not understood", n.Line)
}
