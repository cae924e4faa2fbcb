package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/parley-chat/parley/functions/chat"
	"github.com/parley-chat/parley/infra/config"
	"github.com/parley-chat/parley/infra/dynamo"
	"github.com/parley-chat/parley/infra/dynamo/faults"
	"github.com/parley-chat/parley/infra/local/asl"
	"github.com/parley-chat/parley/infra/local/engine"
	"github.com/parley-chat/parley/infra/local/gateway"
	"github.com/parley-chat/parley/infra/local/iam"
	"github.com/parley-chat/parley/infra/local/meter"
	"github.com/parley-chat/parley/infra/local/signin"
	"github.com/parley-chat/parley/infra/local/template"
)

// Options of a Runner.
type Options struct {
	Addr  string
	Data  string // folder; "" keeps everything in memory
	Root  string // of the checkout
	Demo  string
	Chaos bool
	// Testing lets the demo file have times that are shorter than an operator may set.
	Testing bool
	// Meter serves what AWS would bill at meter.Path.
	Meter bool
	// Record is a file that gets, at the end, what the functions may do and what they did; "" for none.
	Record string
	Seed   uint64
	Lease  time.Duration // 0: as deployed
	Sweep  time.Duration // 0: as in the template
	Rate   int           // 0: as deployed
	Log    *slog.Logger
}

// Names that a stack would have.
const (
	region    = "us-east-1"
	account   = "000000000000"
	stack     = "parley"
	clientID  = "parley-desktop"
	secretID  = "arn:aws:secretsmanager:" + region + ":" + account + ":secret:parley-customer-keys"
	socketURL = "/socket"
	// closing is how long an end may take before it is forced.
	closing = 5 * time.Second
)

// The chaos of -chaos: each more often than it ever happens on AWS.
var (
	gatewayChaos = gateway.Chaos{DropDisconnect: 0.3, DelayPush: 400 * time.Millisecond, DuplicatePush: 0.1}
	storeChaos   = faults.Chances{Conflict: 0.03, Throttle: 0.01, LostReply: 0.02}
)

// Runner is Parley on one machine, from Start to Close.
type Runner struct {
	Links Links

	log      *slog.Logger
	lock     *os.File // of the data folder
	engine   *engine.Engine
	states   *asl.Service
	gateway  *gateway.Gateway
	meter    *meter.Meter // nil: nobody counts
	record   *iam.Record  // nil: nobody wants to know
	recordTo string       // file that gets it at the end
	server   *http.Server
	failed   chan error
	stop     context.CancelFunc
	running  sync.WaitGroup
}

// Start brings everything up: engine, tables, functions, gateway, routing loop, demo data, web server. When it returns, the links
// work. An error names what is wrong, and leaves nothing running.
func Start(ctx context.Context, o Options) (_ *Runner, err error) {
	background, stop := context.WithCancel(context.Background())
	r := &Runner{log: o.Log, failed: make(chan error, 1), stop: stop}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.Close())
		}
	}()

	listener, err := net.Listen("tcp", o.Addr)
	if err != nil {
		return nil, fmt.Errorf("%w: is another Parley running? -addr chooses another address (make run ADDR=127.0.0.1:8081)", err)
	}
	defer func() {
		if err != nil {
			_ = listener.Close() // once it serves, its server has closed it
		}
	}()
	origin := "http://" + listener.Addr().String()
	d, err := readDemo(o, origin, fmt.Sprintf("http://localhost:%d", listener.Addr().(*net.TCPAddr).Port))
	if err != nil {
		return nil, err
	}
	endpoint, err := r.startEngine(ctx, o)
	if err != nil {
		return nil, err
	}
	r.Links.Store = endpoint
	keys, err := customerKeys(o.Data)
	if err != nil {
		return nil, err
	}
	issuer, err := newIssuer(o, origin, d)
	if err != nil {
		return nil, err
	}

	values := stackValues(origin)
	t, err := template.Read(filepath.Join(o.Root, "template.yaml"), values)
	if err != nil {
		return nil, err
	}
	store := http.RoundTripper(dynamo.NewTransport())
	if o.Chaos {
		store = &faults.Transport{Base: store, Choose: faults.Random(o.Seed, storeChaos)}
	}
	if o.Meter {
		r.meter = meter.New()
	}
	if o.Record != "" {
		r.record, r.recordTo = newRecord(t), o.Record
	}
	push := &late{}
	states := &late{}
	world := inProcess{next: store, hosts: map[string]http.RoundTripper{
		statesHost: states, pushHost: push, secretsHost: secrets(secretID, keys), signInHost: handled(issuer)}}
	functions, err := r.wireAll(t, world, endpoint, origin, o)
	if err != nil {
		return nil, err
	}

	if states.to, err = r.startStates(t, o, functions); err != nil {
		return nil, err
	}
	if push.to, err = r.startGateway(t, o, functions); err != nil {
		return nil, err
	}
	setup := dynamo.NewClient(awsConfig(&http.Client{Transport: dynamo.NewTransport()}), endpoint)
	if err := createTables(ctx, setup, t); err != nil {
		return nil, err
	}
	if err := config.Put(ctx, dynamo.New(setup, tables(t)), d); err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}

	r.server = &http.Server{Handler: r.routes(o, issuer), ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug)}
	r.running.Go(func() {
		if err := r.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			r.fail(err)
		}
	})
	r.startSweeps(background, t, o, functions)
	r.links(origin, d)
	return r, nil
}

