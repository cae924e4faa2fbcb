package e2e_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/parley-chat/parley/functions/wire"
	"github.com/parley-chat/parley/infra/e2e/play"
)

// What is asked over HTTPS.
func httpStories() []story {
	return []story{
		{name: "a website says what the widget needs", in: []string{beepall}, agents: 1, play: websiteConfig},
		{name: "tokens are for the website's own pages", in: []string{beepall}, play: tokenOrigins},
		{name: "a customer is known by their last token", in: []string{beepall}, play: previousToken},
	}
}

// reply is an answer over HTTP.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// request sends a request and reads the whole answer. header are names and values in turn.
func request(t *testing.T, method, address, body string, header ...string) reply {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{resp.StatusCode, resp.Header, b}
}

// bodyOf decodes an answer that has no more and no less than T.
func bodyOf[T any](t *testing.T, r reply) (v T) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(r.body))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%s: %v", r.body, err)
	}
	return v
}

// refusedWith checks a refusal over HTTP.
func (r reply) refusedWith(t *testing.T, status int, code wire.ErrorCode) {
	t.Helper()
	e := bodyOf[wire.HTTPError](t, r)
	if r.status != status || e.Code != code || !isSentence(e.Message) {
		t.Errorf("got %d %+v, want %d %q and a sentence", r.status, e, status, code)
	}
}

func (s *stage) address() string { return s.at.Origin + "/v1/websites/" + s.website }

func (s *stage) config() wire.WebsiteConfig {
	s.Helper()
	return bodyOf[wire.WebsiteConfig](s.T, request(s.T, http.MethodGet, s.address(), ""))
}

func websiteConfig(s *stage) {
	c := s.config()
	if c.Website != s.website || c.Name == "" || len(c.Queues) != 1 || c.Queues[0].ID != s.website || c.Socket != s.at.Socket || c.Open != "nobody" {
		s.Errorf("the website says %+v, want its queue, the socket, and that nobody is there", c)
	}
	agent := s.agent(0)
	s.awaitOpen("open")
	agent.Becomes(wire.AgentPaused, "Lunch")
	s.awaitOpen("nobody")
	request(s.T, http.MethodGet, s.at.Origin+"/v1/websites/nowhere", "").refusedWith(s.T, http.StatusNotFound, "not_found")
}

func tokenOrigins(s *stage) {
	post := func(origin, body string) reply {
		s.Helper()
		header := []string{"Content-Type", "application/json"}
		if origin != "" {
			header = append(header, "Origin", origin)
		}
		return request(s.T, http.MethodPost, s.address()+"/token", body, header...)
	}
	for _, foreign := range []string{"https://evil.example", "", "null", s.at.Origin + ".evil.example", strings.Replace(s.at.Origin, "http", "ftp", 1)} {
		post(foreign, "{}").refusedWith(s.T, http.StatusForbidden, "forbidden")
	}
	post(s.at.Origin, `{"previous":`).refusedWith(s.T, http.StatusBadRequest, "bad_frame")
	post(s.at.Origin, `{"previous":7}`).refusedWith(s.T, http.StatusBadRequest, "bad_frame")
	request(s.T, http.MethodPost, s.at.Origin+"/v1/websites/nowhere/token", "", "Origin", s.at.Origin).refusedWith(s.T, http.StatusNotFound, "not_found")
	request(s.T, http.MethodPost, s.address()+"/token/other", "{}").is(s.T, http.StatusNotFound)
	request(s.T, http.MethodDelete, s.address(), "").is(s.T, http.StatusNotFound)

	got := post(s.at.Origin, "")
	if token := bodyOf[wire.TokenReply](s.T, got); token.Token == "" || token.Customer == "" || token.Expires == 0 || token.Socket != s.at.Socket {
		s.Errorf("a token without a body: %+v", token)
	}
	if cache := got.header.Get("Cache-Control"); cache != "no-store" {
		s.Errorf("a token may be cached: %q", cache)
	}
}

func (r reply) is(t *testing.T, status int) {
	t.Helper()
	if r.status != status {
		t.Errorf("got %d %s, want %d", r.status, r.body, status)
	}
}

func previousToken(s *stage) {
	token := func(website, previous string) wire.TokenReply {
		s.Helper()
		reply, err := play.CustomerToken(s.Context(), s.at, website, previous)
		if err != nil {
			s.Fatal(err)
		}
		return reply
	}
	first := token(s.website, "")
	if again := token(s.website, first.Token); again.Customer != first.Customer {
		s.Errorf("with the last token the customer is %s, was %s", again.Customer, first.Customer)
	}
	header, rest, _ := strings.Cut(first.Token, ".")
	claims, _, _ := strings.Cut(rest, ".")
	for what, previous := range map[string]string{"nonsense": "nonsense", "a forged one": header + "." + claims + ".AAAA", "an endless one": strings.Repeat("a", 100_000)} {
		if other := token(s.website, previous); other.Customer == first.Customer || other.Customer == "" {
			s.Errorf("with %s the customer is %q", what, other.Customer)
		}
	}
	if other := token(castOf(0, stories()[0], stories()[0].in[0]).website, first.Token); other.Customer == first.Customer {
		s.Errorf("the customer of one website is known on another")
	}
}

func TestHTTPAPI(t *testing.T) {
	t.Parallel()
	origin := house.at.Origin
	t.Run("health", func(t *testing.T) {
		t.Parallel()
		r := request(t, http.MethodGet, origin+"/health", "")
		h := bodyOf[wire.Health](t, r)
		if r.status != http.StatusOK || !h.OK || len(h.Parts) == 0 || h.Parts[0].Name != "store" || !h.Parts[0].OK {
			t.Errorf("got %d %+v", r.status, h)
		}
	})
	t.Run("desktop", func(t *testing.T) {
		t.Parallel()
		d := bodyOf[wire.DesktopConfig](t, request(t, http.MethodGet, origin+"/v1/desktop", ""))
		if d.Issuer != house.at.Issuer || d.Socket != house.at.Socket || d.ClientID == "" {
			t.Errorf("the desktop is told %+v", d)
		}
	})
	t.Run("preflight", func(t *testing.T) {
		t.Parallel()
		const shop = "https://shop.example"
		r := request(t, http.MethodOptions, origin+"/v1/websites/any/token", "", "Origin", shop,
			"Access-Control-Request-Method", http.MethodPost, "Access-Control-Request-Headers", "content-type")
		allowed := func(name, what string) bool {
			return strings.Contains(strings.ToLower(r.header.Get("Access-Control-Allow-"+name)), what)
		}
		if r.status != http.StatusNoContent || !allowed("Methods", "post") || !allowed("Headers", "content-type") {
			t.Errorf("got %d %v", r.status, r.header)
		}
		for _, r := range []reply{r, request(t, http.MethodGet, origin+"/v1/websites/nowhere", "", "Origin", shop)} {
			if a := r.header.Get("Access-Control-Allow-Origin"); a != "*" && a != shop {
				t.Errorf("pages of %s may not read: %q", shop, a)
			}
		}
	})
}
