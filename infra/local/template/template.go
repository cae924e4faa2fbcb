// Package template reads template.yaml for the local runner, so that what runs on a laptop is what is deployed: functions
// with their environment, the routes of both APIs, tables, state machines and schedules. Values may be !Ref, !GetAtt, !Sub, !If
// and !FindInMap, short or long. Of the resources that it reads it knows every property or refuses the template in words; resources
// of other types mean nothing to the runner and are passed over.
package template

import (
	"fmt"
	"maps"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"go.yaml.in/yaml/v3"
)

// Values are what a template leaves open.
type Values struct {
	// Parameters of the stack; those that are missing have their default, or the template is refused.
	Parameters map[string]string
	// Pseudo are the pseudo parameters that are used, such as AWS::Region.
	Pseudo map[string]string
	// Resource is what !Ref (attribute "") and !GetAtt of a resource give in environments, substitutions, policies and names
	// of tables. Nil gives the logical id.
	Resource func(id, attribute string) string
}

// Template is what the runner needs of a template. Lists are sorted by logical id; wherever one resource names another it
// does so by logical id.
type Template struct {
	Functions []Function
	Socket    Socket
	HTTP      HTTP
	Tables    []Table
	Machines  []Machine
	Schedules []Schedule
}

// Function is a Lambda function.
type Function struct {
	ID string
	// Folder is its CodeUri. Where that is the whole repository, the function is called after its folder: RouterFunction is
	// functions/router.
	Folder      string
	Timeout     time.Duration
	Environment map[string]string
	Policies    []Statement
}

// Statement is a part of a role's policies: it allows each action on each resource.
type Statement struct {
	Sid                string
	Actions, Resources []string
	// Comment stands above it, Line is where it begins.
	Comment string
	Line    int
}

// Socket is the WebSocket API. It has no ID when the template has none.
type Socket struct {
	ID         string
	Stage      string
	Selection  string
	Authorizer *Authorizer
	Routes     []Route
}

// Authorizer is the REQUEST authorizer of $connect.
type Authorizer struct {
	Function        string
	IdentitySources []string
}

// Route sends frames to a function or, without one, answers them with Mock.
type Route struct {
	Key      string
	Function string
	Mock     string
	// Timeout is 0 where the template has none.
	Timeout time.Duration
	// Responds says that the route has a route response and selects it.
	Responds bool
}

// HTTP is the HTTP API.
type HTTP struct {
	ID     string
	CORS   *CORS
	Routes []HTTPRoute
}

// CORS is the configuration of cross-origin requests, as API Gateway answers them itself.
type CORS struct {
	AllowOrigins, AllowMethods, AllowHeaders []string
	MaxAge                                   int // seconds
}

// HTTPRoute sends requests to a function. Key is "<METHOD> /path", or "$default".
type HTTPRoute struct {
	Key      string
	Function string
}

// Table is a DynamoDB table: the call that creates it, and the attribute that lets items expire, if any.
type Table struct {
	ID     string
	Create dynamodb.CreateTableInput
	TTL    string
}

// Machine is a state machine. Definition is the path of its file, in which each ${name} of Substitutions is replaced.
type Machine struct {
	ID, Name, Definition string
	Substitutions        map[string]string
	Policies             []Statement
}

// Schedule invokes a function regularly.
type Schedule struct {
	Function string
	Every    time.Duration
}

// Read reads the template of a file.
func Read(file string, v Values) (*Template, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	t, err := Parse(data, v)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return t, nil
}

// Parse reads a template.
func Parse(data []byte, v Values) (*Template, error) {
	var doc struct {
		Parameters map[string]struct {
			Default *string `yaml:"Default"`
		} `yaml:"Parameters"`
		Mappings   map[string]map[string]map[string]any `yaml:"Mappings"`
		Conditions map[string]yaml.Node                 `yaml:"Conditions"`
		Globals    map[string]map[string]yaml.Node      `yaml:"Globals"`
		Resources  map[string]resource                  `yaml:"Resources"`
	}
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, err
	}
	r := reader{
		known:      maps.Clone(v.Pseudo),
		stand:      v.Resource,
		mappings:   doc.Mappings,
		conditions: doc.Conditions,
		resources:  doc.Resources,
		globals:    doc.Globals["Function"],
		understood: map[string]bool{},
	}
	if r.known == nil {
		r.known = map[string]string{}
	}
	if r.stand == nil {
		r.stand = func(id, _ string) string { return id }
	}
	for name, p := range doc.Parameters {
		if value, ok := v.Parameters[name]; ok {
			r.known[name] = value
		} else if p.Default != nil {
			r.known[name] = *p.Default
		}
	}
	for section := range doc.Globals {
		if section != "Function" {
			return nil, fmt.Errorf("section %s of Globals is not understood", section)
		}
	}
	return r.template()
}
