package infra_test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/parley-chat/parley/functions/wire"
	"github.com/parley-chat/parley/infra/identity"
)

// root is the repository as seen from this folder.
const root = ".."

// resource is one resource of template.yaml. Its nodes keep comments and intrinsics.
type resource struct {
	id   string
	kind string
	// comment stands above the resource.
	comment string
	node    *yaml.Node
}

// at follows keys into the resource; nil where there is nothing.
func (r resource) at(keys ...string) *yaml.Node { return at(r.node, keys...) }

func at(n *yaml.Node, keys ...string) *yaml.Node {
	for _, key := range keys {
		n = child(n, key)
	}
	return n
}

func child(n *yaml.Node, key string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// value is the text of a scalar, "" for anything else.
func value(n *yaml.Node) string {
	if n == nil || n.Kind != yaml.ScalarNode {
		return ""
	}
	return n.Value
}

// values are the texts of a list, or of the one scalar that stands for a list of one.
func values(n *yaml.Node) []string {
	if n == nil {
		return nil
	}
	if n.Kind == yaml.ScalarNode {
		return []string{n.Value}
	}
	var all []string
	for _, c := range n.Content {
		all = append(all, value(c))
	}
	return all
}

// keys are the names in a mapping, sorted.
func keys(n *yaml.Node) []string {
	var all []string
	if n != nil && n.Kind == yaml.MappingNode {
		for i := 0; i < len(n.Content); i += 2 {
			all = append(all, n.Content[i].Value)
		}
	}
	slices.Sort(all)
	return all
}

func readTemplate(t *testing.T) *yaml.Node {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(content, &doc); err != nil {
		t.Fatal(err)
	}
	return doc.Content[0]
}

// resources are those of the given types, in the order of the template; of all types where none is given.
func resources(t *testing.T, template *yaml.Node, types ...string) []resource {
	t.Helper()
	all := child(template, "Resources")
	if all == nil {
		t.Fatal("template.yaml has no Resources")
	}
	var found []resource
	for i := 0; i < len(all.Content); i += 2 {
		name, node := all.Content[i], all.Content[i+1]
		kind := value(child(node, "Type"))
		if len(types) == 0 || slices.Contains(types, kind) {
			found = append(found, resource{id: name.Value, kind: kind, comment: name.HeadComment, node: node})
		}
	}
	return found
}

const (
	functionType = "AWS::Serverless::Function"
	machineType  = "AWS::Serverless::StateMachine"
	tableType    = "AWS::DynamoDB::Table"
	routeType    = "AWS::ApiGatewayV2::Route"
	secretType   = "AWS::SecretsManager::Secret"
)

// lambdas are the names of the folders with bootstrap/, sorted: what makes a folder a Lambda.
func lambdas(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(root, "functions", "*", "bootstrap", "main.go"))
	if err != nil || len(found) == 0 {
		t.Fatalf("no functions/*/bootstrap/main.go found (%v)", err)
	}
	for i, path := range found {
		found[i] = filepath.Base(filepath.Dir(filepath.Dir(path)))
	}
	slices.Sort(found)
	return found
}

// folder is where the function with this logical id lives: RouterFunction is functions/router.
func folder(id string) string { return strings.ToLower(strings.TrimSuffix(id, "Function")) }

// Ensure that a folder with bootstrap/ is a function, nothing else is, and `sam build` builds it with the flags of the Makefile.
func TestEveryLambdaIsInTheTemplate(t *testing.T) {
	t.Parallel()
	var inTemplate []string
	for _, f := range resources(t, readTemplate(t), functionType) {
		if !strings.HasSuffix(f.id, "Function") {
			t.Errorf("%s: a function is called after its folder, with Function behind it", f.id)
		}
		if got := value(f.at("Metadata", "BuildMethod")); got != "makefile" {
			t.Errorf("%s: BuildMethod is %q, want makefile", f.id, got)
		}
		inTemplate = append(inTemplate, folder(f.id))
	}
	slices.Sort(inTemplate)
	if folders := lambdas(t); !slices.Equal(inTemplate, folders) {
		t.Errorf("template.yaml has the functions %v, the folders with bootstrap/ are %v", inTemplate, folders)
	}
}

