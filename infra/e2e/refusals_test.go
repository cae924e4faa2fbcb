package e2e_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/golang-jwt/jwt/v5"

	"github.com/parley-chat/parley/functions/wire"
	"github.com/parley-chat/parley/infra/e2e/play"
)

// What is wrong, hostile or too late: a typed error with a sentence, the connection stays up where that is safe, nothing is stored.
func refusalStories() []story {
	return []story{
		{name: "bad frames are refused in words", in: both, agents: 3, play: badFrames},
		{name: "what is nobody else's business changes nothing", in: []string{beepall}, agents: 2, play: foreignRumours},
		{name: "frames that are no text, or too much of it, end the socket", in: []string{beepall}, agents: 1, needs: frames, play: closingFrames},
		{name: "nobody gets in without a token of their own", in: []string{beepall}, agents: 1, play: handshakes},
		{name: "nobody gets in with a token that is over or made by others", in: []string{beepall}, agents: 1, needs: keys, play: badTokens},
	}
}

func badFrames(s *stage) {
	ada, berta, carla, zoe := s.customer("Ada"), s.customer("Berta"), s.customer("Carla"), s.customer("Zoe")
	owner, other, outsider := s.agent(0), s.agent(1), s.agent(2)
	outsider.Becomes(wire.AgentPaused, "Watching")
	other.Becomes(wire.AgentPaused, "Watching")
	ada.Start("Hello?")
	taken := owner.AwaitOffer(ada)
	owner.Accept(taken)
	carla.Start("Hello?")
	owner.takes(carla)
	owner.Closes(carla)
	carla.AwaitState(carla.session, wire.SessionClosed, 1)
	owner.Becomes(wire.AgentPaused, "Watching")
	other.Becomes(wire.AgentReady, "")
	berta.Start("Hello?")
	other.takes(berta)
	zoe.Start("Hello?")
	showing := other.AwaitOffer(zoe)

	send := func(action, session, more string) string {
		return fmt.Sprintf(`{"action":%q,"type":"send","id":7,"session":%q,"cid":"c","after":1,"text":"Hi"%s}`, action, session, more)
	}
	start := func(more string) string {
		return `{"action":"customer","type":"start","id":7,"nonce":"n","cid":"c","text":"Hi"` + more + `}`
	}
	about := func(action, typ, session, more string) string {
		return fmt.Sprintf(`{"action":%q,"type":%q,"id":7,"session":%q%s}`, action, typ, session, more)
	}
	offer := func(typ string, o wire.Offer) string {
		return about("agent", typ, o.Session, fmt.Sprintf(`,"generation":%d,"round":%d`, o.Generation, o.Round))
	}
	changed := func(o wire.Offer, change func(o *wire.Offer)) wire.Offer { change(&o); return o }
	long := strings.Repeat("a", 65)
	cases := []struct {
		name  string
		by    *Tab
		frame string
		code  wire.ErrorCode
	}{
		{"nothing", ada.Tab, ``, "bad_frame"},
		{"no JSON", ada.Tab, `hello`, "bad_frame"},
		{"half of it", ada.Tab, `{"action":"customer","type":"hello"`, "bad_frame"},
		{"too much of it", ada.Tab, `{"action":"customer","type":"hello"}{}`, "bad_frame"},
		{"a list", ada.Tab, `[{"action":"customer","type":"hello"}]`, "bad_frame"},
		{"a null", owner.Tab, `null`, "bad_frame"},
		{"deep nesting", owner.Tab, strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000), "unknown_type"},
		{"no action", ada.Tab, `{"type":"hello","id":7}`, "unknown_type"},
		{"an action that nobody knows", ada.Tab, `{"action":"admin","type":"hello","id":7}`, "unknown_type"},
		{"a route of the gateway", ada.Tab, `{"action":"$connect","type":"hello","id":7}`, "unknown_type"},
		{"an action that is a number", ada.Tab, `{"action":7,"type":"hello"}`, "bad_value"},
		{"no type", ada.Tab, `{"action":"customer","id":7}`, "unknown_type"},
		{"a type that nobody knows", ada.Tab, `{"action":"customer","type":"delete","id":7}`, "unknown_type"},
		{"an agent's type", ada.Tab, `{"action":"customer","type":"accept","id":7}`, "unknown_type"},
		{"a customer's type", owner.Tab, `{"action":"agent","type":"start","id":7}`, "unknown_type"},
		{"a customer as agent", ada.Tab, `{"action":"agent","type":"hello","id":7}`, "forbidden"},
		{"an agent as customer", owner.Tab, `{"action":"customer","type":"hello","id":7}`, "forbidden"},

		{"a text that is a number", ada.Tab, send("customer", ada.session, `,"text":7`), "bad_value"},
		{"a text that is nothing", ada.Tab, send("customer", ada.session, `,"text":" \n\u0000 "`), "bad_value"},
		{"a text that is too long", ada.Tab, send("customer", ada.session, `,"text":"`+strings.Repeat("é", wire.MaxText+1)+`"`), "too_long"},
		{"an agent's text that is too long", owner.Tab, send("agent", ada.session, `,"text":"`+strings.Repeat("e", wire.MaxText+1)+`"`), "too_long"},
		{"no text", ada.Tab, send("customer", ada.session, `,"text":""`), "bad_value"},
		{"no cid", ada.Tab, send("customer", ada.session, `,"cid":""`), "bad_value"},
		{"a cid that is too long", ada.Tab, send("customer", ada.session, `,"cid":"`+long+`"`), "too_long"},
		{"a cid with a space", ada.Tab, send("customer", ada.session, `,"cid":"a b"`), "bad_value"},
		{"no session", ada.Tab, send("customer", "", ""), "bad_value"},
		{"a session with a key in it", ada.Tab, send("customer", "x#N", ""), "not_found"},
		{"a place that is no number", ada.Tab, send("customer", ada.session, `,"after":"1"`), "bad_value"},
		{"a place that is no whole number", ada.Tab, send("customer", ada.session, `,"after":1.5`), "bad_value"},
		{"a place before the first", ada.Tab, send("customer", ada.session, `,"after":0`), "bad_value"},
		{"a place that is far ahead", ada.Tab, send("customer", ada.session, `,"after":9223372036854775807`), "cursor_ahead"},
		{"cursors that are a list", ada.Tab, `{"action":"customer","type":"hello","id":7,"cursors":[1]}`, "bad_value"},
		{"a cursor below nothing", ada.Tab, `{"action":"customer","type":"beat","id":7,"cursors":{"s":-1}}`, "bad_value"},
		{"an id that is a text", ada.Tab, `{"action":"customer","type":"hello","id":"7"}`, "bad_value"},
		{"a start without nonce", ada.Tab, start(`,"nonce":""`), "bad_value"},
		{"a start with an odd address", ada.Tab, start(`,"email":"nobody"`), "bad_value"},
		{"a start with an odd language", ada.Tab, start(`,"language":"<b>"`), "bad_value"},
		{"a start with too long a name", ada.Tab, start(`,"name":"` + strings.Repeat("n", wire.MaxName+1) + `"`), "too_long"},
		{"a start in a queue of others", ada.Tab, start(`,"queue":"nowhere"`), "not_found"},

		{"a message to a foreign chat", ada.Tab, send("customer", berta.session, ""), "not_found"},
		{"a message to nowhere", ada.Tab, send("customer", "nowhere", ""), "not_found"},
		{"the rows of a foreign chat", ada.Tab, about("customer", "since", berta.session, `,"after":0`), "not_found"},
		{"leaving a foreign chat", ada.Tab, about("customer", "leave", berta.session, ""), "not_found"},
		{"an agent's message to a foreign chat", owner.Tab, send("agent", berta.session, ""), "not_yours"},
		{"an agent's message to a waiting chat", owner.Tab, send("agent", zoe.session, ""), "not_yours"},
		{"an agent's message to a closed chat", owner.Tab, send("agent", carla.session, ""), "closed"},
		{"an agent's message to nowhere", owner.Tab, send("agent", "nowhere", ""), "not_found"},
		{"the rows of another agent's chat", owner.Tab, about("agent", "since", berta.session, `,"after":0`), "not_yours"},
		{"closing a foreign chat", owner.Tab, about("agent", "close", berta.session, ""), "not_yours"},
		{"closing what another has closed", other.Tab, about("agent", "close", carla.session, ""), "closed"},
		{"closing nowhere", owner.Tab, about("agent", "close", "nowhere", ""), "not_found"},
		{"closing with too much to say", owner.Tab, about("agent", "close", ada.session, `,"note":"`+strings.Repeat("n", 2001)+`"`), "too_long"},

		{"accepting what was taken", other.Tab, offer("accept", taken), "taken"},
		{"accepting what was offered to others", outsider.Tab, offer("accept", showing), "forbidden"},
		{"accepting a round that never was", other.Tab, offer("accept", changed(showing, func(o *wire.Offer) { o.Round += 7 })), "not_found"},
		{"accepting a generation that never was", other.Tab, offer("accept", changed(showing, func(o *wire.Offer) { o.Generation += 7 })), "not_found"},
		{"accepting nowhere", other.Tab, offer("accept", wire.Offer{Session: "nowhere", Generation: 1, Round: 1}), "not_found"},
		{"accepting no round", other.Tab, offer("accept", wire.Offer{Session: zoe.session, Generation: 1}), "bad_value"},
		{"rejecting no session", other.Tab, offer("reject", wire.Offer{Generation: 1, Round: 1}), "bad_value"},
		{"a state that is none", other.Tab, `{"action":"agent","type":"status","id":7,"state":"ASLEEP"}`, "bad_value"},
		{"a state that is not for agents to choose", other.Tab, `{"action":"agent","type":"status","id":7,"state":"WRAPUP"}`, "bad_value"},
	}

	state := func() map[string]any {
		return map[string]any{
			"Ada's log": ada.Since(ada.session, 0).Rows, "Berta's log": berta.Since(berta.session, 0).Rows,
			"Carla's log": carla.Since(carla.session, 0).Rows, "Zoe's log": zoe.Since(zoe.session, 0).Rows,
			"the owner": *owner.Beat().Me, "the other": *other.Beat().Me, "the outsider": *outsider.Beat().Me,
			"the offers": round(other.Beat().Offers[0]),
		}
	}
	before := state()
	for _, it := range cases {
		s.Run(it.name, func(t *testing.T) {
			e, err := it.by.raw(it.frame)
			if err != nil {
				t.Fatal(err)
			}
			if e.Code != it.code || !isSentence(e.Message) {
				t.Errorf("%.200s\nis answered with %+v, want %q and a sentence", it.frame, e, it.code)
			}
			if strings.Contains(it.frame, `"id":7`) && e.Re != 7 {
				t.Errorf("%.200s\nis answered with %+v, which does not say to what", it.frame, e)
			}
			it.by.Ping()
		})
	}
	// Two of them are no refusals but change nothing all the same.
	other.Reject(wire.Offer{Session: "nowhere", Generation: 1, Round: 1})
	outsider.Reject(showing)
	for what, now := range state() {
		if !reflect.DeepEqual(now, before[what]) {
			s.Errorf("%s changed from %+v to %+v", what, before[what], now)
		}
	}
	other.Accept(showing)
}

