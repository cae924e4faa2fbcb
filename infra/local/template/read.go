package template

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"go.yaml.in/yaml/v3"
)

const function = "AWS::Serverless::Function"

// played are the services whose resources are either understood or refused.
var played = regexp.MustCompile(`^AWS::(Serverless|ApiGatewayV2|DynamoDB|StepFunctions|Lambda|Scheduler|Events)::`)

func (r *reader) template() (*Template, error) {
	t := &Template{}
	r.functions(t)
	r.apis(t)
	r.tables(t)
	r.machines(t)
	for _, kind := range []string{"AWS::Lambda::Permission", "AWS::ApiGatewayV2::DomainName", "AWS::ApiGatewayV2::ApiMapping"} {
		r.understood[kind] = true // as meaningless here
	}
	for _, id := range slices.Sorted(maps.Keys(r.resources)) {
		kind := r.resources[id].Type
		if played.MatchString(kind) && !r.understood[kind] {
			r.fail(id, fmt.Errorf("type %s is not understood", kind))
		}
	}
	return t, r.err
}

// fail keeps the first error.
func (r *reader) fail(where string, err error) {
	if r.err == nil && err != nil {
		r.err = fmt.Errorf("%s: %w", where, err)
	}
}

// only says what a property may be here, although it may be something else in a template.
func only(property, got, understood string) error {
	return fmt.Errorf("property %s is %q: only %s is understood", property, got, understood)
}

// each decodes the resources of one type in the order of their logical ids, every one on top of base, and passes them on until
// something fails.
func each[P any](r *reader, kind string, base map[string]yaml.Node, ignored string, do func(id string, p P) error) {
	r.understood[kind] = true
	for _, id := range slices.Sorted(maps.Keys(r.resources)) {
		resource := r.resources[id]
		if resource.Type != kind || r.err != nil {
			continue
		}
		if resource.Condition != "" {
			holds, err := r.holds(resource.Condition)
			r.fail(id, err)
			if !holds {
				continue
			}
		}
		var p P
		r.fail("Globals", r.decode(base, ignored, &p))
		r.fail(id, r.decode(resource.Properties, ignored, &p))
		if r.err == nil {
			r.fail(id, do(id, p))
		}
	}
}

func (r *reader) functions(t *Template) {
	const ignored = "Description Policies MemorySize Runtime Handler Architectures Tracing LoggingConfig Tags AutoPublishAlias " +
		"DeploymentPreference ReservedConcurrentExecutions ProvisionedConcurrencyConfig EventInvokeConfig Layers"
	type properties struct {
		CodeURI     string
		Timeout     int
		Environment struct{ Variables map[string]any }
		Events      map[string]struct {
			Type       string
			Properties json.RawMessage
		}
	}
	each(r, function, r.globals, ignored, func(id string, p properties) (err error) {
		f := Function{ID: id, Folder: strings.TrimSuffix(p.CodeURI, "/"), Timeout: time.Duration(p.Timeout) * time.Second, Environment: map[string]string{}}
		if f.Folder == "." || f.Folder == "" {
			f.Folder = "functions/" + strings.ToLower(strings.TrimSuffix(id, "Function"))
		}
		if p.Timeout == 0 {
			f.Timeout = 3 * time.Second // Lambda's own default
		}
		for name, value := range p.Environment.Variables {
			f.Environment[name] = fmt.Sprint(value)
		}
		if f.Policies, err = r.policies(id); err != nil {
			return err
		}
		t.Functions = append(t.Functions, f)
		for _, name := range slices.Sorted(maps.Keys(p.Events)) {
			if err := t.event(id, p.Events[name].Type, p.Events[name].Properties); err != nil {
				return fmt.Errorf("event %s: %w", name, err)
			}
		}
		return nil
	})
}

// policies are the statements of a resource's own role. They have to be written out, and to say no more than what is allowed: what a
// ready-made policy, a condition or a Deny makes of it is for IAM to judge.
func (r *reader) policies(id string) (all []Statement, err error) {
	const property = "Policies"
	documents := r.resources[id].Properties[property]
	for _, document := range documents.Content {
		if len(document.Content) != 2 || document.Content[0].Value != "Statement" {
			return nil, fmt.Errorf("%s: line %d: only documents with a list of Statement are understood", property, document.Line)
		}
		for _, n := range document.Content[1].Content {
			statement, err := r.statement(n)
			if err != nil {
				return nil, fmt.Errorf("%s: line %d: %w", property, n.Line, err)
			}
			all = append(all, statement)
		}
	}
	return all, nil
}

func (r *reader) statement(n *yaml.Node) (Statement, error) {
	s := Statement{Comment: n.HeadComment, Line: n.Line}
	if s.Comment == "" && len(n.Content) > 0 {
		s.Comment = n.Content[0].HeadComment // that is where it is in a mapping of several lines
	}
	value, err := r.value(n, r.stand)
	if err != nil {
		return s, err
	}
	text, err := json.Marshal(value)
	if err != nil {
		return s, err
	}
	var p struct {
		Sid, Effect      string
		Action, Resource oneOrMore
	}
	if err := strict(text, &p); err != nil {
		return s, err
	}
	if p.Effect != "Allow" {
		return s, only("Effect", p.Effect, "Allow")
	}
	s.Sid, s.Actions, s.Resources = p.Sid, p.Action, p.Resource
	return s, nil
}