// Ensure that operators can read what a function is for and what its failure means to people.
func TestFunctionsSayPurposeAndFailure(t *testing.T) {
	t.Parallel()
	for _, f := range resources(t, readTemplate(t), functionType) {
		for _, word := range []string{"Purpose:", "Failure:"} {
			if !strings.Contains(f.comment, word) {
				t.Errorf("%s: the comment above it has no %q", f.id, word)
			}
		}
	}
}

// missing is how a function that lacks variables names them, all at once (infra/env).
var missing = regexp.MustCompile(`missing: ([A-Z0-9_, ]+)`)

// Ensure that every function gets the variables that it reads, by asking the compiled function itself: without any, it has to
// name all of them and stop. A variable of its own that it does not read is refused; one for all functions need not be read
// by each.
func TestFunctionsGetTheEnvironmentTheyRead(t *testing.T) {
	t.Parallel()
	template := readTemplate(t)
	shared := keys(at(template, "Globals", "Function", "Environment", "Variables"))
	readBy := map[string][]string{}
	for _, f := range resources(t, template, functionType) {
		own := keys(f.at("Properties", "Environment", "Variables"))
		reads := variablesOf(t, folder(f.id))
		for _, name := range reads {
			readBy[name] = append(readBy[name], f.id)
			if !slices.Contains(own, name) && !slices.Contains(shared, name) {
				t.Errorf("%s reads %s, which template.yaml does not set", f.id, name)
			}
		}
		for _, name := range own {
			if !slices.Contains(reads, name) {
				t.Errorf("%s is given %s, which it does not read", f.id, name)
			}
			if slices.Contains(shared, name) {
				t.Errorf("%s is given %s, which all functions have", f.id, name)
			}
		}
	}
	for _, name := range shared {
		if len(readBy[name]) < 2 {
			t.Errorf("%s is set for all functions, but read by %v only", name, readBy[name])
		}
	}
}

// variablesOf runs a function in an empty environment and returns the names that it misses, without those that Lambda sets.
func variablesOf(t *testing.T, name string) []string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), name)
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./functions/"+name+"/bootstrap")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", name, err, out)
	}
	run := exec.CommandContext(t.Context(), binary)
	run.Env = []string{}
	out, err := run.CombinedOutput()
	found := missing.FindStringSubmatch(string(out))
	if err == nil || found == nil {
		t.Fatalf("%s without environment: error %v, want it to stop and to name what is missing. It said:\n%s", name, err, out)
	}
	var names []string
	for _, variable := range strings.Split(found[1], ", ") {
		if variable = strings.TrimSpace(variable); !setByLambda(variable) {
			names = append(names, variable)
		}
	}
	return names
}

// setByLambda says whether Lambda sets a variable itself, or the SDK knows it as one that people set for other endpoints.
func setByLambda(name string) bool { return strings.HasPrefix(name, "AWS_") }

// Ensure that no variable hides from the test above by being optional: whatever infra/env names, template.yaml sets.
func TestTemplateSetsEveryVariableOfTheCode(t *testing.T) {
	t.Parallel()
	template := readTemplate(t)
	set := keys(at(template, "Globals", "Function", "Environment", "Variables"))
	for _, f := range resources(t, template, functionType) {
		set = append(set, keys(f.at("Properties", "Environment", "Variables"))...)
	}
	read := variablesInSource(t, filepath.Join(root, "infra", "env"))
	for _, name := range read {
		if !slices.Contains(set, name) {
			t.Errorf("infra/env reads %s, which template.yaml does not set", name)
		}
	}
	for _, name := range set {
		if !slices.Contains(read, name) {
			t.Errorf("template.yaml sets %s, which infra/env does not read", name)
		}
	}
}

var variableName = regexp.MustCompile(`^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$`)