// readDemo reads who is there in the beginning. All its websites open on the runner's own pages.
func readDemo(o Options, origins ...string) (config.File, error) {
	content, err := os.ReadFile(o.Demo)
	if err != nil {
		return config.File{}, err
	}
	f, err := config.Parse(content, config.Options{Hosted: true, Testing: o.Testing})
	if err != nil {
		return f, fmt.Errorf("%s:\n%w", o.Demo, err)
	}
	return f.With(origins...), nil
}

// late is a transport that is known only after those who use it.
type late struct{ to http.RoundTripper }

// RoundTrip sends a request.
func (l *late) RoundTrip(q *http.Request) (*http.Response, error) { return l.to.RoundTrip(q) }

func awsConfig(client *http.Client) aws.Config {
	return aws.Config{Region: region, HTTPClient: client, Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}, nil
	})}
}

// stackValues resolves the template as a stack in an account would.
func stackValues(origin string) template.Values {
	return template.Values{
		Parameters: map[string]string{"Stage": "local", "AgentIssuer": origin + "/oidc", "AgentAudience": clientID,
			"AgentJwksUrl": "http://" + signInHost + "/oidc/jwks"},
		Pseudo: map[string]string{"AWS::Region": region, "AWS::AccountId": account, "AWS::Partition": "aws", "AWS::URLSuffix": "amazonaws.com",
			"AWS::StackName": stack},
		Resource: func(id, attribute string) string {
			switch {
			case strings.HasSuffix(id, "Table") && attribute == "Arn":
				return "arn:aws:dynamodb:" + region + ":" + account + ":table/" + stack + "-" + id
			case strings.HasSuffix(id, "Function") && (attribute == "Arn" || attribute == "Alias"):
				return "arn:aws:lambda:" + region + ":" + account + ":function:" + id
			case id == "CustomerKeys":
				return secretID
			}
			return stack + "-" + id
		},
	}
}

func (r *Runner) startEngine(ctx context.Context, o Options) (endpoint string, err error) {
	if endpoint = os.Getenv("AWS_ENDPOINT_URL_DYNAMODB"); endpoint != "" {
		return endpoint, nil
	}
	options := engine.Options{}
	if o.Data != "" {
		dir, err := filepath.Abs(o.Data)
		if err != nil {
			return "", err
		}
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return "", err
		}
		if r.lock, err = lock(dir); err != nil {
			return "", err
		}
		options.DBPath = filepath.Join(dir, "dynamo.db")
	}
	if r.engine, err = engine.Start(ctx, options); err != nil {
		return "", err
	}
	r.Links.Engine = r.engine.Pid()
	return r.engine.Endpoint, nil
}

// customerKeys is the secret that signs customers' tokens: kept with the data, so that a customer is known after a restart.
func customerKeys(dir string) (string, error) {
	secret := fmt.Sprintf(`{"current":"local","local":%q}`, rand.Text()+rand.Text())
	if dir == "" {
		return secret, nil
	}
	file := filepath.Join(dir, "customer-keys.json")
	b, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return secret, os.WriteFile(file, []byte(secret), 0o600)
	}
	return string(b), err
}

func newIssuer(o Options, origin string, d config.File) (http.Handler, error) {
	c := signin.Config{URL: origin + "/oidc", ClientID: clientID, Redirects: []string{origin + "/desktop/"}, KeyDir: o.Data}
	for _, a := range d.Agents {
		c.Agents = append(c.Agents, signin.Agent{ID: a.ID, Name: a.Name, Email: a.Email})
	}
	return signin.New(c)
}