// oneOrMore is a list whose only item may stand alone.
type oneOrMore []string

func (l *oneOrMore) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*l = oneOrMore{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(l))
}

func (t *Template) event(function, kind string, properties []byte) error {
	switch kind {
	case "Schedule", "ScheduleV2":
		var p struct {
			Name, ScheduleExpression      string
			RetryPolicy, DeadLetterConfig json.RawMessage
		}
		if err := strict(properties, &p); err != nil {
			return err
		}
		every, err := rate(p.ScheduleExpression)
		if err != nil {
			return err
		}
		t.Schedules = append(t.Schedules, Schedule{Function: function, Every: every})
	default:
		return only("Type", kind, "Schedule or ScheduleV2")
	}
	return nil
}

func rate(expression string) (time.Duration, error) {
	var n time.Duration
	var unit string
	if _, err := fmt.Sscanf(expression, "rate(%d %s", &n, &unit); err == nil && n > 0 {
		switch strings.TrimSuffix(strings.TrimSuffix(unit, ")"), "s") {
		case "minute":
			return n * time.Minute, nil
		case "hour":
			return n * time.Hour, nil
		case "day":
			return n * 24 * time.Hour, nil
		}
	}
	return 0, only("ScheduleExpression", expression, "rate(...) in minutes, hours or days")
}

func (r *reader) tables(t *Template) {
	const ignored = "DeletionProtectionEnabled PointInTimeRecoverySpecification SSESpecification Tags"
	type properties struct {
		BillingMode             types.BillingMode
		AttributeDefinitions    []types.AttributeDefinition
		KeySchema               []types.KeySchemaElement
		GlobalSecondaryIndexes  []types.GlobalSecondaryIndex
		TimeToLiveSpecification struct {
			AttributeName string
			Enabled       bool
		}
	}
	each(r, "AWS::DynamoDB::Table", nil, ignored, func(id string, p properties) error {
		if p.BillingMode != types.BillingModePayPerRequest {
			return only("BillingMode", string(p.BillingMode), "PAY_PER_REQUEST")
		}
		name := r.stand(id, "")
		table := Table{ID: id, Create: dynamodb.CreateTableInput{
			TableName:              &name,
			BillingMode:            p.BillingMode,
			AttributeDefinitions:   p.AttributeDefinitions,
			KeySchema:              p.KeySchema,
			GlobalSecondaryIndexes: p.GlobalSecondaryIndexes,
		}}
		if p.TimeToLiveSpecification.Enabled {
			table.TTL = p.TimeToLiveSpecification.AttributeName
		}
		t.Tables = append(t.Tables, table)
		return nil
	})
}

func (r *reader) machines(t *Template) {
	type properties struct {
		Name, Type, DefinitionURI string
		DefinitionSubstitutions   map[string]string
	}
	each(r, "AWS::Serverless::StateMachine", nil, "Policies Role Tracing Logging Tags", func(id string, p properties) (err error) {
		if p.Type != "" && p.Type != "STANDARD" {
			return only("Type", p.Type, "STANDARD")
		}
		if p.DefinitionURI == "" {
			return only("DefinitionUri", "", "the path of a file")
		}
		m := Machine{ID: id, Name: p.Name, Definition: p.DefinitionURI, Substitutions: p.DefinitionSubstitutions}
		m.Policies, err = r.policies(id)
		t.Machines = append(t.Machines, m)
		return err
	})
}

