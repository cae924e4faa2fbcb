package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/parley-chat/parley/infra/dynamo"
	"github.com/parley-chat/parley/infra/e2e/play"
	"github.com/parley-chat/parley/infra/local/signin"
)

const (
	stackName = "parley-stack" // no operator's
	stage     = "stack"
	clientID  = "parley-desktop"
	// region and accessKey are what emulators take for granted.
	region    = "us-east-1"
	accessKey = "test"
	// onAWS is the endpoint that is none.
	onAWS = "aws"
)

// Deployment describes a running Parley to those who play on it. It is written to .stack/deployment.json, and the end-to-end
// tests run against it instead of a local runner when PARLEY_DEPLOYMENT names the file.
type Deployment struct {
	play.Deployment
	Kind string `json:"kind"` // stack
	// API is the HTTPS API itself; Origin has the web pages besides, and hands /v1 and /health on to it.
	API      string   `json:"api"`
	Website  string   `json:"website"`
	Agents   []string `json:"agents"`
	Endpoint string   `json:"endpoint"` // of AWS's services; empty on AWS
	// SetUp takes a directory (POST, in the form of infra/local/demo.yaml) and begins anew with it; empty on AWS.
	SetUp string `json:"setUp,omitempty"`
	// Processes is where the functions' processes are listed and killed (infra/stack/processes.py), empty where nobody can.
	Processes string `json:"processes,omitempty"`
	// Lacks says what scenarios may want and this deployment cannot do, and why: those are out of reach here.
	Lacks map[string]string `json:"lacks"`
}

// lacks is what no emulator that was deployed to can do.
var lacks = map[string]string{
	"chaos":  "nobody can make it lose, delay and repeat what AWS may",
	"lease":  "leases are as deployed (150 s)",
	"rate":   "the limit of messages is as deployed",
	"limits": "it knows no frames of 32 KB and no end of a socket after 10 min or 2 h",
	"engine": "it is no runner, to be stopped and started with its data",
}

// stack is a deployed template with its web pages, from start to stop.
type stack struct {
	options
	Deployment

	out      io.Writer
	env      []string // of the SAM CLI
	emulator *emulator
	demo     directory            // what people see
	cast     directory            // who plays in the end-to-end tests
	quiet    map[string][]float64 // function -> milliseconds of its starts, when nothing else ran
	ids      map[string]string    // logical id -> physical id
	tables   tables
	front    *front
	setUps   atomic.Int64
	server   *http.Server
	failed   chan error
}

// start brings everything up. An error names what is wrong, and leaves nothing running.
func start(ctx context.Context, o options, out io.Writer) (_ *stack, err error) {
	s := &stack{options: o, out: out, failed: make(chan error, 2)}
	s.Kind, s.Lacks = "stack", lacks
	defer func() {
		if err != nil {
			s.stop()
		}
	}()
	if s.demo, err = readDirectory(filepath.Join("infra", "local", "demo.yaml")); err != nil {
		return nil, err
	}
	s.Website = s.demo.Websites[0].ID
	for _, a := range s.demo.Agents {
		s.Agents = append(s.Agents, a.ID)
	}
	if err := os.MkdirAll(home, 0o755); err != nil {
		return nil, err
	}
	tools, toolsCtx := errgroup.WithContext(ctx)
	tools.Go(func() error { return install(toolsCtx, out, "sam", "the SAM CLI") })
	if o.endpoint == "" {
		tools.Go(func() error { return install(toolsCtx, out, "emu", "the emulator") })
	}
	tools.Go(func() (err error) {
		s.cast, err = readCast(toolsCtx, out)
		return err
	})
	if err := tools.Wait(); err != nil {
		return nil, err
	}

	if err := s.reach(ctx); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", o.addr)
	if err != nil {
		return nil, err
	}
	s.Origin = cmp.Or(strings.TrimSuffix(o.origin, "/"), "http://"+listener.Addr().String())
	s.Issuer = s.Origin + "/oidc"
	s.front = newFront()
	if err := s.signIn(s.demo, s.cast); err != nil {
		return nil, err
	}
	s.server = &http.Server{Handler: s.front, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		if err := s.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.failed <- err
		}
	}()
	names, err := s.deploy(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.front.open(s.API); err != nil {
		return nil, err
	}
	s.tables = newTables(s.Endpoint, names)
	if err := s.tables.seed(ctx, s.Origin, s.demo, s.cast); err != nil {
		return nil, fmt.Errorf("seed: %w", err)
	}
	if s.Endpoint != "" { // tables of an account are not emptied by whoever asks
		s.front.mux.HandleFunc("POST /set-up", s.setUp)
		s.SetUp = s.Origin + "/set-up"
	}
	return s, s.describe()
}