// raw sends a frame as it is, and waits for the next refusal.
func (t *Tab) raw(frame string) (wire.Error, error) {
	t.mu.Lock()
	client, from := t.client, len(t.heard)
	t.mu.Unlock()
	if err := client.Write(t.s.Context(), []byte(frame)); err != nil {
		return wire.Error{}, err
	}
	var e wire.Error
	err := t.waitFor("a refusal", func() bool {
		for _, f := range t.heard[from:] {
			if f.Type == "error" {
				e = decode[wire.Error](f)
				return true
			}
		}
		return false
	})
	return e, err
}

func foreignRumours(s *stage) {
	ada, mallory := s.customer("Ada"), s.customer("Mallory")
	owner, other := s.agent(0), s.agent(1)
	ada.Start("Hello?")
	offer := owner.AwaitOffer(ada)
	owner.Accept(offer)
	ada.AwaitState(ada.session, wire.SessionActive, 1)
	for _, tab := range []*Tab{mallory.Tab, other.Tab} {
		for _, request := range []any{
			wire.Typing{Type: "typing", Session: ada.session}, wire.Read{Type: "read", Session: ada.session, Place: 1},
			wire.Typing{Type: "typing", Session: "nowhere"}, wire.Read{Type: "read", Session: "nowhere", Place: 1},
		} {
			if err := tab.socket().Tell(s.Context(), request); err != nil {
				s.Fatal(err)
			}
		}
	}
	// None of these is answered; a place that does not exist cannot have been read either.
	if err := ada.socket().Tell(s.Context(), wire.Read{Type: "read", Session: ada.session, Place: 99}); err != nil {
		s.Fatal(err)
	}
	mark := wire.Mark{Type: "mark", Session: "nowhere", Generation: 1, Round: 1}
	if err := other.socket().Tell(s.Context(), mark); err != nil {
		s.Fatal(err)
	}
	// Each socket's frames are behind it when a second later one is answered: what they caused has been said by then.
	for _, tab := range []*Tab{mallory.Tab, other.Tab, ada.Tab, owner.Tab} {
		tab.Beat()
		tab.Ping()
	}
	ada.Says("Undisturbed")
	owner.Hears(ada, "Undisturbed")
	for _, tab := range []*Tab{ada.Tab, owner.Tab} {
		tab.mu.Lock()
		for _, f := range tab.heard {
			if f.Type == "typing" || f.Type == "read" {
				s.Errorf("%s hears %s", tab.who, f.Raw)
			}
		}
		tab.mu.Unlock()
	}
	ada.Cut()
	if w := ada.Connect(); w.Sessions[0].Read[wire.SideCustomer] != 0 || w.Sessions[0].Read[wire.SideAgent] != 0 {
		s.Errorf("strangers have read Ada's chat: %v", w.Sessions[0].Read)
	}
}