// apis puts the WebSocket API and the HTTP API together from their parts, each of which names the one that it belongs to.
func (r *reader) apis(t *Template) {
	type api struct {
		Name, ProtocolType, RouteSelectionExpression string
		CorsConfiguration                            *CORS
	}
	each(r, "AWS::ApiGatewayV2::Api", nil, "Description Tags DisableExecuteApiEndpoint", func(id string, p api) error {
		switch {
		case p.ProtocolType == "WEBSOCKET" && t.Socket.ID == "" && p.CorsConfiguration == nil:
			t.Socket.ID, t.Socket.Selection = id, p.RouteSelectionExpression
		case p.ProtocolType == "HTTP" && t.HTTP.ID == "" && p.RouteSelectionExpression == "":
			t.HTTP = HTTP{ID: id, CORS: p.CorsConfiguration}
		default:
			return errors.New("one Api of ProtocolType WEBSOCKET and one of ProtocolType HTTP are understood, each with its own properties")
		}
		return nil
	})

	http := func(api string) bool { return api == t.HTTP.ID && api != "" }

	type stage struct{ APIID, StageName string }
	each(r, "AWS::ApiGatewayV2::Stage", nil, "Description Tags AutoDeploy DefaultRouteSettings AccessLogSettings", func(_ string, p stage) error {
		switch {
		case http(p.APIID) && p.StageName != "$default":
			return only("StageName", p.StageName, "$default for an HTTP API")
		case http(p.APIID):
		case t.Socket.Stage != "":
			return errors.New("a second Stage is not understood")
		default:
			t.Socket.Stage = p.StageName
		}
		return nil
	})

	type authorizer struct {
		APIID, Name, AuthorizerType, AuthorizerURI string
		IdentitySource                             []string
	}
	authorizers := map[string]*Authorizer{}
	each(r, "AWS::ApiGatewayV2::Authorizer", nil, "", func(id string, p authorizer) (err error) {
		if p.AuthorizerType != "REQUEST" {
			return only("AuthorizerType", p.AuthorizerType, "REQUEST")
		}
		a := &Authorizer{IdentitySources: p.IdentitySource}
		a.Function, err = r.invoked("AuthorizerUri", p.AuthorizerURI)
		authorizers[id] = a
		return err
	})

	type integrationResponse struct {
		APIID, IntegrationID, IntegrationResponseKey, TemplateSelectionExpression string
		ResponseTemplates                                                         map[string]string
	}
	mocks := map[string]string{}
	each(r, "AWS::ApiGatewayV2::IntegrationResponse", nil, "", func(_ string, p integrationResponse) error {
		mocks[p.IntegrationID] = p.ResponseTemplates[p.TemplateSelectionExpression]
		if mocks[p.IntegrationID] == "" || p.IntegrationResponseKey != "$default" {
			return errors.New("property IntegrationResponseKey has to be $default, TemplateSelectionExpression a key of ResponseTemplates")
		}
		return nil
	})

	type integration struct {
		APIID, IntegrationType, IntegrationURI, IntegrationMethod, PayloadFormatVersion string
		TimeoutInMillis                                                                 int
	}
	integrations := map[string]Route{} // without their keys
	const ignored = "Description PassthroughBehavior TemplateSelectionExpression RequestTemplates"
	each(r, "AWS::ApiGatewayV2::Integration", nil, ignored, func(id string, p integration) (err error) {
		route := Route{Timeout: time.Duration(p.TimeoutInMillis) * time.Millisecond}
		switch {
		case http(p.APIID) && (p.IntegrationType != "AWS_PROXY" || p.PayloadFormatVersion != "2.0"):
			err = errors.New("property IntegrationType of an HTTP API has to be AWS_PROXY, with PayloadFormatVersion 2.0")
		case p.IntegrationType == "AWS_PROXY":
			route.Function, err = r.invoked("IntegrationUri", p.IntegrationURI)
		case p.IntegrationType == "MOCK" && mocks[id] != "":
			route.Mock = mocks[id]
		default:
			err = only("IntegrationType", p.IntegrationType, "AWS_PROXY, or MOCK with an IntegrationResponse,")
		}
		integrations[id] = route
		return err
	})

	type routeResponse struct{ APIID, RouteID, RouteResponseKey string }
	responses := map[string]bool{}
	each(r, "AWS::ApiGatewayV2::RouteResponse", nil, "", func(_ string, p routeResponse) error {
		responses[p.RouteID] = true
		if p.RouteResponseKey != "$default" {
			return only("RouteResponseKey", p.RouteResponseKey, "$default")
		}
		return nil
	})

	type route struct{ APIID, RouteKey, AuthorizationType, AuthorizerID, RouteResponseSelectionExpression, Target string }
	each(r, "AWS::ApiGatewayV2::Route", nil, "OperationName", func(id string, p route) error {
		target, ok := integrations[strings.TrimPrefix(p.Target, "integrations/")]
		target.Key, target.Responds = p.RouteKey, responses[id]
		switch authorizer := authorizers[p.AuthorizerID]; {
		case !ok:
			return only("Target", p.Target, "an Integration of the template")
		case http(p.APIID) && p.AuthorizationType == "":
			t.HTTP.Routes = append(t.HTTP.Routes, HTTPRoute{Key: p.RouteKey, Function: target.Function})
			return nil
		case target.Responds != (p.RouteResponseSelectionExpression == "$default"):
			return errors.New("property RouteResponseSelectionExpression has to be $default where there is a RouteResponse, and only there")
		case p.AuthorizationType == "CUSTOM" && p.RouteKey == "$connect" && authorizer != nil:
			t.Socket.Authorizer = authorizer
		case p.AuthorizationType != "" && p.AuthorizationType != "NONE":
			return only("AuthorizationType", p.AuthorizationType, "CUSTOM with an Authorizer, on $connect,")
		}
		t.Socket.Routes = append(t.Socket.Routes, target)
		return nil
	})
}

var invocation = regexp.MustCompile(`:lambda:path/2015-03-31/functions/(\w+)/invocations$`)

// invoked is the function that an address of an integration or an authorizer calls.
func (r *reader) invoked(property, uri string) (string, error) {
	m := invocation.FindStringSubmatch(uri)
	if m == nil || r.resources[m[1]].Type != function {
		return "", only(property, uri, "the invocation of a function of the template")
	}
	return m[1], nil
}