func (r *Runner) wireAll(t *template.Template, world inProcess, endpoint, origin string, o Options) (map[string]gateway.Function, error) {
	tune := func(d *chat.Desk) {
		if o.Lease > 0 {
			d.Lease = o.Lease
		}
		if o.Rate > 0 {
			d.Rate = o.Rate
		}
	}
	all := map[string]gateway.Function{}
	for _, f := range t.Functions {
		// What Lambda itself sets, and where the services are that do not exist here.
		maps.Copy(f.Environment, map[string]string{"AWS_REGION": region, "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local",
			"AWS_ENDPOINT_URL_DYNAMODB": endpoint, "AWS_ENDPOINT_URL_SFN": "http://" + statesHost, "AWS_ENDPOINT_URL_SECRETS_MANAGER": "http://" + secretsHost,
			"WS_ENDPOINT": "http://" + pushHost + "/" + t.Socket.Stage, "SOCKET_URL": "ws" + strings.TrimPrefix(origin, "http") + socketURL})
		log, seen := o.Log, world
		var watch io.Writer
		if r.meter != nil {
			log, seen.next, watch = r.meter.Log(f.ID, log), r.meter.Store(f.ID, world.next), r.meter.Lines(f.ID)
		}
		transport := http.RoundTripper(seen)
		if r.record != nil {
			transport = r.record.Transport(f.ID, seen)
		}
		fn, err := wire(f, &http.Client{Transport: transport}, log, watch, tune)
		if err != nil {
			return nil, err
		}
		if r.meter != nil {
			fn = r.meter.Function(f.ID, fn)
		}
		all[f.ID] = fn
	}
	return all, nil
}

func (r *Runner) startStates(t *template.Template, o Options, functions map[string]gateway.Function) (http.RoundTripper, error) {
	if len(t.Machines) != 1 {
		return nil, fmt.Errorf("the template has %d state machines, this runner runs one", len(t.Machines))
	}
	m := t.Machines[0]
	definition, err := os.ReadFile(filepath.Join(o.Root, m.Definition))
	if err != nil {
		return nil, err
	}
	machine, err := asl.Load(definition, m.Substitutions)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", m.Definition, err)
	}
	r.states = asl.NewService(asl.Config{Machine: machine, ARN: machineARN(m), Log: o.Log,
		Invoke: func(ctx context.Context, name string, payload []byte) ([]byte, error) {
			if r.record != nil {
				r.record.Did(m.ID, iam.Need{Action: "lambda:InvokeFunction", Resource: name})
			}
			f, ok := functions[name[strings.LastIndex(name, ":")+1:]]
			if !ok {
				return nil, fmt.Errorf("the state machine calls %s, which the template does not have", name)
			}
			return f(ctx, payload)
		}})
	if r.meter != nil {
		r.meter.Transitions = r.states.Transitions
	}
	return r.states, nil
}

func machineARN(m template.Machine) string {
	return "arn:aws:states:" + region + ":" + account + ":stateMachine:" + m.Name
}

// newRecord makes a record of what the template allows.
func newRecord(t *template.Template) *iam.Record {
	s := iam.Stack{Account: account, API: stack + "-" + t.Socket.ID}
	for _, m := range t.Machines {
		s.Machine = machineARN(m)
	}
	record := iam.NewRecord(s)
	allow := func(role string, policies []template.Statement) {
		for _, p := range policies {
			for _, resource := range p.Resources {
				for _, action := range p.Actions {
					record.May(role, iam.Right{Need: iam.Need{Action: action, Resource: resource}, Statement: p.Sid, Comment: p.Comment, Line: p.Line})
				}
			}
		}
	}
	for _, f := range t.Functions {
		allow(f.ID, f.Policies)
	}
	for _, m := range t.Machines {
		allow(m.ID, m.Policies)
	}
	return record
}

func (r *Runner) startGateway(t *template.Template, o Options, functions map[string]gateway.Function) (http.RoundTripper, error) {
	c := gateway.Config{Log: o.Log, Socket: gateway.SocketAPI{Stage: t.Socket.Stage, Selection: t.Socket.Selection, Routes: map[string]gateway.Route{}}}
	if a := t.Socket.Authorizer; a != nil {
		c.Socket.Authorizer = &gateway.Authorizer{Function: functions[a.Function], IdentitySources: a.IdentitySources}
	}
	for _, route := range t.Socket.Routes {
		g := gateway.Route{Mock: route.Mock, Timeout: route.Timeout, Responds: route.Responds}
		if route.Function != "" {
			g.Function = functions[route.Function]
		}
		c.Socket.Routes[route.Key] = g
	}
	for _, route := range t.HTTP.Routes {
		c.HTTP.Routes = append(c.HTTP.Routes, gateway.HTTPRoute{Key: route.Key, Function: functions[route.Function]})
	}
	if cors := t.HTTP.CORS; cors != nil {
		c.HTTP.CORS = &gateway.CORS{Origins: cors.AllowOrigins, Methods: cors.AllowMethods, Headers: cors.AllowHeaders,
			MaxAge: time.Duration(cors.MaxAge) * time.Second}
	}
	if r.meter != nil {
		c.Meter = r.meter
	}
	if o.Chaos {
		c.Chaos = gatewayChaos
		c.Chaos.Seed = o.Seed
	}
	g, err := gateway.New(c)
	if err != nil {
		return nil, err
	}
	r.gateway = g
	return g.Transport(), nil
}