// variablesInSource finds the string constants of a package that look like variables of the environment.
func variablesInSource(t *testing.T, dir string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no Go files in %s (%v)", dir, err)
	}
	var names []string
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				text, _ := strconv.Unquote(literal.Value)
				if variableName.MatchString(text) && !setByLambda(text) && text != secretsManager && !slices.Contains(names, text) {
					names = append(names, text)
				}
			}
			return true
		})
	}
	return names
}

// secretsManager ends the name of a variable (AWS_ENDPOINT_URL_...) and is none.
const secretsManager = "SECRETS_MANAGER"

// Ensure that a right over everything is a decision that somebody wrote down.
func TestNoWildcardWithoutReason(t *testing.T) {
	t.Parallel()
	statements := 0
	for _, r := range resources(t, readTemplate(t)) {
		visit(r.node, func(n *yaml.Node) {
			if value(child(n, "Effect")) == "" {
				return
			}
			statements++
			where := r.id + "/" + value(child(n, "Sid"))
			if value(child(n, "Sid")) == "" {
				t.Errorf("%s (line %d): a statement without Sid; it names what the right is for", r.id, n.Line)
			}
			for _, action := range values(child(n, "Action")) {
				if strings.Contains(action, "*") {
					t.Errorf("%s: the action %s; name the actions", where, action)
				}
			}
			wide := child(n, "NotAction") != nil || child(n, "NotResource") != nil
			for _, name := range values(child(n, "Resource")) {
				wide = wide || strings.Contains(name, "*")
			}
			if wide && !strings.Contains(n.HeadComment+n.Content[0].HeadComment, "Reason:") {
				t.Errorf("%s (line %d): a wildcard without a comment above it that begins with \"Reason:\"", where, n.Line)
			}
		})
		roles := r.kind == functionType || r.kind == machineType
		for _, policy := range values(r.at("Properties", "Policies")) {
			if roles && policy != "" {
				t.Errorf("%s: the ready-made policy %s; write the statements out", r.id, policy)
			}
		}
	}
	if statements == 0 {
		t.Fatal("no policy statement found")
	}
}

func visit(n *yaml.Node, f func(*yaml.Node)) {
	if n == nil {
		return
	}
	f(n)
	for _, c := range n.Content {
		visit(c, f)
	}
}

// Ensure that what people wrote cannot be lost by deleting the stack, a table, or rows; and that what expires is named the
// same everywhere.
func TestTablesKeepWhatTheyHold(t *testing.T) {
	t.Parallel()
	tables := resources(t, readTemplate(t), tableType)
	if len(tables) != 3 {
		t.Fatalf("%d tables, want 3", len(tables))
	}
	for _, table := range tables {
		if got := value(table.at("Properties", "TimeToLiveSpecification", "AttributeName")); got != "ttl" {
			t.Errorf("%s: rows expire by %q, want ttl", table.id, got)
		}
		if got := value(table.at("Properties", "BillingMode")); got != "PAY_PER_REQUEST" {
			t.Errorf("%s: BillingMode is %q", table.id, got)
		}
		if table.id == "ConnectionsTable" { // nothing in it outlives a socket
			continue
		}
		for path, want := range map[string]string{
			"DeletionPolicy":                       "Retain",
			"UpdateReplacePolicy":                  "Retain",
			"Properties/DeletionProtectionEnabled": "true",
			"Properties/PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled": "true",
		} {
			if got := value(table.at(strings.Split(path, "/")...)); got != want {
				t.Errorf("%s: %s is %q, want %q", table.id, path, got, want)
			}
		}
	}
}

// Ensure that the secret which CloudFormation makes is one that signs customers' tokens.
func TestSecretHoldsCustomersKeys(t *testing.T) {
	t.Parallel()
	secrets := resources(t, readTemplate(t), secretType)
	if len(secrets) != 1 {
		t.Fatalf("%d secrets, want 1", len(secrets))
	}
	made := secrets[0].at("Properties", "GenerateSecretString")
	length, err := strconv.Atoi(value(child(made, "PasswordLength")))
	if err != nil {
		t.Fatal(err)
	}
	secret := map[string]string{}
	if err := json.Unmarshal([]byte(value(child(made, "SecretStringTemplate"))), &secret); err != nil {
		t.Fatal(err)
	}
	secret[value(child(made, "GenerateStringKey"))] = strings.Repeat("x", length)
	text, err := json.Marshal(secret)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := identity.ParseKeys(string(text)); err != nil {
		t.Errorf("%s: %v", text, err)
	}
}

