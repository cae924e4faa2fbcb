// Package play is customers and agents over real sockets: a small client of the contract in functions/wire for the end-to-end
// tests and the benchmark. It follows the rules for clients (hello first, one unacknowledged message per session, `after` kept
// over retries) and records everything it hears.
package play

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"github.com/parley-chat/parley/functions/wire"
)

// Deployment is where to play: the local runner, an emulated stack, or a real one.
type Deployment struct {
	Origin string `json:"origin"` // of the web pages and of /v1
	Socket string `json:"socket"` // ws(s) address
	Issuer string `json:"issuer"` // of agents' tokens, with the local sign-in behind it
}

// Frame is any frame of the server, with what is common to look for.
type Frame struct {
	Type string `json:"type"`
	Re   int64  `json:"re"`
	Raw  json.RawMessage
	At   time.Time
}

// Client is one socket.
type Client struct {
	conn   *websocket.Conn
	action string
	next   atomic.Int64

	mu      sync.Mutex
	waiting map[int64]chan Frame
	heard   []Frame
	changed chan struct{} // closed and replaced with each frame
	err     error
	on      func(Frame)
	done    chan struct{}
}

// Options of a Client.
type Options struct {
	Origin string
	// On hears every frame as it comes, on the reading goroutine, and an answer before who asked. With it the Client keeps no
	// frames: Await and Heard know nothing.
	On func(Frame)
}

// Dial opens a socket with a token.
func Dial(ctx context.Context, d Deployment, action, token string, o Options) (*Client, error) {
	if o.Origin == "" {
		o.Origin = d.Origin
	}
	conn, resp, err := websocket.Dial(ctx, d.Socket, &websocket.DialOptions{
		Subprotocols: []string{wire.Version, wire.TokenPrefix + token},
		HTTPHeader:   http.Header{"Origin": {o.Origin}},
	})
	if err != nil {
		if resp != nil {
			return nil, &Refused{Status: resp.StatusCode}
		}
		return nil, err
	}
	conn.SetReadLimit(256 << 10)
	c := &Client{conn: conn, action: action, waiting: map[int64]chan Frame{}, changed: make(chan struct{}), on: o.On, done: make(chan struct{})}
	go c.read()
	return c, nil
}

// Refused is a handshake that was answered with a status other than 101.
type Refused struct{ Status int }

func (r *Refused) Error() string {
	return "the handshake was refused with status " + strconv.Itoa(r.Status)
}

func (c *Client) read() {
	defer close(c.done)
	for {
		_, b, err := c.conn.Read(context.Background())
		c.mu.Lock()
		if err != nil {
			c.err = err
			for _, w := range c.waiting {
				close(w)
			}
			c.waiting = map[int64]chan Frame{}
			close(c.changed)
			c.changed = make(chan struct{})
			c.mu.Unlock()
			return
		}
		f := Frame{Raw: b, At: time.Now()}
		_ = json.Unmarshal(b, &f)
		if c.on != nil {
			c.on(f)
		} else {
			c.heard = append(c.heard, f)
			close(c.changed)
			c.changed = make(chan struct{})
		}
		if w, ok := c.waiting[f.Re]; ok && f.Re != 0 {
			delete(c.waiting, f.Re)
			w <- f
		}
		c.mu.Unlock()
	}
}

// ErrClosed is a socket that ended before its answer came.
var ErrClosed = errors.New("the socket is closed")

// Write sends raw text.
func (c *Client) Write(ctx context.Context, text []byte) error {
	return c.conn.Write(ctx, websocket.MessageText, text)
}

// Ask sends a request with an id of its own and waits for the answer. request is a struct of functions/wire without envelope.
func (c *Client) Ask(ctx context.Context, request any) (Frame, error) {
	id := c.next.Add(1)
	b, err := envelope(request, c.action, id)
	if err != nil {
		return Frame{}, err
	}
	w := make(chan Frame, 1)
	c.mu.Lock()
	if c.err != nil {
		c.mu.Unlock()
		return Frame{}, ErrClosed
	}
	c.waiting[id] = w
	c.mu.Unlock()
	if err := c.Write(ctx, b); err != nil {
		return Frame{}, err
	}
	select {
	case f, ok := <-w:
		if !ok {
			return f, ErrClosed
		}
		return f, nil
	case <-ctx.Done():
		c.mu.Lock()
		delete(c.waiting, id)
		c.mu.Unlock()
		return Frame{}, ctx.Err()
	}
}

// Tell sends a request and does not wait.
func (c *Client) Tell(ctx context.Context, request any) error {
	b, err := envelope(request, c.action, 0)
	if err != nil {
		return err
	}
	return c.Write(ctx, b)
}

