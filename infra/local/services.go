package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
)

// Hosts of the services that the runner plays itself. Functions reach them by the addresses in their environment, as they
// reach the real ones, but through inProcess instead of a socket.
const (
	statesHost  = "states.parley.test"
	secretsHost = "secrets.parley.test"
	pushHost    = "push.parley.test"
	signInHost  = "signin.parley.test"
)

// inProcess is the functions' HTTP transport: requests to a host in it never leave the process, all others take next.
type inProcess struct {
	hosts map[string]http.RoundTripper
	next  http.RoundTripper
}

// RoundTrip sends a request.
func (t inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	if rt, ok := t.hosts[r.URL.Host]; ok {
		return rt.RoundTrip(r)
	}
	return t.next.RoundTrip(r)
}

// handled makes a handler a transport.
func handled(h http.Handler) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.Body == nil {
			r.Body = http.NoBody
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Result(), nil
	})
}

type roundTripper func(r *http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// secrets plays the one call of Secrets Manager that is made: GetSecretValue of one secret.
func secrets(id, value string) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		var q struct{ SecretId string }
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
			return nil, err
		}
		_ = r.Body.Close()
		status, answer := http.StatusOK, map[string]string{"ARN": id, "Name": id, "SecretString": value}
		if target := r.Header.Get("X-Amz-Target"); !strings.HasSuffix(target, ".GetSecretValue") || q.SecretId != id {
			status, answer = http.StatusBadRequest, map[string]string{"__type": "ResourceNotFoundException", "message": target + " of " + q.SecretId + " is not here"}
		}
		b, err := json.Marshal(answer)
		return &http.Response{StatusCode: status, ProtoMajor: 1, ProtoMinor: 1, Request: r, ContentLength: int64(len(b)),
			Header: http.Header{"Content-Type": {"application/x-amz-json-1.1"}}, Body: io.NopCloser(bytes.NewReader(b))}, err
	})
}
