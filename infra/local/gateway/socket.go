package gateway

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-lambda-go/events"
	"github.com/coder/websocket"
)

// Socket takes the handshakes of the WebSocket API.
func (g *Gateway) Socket() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
			writeMessage(w, http.StatusUpgradeRequired, "Upgrade Required")
			return
		}
		if !g.enter() {
			writeMessage(w, http.StatusServiceUnavailable, "Service Unavailable")
			return
		}
		defer g.busy.Done()
		c := newConn(g, r)
		protocol, refused := c.handshake(r)
		if refused != nil {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(refused.status)
			w.Write(c.failure(refused.message, c.shared.RequestID))
			return
		}
		h := &hijacker{ResponseWriter: w}
		ws, err := websocket.Accept(h, r, &websocket.AcceptOptions{
			Subprotocols:       []string{protocol},
			InsecureSkipVerify: true, // who may connect from where is the authorizer's decision
		})
		if err != nil {
			g.log.Warn("handshake failed", "connection", c.id, "err", err)
			return // Accept has answered
		}
		c.run(ws, h.conn)
	})
}

// refusal is a handshake that is answered without an upgrade.
type refusal struct {
	status  int
	message string
}

func refuse(status int) *refusal {
	return &refusal{status, http.StatusText(status)}
}

// handshake asks the authorizer and $connect. It returns the sub-protocol to echo, which may be none.
func (c *conn) handshake(r *http.Request) (string, *refusal) {
	event := events.APIGatewayWebsocketProxyRequest{
		MultiValueHeaders:               headers(r),
		MultiValueQueryStringParameters: r.URL.Query(),
		RequestContext:                  c.context("CONNECT", "$connect"),
	}
	event.Headers = lasts(event.MultiValueHeaders)
	event.QueryStringParameters = lasts(event.MultiValueQueryStringParameters)
	c.shared.RequestID = event.RequestContext.RequestID
	if a := c.g.cfg.Socket.Authorizer; a != nil {
		authorizer, refused := c.authorize(a, event)
		if refused != nil {
			return "", refused
		}
		c.shared.Authorizer = authorizer
		event.RequestContext.Authorizer = authorizer
	}
	route, ok := c.g.cfg.Socket.Routes["$connect"]
	if !ok {
		return "", nil
	}
	reply, err := c.call(route, event)
	switch {
	case errors.Is(err, errTimeout):
		return "", &refusal{http.StatusGatewayTimeout, "Endpoint request timed out"}
	case err != nil:
		return "", &refusal{http.StatusBadGateway, "Internal server error"}
	case reply.StatusCode < 200 || reply.StatusCode > 299:
		return "", refuse(reply.StatusCode)
	}
	for name, value := range reply.Headers {
		if strings.EqualFold(name, "Sec-WebSocket-Protocol") {
			return c.offered(r, value), nil
		}
	}
	return "", nil
}

// offered keeps a protocol that the client did not offer from being echoed: browsers end such a socket without a reason.
func (c *conn) offered(r *http.Request, protocol string) string {
	for _, line := range r.Header.Values("Sec-WebSocket-Protocol") {
		for offer := range strings.SplitSeq(line, ",") {
			if strings.TrimSpace(offer) == protocol {
				return protocol
			}
		}
	}
	c.g.log.Error("$connect answers a sub-protocol that the client did not offer", "connection", c.id, "protocol", protocol)
	return ""
}

// authorizerEvent is the input of a REQUEST authorizer of a WebSocket API.
type authorizerEvent struct {
	Type      string `json:"type"`
	MethodArn string `json:"methodArn"`
	events.APIGatewayWebsocketProxyRequest
}

