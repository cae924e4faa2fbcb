package asl

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Machine is a state machine, read and compiled once. It is immutable and may run any number of executions.
type Machine struct {
	start   string
	timeout time.Duration // of a whole execution; 0 = none
	states  map[string]*state
}

// state is one state; which fields are set depends on kind.
type state struct {
	name, kind string
	next       string // "" ends the execution
	output     template

	// Task
	function, payload template
	callback          bool // waits for an answer to its token
	timeout           template
	catch             []catcher

	seconds      template // Wait
	error, cause template // Fail
}

// catcher says where errors of certain names lead.
type catcher struct {
	errors []string
	output template
	next   string
}

// maxSeconds is the longest any timer of the language may run.
const maxSeconds = 99_999_999

// The resources that a Task may name.
const (
	resourceInvoke   = "arn:aws:states:::lambda:invoke"
	resourceCallback = resourceInvoke + ".waitForTaskToken"
)

// The error names that the language itself raises.
const (
	errAll               = "States.ALL" // in a catcher: any but the two below
	errTimeout           = "States.Timeout"
	errTaskFailed        = "States.TaskFailed" // in a catcher: any but a time-out
	errPermissions       = "States.Permissions"
	errQueryEvaluation   = "States.QueryEvaluationError"
	errDataLimitExceeded = "States.DataLimitExceeded" // ends the execution, whatever is caught
	errRuntime           = "States.Runtime"           // the same
)

// jsonataLanguage must be named by the machine, because JSONPath is what AWS takes it for otherwise.
const jsonataLanguage = "JSONata"

var errLanguage = errors.New("QueryLanguage must be JSONata: JSONPath is not interpreted here")

var placeholder = regexp.MustCompile(`\$\{([A-Za-z0-9]+)\}`)

// Load reads a definition. substitutions fill its ${Name} places, as SAM's DefinitionSubstitutions do. The error says where
// and what, for whatever the interpreter would not run exactly as AWS does.
func Load(definition []byte, substitutions map[string]string) (*Machine, error) {
	var missing []string
	definition = placeholder.ReplaceAllFunc(definition, func(place []byte) []byte {
		name := string(placeholder.FindSubmatch(place)[1])
		value, ok := substitutions[name]
		if !ok {
			missing = append(missing, name)
		}
		quoted, _ := json.Marshal(value) // a string always can be
		return quoted[1 : len(quoted)-1]
	})
	if len(missing) > 0 {
		return nil, fmt.Errorf("state machine: nothing is given for ${%s}", strings.Join(missing, "}, ${"))
	}
	m, err := load(definition)
	if err != nil {
		return nil, fmt.Errorf("state machine: %w", err)
	}
	return m, nil
}

func load(definition []byte) (*Machine, error) {
	o, err := parse(definition)
	if err != nil {
		return nil, err
	}
	if err := o.knows("Comment", "QueryLanguage", "StartAt", "States", "TimeoutSeconds", "Version"); err != nil {
		return nil, err
	}
	if o["QueryLanguage"] != jsonataLanguage {
		return nil, errLanguage
	}
	m := &Machine{states: map[string]*state{}}
	if m.start, err = o.text("StartAt", true); err != nil {
		return nil, err
	}
	if limit, ok := o["TimeoutSeconds"]; ok {
		if m.timeout, err = seconds(limit, 1); err != nil {
			return nil, fmt.Errorf("TimeoutSeconds: %w", err)
		}
	}
	states, ok := o["States"].(map[string]any)
	if !ok {
		return nil, errors.New("the field States must be an object")
	}
	for _, name := range slices.Sorted(maps.Keys(states)) {
		s, err := loadState(name, states[name])
		if err != nil {
			return nil, fmt.Errorf("state %s: %w", name, err)
		}
		m.states[name] = s
	}
	return m, m.connected()
}

// connected checks that every name of a state is one.
func (m *Machine) connected() error {
	if m.states[m.start] == nil {
		return fmt.Errorf("StartAt names %q, and there is no such state", m.start)
	}
	for _, name := range slices.Sorted(maps.Keys(m.states)) {
		s := m.states[name]
		next := []string{s.next}
		for _, c := range s.catch {
			next = append(next, c.next)
		}
		for _, n := range next {
			if n != "" && m.states[n] == nil {
				return fmt.Errorf("state %s: Next names %q, and there is no such state", name, n)
			}
		}
	}
	return nil
}

func loadState(name string, v any) (*state, error) {
	o, ok := v.(map[string]any)
	if !ok {
		return nil, errors.New("must be an object")
	}
	f := fields(o)
	kind, err := f.text("Type", true)
	if err != nil {
		return nil, err
	}
	own, ok := map[string][]string{
		"Task":    {"Resource", "Arguments", "TimeoutSeconds", "Catch", "Output", "Next", "End"},
		"Wait":    {"Seconds", "Output", "Next", "End"},
		"Pass":    {"Output", "Next", "End"},
		"Succeed": {"Output"},
		"Fail":    {"Error", "Cause"},
	}[kind]
	if !ok {
		return nil, fmt.Errorf("a state of type %s is not interpreted here (Task, Wait, Pass, Succeed and Fail are)", kind)
	}
	if err := f.knows(append(own, "Type", "Comment", "QueryLanguage")...); err != nil {
		return nil, err
	}
	if language, set := f["QueryLanguage"]; set && language != jsonataLanguage {
		return nil, errLanguage
	}
	s := &state{name: name, kind: kind}
	for field, t := range map[string]*template{
		"Output": &s.output, "TimeoutSeconds": &s.timeout, "Seconds": &s.seconds, "Error": &s.error, "Cause": &s.cause,
	} {
		if *t, err = f.template(field); err != nil {
			return nil, err
		}
	}
	if slices.Contains(own, "Next") {
		if s.next, err = f.transition(); err != nil {
			return nil, err
		}
	}
	switch kind {
	case "Task":
		err = s.loadTask(f)
	case "Wait":
		err = checkSeconds("Seconds", s.seconds, 0)
	}
	return s, err
}

