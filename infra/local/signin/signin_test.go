package signin_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"

	"github.com/parley-chat/parley/infra/local/signin"
)

const (
	issuer   = "http://desk.example:8080/oidc"
	client   = "parley-desktop"
	home     = "http://desk.example:5173/desktop/"
	verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // RFC 7636's own
)

var (
	marta = signin.Agent{ID: "marta", Name: "Marta Kovač", Email: "marta@example.com"}
	jonas = signin.Agent{ID: "jonas", Name: "Jonas van den Berg", Email: "jonas@example.com"}
)

// site is an issuer with a clock that tests move, and a client of it that needs no port and follows no redirects.
type site struct {
	*signin.Issuer
	*http.Client
	t   *testing.T
	now time.Time
}

// newSite makes an issuer whose key is in a folder: a second one with the same folder is a restart.
func newSite(t *testing.T, keys string, change func(*signin.Config)) *site {
	t.Helper()
	s := &site{t: t, now: time.Now().Truncate(time.Second)}
	config := signin.Config{URL: issuer, ClientID: client, Redirects: []string{home, "http://other.example/?keep=1"},
		Agents: []signin.Agent{jonas, marta}, KeyDir: keys, Now: func() time.Time { return s.now }}
	if change != nil {
		change(&config)
	}
	var err error
	if s.Issuer, err = signin.New(config); err != nil {
		t.Fatal(err)
	}
	s.Client = &http.Client{Transport: inProcess{s.Issuer},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return s
}

// inProcess is a transport without a network.
type inProcess struct{ http.Handler }

func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		r.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	res := w.Result()
	res.Request = r
	return res, nil
}

