package gateway

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
)

// Connections is the management API over HTTP. It answers <anything>/<stage>/@connections/<id>.
func (g *Gateway) Connections() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := g.manage(r)
		for name, values := range a.header() {
			w.Header()[name] = values
		}
		w.WriteHeader(a.status)
		io.WriteString(w, a.body)
	})
}

// Transport is the management API for an SDK client in the same process: the calls reach the sockets without a connection in
// between. The host in the client's endpoint is ignored, its path must end in the stage.
func (g *Gateway) Transport() http.RoundTripper { return transport{g} }

type transport struct{ g *Gateway }

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		r = r.Clone(r.Context())
		r.Body = http.NoBody
	}
	defer r.Body.Close()
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	a := t.g.manage(r)
	return &http.Response{
		Status: http.StatusText(a.status), StatusCode: a.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        a.header(),
		Body:          io.NopCloser(strings.NewReader(a.body)),
		ContentLength: int64(len(a.body)),
		Request:       r,
	}, nil
}

// answer is a response of the management API. Fault is the name of the SDK's error type, empty on success.
type answer struct {
	status int
	fault  string
	body   string
}

func (a answer) header() http.Header {
	h := http.Header{"Content-Type": {"application/json"}, "X-Amzn-Requestid": {newID()}}
	if a.fault != "" {
		h.Set("X-Amzn-ErrorType", a.fault)
	}
	return h
}

var (
	answerGone   = answer{http.StatusGone, "GoneException", `{"message":"Gone"}`}
	answerLimit  = answer{http.StatusTooManyRequests, "LimitExceededException", `{"message":"Too Many Requests"}`}
	answerTooBig = answer{http.StatusRequestEntityTooLarge, "PayloadTooLargeException", `{"message":"Payload Too Large"}`}
)

func forbidden(message string) answer {
	return answer{http.StatusForbidden, "ForbiddenException", `{"message":"` + message + `"}`}
}

func (g *Gateway) manage(r *http.Request) answer {
	before, id, ok := strings.Cut(r.URL.Path, "/@connections/")
	switch {
	case !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 "):
		return forbidden("Missing Authentication Token")
	case !ok || !strings.HasSuffix("/"+before, "/"+g.cfg.Socket.Stage):
		return forbidden("Forbidden")
	case g.bucket != nil && !g.bucket.Allow():
		return answerLimit
	}
	g.mu.RLock()
	c := g.conns[id]
	g.mu.RUnlock()
	switch r.Method {
	case http.MethodPost:
		msg, err := io.ReadAll(io.LimitReader(r.Body, maxMessage+1))
		switch {
		case err != nil:
			return answer{http.StatusBadRequest, "BadRequestException", `{"message":"unreadable body"}`}
		case len(msg) > maxMessage:
			return answerTooBig
		case c == nil:
			return answerGone
		}
		return g.push(c, msg)
	case http.MethodGet:
		if c == nil {
			return answerGone
		}
		return c.describe()
	case http.MethodDelete:
		if c == nil {
			return answerGone
		}
		c.over(closeNormal, "connection closed by the backend")
		go c.end(closeNormal, "connection closed by the backend")
		return answer{status: http.StatusNoContent}
	}
	return answer{http.StatusMethodNotAllowed, "BadRequestException", `{"message":"Method Not Allowed"}`}
}

// push writes a message to a connection, as late and as often as chaos wants.
func (g *Gateway) push(c *conn, msg []byte) answer {
	if g.dice.happens(g.dice.DuplicatePush) {
		g.later(g.dice.delay(), func() { c.write(msg) })
	}
	if delay := g.dice.delay(); delay > 0 {
		g.later(delay, func() { c.write(msg) })
		return answer{status: http.StatusOK}
	}
	switch err := c.write(msg); {
	case errors.Is(err, errUnread):
		return answerLimit
	case err != nil:
		return answerGone
	}
	return answer{status: http.StatusOK}
}

// later does something after a delay, unless the gateway closes.
func (g *Gateway) later(delay time.Duration, do func()) {
	if !g.enter() {
		return
	}
	time.AfterFunc(delay, func() {
		defer g.busy.Done()
		do()
	})
}

func (c *conn) describe() answer {
	type identity struct {
		SourceIP  string `json:"sourceIp"`
		UserAgent string `json:"userAgent"`
	}
	body, err := json.Marshal(struct {
		ConnectedAt  time.Time `json:"connectedAt"`
		Identity     identity  `json:"identity"`
		LastActiveAt time.Time `json:"lastActiveAt"`
	}{
		c.opened.UTC(),
		identity{c.shared.Identity.SourceIP, c.shared.Identity.UserAgent},
		time.Unix(0, c.active.Load()).UTC(),
	})
	if err != nil {
		return answer{http.StatusInternalServerError, "InternalServerException", `{}`}
	}
	return answer{status: http.StatusOK, body: string(body)}
}