// upgrade asks for a socket with these sub-protocols, from a page of this origin ("": from none).
func (s *stage) upgrade(origin string, protocols ...string) (*websocket.Conn, int) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), patience)
	defer cancel()
	header := http.Header{}
	if origin != "" {
		header.Set("Origin", origin)
	}
	conn, resp, err := websocket.Dial(ctx, s.at.Socket, &websocket.DialOptions{Subprotocols: protocols, HTTPHeader: header})
	if resp == nil {
		s.Fatal(err)
	}
	if conn != nil {
		s.Cleanup(func() { _ = conn.CloseNow() })
	}
	return conn, resp.StatusCode
}

func closingFrames(s *stage) {
	ada, agent := s.talk()
	in := func(text string) string { // a message that would be stored
		return fmt.Sprintf(`{"action":"customer","type":"send","session":%q,"cid":"c","after":2,"text":"Hi"}%s`, ada.session, text)
	}
	for _, it := range []struct {
		name string
		code websocket.StatusCode
		send func(c *websocket.Conn) error
	}{
		{"a frame of 33 KB", websocket.StatusMessageTooBig, func(c *websocket.Conn) error {
			return c.Write(s.Context(), websocket.MessageText, []byte(in(strings.Repeat(" ", 33<<10))))
		}},
		{"a message of 129 KB in frames of 16 KB", websocket.StatusMessageTooBig, func(c *websocket.Conn) error {
			w, err := c.Writer(s.Context(), websocket.MessageText)
			for part := in(strings.Repeat(" ", 16<<10)); err == nil && len(part) > 0; part = part[min(len(part), 129<<10):] {
				for range 9 {
					if _, err = w.Write([]byte(part)); err != nil {
						break
					}
				}
			}
			return errors.Join(err, w.Close())
		}},
		{"a binary frame", websocket.StatusUnsupportedData, func(c *websocket.Conn) error {
			return c.Write(s.Context(), websocket.MessageBinary, []byte(in("")))
		}},
		{"a text that is not UTF-8", websocket.StatusInvalidFramePayloadData, func(c *websocket.Conn) error {
			return c.Write(s.Context(), websocket.MessageText, []byte(in("\xff")))
		}},
	} {
		c, status := s.upgrade(s.at.Origin, wire.Version, wire.TokenPrefix+ada.token)
		if c == nil {
			s.Fatalf("%s: the handshake is answered with %d", it.name, status)
		}
		_ = it.send(c) // the other end may hang up before all is sent
		ctx, cancel := context.WithTimeout(s.Context(), patience)
		var err error
		for err == nil { // an earlier frame may have been answered
			_, _, err = c.Read(ctx)
		}
		cancel()
		if got := websocket.CloseStatus(err); got != it.code {
			s.Errorf("%s ends the socket with %v (%v), want %v", it.name, got, err, it.code)
		}
	}
	if rows := agent.Since(ada.session, 0); rows.Head != 2 {
		s.Errorf("stored are %+v", rows.Rows)
	}
	ada.Says("Back to normal")
	agent.Hears(ada, "Back to normal")
}