// request is a correct request of a desktop, changed by pairs of names and values; an empty value takes one away.
func request(change ...string) url.Values {
	sum := sha256.Sum256([]byte(verifier))
	q := url.Values{"response_type": {"code"}, "client_id": {client}, "redirect_uri": {home}, "scope": {"openid profile"}, "state": {"st"},
		"nonce": {"no"}, "code_challenge_method": {"S256"}, "code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "login_hint": {"marta"}}
	return changed(q, change)
}

func changed(q url.Values, change []string) url.Values {
	for i := 0; i < len(change); i += 2 {
		q.Set(change[i], change[i+1])
		if change[i+1] == "" {
			q.Del(change[i])
		}
	}
	return q
}

// authorize asks and returns where the browser is sent, or nil, and the page.
func (s *site) authorize(q url.Values) (*url.URL, int, string) {
	s.t.Helper()
	res, err := s.Get(issuer + "/authorize?" + q.Encode())
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	to, err := res.Location()
	if err != nil {
		return nil, res.StatusCode, string(body)
	}
	return to, res.StatusCode, string(body)
}

func (s *site) code() string {
	s.t.Helper()
	to, _, body := s.authorize(request())
	if to == nil || to.Query().Get("code") == "" {
		s.t.Fatalf("no code: %v %s", to, body)
	}
	return to.Query().Get("code")
}

type tokens struct {
	ID      string `json:"id_token"`
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	Type    string `json:"token_type"`
	Expires int    `json:"expires_in"`
	Error   string `json:"error"`
	Words   string `json:"error_description"`
}

func (s *site) exchange(change ...string) (tokens, *http.Response) {
	s.t.Helper()
	form := changed(url.Values{"grant_type": {"authorization_code"}, "client_id": {client}, "redirect_uri": {home}, "code_verifier": {verifier}}, change)
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, issuer+"/token", strings.NewReader(form.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", "http://desk.example:5173")
	res, err := s.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	var t tokens
	if err := json.NewDecoder(res.Body).Decode(&t); err != nil {
		s.t.Fatal(err)
	}
	return t, res
}

func (s *site) refresh(token string) tokens {
	s.t.Helper()
	t, _ := s.exchange("grant_type", "refresh_token", "refresh_token", token, "redirect_uri", "", "code_verifier", "")
	return t
}

// verify checks a token as the product does: keys from the issuer's address, all that must hold required.
func (s *site) verify(token string) (jwt.MapClaims, error) {
	s.t.Helper()
	keys, err := keyfunc.NewDefaultOverrideCtx(s.t.Context(), []string{issuer + "/jwks"}, keyfunc.Override{Client: s.Client})
	if err != nil {
		s.t.Fatal(err)
	}
	claims := jwt.MapClaims{}
	_, err = jwt.ParseWithClaims(token, claims, keys.Keyfunc, jwt.WithValidMethods([]string{"RS256"}), jwt.WithIssuer(issuer),
		jwt.WithAudience(client), jwt.WithExpirationRequired(), jwt.WithTimeFunc(func() time.Time { return s.now }))
	return claims, err
}

// The whole way: discovery, a choice, a code, tokens that verify, and their claims.
func TestSignIn(t *testing.T) {
	t.Parallel()
	s := newSite(t, "", nil)
	res, err := s.Get(issuer + "/.well-known/openid-configuration")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var found map[string]any
	if err := json.NewDecoder(res.Body).Decode(&found); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"issuer": "", "authorization_endpoint": "/authorize", "token_endpoint": "/token",
		"jwks_uri": "/jwks", "end_session_endpoint": "/logout"} {
		if found[name] != issuer+path {
			t.Errorf("discovery: %s is %v, want %s", name, found[name], issuer+path)
		}
	}

	to, status, _ := s.authorize(request())
	code := to.Query().Get("code")
	want := home + "?" + url.Values{"code": {code}, "iss": {issuer}, "state": {"st"}}.Encode()
	if status != http.StatusFound || to.String() != want || len(code) < 26 {
		t.Errorf("%d to %s, want %s", status, to, want)
	}

	got, res := s.exchange("code", code)
	if res.StatusCode != http.StatusOK || got.Type != "Bearer" || got.Expires != 8*3600 || res.Header.Get("Cache-Control") != "no-store" ||
		res.Header.Get("Access-Control-Allow-Origin") != "http://desk.example:5173" {
		t.Errorf("%d %+v %v", res.StatusCode, got, res.Header)
	}
	claims, err := s.verify(got.ID)
	if err != nil {
		t.Fatal(err)
	}
	if want := (jwt.MapClaims{"iss": issuer, "aud": []any{client}, "sub": "marta", "name": "Marta Kovač", "email": "marta@example.com",
		"nonce": "no", "iat": float64(s.now.Unix()), "exp": float64(s.now.Add(8 * time.Hour).Unix())}); !reflect.DeepEqual(claims, want) {
		t.Errorf("claims %v, want %v", claims, want)
	}
	if claims, err := s.verify(got.Access); err != nil || claims["sub"] != "marta" {
		t.Errorf("access token: %v %v", claims, err)
	}
	if _, err := s.verify(got.Refresh); err == nil {
		t.Error("a refresh token passes for an id token")
	}
}

func TestAuthorizeRefuses(t *testing.T) {
	t.Parallel()
	s := newSite(t, "", nil)
	for _, tt := range []struct {
		name   string
		change []string
		error  string // that the client is told; empty: nobody is sent anywhere
		page   string // what the page says then
	}{
		{"another client", []string{"client_id", "x"}, "", `There is no client &#34;x&#34; here.`},
		{"no client", []string{"client_id", ""}, "", "There is no client"},
		{"another redirect", []string{"redirect_uri", home + "x"}, "", "not one that this client may be sent back to"},
		{"a redirect with a script in it", []string{"redirect_uri", "javascript:<script>"}, "", "javascript:&lt;script&gt;"},
		{"no redirect", []string{"redirect_uri", ""}, "", "not one that this client"},
		{"the implicit flow", []string{"response_type", "token"}, "unsupported_response_type", ""},
		{"another response mode", []string{"response_mode", "fragment"}, "invalid_request", ""},
		{"no openid", []string{"scope", "profile"}, "invalid_scope", ""},
		{"no challenge", []string{"code_challenge", ""}, "invalid_request", ""},
		{"a plain challenge", []string{"code_challenge_method", "plain"}, "invalid_request", ""},
		{"nobody chosen, and no page wanted", []string{"login_hint", "", "prompt", "none"}, "login_required", ""},
		{"somebody unknown, and no page wanted", []string{"login_hint", "x", "prompt", "none"}, "login_required", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			to, status, body := s.authorize(request(tt.change...))
			if tt.error == "" {
				if to != nil || status != http.StatusBadRequest || !strings.Contains(body, tt.page) {
					t.Errorf("%d to %v with %s", status, to, body)
				}
				return
			}
			if to == nil || !strings.HasPrefix(to.String(), home) || to.Query().Get("error") != tt.error || to.Query().Get("state") != "st" ||
				to.Query().Get("error_description") == "" || to.Query().Has("code") {
				t.Errorf("%d to %v, want error %s", status, to, tt.error)
			}
		})
	}
}

// A redirect keeps the query that it came with.
func TestRedirectKeepsItsQuery(t *testing.T) {
	t.Parallel()
	s := newSite(t, "", nil)
	to, _, _ := s.authorize(request("redirect_uri", "http://other.example/?keep=1", "state", ""))
	if q := to.Query(); to.Host != "other.example" || q.Get("keep") != "1" || q.Get("code") == "" || q.Has("state") {
		t.Errorf("sent to %v", to)
	}
}