// Ensure that the socket answers the actions of the contract, each by a route that the stage waits for.
func TestSocketAnswersTheContract(t *testing.T) {
	t.Parallel()
	template := readTemplate(t)
	answering := map[string]bool{}
	for _, response := range resources(t, template, "AWS::ApiGatewayV2::RouteResponse") {
		answering[value(response.at("Properties", "RouteId"))] = true
	}
	var ids, actions []string
	for _, route := range ofAPI(resources(t, template, routeType), "SocketApi") {
		ids = append(ids, route.id)
		key := value(route.at("Properties", "RouteKey"))
		if !strings.HasPrefix(key, "$") {
			actions = append(actions, key)
		}
		// Frames are answered to the sender; opening and closing a socket is not.
		asked := value(route.at("Properties", "RouteResponseSelectionExpression")) == "$default"
		frames := key != "$connect" && key != "$disconnect"
		if asked != frames || answering[route.id] != frames {
			t.Errorf("%s (%s): answered %t (asked for) and %t (route response), want %t", route.id, key, asked, answering[route.id], frames)
		}
	}
	slices.Sort(actions)
	if want := []string{wire.ActionAgent, wire.ActionCustomer, wire.ActionPing}; !slices.Equal(actions, want) {
		t.Errorf("routes for the actions %v, the contract has %v", actions, want)
	}
	stage := ofAPI(resources(t, template, "AWS::ApiGatewayV2::Stage"), "SocketApi")
	if len(stage) != 1 {
		t.Fatalf("%d stages of the socket, want 1", len(stage))
	}
	waits := values(stage[0].at("DependsOn"))
	slices.Sort(waits)
	slices.Sort(ids)
	if !slices.Equal(waits, ids) {
		t.Errorf("the stage waits for %v, the routes are %v: what it does not wait for is not deployed", waits, ids)
	}
}

// ofAPI are those resources that belong to an API.
func ofAPI(all []resource, api string) []resource {
	return slices.DeleteFunc(all, func(r resource) bool { return value(r.at("Properties", "ApiId")) != api })
}

// Ensure that the answer to a ping, which no function writes, is the one of the contract.
func TestPingIsAnsweredWithPong(t *testing.T) {
	t.Parallel()
	responses := resources(t, readTemplate(t), "AWS::ApiGatewayV2::IntegrationResponse")
	if len(responses) != 1 {
		t.Fatalf("%d integration responses, want 1", len(responses))
	}
	got := value(responses[0].at("Properties", "ResponseTemplates", "200"))
	want, err := json.Marshal(wire.Pong{Type: "pong"})
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("ping is answered with %s, want %s", got, want)
	}
}

// placeholder is what a substitution fills in the routing loop.
var placeholder = regexp.MustCompile(`\$\{([A-Za-z0-9]+)\}`)

