package gateway_test

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/parley-chat/parley/infra/local/gateway"
)

type (
	authRequest  = events.APIGatewayCustomAuthorizerRequestTypeRequest
	authResponse = events.APIGatewayCustomAuthorizerResponse
)

func policy(effect, action, resource string, context map[string]any) authResponse {
	return authResponse{
		PrincipalID: "anna",
		PolicyDocument: events.APIGatewayCustomAuthorizerPolicy{
			Version:   "2012-10-17",
			Statement: []events.IAMPolicyStatement{{Effect: effect, Action: []string{action}, Resource: []string{resource}}},
		},
		Context: context,
	}
}

func TestAuthorizer(t *testing.T) {
	t.Parallel()
	const invoke = "execute-api:Invoke"
	for name, test := range map[string]struct {
		protocols []string
		answer    authResponse
		err       error
		status    int
		calls     int32
	}{
		"without its identity source nobody is asked": {status: 401},
		"Unauthorized":                {protocols: []string{"t.x"}, err: errors.New("Unauthorized"), status: 401, calls: 1},
		"any other error":             {protocols: []string{"t.x"}, err: errors.New("unauthorized"), status: 500, calls: 1},
		"deny":                        {protocols: []string{"t.x"}, answer: policy("Deny", invoke, "*", nil), status: 403, calls: 1},
		"allows another route":        {protocols: []string{"t.x"}, answer: policy("Allow", invoke, "*/agent", nil), status: 403, calls: 1},
		"allows another action":       {protocols: []string{"t.x"}, answer: policy("Allow", "execute-api:ManageConnections", "*", nil), status: 403, calls: 1},
		"allows this stage":           {protocols: []string{"t.x"}, answer: policy("Allow", "execute-api:*", "arn:aws:execute-api:*:*:*/test/$connect", nil), status: 101, calls: 1},
		"no policy":                   {protocols: []string{"t.x"}, answer: authResponse{PrincipalID: "anna"}, status: 500, calls: 1},
		"nested context":              {protocols: []string{"t.x"}, answer: policy("Allow", invoke, "*", map[string]any{"a": []int{1}}), status: 500, calls: 1},
		"context larger than allowed": {protocols: []string{"t.x"}, answer: policy("Allow", invoke, "*", map[string]any{"a": strings.Repeat("a", 8<<10)}), status: 500, calls: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int32
			s := start(t, gateway.Config{Socket: gateway.SocketAPI{Authorizer: &gateway.Authorizer{
				IdentitySources: []string{"route.request.header.Sec-WebSocket-Protocol", "route.request.querystring.lang"},
				Function: gateway.Lambda(func(_ context.Context, r authRequest) (authResponse, error) {
					calls.Add(1)
					if r.Type != "REQUEST" || r.Headers["Sec-WebSocket-Protocol"] != "t.x" || r.QueryStringParameters["lang"] != "de" {
						t.Errorf("event: %+v", r)
					}
					return test.answer, test.err
				}),
			}}})
			_, res := s.try(t, test.protocols...)
			if res.StatusCode != test.status || calls.Load() != test.calls {
				t.Errorf("status %d after %d calls, want %d after %d", res.StatusCode, calls.Load(), test.status, test.calls)
			}
		})
	}
}

func TestAuthorizerContextReachesEveryEvent(t *testing.T) {
	t.Parallel()
	seen := make(chan request, 3)
	note := socketFunc(func(_ context.Context, r request) (response, error) {
		seen <- r
		return response{StatusCode: 200}, nil
	})
	s := start(t, gateway.Config{Socket: gateway.SocketAPI{
		Authorizer: &gateway.Authorizer{Function: gateway.Lambda(func(_ context.Context, r authRequest) (authResponse, error) {
			return policy("Allow", "execute-api:Invoke", r.MethodArn, map[string]any{"role": "agent", "level": 1234567, "ok": true}), nil
		})},
		Routes: map[string]gateway.Route{"$connect": {Function: note}, "$default": {Function: note}, "$disconnect": {Function: note}},
	}})
	c := s.dial(t)
	send(t, c, "hello")
	want := map[string]any{"principalId": "anna", "role": "agent", "level": "1234567", "ok": "true"}
	var id string
	for _, event := range []string{"CONNECT", "MESSAGE", "DISCONNECT"} {
		r := <-seen
		ctx := r.RequestContext
		if ctx.EventType != event || !reflect.DeepEqual(ctx.Authorizer, want) {
			t.Errorf("%s: authorizer %v, want %v in %s", ctx.EventType, ctx.Authorizer, want, event)
		}
		if id == "" {
			id = ctx.ConnectionID
		}
		if ctx.ConnectionID != id || !strings.HasSuffix(id, "=") || ctx.Stage != stage || ctx.Identity.SourceIP != "127.0.0.1" || ctx.RequestID == "" {
			t.Errorf("%s: context %+v", event, ctx)
		}
		switch event {
		case "MESSAGE":
			if r.Body != "hello" || ctx.MessageID == nil || r.Headers != nil {
				t.Errorf("message: %+v", r)
			}
			c.Close(4000, "bye")
		case "DISCONNECT":
			if ctx.DisconnectStatusCode != 4000 || ctx.DisconnectReason == nil || *ctx.DisconnectReason != "bye" {
				t.Errorf("told %d %v, want 4000 bye", ctx.DisconnectStatusCode, ctx.DisconnectReason)
			}
		}
	}
}