func handshakes(s *stage) {
	customer, err := play.CustomerToken(s.Context(), s.at, s.website, "")
	if err != nil {
		s.Fatal(err)
	}
	agent := s.desktop(0).token
	token := wire.TokenPrefix + customer.Token
	half := customer.Token[:len(customer.Token)/2]
	for _, it := range []struct {
		name, origin string
		protocols    []string
		want         int
	}{
		{"no token", s.at.Origin, []string{wire.Version}, http.StatusUnauthorized},
		{"no sub-protocol at all", s.at.Origin, nil, http.StatusUnauthorized},
		{"an empty token", s.at.Origin, []string{wire.Version, wire.TokenPrefix}, http.StatusUnauthorized},
		{"nonsense", s.at.Origin, []string{wire.Version, wire.TokenPrefix + "nonsense"}, http.StatusUnauthorized},
		{"half a token", s.at.Origin, []string{wire.Version, wire.TokenPrefix + half}, http.StatusUnauthorized},
		{"a token with another signature", s.at.Origin, []string{wire.Version, token[:len(token)-6] + "AAAAAA"}, http.StatusUnauthorized},
		{"a foreign page", "https://evil.example", []string{wire.Version, token}, http.StatusForbidden},
		{"no page", "", []string{wire.Version, token}, http.StatusForbidden},
		{"a version that nobody speaks", s.at.Origin, []string{"parley.v0", token}, http.StatusBadRequest},
		{"a customer", s.at.Origin, []string{wire.Version, token}, http.StatusSwitchingProtocols},
		{"an agent", s.at.Origin, []string{wire.Version, wire.TokenPrefix + agent}, http.StatusSwitchingProtocols},
	} {
		if _, status := s.upgrade(it.origin, it.protocols...); status != it.want {
			s.Errorf("%s is answered with %d, want %d", it.name, status, it.want)
		}
	}
	if c := s.config(); c.Open != "nobody" {
		s.Errorf("after handshakes without hello the website is %q", c.Open)
	}
}