func (r *Runner) routes(o Options, issuer http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", shopFiles(filepath.Join(o.Root, "infra", "local", "shop")))
	mux.Handle("/widget/", widgetFiles(filepath.Join(o.Root, "widget", "dist")))
	mux.Handle("/desktop/", desktopFiles(filepath.Join(o.Root, "desktop", "dist")))
	mux.Handle("/oidc/", issuer)
	mux.Handle("/v1/", r.gateway.HTTP())
	mux.Handle("/health", r.gateway.HTTP())
	mux.Handle(socketURL, r.gateway.Socket())
	if r.meter != nil {
		mux.Handle(meter.Path, r.meter)
	}
	return mux
}

// startSweeps runs the reaper as the template schedules it. The first sweep counts all routing as lost: the tokens of the
// process before died with it, the sessions did not.
func (r *Runner) startSweeps(ctx context.Context, t *template.Template, o Options, functions map[string]gateway.Function) {
	for _, s := range t.Schedules {
		every := s.Every
		if o.Sweep > 0 {
			every = o.Sweep
		}
		f := functions[s.Function]
		r.running.Go(func() {
			payload := []byte(`{"all":true}`)
			tick := time.NewTicker(every)
			defer tick.Stop()
			for {
				if _, err := f(ctx, payload); err != nil && ctx.Err() == nil {
					r.log.Error("scheduled function failed", "function", s.Function, "err", err)
				}
				payload = []byte(`{}`)
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
				}
			}
		})
	}
	if r.engine != nil {
		r.running.Go(func() {
			select {
			case <-ctx.Done():
			case <-r.engine.Done():
				r.fail(errors.New("the DynamoDB engine has ended"))
			}
		})
	}
}

func (r *Runner) links(origin string, d config.File) {
	l := &r.Links
	l.Origin, l.Shop, l.Desktop, l.Health = origin, origin+"/", origin+"/desktop/", origin+"/health"
	l.Socket, l.Issuer = "ws"+strings.TrimPrefix(origin, "http")+socketURL, origin+"/oidc"
	for _, a := range d.Agents {
		l.Agents = append(l.Agents, AgentLink{ID: a.ID, Name: a.Name, URL: origin + "/desktop/?login_hint=" + a.ID})
	}
}

func (r *Runner) fail(err error) {
	select {
	case r.failed <- err:
	default:
	}
}

// Failed tells why a runner cannot go on.
func (r *Runner) Failed() <-chan error { return r.failed }

// Close ends everything that Start began: sockets first, the engine last.
func (r *Runner) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closing)
	defer cancel()
	var errs []error
	r.stop()
	if r.gateway != nil {
		errs = append(errs, r.gateway.Close(ctx))
	}
	if r.server != nil {
		errs = append(errs, r.server.Shutdown(ctx))
	}
	if r.states != nil {
		r.states.Close()
	}
	r.running.Wait()
	if r.record != nil {
		errs = append(errs, r.record.AppendTo(r.recordTo))
	}
	if r.engine != nil {
		r.engine.Stop()
	}
	if r.lock != nil {
		errs = append(errs, r.lock.Close())
	}
	return errors.Join(errs...)
}

// tables are the names that the template gives.
func tables(t *template.Template) dynamo.Tables {
	var names dynamo.Tables
	for _, table := range t.Tables {
		name := aws.ToString(table.Create.TableName)
		switch table.ID {
		case "SessionsTable":
			names.Sessions = name
		case "DirectoryTable":
			names.Directory = name
		case "ConnectionsTable":
			names.Connections = name
		}
	}
	return names
}

// createTables makes the template's tables that are not there yet.
func createTables(ctx context.Context, client *dynamodb.Client, t *template.Template) error {
	for _, table := range t.Tables {
		_, err := client.CreateTable(ctx, &table.Create)
		var exists *types.ResourceInUseException
		if errors.As(err, &exists) {
			continue
		}
		if err != nil {
			return fmt.Errorf("create table %s: %w", table.ID, err)
		}
		if table.TTL == "" {
			continue
		}
		if _, err := client.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{TableName: table.Create.TableName,
			TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: &table.TTL, Enabled: aws.Bool(true)}}); err != nil {
			return fmt.Errorf("expire items of %s: %w", table.ID, err)
		}
	}
	return nil
}