func TestConnectDecidesBeforeTheUpgrade(t *testing.T) {
	t.Parallel()
	block := make(chan struct{})
	t.Cleanup(func() { close(block) })
	for name, test := range map[string]struct {
		route  gateway.Route
		status int
	}{
		"2xx":      {gateway.Route{Function: answers(204, "")}, 101},
		"403":      {gateway.Route{Function: answers(403, "")}, 403},
		"error":    {gateway.Route{Function: func(context.Context, []byte) ([]byte, error) { return nil, errors.New("secret") }}, 502},
		"panic":    {gateway.Route{Function: func(context.Context, []byte) ([]byte, error) { panic("secret") }}, 502},
		"no JSON":  {gateway.Route{Function: func(context.Context, []byte) ([]byte, error) { return []byte("yes"), nil }}, 502},
		"time-out": {gateway.Route{Timeout: 50 * time.Millisecond, Function: func(context.Context, []byte) ([]byte, error) { <-block; return nil, nil }}, 504},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, gateway.Config{Socket: gateway.SocketAPI{Routes: map[string]gateway.Route{"$connect": test.route}}})
			_, res := s.try(t)
			if res.StatusCode != test.status {
				t.Fatalf("status %d, want %d", res.StatusCode, test.status)
			}
			if test.status != 101 {
				if text := body(t, res); strings.Contains(text, "secret") || decode[failure](t, text).ConnectionID == "" {
					t.Errorf("body %s", text)
				}
			}
			if name == "time-out" {
				block <- struct{}{} // or Close would wait for it
			}
		})
	}
}

func TestSubprotocolEcho(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer string
		offer  []string
		want   string
	}{
		"offered":     {"parley.v1", []string{"parley.v1", "t.token"}, "parley.v1"},
		"not offered": {"parley.v1", []string{"t.token"}, ""},
		"none":        {"", []string{"parley.v1"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, gateway.Config{Socket: gateway.SocketAPI{Routes: map[string]gateway.Route{"$connect": {
				Function: socketFunc(func(_ context.Context, r request) (response, error) {
					return response{StatusCode: 200, Headers: map[string]string{"sec-websocket-protocol": test.answer}}, nil
				}),
			}}}})
			c, _ := s.try(t, test.offer...)
			if c == nil || c.Subprotocol() != test.want {
				t.Errorf("got %v, want %q", c, test.want)
			}
		})
	}
}

func TestNotAHandshake(t *testing.T) {
	t.Parallel()
	s := start(t, gateway.Config{})
	res, err := http.Get(s.url + "/socket")
	if err != nil {
		t.Fatal(err)
	}
	if body(t, res); res.StatusCode != http.StatusUpgradeRequired {
		t.Errorf("status %d", res.StatusCode)
	}
}

func TestNewRefusesInWords(t *testing.T) {
	t.Parallel()
	ok := answers(200, "")
	with := func(key string, r gateway.Route) gateway.Config {
		return gateway.Config{Socket: gateway.SocketAPI{Selection: "$request.body.a", Routes: map[string]gateway.Route{key: r}}}
	}
	web := func(r ...gateway.HTTPRoute) gateway.Config {
		return gateway.Config{Socket: gateway.SocketAPI{Selection: "$request.body.a"}, HTTP: gateway.HTTPAPI{Routes: r}}
	}
	for name, test := range map[string]struct {
		cfg  gateway.Config
		want string
	}{
		"selection":      {gateway.Config{Socket: gateway.SocketAPI{Selection: "$request.header.a"}}, `route selection "$request.header.a"`},
		"identity":       {gateway.Config{Socket: gateway.SocketAPI{Selection: "$request.body.a", Authorizer: &gateway.Authorizer{IdentitySources: []string{"context.a"}}}}, `identity source "context.a"`},
		"predefined":     {with("$message", gateway.Route{Function: ok}), "route $message: no such"},
		"nothing":        {with("ping", gateway.Route{}), "route ping: wants either"},
		"both":           {with("ping", gateway.Route{Function: ok, Mock: "{}"}), "route ping: wants either"},
		"mocked connect": {with("$connect", gateway.Route{Mock: "{}"}), "route $connect: a mock"},
		"velocity":       {with("ping", gateway.Route{Mock: `{"id":"$context.connectionId"}`}), "route ping: mapping templates"},
		"slow":           {with("ping", gateway.Route{Function: ok, Timeout: time.Minute}), "route ping: a time-out of 1m0s"},
		"path":           {web(gateway.HTTPRoute{Key: "/v1", Function: ok}), `HTTP route "/v1"`},
		"no function":    {web(gateway.HTTPRoute{Key: "GET /v1"}), `HTTP route "GET /v1": no function`},
		"slow web":       {web(gateway.HTTPRoute{Key: "GET /v1", Function: ok, Timeout: time.Hour}), `HTTP route "GET /v1": a time-out`},
		"twice":          {web(gateway.HTTPRoute{Key: "GET /v1", Function: ok}, gateway.HTTPRoute{Key: "GET /v1", Function: ok}), "HTTP routes: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := gateway.New(test.cfg)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}