// Ensure that the routing loop calls functions that exist, that its role may call them and nothing else, and that the
// functions know it by the name it gets.
func TestRoutingLoopCallsFunctionsOfTheTemplate(t *testing.T) {
	t.Parallel()
	template := readTemplate(t)
	machines := resources(t, template, machineType)
	if len(machines) != 1 {
		t.Fatalf("%d state machines, want 1", len(machines))
	}
	machine := machines[0]
	definition, err := os.ReadFile(filepath.Join(root, value(machine.at("Properties", "DefinitionUri"))))
	if err != nil {
		t.Fatal(err)
	}
	var used []string
	for _, match := range placeholder.FindAllStringSubmatch(string(definition), -1) {
		used = append(used, match[1])
	}
	slices.Sort(used)
	used = slices.Compact(used)
	substitutions := machine.at("Properties", "DefinitionSubstitutions")
	if given := keys(substitutions); !slices.Equal(used, given) {
		t.Errorf("the routing loop wants %v, template.yaml gives %v", used, given)
	}

	var functions []string
	for _, f := range resources(t, template, functionType) {
		functions = append(functions, f.id+".Alias")
	}
	var called []string
	for _, name := range keys(substitutions) {
		target := child(substitutions, name)
		if target.Tag != "!Ref" || !slices.Contains(functions, target.Value) {
			t.Errorf("%s is %s %s, want !Ref of a function's Alias", name, target.Tag, target.Value)
		}
		called = append(called, target.Value)
	}
	var allowed []string
	visit(machine.at("Properties", "Policies"), func(n *yaml.Node) {
		if value(child(n, "Effect")) != "" {
			if got := values(child(n, "Action")); !slices.Equal(got, []string{"lambda:InvokeFunction"}) {
				t.Errorf("the state machine may %v", got)
			}
			allowed = append(allowed, values(child(n, "Resource"))...)
		}
	})
	if !slices.Equal(allowed, called) {
		t.Errorf("the state machine may call %v and calls %v", allowed, called)
	}

	name := value(machine.at("Properties", "Name"))
	known := value(at(template, "Globals", "Function", "Environment", "Variables", "STATE_MACHINE_ARN"))
	if name == "" || !strings.HasSuffix(known, ":stateMachine:"+name) {
		t.Errorf("the state machine is called %q, the functions know %q", name, known)
	}
}

// Ensure that template.yaml is lint-clean, informational rules included.
func TestTemplateIsLintClean(t *testing.T) {
	t.Parallel()
	runTool(t, ".tools/venv/bin/cfn-lint", "--include-checks", "I", "--template", "template.yaml")
}

// Ensure that the routing loop is valid Amazon States Language, which cfn-lint does not look at.
func TestRoutingLoopIsValid(t *testing.T) {
	t.Parallel()
	runTool(t, "tools/node_modules/.bin/asl-validator", "--json-path", "infra/routing.asl.json")
}

// runTool runs a tool that `make setup` fetched, in the root of the repository; whatever it finds fails the test.
func runTool(t *testing.T, tool string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "./"+tool, args...)
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	if errors.Is(err, os.ErrNotExist) {
		t.Fatalf("%s is not there: run `make setup`", tool)
	}
	if err != nil {
		t.Errorf("%s: %v\n%s", tool, err, out)
	}
}

const alarmType = "AWS::CloudWatch::Alarm"

// ownNamespace is that of the metrics which the functions write.
const ownNamespace = "Parley/${AWS::StackName}"

// Ensure that alarms and the dashboard look at metrics that somebody writes, and that nothing is written that nobody looks at.
func TestMetricsAreWrittenAndRead(t *testing.T) {
	t.Parallel()
	template := readTemplate(t)
	written := metricsInSource(t)
	for _, filter := range resources(t, template, "AWS::Logs::MetricFilter") {
		for _, m := range filter.at("Properties", "MetricTransformations").Content {
			written = append(written, value(child(m, "MetricName")))
		}
	}
	if got := value(at(template, "Globals", "Function", "Environment", "Variables", "METRICS_NAMESPACE")); got != ownNamespace {
		t.Errorf("the functions write to %q, want %q", got, ownNamespace)
	}
	read := map[string]bool{}
	for _, alarm := range resources(t, template, alarmType) {
		if value(alarm.at("Properties", "Namespace")) == ownNamespace {
			read[value(alarm.at("Properties", "MetricName"))] = true
		}
	}
	dashboards := resources(t, template, "AWS::CloudWatch::Dashboard")
	if len(dashboards) != 1 {
		t.Fatalf("%d dashboards, want 1", len(dashboards))
	}
	for _, name := range onDashboard(t, value(dashboards[0].at("Properties", "DashboardBody"))) {
		read[name] = true
	}
	for _, name := range written {
		if !read[name] {
			t.Errorf("%s is written, and neither an alarm nor the dashboard reads it", name)
		}
	}
	for name := range read {
		if !slices.Contains(written, name) {
			t.Errorf("%s is read, and nobody writes it", name)
		}
	}
}

