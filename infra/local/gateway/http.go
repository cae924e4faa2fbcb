package gateway

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
)

// HTTPAPI describes the HTTP API. Its stage is $default, its payload format 2.0.
type HTTPAPI struct {
	Routes []HTTPRoute
	// CORS makes the gateway answer preflight requests itself; nil leaves CORS to the functions.
	CORS *CORS
}

// HTTPRoute sends the requests of one route to a function.
type HTTPRoute struct {
	// Key is "<METHOD> /path/{name}/{rest+}" with ANY for all methods, or "$default".
	Key      string
	Function Function
	// Timeout is how long the function may take, 50 ms to 30 s; 0 is 30 s.
	Timeout time.Duration
}

// CORS is the configuration of cross-origin requests. Credentials are not supported.
type CORS struct {
	Origins, Methods, Headers []string // "*" is all
	MaxAge                    time.Duration
}

// parameter is a placeholder in a route's path.
var parameter = regexp.MustCompile(`{([^}+]+)\+?}`)

// handler checks the route and translates its key into a pattern of http.ServeMux, which prefers the most specific route as
// API Gateway does.
func (g *Gateway) handler(route HTTPRoute) (pattern string, h http.Handler, err error) {
	method, path, ok := strings.Cut(route.Key, " ")
	switch {
	case route.Key == "$default":
		method, path = "ANY", "/"
	case !ok || !strings.HasPrefix(path, "/"):
		return "", nil, errors.New("want <METHOD> /path or $default")
	}
	if route.Function == nil {
		return "", nil, errors.New("no function")
	}
	if route.Timeout != 0 && (route.Timeout < shortestTimeout || route.Timeout > httpTimeout) {
		return "", nil, fmt.Errorf("a time-out of %v is not between %v and %v", route.Timeout, shortestTimeout, httpTimeout)
	}
	route.Timeout = cmp.Or(route.Timeout, httpTimeout)
	var names []string
	for _, m := range parameter.FindAllStringSubmatch(path, -1) {
		names = append(names, m[1])
	}
	pattern = strings.ReplaceAll(path, "+}", "...}")
	if method != "ANY" {
		pattern = method + " " + pattern
	}
	return pattern, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.serve(w, r, route, names)
	}), nil
}

// newMux turns the panics of http.ServeMux, for routes that are malformed or contradict each other, into an error.
func (g *Gateway) newMux(routes []HTTPRoute) (mux *http.ServeMux, err error) {
	mux = http.NewServeMux()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("HTTP routes: %v", p)
		}
	}()
	for _, route := range routes {
		pattern, handler, err := g.handler(route)
		if err != nil {
			return nil, fmt.Errorf("HTTP route %q: %w", route.Key, err)
		}
		mux.Handle(pattern, handler)
	}
	return mux, nil
}

// HTTP answers the requests of the HTTP API.
func (g *Gateway) HTTP() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !g.enter() {
			writeMessage(w, http.StatusServiceUnavailable, "Service Unavailable")
			return
		}
		defer g.busy.Done()
		g.cfg.Meter.Request()
		if cors := g.cfg.HTTP.CORS; cors != nil && r.Header.Get("Origin") != "" {
			cors.allow(w.Header(), r)
			if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
				w.WriteHeader(http.StatusNoContent)
				return
			}
		}
		if _, pattern := g.mux.Handler(r); pattern == "" {
			writeMessage(w, http.StatusNotFound, "Not Found") // a wrong method too
			return
		}
		g.mux.ServeHTTP(w, r)
	})
}

func (g *Gateway) serve(w http.ResponseWriter, r *http.Request, to HTTPRoute, names []string) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		writeMessage(w, http.StatusBadRequest, "Bad Request")
		return
	}
	if len(body) > maxBody {
		writeMessage(w, http.StatusRequestEntityTooLarge, "Request Entity Too Large")
		return
	}
	event := requestEvent(r, to.Key, names, body)
	response, err := g.request(to, event)
	if err != nil {
		g.log.Error("function failed", "route", to.Key, "request", event.RequestContext.RequestID, "err", err)
		if errors.Is(err, errTimeout) {
			writeMessage(w, http.StatusServiceUnavailable, "Service Unavailable")
		} else {
			writeMessage(w, http.StatusInternalServerError, "Internal Server Error")
		}
		return
	}
	h := w.Header()
	for name, value := range response.Headers {
		if g.cfg.HTTP.CORS != nil && strings.HasPrefix(strings.ToLower(name), "access-control-") {
			continue // the gateway's own answer counts
		}
		h.Set(name, value)
	}
	for _, cookie := range response.Cookies {
		h.Add("Set-Cookie", cookie)
	}
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", "text/plain;charset=UTF-8")
	}
	h.Set("Apigw-Requestid", event.RequestContext.RequestID)
	w.WriteHeader(response.StatusCode)
	io.WriteString(w, response.Body)
}