// reach starts the emulator, or finds out about the one that is given, or about an account.
func (s *stack) reach(ctx context.Context) (err error) {
	switch s.endpoint {
	case onAWS:
		s.env = append(os.Environ(), "SAM_CLI_TELEMETRY=0")
		return nil
	case "":
		if s.emulator, err = startEmulator(ctx); err != nil {
			return err
		}
		s.Endpoint = s.emulator.endpoint
		go func() {
			<-s.emulator.done
			s.failed <- fmt.Errorf("the emulator has ended: see %s", s.emulator.log)
		}()
	default:
		s.Endpoint = strings.TrimSuffix(s.endpoint, "/")
	}
	// Lambda runs ARM; here the functions are processes of this machine.
	s.env = append(emulated(s.Endpoint), "LAMBDA_ARCH="+runtime.GOARCH, "LAMBDA_OS="+runtime.GOOS)
	s.Processes = s.Endpoint + "/_parley"
	if err := s.ask(ctx, http.MethodGet, "/functions", new(json.RawMessage)); err != nil {
		s.Processes = "" // an emulator that is not ours
	}
	return nil
}

// signIn lets the agents of these directories sign in, and nobody else. The key stays: functions keep the public one for an hour.
func (s *stack) signIn(all ...directory) error {
	c := signin.Config{URL: s.Issuer, ClientID: clientID, Redirects: []string{s.Origin + "/desktop/"}, KeyDir: home}
	for _, d := range all {
		for _, a := range d.Agents {
			c.Agents = append(c.Agents, signin.Agent{ID: a.ID, Name: a.Name, Email: a.Email})
		}
	}
	issuer, err := signin.New(c)
	if err == nil {
		s.front.issuer.Store(issuer)
	}
	return err
}

// sam runs the SAM CLI and returns what it wrote, with progress if label is not empty.
func (s *stack) sam(ctx context.Context, label string, args ...string) error {
	return step(ctx, s.out, s.env, label, append([]string{filepath.Join(home, "sam", "bin", "sam")}, args...)...)
}