// metricsInSource are the constants of type Metric.
func metricsInSource(t *testing.T) (names []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("metrics", "metrics.go"), nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			if kind, ok := spec.Type.(*ast.Ident); ok && kind.Name == "Metric" {
				name, _ := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
				names = append(names, name)
			}
		}
		return true
	})
	if len(names) == 0 {
		t.Fatal("infra/metrics has no metrics")
	}
	return names
}

// onDashboard are the functions' metrics on the dashboard, where "." is what stood there in the line before.
func onDashboard(t *testing.T, body string) (names []string) {
	t.Helper()
	var board struct {
		Widgets []struct{ Properties struct{ Metrics [][]any } }
	}
	if err := json.Unmarshal([]byte(body), &board); err != nil {
		t.Fatalf("the dashboard: %v", err)
	}
	for _, w := range board.Widgets {
		namespace := ""
		for _, m := range w.Properties.Metrics {
			if m[0] != "." && m[0] != "..." {
				namespace = m[0].(string)
			}
			if name, _ := m[1].(string); namespace == ownNamespace && m[0] != "..." {
				names = append(names, name)
			}
		}
	}
	return names
}

// Ensure that the desktop is guarded alike wherever it is served: the content security policy is the template's, but for what it
// may connect to, and that a runner serves under the same name.
func TestDesktopHasOnePolicy(t *testing.T) {
	t.Parallel()
	headers := named(t, readTemplate(t), "DesktopHeaders").at("Properties", "ResponseHeadersPolicyConfig", "SecurityHeadersConfig")
	deployed := directives(value(at(headers, "ContentSecurityPolicy", "ContentSecurityPolicy").Content[0]))
	if got, want := deployed["connect-src"], "'self' ${Socket} ${SignIn} ${AgentSignInOrigins}"; got != want {
		t.Errorf("connect-src is %q, want %q", got, want)
	}
	for _, path := range []string{"local/static.go", "stack/pages.go"} {
		served := directives(constant(t, path, "desktopPolicy"))
		if got, want := served["connect-src"], "'self' ws: wss:"; got != want {
			t.Errorf("%s: connect-src is %q, want %q", path, got, want)
		}
		served["connect-src"] = deployed["connect-src"]
		if !maps.Equal(served, deployed) {
			t.Errorf("%s serves the desktop with\n%v, template.yaml with\n%v", path, served, deployed)
		}
	}
	referrer := value(at(headers, "ReferrerPolicy", "ReferrerPolicy"))
	if !strings.Contains(source(t, "local/static.go"), strconv.Quote(referrer)) {
		t.Errorf("the local runner does not send the Referrer-Policy %s", referrer)
	}
}

// directives are those of a content security policy.
func directives(policy string) map[string]string {
	all := map[string]string{}
	for d := range strings.SplitSeq(policy, ";") {
		name, sources, _ := strings.Cut(strings.TrimSpace(d), " ")
		all[name] = sources
	}
	return all
}

// named is the resource with this logical id.
func named(t *testing.T, template *yaml.Node, id string) resource {
	t.Helper()
	for _, r := range resources(t, template) {
		if r.id == id {
			return r
		}
	}
	t.Fatalf("template.yaml has no %s", id)
	return resource{}
}

func source(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.FromSlash(path))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// constant is the text of a constant of a Go file, which may be put together from several.
func constant(t *testing.T, path, name string) string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, source(t, path), parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) == 0 || spec.Names[0].Name != name {
			return true
		}
		ast.Inspect(spec.Values[0], func(n ast.Node) bool {
			if literal, ok := n.(*ast.BasicLit); ok {
				part, _ := strconv.Unquote(literal.Value)
				text += part
			}
			return true
		})
		return false
	})
	if text == "" {
		t.Fatalf("%s has no constant %s", path, name)
	}
	return text
}