// envelope adds action and id to a request.
func envelope(request any, action string, id int64) ([]byte, error) {
	b, err := json.Marshal(request)
	if err != nil {
		return nil, err
	}
	var m map[string]json.RawMessage
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, err
	}
	m["action"] = json.RawMessage(strconv.Quote(action))
	if id > 0 {
		m["id"] = json.RawMessage(strconv.FormatInt(id, 10))
	}
	return json.Marshal(m)
}

// Await waits for the first frame heard that fits, from the beginning, and returns it. It tells what was heard when ctx ends.
func (c *Client) Await(ctx context.Context, what string, fits func(Frame) bool) (Frame, error) {
	from := 0
	for {
		c.mu.Lock()
		for ; from < len(c.heard); from++ {
			if fits(c.heard[from]) {
				f := c.heard[from]
				c.mu.Unlock()
				return f, nil
			}
		}
		changed, err := c.changed, c.err
		c.mu.Unlock()
		if err != nil {
			return Frame{}, fmt.Errorf("waiting for %s: %w", what, err)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return Frame{}, fmt.Errorf("waiting for %s: %w; heard %s", what, ctx.Err(), c.story())
		}
	}
}

// Heard are all frames so far.
func (c *Client) Heard() []Frame {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Frame(nil), c.heard...)
}

func (c *Client) story() string {
	var b strings.Builder
	for _, f := range c.Heard() {
		fmt.Fprintf(&b, "\n  %s", f.Raw)
	}
	return b.String()
}

// Close ends the socket properly; Cut ends it as a lost network does.
func (c *Client) Close() error {
	err := c.conn.Close(websocket.StatusNormalClosure, "")
	<-c.done
	return err
}

// Cut drops the connection without a word.
func (c *Client) Cut() {
	_ = c.conn.CloseNow()
	<-c.done
}

// Ended waits for the end of the socket and returns its close code, -1 if it had none.
func (c *Client) Ended(ctx context.Context) (int, error) {
	select {
	case <-c.done:
		return int(websocket.CloseStatus(c.err)), nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// As decodes a frame.
func As[T any](f Frame) (T, error) {
	var v T
	if f.Type == "error" {
		var e wire.Error
		if _, wanted := any(v).(wire.Error); !wanted {
			if err := json.Unmarshal(f.Raw, &e); err != nil {
				return v, err
			}
			return v, &Error{e}
		}
	}
	return v, json.Unmarshal(f.Raw, &v)
}

// Error is a refusal that the server sent.
type Error struct{ Frame wire.Error }

func (e *Error) Error() string { return string(e.Frame.Code) + ": " + e.Frame.Message }

// CustomerToken fetches a token for a customer; previous keeps who they were.
func CustomerToken(ctx context.Context, d Deployment, website, previous string) (wire.TokenReply, error) {
	var reply wire.TokenReply
	body, err := json.Marshal(wire.TokenRequest{Previous: previous})
	if err != nil {
		return reply, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, d.Origin+"/v1/websites/"+url.PathEscape(website)+"/token", bytes.NewReader(body))
	if err != nil {
		return reply, err
	}
	r.Header.Set("Origin", d.Origin)
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return reply, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return reply, fmt.Errorf("token: status %d", resp.StatusCode)
	}
	return reply, json.NewDecoder(resp.Body).Decode(&reply)
}

// s256 is the PKCE challenge of a verifier.
func s256(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// AgentToken signs a demo agent in, through the whole authorization code flow.
func AgentToken(ctx context.Context, d Deployment, agent string) (string, error) {
	const verifier = "a-verifier-that-is-long-enough-for-the-standard-0123456789"
	redirect := d.Origin + "/desktop/"
	q := url.Values{"response_type": {"code"}, "client_id": {"parley-desktop"}, "redirect_uri": {redirect}, "scope": {"openid profile"},
		"code_challenge": {s256(verifier)}, "code_challenge_method": {"S256"}, "login_hint": {agent}, "state": {"s"}, "nonce": {"n"}}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, d.Issuer+"/authorize?"+q.Encode(), nil)
	if err != nil {
		return "", err
	}
	resp, err := client.Do(r)
	if err != nil {
		return "", err
	}
	resp.Body.Close()
	to, err := url.Parse(resp.Header.Get("Location"))
	if err != nil || to.Query().Get("code") == "" {
		return "", fmt.Errorf("sign in %s: status %d, no code", agent, resp.StatusCode)
	}
	form := url.Values{"grant_type": {"authorization_code"}, "code": {to.Query().Get("code")}, "redirect_uri": {redirect},
		"client_id": {"parley-desktop"}, "code_verifier": {verifier}}
	r, err = http.NewRequestWithContext(ctx, http.MethodPost, d.Issuer+"/token", strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", d.Origin)
	resp, err = client.Do(r)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var tokens struct {
		ID string `json:"id_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&tokens); err != nil || tokens.ID == "" {
		return "", fmt.Errorf("sign in %s: status %d, no token", agent, resp.StatusCode)
	}
	return tokens.ID, nil
}