func (c *conn) authorize(a *Authorizer, event events.APIGatewayWebsocketProxyRequest) (map[string]any, *refusal) {
	for _, source := range a.IdentitySources {
		place, name, _ := splitIdentity(source)
		value := event.QueryStringParameters[name]
		if place == "header" {
			value = header(event.Headers, name)
		}
		if value == "" {
			return nil, refuse(http.StatusUnauthorized)
		}
	}
	arn := arnPrefix + c.g.cfg.Socket.Stage + "/$connect"
	internal := func(err error) (map[string]any, *refusal) {
		c.g.log.Error("authorizer failed", "connection", c.id, "err", err)
		return nil, &refusal{http.StatusInternalServerError, "Internal server error"}
	}
	payload, err := json.Marshal(authorizerEvent{"REQUEST", arn, event})
	if err != nil {
		return internal(err)
	}
	out, err := c.g.invoke(a.Function, payload, socketTimeout)
	if err != nil && err.Error() == "Unauthorized" { // the one error text that means something to API Gateway
		return nil, refuse(http.StatusUnauthorized)
	} else if err != nil {
		return internal(err)
	}
	var result events.APIGatewayCustomAuthorizerResponse
	decoder := json.NewDecoder(bytes.NewReader(out))
	decoder.UseNumber() // numbers become strings as they were written
	if err := decoder.Decode(&result); err != nil {
		return internal(err)
	}
	if len(out) > maxContext || result.PrincipalID == "" || len(result.PolicyDocument.Statement) == 0 {
		return internal(fmt.Errorf("result of %d bytes: wants a principal, a policy and at most %d bytes", len(out), maxContext))
	}
	authorizer := map[string]any{"principalId": result.PrincipalID}
	for key, value := range result.Context {
		switch value.(type) {
		case string, bool, json.Number:
			authorizer[key] = fmt.Sprint(value)
		default:
			return internal(fmt.Errorf("context %q: only strings, numbers and booleans", key))
		}
	}
	if !allows(result.PolicyDocument, arn) {
		return nil, &refusal{http.StatusForbidden, "User is not authorized to access this resource"}
	}
	return authorizer, nil
}

// allows evaluates a policy as IAM does: one matching Deny outweighs every Allow, and silence is a no.
func allows(policy events.APIGatewayCustomAuthorizerPolicy, arn string) bool {
	allowed := false
	for _, s := range policy.Statement {
		if !slices.ContainsFunc(s.Action, matches("execute-api:Invoke")) || !slices.ContainsFunc(s.Resource, matches(arn)) {
			continue
		}
		if s.Effect != "Allow" {
			return false
		}
		allowed = true
	}
	return allowed
}

func matches(value string) func(pattern string) bool {
	return func(pattern string) bool {
		pattern = strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern))
		ok, err := regexp.MatchString("^(?i:"+pattern+")$", value)
		return err == nil && ok
	}
}

func splitIdentity(source string) (place, name string, err error) {
	for _, place := range []string{"header", "querystring"} {
		if name, ok := strings.CutPrefix(source, "route.request."+place+"."); ok && name != "" {
			return place, name, nil
		}
	}
	return "", "", fmt.Errorf("identity source %q: only headers and query strings are understood", source)
}

// headers are those of the request with the spelling of RFC 6455, which Go's server loses, and with what AWS adds.
func headers(r *http.Request) map[string][]string {
	h := map[string][]string{}
	for name, values := range r.Header {
		h[strings.Replace(name, "Sec-Websocket-", "Sec-WebSocket-", 1)] = values
	}
	ip, port := address(r)
	h["Host"] = []string{r.Host}
	h["X-Forwarded-For"] = append(slices.Clone(h["X-Forwarded-For"]), ip)
	h["X-Forwarded-Port"] = []string{port}
	h["X-Forwarded-Proto"] = []string{"http"}
	return h
}

// address is where a request comes from, and the port that it came to.
func address(r *http.Request) (ip, port string) {
	ip, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		ip = r.RemoteAddr
	}
	_, port, _ = net.SplitHostPort(r.Host)
	return ip, cmp.Or(port, "80")
}

func lasts(multi map[string][]string) map[string]string {
	single := make(map[string]string, len(multi))
	for name, values := range multi {
		if len(values) > 0 {
			single[name] = values[len(values)-1]
		}
	}
	return single
}

func header(h map[string]string, name string) string {
	for key, value := range h {
		if strings.EqualFold(key, name) {
			return value
		}
	}
	return ""
}

// writeMessage answers as API Gateway does when it speaks itself.
func writeMessage(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"message":%s}`, strconv.Quote(message))
}