func badTokens(s *stage) {
	dir := filepath.Join(house.dir, steadyData)
	var secret map[string]string
	b, err := os.ReadFile(filepath.Join(dir, "customer-keys.json"))
	if err == nil {
		err = json.Unmarshal(b, &secret)
	}
	if err != nil {
		s.Fatal(err)
	}
	agentKey := readKey(s.T, filepath.Join(dir, "signin-key.pem"))
	otherKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		s.Fatal(err)
	}
	hour := time.Hour
	customer := func(change jwt.MapClaims, life time.Duration) jwt.MapClaims {
		c := jwt.MapClaims{"iss": "parley", "aud": "socket", "sub": "known", "web": s.website, "org": s.at.Origin,
			"iat": time.Now().Add(-2 * hour).Unix(), "exp": time.Now().Add(life).Unix()}
		for name, value := range change {
			c[name] = value
		}
		return c
	}
	agent := func(change jwt.MapClaims, life time.Duration) jwt.MapClaims {
		c := jwt.MapClaims{"iss": s.at.Issuer, "aud": "parley-desktop", "sub": s.agents[0].ID,
			"iat": time.Now().Add(-2 * hour).Unix(), "exp": time.Now().Add(life).Unix()}
		for name, value := range change {
			c[name] = value
		}
		return c
	}
	kid := keyID(s.T, s.desktop(0).token)
	sign := func(method jwt.SigningMethod, key any, kid string, c jwt.MapClaims) string {
		t := jwt.NewWithClaims(method, c)
		t.Header["kid"] = kid
		signed, err := t.SignedString(key)
		if err != nil {
			s.Fatal(err)
		}
		return signed
	}
	hmac := func(c jwt.MapClaims) string {
		return sign(jwt.SigningMethodHS256, []byte(secret[secret["current"]]), secret["current"], c)
	}
	public := x509.MarshalPKCS1PublicKey(&agentKey.PublicKey)
	for _, it := range []struct {
		name, token string
		want        int
	}{
		{"a customer's, as it should be", hmac(customer(nil, hour)), http.StatusSwitchingProtocols},
		{"a customer's that is over", hmac(customer(nil, -hour)), http.StatusUnauthorized},
		{"a customer's that never ends", hmac(customer(jwt.MapClaims{"exp": nil}, hour)), http.StatusUnauthorized},
		{"a customer's for something else", hmac(customer(jwt.MapClaims{"aud": "admin"}, hour)), http.StatusUnauthorized},
		{"a customer's for nobody", hmac(customer(jwt.MapClaims{"sub": ""}, hour)), http.StatusUnauthorized},
		{"a customer's of another page", hmac(customer(jwt.MapClaims{"org": "https://evil.example"}, hour)), http.StatusForbidden},
		{"a customer's of a website that is gone", hmac(customer(jwt.MapClaims{"web": "nowhere"}, hour)), http.StatusForbidden},
		{"a customer's with a key that nobody knows", sign(jwt.SigningMethodHS256, []byte(strings.Repeat("k", 32)), "other", customer(nil, hour)), http.StatusUnauthorized},
		{"a customer's with another key of that name", sign(jwt.SigningMethodHS256, []byte(strings.Repeat("k", 32)), secret["current"], customer(nil, hour)), http.StatusUnauthorized},
		{"a customer's without a signature", sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, secret["current"], customer(nil, hour)), http.StatusUnauthorized},
		{"an agent's, as it should be", sign(jwt.SigningMethodRS256, agentKey, kid, agent(nil, hour)), http.StatusSwitchingProtocols},
		{"an agent's that is over", sign(jwt.SigningMethodRS256, agentKey, kid, agent(nil, -hour)), http.StatusUnauthorized},
		{"an agent's that never ends", sign(jwt.SigningMethodRS256, agentKey, kid, agent(jwt.MapClaims{"exp": nil}, hour)), http.StatusUnauthorized},
		{"an agent's for another application", sign(jwt.SigningMethodRS256, agentKey, kid, agent(jwt.MapClaims{"aud": "payroll"}, hour)), http.StatusUnauthorized},
		{"an agent's of another issuer", sign(jwt.SigningMethodRS256, agentKey, kid, agent(jwt.MapClaims{"iss": "https://evil.example"}, hour)), http.StatusUnauthorized},
		{"an agent's with another key of that name", sign(jwt.SigningMethodRS256, otherKey, kid, agent(nil, hour)), http.StatusUnauthorized},
		{"an agent's signed with the public key", sign(jwt.SigningMethodHS256, public, kid, agent(nil, hour)), http.StatusUnauthorized},
		{"an agent's without a signature", sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, kid, agent(nil, hour)), http.StatusUnauthorized},
		{"an agent's signed as a customer's", hmac(agent(nil, hour)), http.StatusUnauthorized},
		{"a customer's signed as an agent's", sign(jwt.SigningMethodRS256, agentKey, kid, customer(nil, hour)), http.StatusUnauthorized},
	} {
		if _, status := s.upgrade(s.at.Origin, wire.Version, wire.TokenPrefix+it.token); status != it.want {
			s.Errorf("%s is answered with %d, want %d", it.name, status, it.want)
		}
	}

	// Who has an expired token is still known by it.
	again, err := play.CustomerToken(s.Context(), s.at, s.website, hmac(customer(nil, -48*hour)))
	if err != nil || again.Customer != "known" {
		s.Errorf("the customer of an expired token is %q, %v", again.Customer, err)
	}
	// Who may sign in is not yet an agent here.
	stranger := s.tab("A stranger", wire.ActionAgent, sign(jwt.SigningMethodRS256, agentKey, kid, agent(jwt.MapClaims{"sub": "stranger"}, hour)))
	stranger.refused(last(stranger.hello(true)), "forbidden")
	stranger.refused(last(ask[wire.Pulse](stranger, wire.Beat{Type: "beat"})), "forbidden")
	stranger.refused(last(ask[wire.Status](stranger, wire.SetStatus{Type: "status", State: wire.AgentReady})), "forbidden")
	stranger.Ping()
}

func readKey(t *testing.T, file string) *rsa.PrivateKey {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(b)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return key.(*rsa.PrivateKey)
}

// keyID is the name of the key that signed a token.
func keyID(t *testing.T, token string) string {
	t.Helper()
	parsed, _, err := jwt.NewParser().ParseUnverified(token, jwt.MapClaims{})
	if err != nil {
		t.Fatal(err)
	}
	kid, _ := parsed.Header["kid"].(string)
	return kid
}