// Without a hint, or with an unknown one, a page lets people choose; the choice carries the whole request on.
func TestChoose(t *testing.T) {
	t.Parallel()
	s := newSite(t, "", nil)
	for hint, note := range map[string]string{"": "", `<b>`: "There is no agent “&lt;b&gt;” here."} {
		to, status, body := s.authorize(request("login_hint", hint))
		if to != nil || status != http.StatusOK || !strings.Contains(body, note) {
			t.Fatalf("%d to %v with %s", status, to, body)
		}
		for _, want := range []string{"Marta Kovač", "jonas@example.com", `<span class="avatar" aria-hidden="true">MK</span>`, ">JB<",
			`name="login_hint" value="jonas"`, `name="state" value="st"`, `name="nonce" value="no"`} {
			if !strings.Contains(body, want) {
				t.Errorf("the page for hint %q lacks %s", hint, want)
			}
		}
	}
	res, err := s.Get(issuer + "/authorize?" + request("login_hint", "").Encode())
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	_, after, _ := strings.Cut(string(body), "<style>")
	style, _, _ := strings.Cut(after, "</style>")
	sum := sha256.Sum256([]byte(style))
	if hash := base64.StdEncoding.EncodeToString(sum[:]); !strings.Contains(res.Header.Get("Content-Security-Policy"), "'sha256-"+hash+"'") {
		t.Errorf("the policy %q forbids the page's own style", res.Header.Get("Content-Security-Policy"))
	}
}

func TestTokenRefuses(t *testing.T) {
	t.Parallel()
	s := newSite(t, "", nil)
	for _, tt := range []struct {
		name   string
		change []string
		error  string
	}{
		{"a wrong verifier", []string{"code_verifier", verifier + "x"}, "invalid_grant"},
		{"no verifier", []string{"code_verifier", ""}, "invalid_grant"},
		{"another redirect", []string{"redirect_uri", "http://other.example/?keep=1"}, "invalid_grant"},
		{"another client", []string{"client_id", "x"}, "invalid_client"},
		{"another grant", []string{"grant_type", "password"}, "unsupported_grant_type"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			code := s.code()
			got, res := s.exchange(append([]string{"code", code}, tt.change...)...)
			if res.StatusCode != http.StatusBadRequest || got.Error != tt.error || got.Words == "" || got.ID != "" {
				t.Errorf("%d %+v, want %s", res.StatusCode, got, tt.error)
			}
			if tt.error != "invalid_grant" {
				return
			}
			if again, _ := s.exchange("code", code); again.Error != "invalid_grant" {
				t.Errorf("a code that failed once: %+v", again)
			}
		})
	}
}

func TestCodesAreUsedOnceWithinAMinute(t *testing.T) {
	t.Parallel()
	s := newSite(t, "", nil)
	code := s.code()
	if got, _ := s.exchange("code", code); got.ID == "" {
		t.Fatalf("the first use: %+v", got)
	}
	if got, _ := s.exchange("code", code); got.Error != "invalid_grant" || !strings.Contains(got.Words, "used") {
		t.Errorf("the second use: %+v", got)
	}
	if got, _ := s.exchange("code", "unknown"); got.Error != "invalid_grant" {
		t.Errorf("an unknown code: %+v", got)
	}
	late, inTime := s.code(), ""
	s.now = s.now.Add(30 * time.Second)
	inTime = s.code()
	s.now = s.now.Add(31 * time.Second)
	s.code() // drops what is too old on its way
	if got, _ := s.exchange("code", late); got.Error != "invalid_grant" {
		t.Errorf("a code of 61 s: %+v", got)
	}
	if got, _ := s.exchange("code", inTime); got.ID == "" {
		t.Errorf("a code of 31 s: %+v", got)
	}
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	s := newSite(t, "", func(c *signin.Config) { c.Life = time.Hour })
	first, _ := s.exchange("code", s.code())
	s.now = s.now.Add(61 * time.Minute)
	if _, err := s.verify(first.ID); err == nil {
		t.Error("an id token of 61 min passes, with a life of one hour")
	}
	second := s.refresh(first.Refresh)
	claims, err := s.verify(second.ID)
	if err != nil || claims["sub"] != "marta" || claims["name"] != "Marta Kovač" || claims["nonce"] != nil {
		t.Errorf("refreshed: %v %v", claims, err)
	}
	s.now = s.now.Add(29 * 24 * time.Hour)
	third := s.refresh(second.Refresh)
	if third.ID == "" {
		t.Errorf("refreshed after 29 days: %+v", third)
	}
	s.now = s.now.Add(2 * 24 * time.Hour)
	for what, token := range map[string]string{"of 31 days": second.Refresh, "that is an id token": third.ID, "that is none": "x", "that is missing": ""} {
		if got := s.refresh(token); got.Error != "invalid_grant" || got.ID != "" {
			t.Errorf("a refresh token %s: %+v", what, got)
		}
	}
}