// request calls the function of a route. The body of its answer comes back decoded.
func (g *Gateway) request(to HTTPRoute, event events.APIGatewayV2HTTPRequest) (r events.APIGatewayV2HTTPResponse, err error) {
	payload, err := json.Marshal(event)
	if err != nil {
		return r, err
	}
	out, err := g.invoke(to.Function, payload, to.Timeout)
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(out, &r); err != nil {
		return r, err
	}
	if r.StatusCode < 200 || r.StatusCode > 599 {
		return r, fmt.Errorf("answer with statusCode %d", r.StatusCode)
	}
	if r.IsBase64Encoded {
		body, err := base64.StdEncoding.DecodeString(r.Body)
		r.Body = string(body)
		return r, err
	}
	return r, nil
}

// requestEvent is a request in payload format 2.0: names in lower case, repeated values joined by commas.
func requestEvent(r *http.Request, key string, names []string, body []byte) events.APIGatewayV2HTTPRequest {
	ip, port := address(r)
	now := time.Now().UTC()
	event := events.APIGatewayV2HTTPRequest{
		Version:        "2.0",
		RouteKey:       key,
		RawPath:        r.URL.Path,
		RawQueryString: r.URL.RawQuery,
		Headers:        map[string]string{"host": r.Host, "x-forwarded-for": ip, "x-forwarded-port": port, "x-forwarded-proto": "http"},
		RequestContext: events.APIGatewayV2HTTPRequestContext{
			RouteKey:   key,
			AccountID:  accountID,
			Stage:      "$default",
			RequestID:  newID(),
			APIID:      apiID,
			DomainName: r.Host,
			Time:       now.Format("02/Jan/2006:15:04:05 -0700"),
			TimeEpoch:  now.UnixMilli(),
			HTTP: events.APIGatewayV2HTTPRequestContextHTTPDescription{
				Method: r.Method, Path: r.URL.Path, Protocol: r.Proto, SourceIP: ip, UserAgent: r.UserAgent(),
			},
		},
	}
	for name, values := range r.Header {
		event.Headers[strings.ToLower(name)] = strings.Join(values, ",")
	}
	for _, line := range r.Header.Values("Cookie") {
		for cookie := range strings.SplitSeq(line, ";") {
			event.Cookies = append(event.Cookies, strings.TrimSpace(cookie))
		}
	}
	delete(event.Headers, "cookie")
	event.QueryStringParameters = map[string]string{}
	for name, values := range r.URL.Query() {
		event.QueryStringParameters[name] = strings.Join(values, ",")
	}
	event.PathParameters = map[string]string{}
	for _, name := range names {
		event.PathParameters[name] = r.PathValue(name)
	}
	if isText(r.Header.Get("Content-Type")) && utf8.Valid(body) {
		event.Body = string(body)
	} else if len(body) > 0 {
		event.Body, event.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
	}
	return event
}

func isText(contentType string) bool {
	t, _, _ := mime.ParseMediaType(contentType)
	return strings.HasPrefix(t, "text/") || strings.HasSuffix(t, "+json") || strings.HasSuffix(t, "+xml") ||
		t == "application/json" || t == "application/xml" || t == "application/javascript"
}

// allow sets the headers of an answer to a foreign origin, if it may have one.
func (c *CORS) allow(h http.Header, r *http.Request) {
	origin := r.Header.Get("Origin")
	if slices.Contains(c.Origins, "*") {
		origin = "*"
	} else if h.Add("Vary", "Origin"); !slices.Contains(c.Origins, origin) {
		return
	}
	h.Set("Access-Control-Allow-Origin", origin)
	if r.Method != http.MethodOptions {
		return
	}
	h.Set("Access-Control-Allow-Methods", strings.Join(c.Methods, ","))
	h.Set("Access-Control-Allow-Headers", strings.Join(c.Headers, ","))
	if c.MaxAge > 0 {
		h.Set("Access-Control-Max-Age", strconv.Itoa(int(c.MaxAge.Seconds())))
	}
}
