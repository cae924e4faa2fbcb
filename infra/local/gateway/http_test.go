package gateway_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/parley-chat/parley/infra/local/gateway"
)

type (
	webRequest  = events.APIGatewayV2HTTPRequest
	webResponse = events.APIGatewayV2HTTPResponse
)

func webFunc(h func(webRequest) (webResponse, error)) gateway.Function {
	return gateway.Lambda(func(_ context.Context, r webRequest) (webResponse, error) { return h(r) })
}

// do sends a request; pairs are headers.
func do(tb testing.TB, method, url, data string, pairs ...string) *http.Response {
	tb.Helper()
	r, err := http.NewRequestWithContext(timeout(tb), method, url, strings.NewReader(data))
	if err != nil {
		tb.Fatal(err)
	}
	for i := 0; i < len(pairs); i += 2 {
		r.Header.Add(pairs[i], pairs[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		tb.Fatal(err)
	}
	return res
}

func TestHTTPRequest(t *testing.T) {
	t.Parallel()
	var got webRequest
	s := start(t, gateway.Config{HTTP: gateway.HTTPAPI{Routes: []gateway.HTTPRoute{{
		Key: "POST /v1/websites/{website}/{rest+}",
		Function: webFunc(func(r webRequest) (webResponse, error) {
			got = r
			return webResponse{StatusCode: 201, Body: "made", Headers: map[string]string{"X-Test": "yes"}, Cookies: []string{"a=1", "b=2"}}, nil
		}),
	}}}})
	res := do(t, "POST", s.url+"/v1/websites/shop/token/new?a=1&b=x%20y&a=2", `{"previous":"ü"}`,
		"Content-Type", "application/json; charset=utf-8", "X-Many", "1", "X-Many", "2", "Cookie", "c=3; d=4")
	if text := body(t, res); res.StatusCode != 201 || text != "made" || res.Header.Get("X-Test") != "yes" || len(res.Header.Values("Set-Cookie")) != 2 || res.Header.Get("Content-Type") == "" {
		t.Errorf("response %d %s %v", res.StatusCode, text, res.Header)
	}
	for name, test := range map[string][2]string{
		"version":    {got.Version, "2.0"},
		"route":      {got.RouteKey, "POST /v1/websites/{website}/{rest+}"},
		"path":       {got.RawPath, "/v1/websites/shop/token/new"},
		"query":      {got.RawQueryString, "a=1&b=x%20y&a=2"},
		"a":          {got.QueryStringParameters["a"], "1,2"},
		"b":          {got.QueryStringParameters["b"], "x y"},
		"parameter":  {got.PathParameters["website"], "shop"},
		"rest":       {got.PathParameters["rest"], "token/new"},
		"header":     {got.Headers["x-many"], "1,2"},
		"no cookies": {got.Headers["cookie"], ""},
		"cookies":    {strings.Join(got.Cookies, "|"), "c=3|d=4"},
		"body":       {got.Body, `{"previous":"ü"}`},
		"method":     {got.RequestContext.HTTP.Method, "POST"},
		"ip":         {got.RequestContext.HTTP.SourceIP, "127.0.0.1"},
		"stage":      {got.RequestContext.Stage, "$default"},
	} {
		if test[0] != test[1] {
			t.Errorf("%s: got %q, want %q", name, test[0], test[1])
		}
	}
}

func TestHTTPAnswers(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	route := func(key string, h func(webRequest) (webResponse, error)) gateway.HTTPRoute {
		return gateway.HTTPRoute{Key: key, Function: webFunc(h), Timeout: 50 * time.Millisecond}
	}
	says := func(text string) func(webRequest) (webResponse, error) {
		return func(webRequest) (webResponse, error) { return webResponse{StatusCode: 200, Body: text}, nil }
	}
	s := start(t, gateway.Config{HTTP: gateway.HTTPAPI{Routes: []gateway.HTTPRoute{
		route("GET /health", says("healthy")),
		route("ANY /v1/{proxy+}", says("any")),
		route("GET /v1/{name}/one", says("one")),
		route("GET /error", func(webRequest) (webResponse, error) { return webResponse{}, errors.New("secret") }),
		route("GET /panic", func(webRequest) (webResponse, error) { panic("secret") }),
		route("GET /empty", func(webRequest) (webResponse, error) { return webResponse{}, nil }),
		route("GET /slow", func(webRequest) (webResponse, error) { <-release; return webResponse{StatusCode: 200}, nil }),
		route("POST /binary", func(r webRequest) (webResponse, error) {
			return webResponse{StatusCode: 200, Body: r.Body, IsBase64Encoded: r.IsBase64Encoded, Headers: map[string]string{"content-type": "image/png"}}, nil
		}),
		route("POST /base64", func(webRequest) (webResponse, error) {
			return webResponse{StatusCode: 200, Body: "%", IsBase64Encoded: true}, nil
		}),
		{Key: "POST /large", Function: webFunc(func(r webRequest) (webResponse, error) {
			return webResponse{StatusCode: 200, Body: "large"}, nil
		})},
	}}})
	for _, test := range []struct {
		method, path, data string
		status             int
		body               string
	}{
		{"GET", "/health", "", 200, "healthy"},
		{"DELETE", "/v1/a/b", "", 200, "any"},
		{"GET", "/v1/a/one", "", 200, "one"},
		{"POST", "/v1/a/one", "", 200, "any"},
		{"POST", "/health", "", 404, `{"message":"Not Found"}`},
		{"GET", "/nothing", "", 404, `{"message":"Not Found"}`},
		{"GET", "/error", "", 500, `{"message":"Internal Server Error"}`},
		{"GET", "/panic", "", 500, `{"message":"Internal Server Error"}`},
		{"GET", "/empty", "", 500, `{"message":"Internal Server Error"}`},
		{"POST", "/base64", "", 500, `{"message":"Internal Server Error"}`},
		{"GET", "/slow", "", 503, `{"message":"Service Unavailable"}`},
		{"POST", "/binary", "\x00\xff", 200, "\x00\xff"},
		{"POST", "/large", strings.Repeat("a", 10<<20), 200, "large"},
		{"POST", "/large", strings.Repeat("a", 10<<20+1), 413, `{"message":"Request Entity Too Large"}`},
	} {
		res := do(t, test.method, s.url+test.path, test.data)
		if got := body(t, res); res.StatusCode != test.status || got != test.body {
			t.Errorf("%s %s: %d %q, want %d %q", test.method, test.path, res.StatusCode, got, test.status, test.body)
		}
	}
	close(release)
}

func TestCORS(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		cors    *gateway.CORS
		method  string
		headers []string
		status  int
		allow   string // Access-Control-Allow-Origin
	}{
		"preflight":             {&gateway.CORS{Origins: []string{"*"}}, "OPTIONS", []string{"Origin", "https://a", "Access-Control-Request-Method", "POST"}, 204, "*"},
		"request":               {&gateway.CORS{Origins: []string{"*"}}, "GET", []string{"Origin", "https://a"}, 200, "*"},
		"same origin":           {&gateway.CORS{Origins: []string{"*"}}, "GET", nil, 200, ""},
		"listed origin":         {&gateway.CORS{Origins: []string{"https://a"}}, "GET", []string{"Origin", "https://a"}, 200, "https://a"},
		"other origin":          {&gateway.CORS{Origins: []string{"https://a"}}, "GET", []string{"Origin", "https://b"}, 200, ""},
		"the function's affair": {nil, "GET", []string{"Origin", "https://b"}, 200, "https://function"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if test.cors != nil {
				test.cors.Methods, test.cors.Headers, test.cors.MaxAge = []string{"GET", "POST"}, []string{"authorization", "content-type"}, 10*time.Minute
			}
			s := start(t, gateway.Config{HTTP: gateway.HTTPAPI{CORS: test.cors, Routes: []gateway.HTTPRoute{{Key: "$default", Function: webFunc(func(webRequest) (webResponse, error) {
				return webResponse{StatusCode: 200, Headers: map[string]string{"access-control-allow-origin": "https://function"}}, nil
			})}}}})
			res := do(t, test.method, s.url+"/v1/x", "", test.headers...)
			body(t, res)
			if got := res.Header.Get("Access-Control-Allow-Origin"); res.StatusCode != test.status || got != test.allow {
				t.Errorf("%d, origin %q, want %d, %q", res.StatusCode, got, test.status, test.allow)
			}
			if name == "preflight" {
				if h := res.Header; h.Get("Access-Control-Allow-Methods") != "GET,POST" || h.Get("Access-Control-Allow-Headers") != "authorization,content-type" || h.Get("Access-Control-Max-Age") != "600" {
					t.Errorf("headers %v", h)
				}
			}
		})
	}
}