func (st *state) loadTask(f fields) error {
	resource, err := f.text("Resource", true)
	if err != nil {
		return err
	}
	if resource != resourceInvoke && resource != resourceCallback {
		return fmt.Errorf("the resource %s is not interpreted here (%s and %s are)", resource, resourceInvoke, resourceCallback)
	}
	st.callback = resource == resourceCallback
	if st.timeout != nil {
		if err := checkSeconds("TimeoutSeconds", st.timeout, 1); err != nil {
			return err
		}
	}
	arguments, ok := f["Arguments"].(map[string]any)
	if !ok {
		return errors.New("the field Arguments must be an object with FunctionName and Payload")
	}
	a := fields(arguments)
	if err := a.knows("FunctionName", "Payload"); err != nil {
		return fmt.Errorf("in Arguments: %w", err)
	}
	if st.function, err = a.template("FunctionName"); err != nil {
		return fmt.Errorf("in Arguments: %w", err)
	}
	if st.function == nil {
		return errors.New("in Arguments: FunctionName is missing")
	}
	if st.payload, err = a.template("Payload"); err != nil {
		return fmt.Errorf("in Arguments: %w", err)
	}
	list, ok := f["Catch"].([]any)
	if _, set := f["Catch"]; set && !ok {
		return errors.New("the field Catch must be a list")
	}
	for i, v := range list {
		c, err := loadCatcher(v, i == len(list)-1)
		if err != nil {
			return fmt.Errorf("in Catch[%d]: %w", i, err)
		}
		st.catch = append(st.catch, c)
	}
	return nil
}

func loadCatcher(v any, last bool) (catcher, error) {
	o, ok := v.(map[string]any)
	if !ok {
		return catcher{}, errors.New("must be an object")
	}
	f := fields(o)
	if err := f.knows("Comment", "ErrorEquals", "Output", "Next"); err != nil {
		return catcher{}, err
	}
	names, _ := f["ErrorEquals"].([]any)
	if len(names) == 0 {
		return catcher{}, errors.New("ErrorEquals must be a list of error names")
	}
	var c catcher
	for _, n := range names {
		name, ok := n.(string)
		switch {
		case !ok || name == "":
			return c, errors.New("ErrorEquals must be a list of error names")
		case name == errAll && (len(names) > 1 || !last):
			return c, errors.New("States.ALL must stand alone and in the last catcher")
		case strings.HasPrefix(name, "States.") && !slices.Contains([]string{errAll, errTimeout, errTaskFailed, errPermissions,
			errQueryEvaluation}, name):
			return c, fmt.Errorf("%s is not raised here, or cannot be caught", name)
		}
		c.errors = append(c.errors, name)
	}
	var err error
	if c.next, err = f.text("Next", true); err != nil {
		return c, err
	}
	c.output, err = f.template("Output")
	return c, err
}

// catches reports whether the catcher takes an error. Two errors end an execution whatever is caught.
func (c catcher) catches(name string) bool {
	if name == errDataLimitExceeded || name == errRuntime {
		return false
	}
	return slices.Contains(c.errors, name) || slices.Contains(c.errors, errAll) ||
		slices.Contains(c.errors, errTaskFailed) && name != errTimeout
}

// fields is a JSON object of a definition. Unlike decoding into a struct it tells Next from next, as AWS does.
type fields map[string]any

func parse(text []byte) (fields, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	var f fields
	if err := d.Decode(&f); err != nil {
		return nil, fmt.Errorf("not a JSON object: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the JSON object")
	}
	return f, nil
}

// knows refuses fields that are not named.
func (f fields) knows(names ...string) error {
	for _, field := range slices.Sorted(maps.Keys(f)) {
		if !slices.Contains(names, field) {
			return fmt.Errorf("the field %s is not interpreted here", field)
		}
	}
	return nil
}

func (f fields) text(field string, required bool) (string, error) {
	v, ok := f[field]
	if !ok && !required {
		return "", nil
	}
	s, isText := v.(string)
	switch {
	case !ok:
		return "", fmt.Errorf("%s is missing", field)
	case !isText || s == "":
		return "", fmt.Errorf("%s must be a string", field)
	}
	return s, nil
}

func (f fields) template(field string) (template, error) {
	t, err := compile(f[field])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", field, err)
	}
	return t, nil
}

// transition reads Next or End, of which there must be one.
func (f fields) transition() (next string, err error) {
	end, isBool := f["End"].(bool)
	if _, set := f["End"]; set && !(isBool && end) {
		return "", errors.New("the field End must be true")
	}
	if next, err = f.text("Next", false); err != nil {
		return "", err
	}
	if (next == "") != end {
		return "", errors.New("either Next or End must be there")
	}
	return next, nil
}

// checkSeconds refuses what can be seen to be wrong before it is evaluated.
func checkSeconds(field string, t template, least float64) error {
	if _, later := t.(*expression); later {
		return nil
	}
	if t == nil {
		return fmt.Errorf("%s is missing", field)
	}
	if _, err := seconds(t, least); err != nil {
		return fmt.Errorf("%s: %w", field, err)
	}
	return nil
}

// seconds reads a whole number of seconds.
func seconds(v any, least float64) (time.Duration, error) {
	n, ok := v.(float64)
	if !ok || n != math.Trunc(n) || n < least || n > maxSeconds {
		return 0, fmt.Errorf("%v is not a whole number from %v to %d", v, least, maxSeconds)
	}
	return time.Duration(n) * time.Second, nil
}