// deploy builds and deploys the template, and returns the tables' names.
func (s *stack) deploy(ctx context.Context) (dynamo.Tables, error) {
	var none dynamo.Tables
	build := filepath.Join(home, "build") // not .aws-sam: these functions are for this machine
	if err := s.sam(ctx, "Checking template.yaml with sam validate --lint", "validate", "--lint", "--template-file", "template.yaml"); err != nil {
		return none, err
	}
	// In the source itself: a copy would take the front ends' node_modules along.
	if err := s.sam(ctx, "Building the functions with sam build", "build", "--parallel", "--build-in-source", "--template-file", "template.yaml",
		"--build-dir", build); err != nil {
		return none, err
	}
	// The template wants HTTPS, which nobody serves on this machine: emulator.py lets the functions ask without.
	issuer := "https://" + s.Issuer[strings.Index(s.Issuer, "://")+3:]
	parameters := append([]string{"Stage=" + stage, "AgentAudience=" + clientID, "AgentIssuer=" + issuer, "AgentJwksUrl=" + issuer + "/jwks"},
		strings.Fields(s.parameters)...)
	if err := s.sam(ctx, "Deploying with sam deploy", append([]string{"deploy", "--template-file", filepath.Join(build, "template.yaml"),
		"--stack-name", stackName, "--resolve-s3", "--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND", "--no-confirm-changeset",
		"--no-fail-on-empty-changeset", "--no-progressbar", "--parameter-overrides"}, parameters...)...); err != nil {
		return none, err
	}

	var outputs []struct{ OutputKey, OutputValue string }
	var resources []struct{ LogicalResourceId, PhysicalResourceId string } //nolint:revive // as the SAM CLI writes them
	if err := errors.Join(s.list(ctx, "stack-outputs", &outputs), s.list(ctx, "resources", &resources)); err != nil {
		return none, err
	}
	for _, o := range outputs {
		switch o.OutputKey {
		case "ApiUrl":
			s.API = here(o.OutputValue, s.Endpoint)
		case "SocketUrl":
			s.Socket = here(o.OutputValue, s.Endpoint)
		}
	}
	s.ids = map[string]string{}
	for _, r := range resources {
		s.ids[r.LogicalResourceId] = r.PhysicalResourceId
	}
	tables := dynamo.Tables{Sessions: s.ids["SessionsTable"], Directory: s.ids["DirectoryTable"], Connections: s.ids["ConnectionsTable"]}
	if s.API == "" || s.Socket == "" || tables.Directory == "" {
		return none, errors.New("the stack has no ApiUrl, no SocketUrl or no tables")
	}
	return tables, nil
}

func (s *stack) list(ctx context.Context, what string, into any) error {
	out, err := command(ctx, s.env, filepath.Join(home, "sam", "bin", "sam"), "list", what, "--stack-name", stackName, "--output", "json").Output()
	if err != nil {
		return fmt.Errorf("sam list %s: %w", what, err)
	}
	return json.Unmarshal(out, into)
}

// executeAPI is an address of API Gateway: protocol, id, path.
var executeAPI = regexp.MustCompile(`^(http|ws)s://(\w+)\.execute-api\.[\w.-]+(/.*)?$`)

// here is where an emulator answers for an address of API Gateway.
func here(address, endpoint string) string {
	m := executeAPI.FindStringSubmatch(address)
	if endpoint == "" || m == nil {
		return address
	}
	stage := m[3]
	if stage == "" {
		stage = "/$default"
	}
	_, host, _ := strings.Cut(endpoint, "://")
	return m[1] + "://" + host + "/_aws/execute-api/" + m[2] + stage
}

// describe writes the Deployment for those who play on it.
func (s *stack) describe() error {
	b, err := json.MarshalIndent(s.Deployment, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(home, "deployment.json"), append(b, '\n'), 0o600)
}

// links prints what somebody opens.
func (s *stack) links(took time.Duration) {
	p := func(format string, args ...any) { fmt.Fprintf(s.out, format+"\n", args...) }
	p("\n  Parley is deployed (%s)\n", took.Round(100*time.Millisecond))
	p("  Demo shop   %s/", s.Origin)
	p("  Desktop     %s/desktop/", s.Origin)
	for _, a := range s.demo.Agents {
		p("    %-16s  %s/desktop/?login_hint=%s", a.Name, s.Origin, a.ID)
	}
	p("  Health      %s/health", s.Origin)
	if s.Endpoint != "" {
		p("  AWS         AWS_ENDPOINT_URL=%s (key and secret: %s)", s.Endpoint, accessKey)
	}
	p("\n  .stack/deployment.json describes it. Ctrl+C ends it.\n")
}

// stop ends everything that start began.
func (s *stack) stop() {
	if s.server != nil {
		_ = s.server.Close()
	}
	if s.emulator != nil {
		s.emulator.stop()
	}
}
