package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
	"github.com/coder/websocket"

	"github.com/parley-chat/parley/infra/local/gateway"
)

// TestMain fails when goroutines are left behind.
func TestMain(m *testing.M) {
	before := runtime.NumGoroutine()
	code := m.Run()
	http.DefaultClient.CloseIdleConnections()
	deadline := time.After(10 * time.Second)
	for look := time.Tick(10 * time.Millisecond); runtime.NumGoroutine() > before; {
		select {
		case <-look: // connections of the test servers end on their own
			continue
		case <-deadline:
		}
		fmt.Fprintf(os.Stderr, "%d goroutines are left, %d were there at the start:\n", runtime.NumGoroutine(), before)
		pprof.Lookup("goroutine").WriteTo(os.Stderr, 1)
		code = 1
		break
	}
	os.Exit(code)
}

const stage = "test"

// stand is a gateway behind a real server.
type stand struct {
	*gateway.Gateway
	url string
}

// start runs a gateway until the test ends. The stage and the route selection are set here; the log goes to nobody.
func start(tb testing.TB, cfg gateway.Config) *stand {
	tb.Helper()
	cfg.Socket.Stage = stage
	cfg.Socket.Selection = "$request.body.action"
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	g, err := gateway.New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/socket", g.Socket())
	mux.Handle("/"+stage+"/@connections/", g.Connections())
	mux.Handle("/", g.HTTP())
	server := httptest.NewServer(mux)
	tb.Cleanup(func() {
		if err := g.Close(timeout(tb)); err != nil {
			tb.Errorf("Close: %v", err)
		}
		server.Close()
	})
	return &stand{g, server.URL}
}

// timeout is the longest that anything may take in a test that works.
func timeout(tb testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	tb.Cleanup(cancel)
	return ctx
}

// try opens a socket and returns the response of the handshake.
func (s *stand) try(tb testing.TB, protocols ...string) (*websocket.Conn, *http.Response) {
	tb.Helper()
	c, res, err := websocket.Dial(timeout(tb), s.url+"/socket?lang=de", &websocket.DialOptions{Subprotocols: protocols})
	if res == nil {
		tb.Fatal(err)
	}
	if c != nil {
		c.SetReadLimit(1 << 20)
		tb.Cleanup(func() { c.CloseNow() })
	}
	return c, res
}

func (s *stand) dial(tb testing.TB) *websocket.Conn {
	tb.Helper()
	c, res := s.try(tb)
	if c == nil {
		tb.Fatalf("handshake: %s", res.Status)
	}
	return c
}

func send(tb testing.TB, c *websocket.Conn, frame string) {
	tb.Helper()
	if err := c.Write(timeout(tb), websocket.MessageText, []byte(frame)); err != nil {
		tb.Fatal(err)
	}
}

func receive(tb testing.TB, c *websocket.Conn) string {
	tb.Helper()
	_, frame, err := c.Read(timeout(tb))
	if err != nil {
		tb.Fatal(err)
	}
	return string(frame)
}

// ended waits for the end of a socket, whatever comes before, and returns the close code.
func ended(tb testing.TB, c *websocket.Conn) websocket.StatusCode {
	tb.Helper()
	for {
		if _, _, err := c.Read(timeout(tb)); err != nil {
			return websocket.CloseStatus(err)
		}
	}
}

// client is the SDK's own, over loopback HTTP or, with a transport, in process.
func (s *stand) client(transport http.RoundTripper) *apigatewaymanagementapi.Client {
	endpoint := s.url
	if transport == nil {
		transport = plainBody{http.DefaultTransport}
	} else {
		endpoint = "http://in.process"
	}
	return apigatewaymanagementapi.New(apigatewaymanagementapi.Options{
		BaseEndpoint: aws.String(endpoint + "/" + stage),
		Region:       "local",
		HTTPClient:   &http.Client{Transport: transport},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "id", SecretAccessKey: "secret"}, nil
		}),
		RetryMaxAttempts: 1,
	})
}

// plainBody hides WriterTo of the SDK's request bodies: it fails when an answer on loopback overtakes the request.
type plainBody struct{ http.RoundTripper }

func (t plainBody) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	if r.Body != nil {
		r.Body = struct{ io.ReadCloser }{r.Body}
	}
	return t.RoundTripper.RoundTrip(r)
}

type (
	request  = events.APIGatewayWebsocketProxyRequest
	response = events.APIGatewayProxyResponse
)

// socketFunc makes a Lambda of a handler as lambda.Start does.
func socketFunc(h func(context.Context, request) (response, error)) gateway.Function {
	return gateway.Lambda(h)
}

func answers(status int, body string) gateway.Function {
	return socketFunc(func(context.Context, request) (response, error) {
		return response{StatusCode: status, Body: body}, nil
	})
}

// echo answers what it was sent, and how the frame came to it.
func echo() gateway.Route {
	return gateway.Route{Responds: true, Function: socketFunc(func(_ context.Context, r request) (response, error) {
		return response{StatusCode: 200, Body: r.RequestContext.RouteKey + " " + r.Body}, nil
	})}
}

// whoami answers the connection's id.
func whoami() gateway.Route {
	return gateway.Route{Responds: true, Function: socketFunc(func(_ context.Context, r request) (response, error) {
		return response{StatusCode: 200, Body: r.RequestContext.ConnectionID}, nil
	})}
}

func decode[T any](tb testing.TB, text string) T {
	tb.Helper()
	var v T
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		tb.Fatalf("%s: %v", text, err)
	}
	return v
}

// failure is the frame, or the body, of a request that failed.
type failure struct {
	Message      string `json:"message"`
	ConnectionID string `json:"connectionId"`
	RequestID    string `json:"requestId"`
}

func body(tb testing.TB, res *http.Response) string {
	tb.Helper()
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		tb.Fatal(err)
	}
	return string(bytes.TrimSpace(b))
}