// Tokens outlive the issuer as long as its folder does; an agent who left the demo does not.
func TestKeyPersists(t *testing.T) {
	t.Parallel()
	keys := filepath.Join(t.TempDir(), "made")
	file := filepath.Join(keys, "signin-key.pem")
	s := newSite(t, keys, nil)
	before, _ := s.exchange("code", s.code())
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the key: %v %v", info, err)
	}
	if files, _ := os.ReadDir(keys); len(files) != 1 {
		t.Errorf("left in the folder: %v", files)
	}

	restarted := newSite(t, keys, nil)
	if got := restarted.refresh(before.Refresh); got.ID == "" {
		t.Errorf("refreshed after a restart: %+v", got)
	}
	if _, err := restarted.verify(before.ID); err != nil {
		t.Errorf("an id token after a restart: %v", err)
	}

	smaller := newSite(t, keys, func(c *signin.Config) { c.Agents = []signin.Agent{jonas} })
	if got := smaller.refresh(before.Refresh); got.Error != "invalid_grant" || !strings.Contains(got.Words, `no agent "marta" any more`) {
		t.Errorf("refreshed for somebody who left: %+v", got)
	}

	other := newSite(t, t.TempDir(), nil)
	if _, err := other.verify(before.ID); err == nil {
		t.Error("an id token passes with another key")
	}
	if got := other.refresh(before.Refresh); got.Error != "invalid_grant" {
		t.Errorf("refreshed with another key: %+v", got)
	}

	for what, text := range map[string]string{"no PEM": "broken", "no key": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := signin.New(signin.Config{URL: issuer, KeyDir: keys}); err == nil || !strings.Contains(err.Error(), "delete it") {
			t.Errorf("with %s in its file: %v", what, err)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]signin.Config{
		"no URL":              {},
		"a relative URL":      {URL: "/oidc"},
		"a slash at the end":  {URL: "http://x/oidc/"},
		"a relative redirect": {URL: issuer, Redirects: []string{"/desktop/"}},
	} {
		if _, err := signin.New(config); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

func TestLogout(t *testing.T) {
	t.Parallel()
	s := newSite(t, "", nil)
	for _, tt := range []struct{ query, location, page string }{
		{url.Values{"post_logout_redirect_uri": {home}, "state": {"x"}}.Encode(), home + "?state=x", ""},
		{url.Values{"post_logout_redirect_uri": {home}}.Encode(), home, ""},
		{"", "", "You are signed out"},
		{"post_logout_redirect_uri=http://evil.example/", "", "not one that this client may be sent back to"},
	} {
		res, err := s.Get(issuer + "/logout?" + tt.query)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		if res.Header.Get("Location") != tt.location || !strings.Contains(string(body), tt.page) {
			t.Errorf("%q: to %q with %s", tt.query, res.Header.Get("Location"), body)
		}
	}
}

// Pages of the redirects' origins may call the token endpoint, others may not read its answers.
func TestOrigins(t *testing.T) {
	t.Parallel()
	s := newSite(t, "", nil)
	for origin, allowed := range map[string]string{"http://desk.example:5173": "http://desk.example:5173", "http://evil.example": "", "": ""} {
		for _, method := range []string{http.MethodOptions, http.MethodPost} {
			req, err := http.NewRequestWithContext(t.Context(), method, issuer+"/token", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Origin", origin)
			res, err := s.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			if got := res.Header.Get("Access-Control-Allow-Origin"); got != allowed || res.Header.Get("Vary") != "Origin" {
				t.Errorf("%s from %q allows %q", method, origin, got)
			}
		}
	}
}

// Token is what the whole flow would give, at once.
func TestToken(t *testing.T) {
	t.Parallel()
	s := newSite(t, "", nil)
	token, err := s.Token("jonas")
	if err != nil {
		t.Fatal(err)
	}
	if claims, err := s.verify(token); err != nil || claims["sub"] != "jonas" || claims["name"] != jonas.Name {
		t.Errorf("%v %v", claims, err)
	}
	if _, err := s.Token("nobody"); err == nil {
		t.Error("there is a token for nobody")
	}
}