// Ensure that a cache is told the same about a file wherever it is served, and that what is published last is what names the rest.
func TestPublishedFilesAreCachedAsServed(t *testing.T) {
	t.Parallel()
	script, served := source(t, "../tools/publish.sh"), source(t, "local/static.go")
	at := 0
	for _, class := range []string{"assets", "loader", "pages"} {
		m := regexp.MustCompile(`(?m)^` + class + `="(.*)"$`).FindStringSubmatch(script)
		if m == nil || !strings.Contains(served, strconv.Quote(m[1])) {
			t.Errorf("%s are published with %q, which infra/local/static.go does not say", class, m)
		}
		put := strings.Index(script, `--cache-control "$`+class+`"`)
		if put < at {
			t.Errorf("%s are published before what they name, or not at all", class)
		}
		at = put
	}
}

// Ensure that addresses of the desktop lead to its page, and that files stay files, by running the very function of the template.
func TestDesktopPaths(t *testing.T) {
	t.Parallel()
	code := value(named(t, readTemplate(t), "DesktopPaths").at("Properties", "FunctionCode"))
	want := map[string]string{
		"/":                       "302 /desktop/",
		"/desktop":                "302 /desktop/",
		"/desktop/":               "/desktop/index.html",
		"/desktop/sessions/a1":    "/desktop/index.html",
		"/desktop/index.html":     "/desktop/index.html",
		"/desktop/theme.js":       "/desktop/theme.js",
		"/desktop/assets/a-1.css": "/desktop/assets/a-1.css",
		"/favicon.ico":            "/favicon.ico",
		"/desktops":               "/desktops",
	}
	paths, err := json.Marshal(slices.Collect(maps.Keys(want)))
	if err != nil {
		t.Fatal(err)
	}
	node := exec.CommandContext(t.Context(), "node", "-e", code+`
		const got = {};
		for (const uri of `+string(paths)+`) {
			const r = handler({ request: { uri } });
			got[uri] = r.statusCode ? r.statusCode + ' ' + r.headers.location.value : r.uri;
		}
		console.log(JSON.stringify(got));`)
	out, err := node.CombinedOutput()
	if err != nil {
		t.Fatalf("node: %v\n%s", err, out)
	}
	got := map[string]string{}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%v of %s", err, out)
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// Ensure that everybody calls the alias: a deployment is gradual for nobody who goes past it.
func TestEverybodyCallsTheAlias(t *testing.T) {
	t.Parallel()
	template := readTemplate(t)
	if got := value(at(template, "Globals", "Function", "AutoPublishAlias")); got != "live" {
		t.Errorf("the alias is %q, want live", got)
	}
	for _, r := range resources(t, template, "AWS::ApiGatewayV2::Integration", "AWS::ApiGatewayV2::Authorizer", "AWS::Lambda::Permission") {
		visit(r.at("Properties"), func(n *yaml.Node) {
			if function := regexp.MustCompile(`\b\w+Function\b(\.\w+)?`).FindStringSubmatch(n.Value); n.Kind == yaml.ScalarNode && function != nil &&
				!strings.HasPrefix(n.Value, "lambda:") && function[1] != ".Alias" {
				t.Errorf("%s (line %d): %s, want the function's Alias", r.id, n.Line, n.Value)
			}
		})
	}
}

// Ensure that memory and time-outs stand in one table, with every function in it and nobody else.
func TestSizesStandInOneTable(t *testing.T) {
	t.Parallel()
	template := readTemplate(t)
	var names []string
	for _, f := range resources(t, template, functionType) {
		name := strings.TrimSuffix(f.id, "Function")
		names = append(names, name)
		for property, column := range map[string]string{"MemorySize": "Memory", "Timeout": "Timeout"} {
			n := f.at("Properties", property)
			if n == nil || n.Tag != "!FindInMap" || !slices.Equal(values(n), []string{"Functions", name, column}) {
				t.Errorf("%s: %s is not !FindInMap [Functions, %s, %s]", f.id, property, name, column)
			}
		}
	}
	slices.Sort(names)
	if table := keys(at(template, "Mappings", "Functions")); !slices.Equal(table, names) {
		t.Errorf("the table has %v, the functions are %v", table, names)
	}
}

// alarmSuffix ends the logical id of an alarm.
const alarmSuffix = "Alarm"

// Ensure that whoever is woken finds what an alarm means and what to do, and whoever is asked for a parameter what it is for.
func TestOperationsSayEverything(t *testing.T) {
	t.Parallel()
	template := readTemplate(t)
	doc := source(t, "../docs/operations.md")

	var alarms, parameters []string
	for _, alarm := range resources(t, template, alarmType) {
		if !strings.HasSuffix(alarm.id, alarmSuffix) {
			t.Errorf("%s: an alarm's name ends with %s", alarm.id, alarmSuffix)
		}
		alarms = append(alarms, alarm.id)
		for _, actions := range []string{"AlarmActions", "OKActions"} {
			if n := alarm.at("Properties", actions); n == nil || !slices.Equal(values(n), []string{"Alarms"}) {
				t.Errorf("%s: its %s are not the topic", alarm.id, actions)
			}
		}
	}
	slices.Sort(alarms)
	if explained := headed(doc, `(?m)^### (.*Alarm.*)$`); !slices.Equal(explained, alarms) {
		t.Errorf("docs/operations.md explains the alarms\n%v, template.yaml has\n%v", explained, alarms)
	}
	order := child(template, "Parameters")
	for i := 0; i < len(order.Content); i += 2 {
		parameters = append(parameters, order.Content[i].Value)
	}
	if !slices.IsSorted(parameters) {
		t.Errorf("the parameters are not in alphabetical order: %v", parameters)
	}
	if explained := headed(section(t, doc, "Parameters"), "(?m)^\\| (`[A-Z].*?) \\|.*$"); !slices.Equal(explained, parameters) {
		t.Errorf("docs/operations.md explains the parameters\n%v, template.yaml has\n%v", explained, parameters)
	}
	var grouped []string
	for _, group := range at(template, "Metadata", "AWS::CloudFormation::Interface", "ParameterGroups").Content {
		grouped = append(grouped, values(child(group, "Parameters"))...)
	}
	slices.Sort(grouped)
	if !slices.Equal(grouped, parameters) {
		t.Errorf("the groups show the parameters\n%v, there are\n%v", grouped, parameters)
	}
	for i := 1; i < len(order.Content); i += 2 {
		p := order.Content[i]
		bounded := child(p, "AllowedPattern") != nil || child(p, "AllowedValues") != nil || child(p, "MinValue") != nil
		if !bounded || value(child(p, "Description")) == "" {
			t.Errorf("%s: a parameter has a pattern, values or a range, and a description", order.Content[i-1].Value)
		}
	}
}

// Ensure that whoever looks at a metric finds what it counts.
func TestOperationsExplainMetrics(t *testing.T) {
	t.Parallel()
	written := append(metricsInSource(t), "Faults")
	slices.Sort(written)
	explained := headed(section(t, source(t, "../docs/operations.md"), "Watch"), "(?m)^\\| (`[A-Z].*?) \\|.*$")
	if !slices.Equal(explained, written) {
		t.Errorf("docs/operations.md explains the metrics\n%v, there are\n%v", explained, written)
	}
}

// section is what stands below a heading of the second order.
func section(t *testing.T, doc, heading string) string {
	t.Helper()
	_, rest, ok := strings.Cut(doc, "\n## "+heading+"\n")
	if !ok {
		t.Fatalf("there is no section %s", heading)
	}
	text, _, _ := strings.Cut(rest, "\n## ")
	return text
}

// headed are the names in the lines that fit, sorted.
func headed(doc, pattern string) (names []string) {
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(doc, -1) {
		names = append(names, regexp.MustCompile(`[A-Z][A-Za-z]+`).FindAllString(m[1], -1)...)
	}
	slices.Sort(names)
	return names
}
