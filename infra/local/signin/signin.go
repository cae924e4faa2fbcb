// Package signin is the OpenID Connect issuer of the local runner: agents of the demo sign in by choosing themselves, without
// a password, and the tokens they get are verified by the very code that verifies a real issuer's.
//
// It speaks the authorization code flow for public clients with PKCE (S256), refresh tokens, discovery, and sign-out. It has no
// sessions and sets no cookies, so that several agents can be signed in side by side in one browser. It is for loopback: who
// reaches it can be anybody it knows.
package signin

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// Agent is somebody who may sign in.
type Agent struct {
	ID    string // the token's sub
	Name  string
	Email string
}

// Config is what an Issuer needs.
type Config struct {
	// URL is the iss of all tokens and the address of the issuer; its path is where the handler must be mounted.
	URL string
	// ClientID is the one client there is, and the aud of its tokens.
	ClientID string
	// Redirects are the addresses that the client may be sent back to, after signing in and after signing out. Their origins
	// may call the token endpoint.
	Redirects []string
	Agents    []Agent
	// KeyDir is where the signing key is kept, so that tokens survive a restart; "" makes a new one that is kept nowhere.
	KeyDir string
	// Life of an id token; DefaultLife.
	Life time.Duration
	Now  func() time.Time // time.Now
}

const (
	// DefaultLife of an id token is a shift.
	DefaultLife = 8 * time.Hour
	// refreshLife is how long a refresh token renews it. It is a signed token as well: nothing is kept, and a restart signs
	// nobody out.
	refreshLife = 30 * 24 * time.Hour
	// codeLife is how long a code waits to be exchanged.
	codeLife = time.Minute
)

// Issuer is the issuer's http.Handler.
type Issuer struct {
	Config
	mux     *http.ServeMux
	key     *rsa.PrivateKey
	keyID   string
	origins []string // that may call the token endpoint

	mu    sync.Mutex
	codes map[string]grant // codes that wait to be exchanged
}

// grant is what a code stands for.
type grant struct {
	agent     Agent
	redirect  string
	challenge string // of the code verifier
	nonce     string
	scope     string
	expires   time.Time
}

// New makes an Issuer, and its key if KeyDir has none.
func New(c Config) (*Issuer, error) {
	if c.Life == 0 {
		c.Life = DefaultLife
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	at, err := url.Parse(c.URL)
	if err != nil || at.Host == "" || strings.HasSuffix(at.Path, "/") || at.RawQuery != "" {
		return nil, fmt.Errorf("the issuer %q must be an absolute URL without a slash at its end", c.URL)
	}
	i := &Issuer{Config: c, mux: http.NewServeMux(), codes: map[string]grant{}}
	for _, r := range c.Redirects {
		to, err := url.Parse(r)
		if err != nil || to.Host == "" || to.Fragment != "" {
			return nil, fmt.Errorf("the redirect %q must be an absolute URL without a fragment", r)
		}
		i.origins = append(i.origins, to.Scheme+"://"+to.Host)
	}
	if i.key, err = loadKey(c.KeyDir); err != nil {
		return nil, err
	}
	i.keyID = thumbprint(&i.key.PublicKey)
	i.mux.HandleFunc("GET "+at.Path+"/.well-known/openid-configuration", i.discovery)
	i.mux.HandleFunc("GET "+at.Path+"/jwks", i.jwks)
	i.mux.HandleFunc("GET "+at.Path+"/authorize", i.authorize)
	i.mux.HandleFunc("POST "+at.Path+"/token", i.token)
	i.mux.HandleFunc("OPTIONS "+at.Path+"/token", i.preflight)
	i.mux.HandleFunc("GET "+at.Path+"/logout", i.logout)
	return i, nil
}

// ServeHTTP answers requests under the path of Config.URL.
func (i *Issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) { i.mux.ServeHTTP(w, r) }

// Token makes an id token for an agent, as the whole flow would: for tests and measurements that are about something else.
func (i *Issuer) Token(agent string) (string, error) {
	a, ok := i.agent(agent)
	if !ok {
		return "", fmt.Errorf("there is no agent %q", agent)
	}
	return i.idToken(a, "")
}

func (i *Issuer) agent(id string) (Agent, bool) {
	n := slices.IndexFunc(i.Agents, func(a Agent) bool { return a.ID == id })
	if n < 0 {
		return Agent{}, false
	}
	return i.Agents[n], true
}

func (i *Issuer) discovery(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	reply(w, http.StatusOK, map[string]any{
		"issuer":                                         i.URL,
		"authorization_endpoint":                         i.URL + "/authorize",
		"token_endpoint":                                 i.URL + "/token",
		"jwks_uri":                                       i.URL + "/jwks",
		"end_session_endpoint":                           i.URL + "/logout",
		"response_types_supported":                       []string{"code"},
		"response_modes_supported":                       []string{"query"},
		"grant_types_supported":                          []string{grantCode, grantRefresh},
		"code_challenge_methods_supported":               []string{"S256"},
		"token_endpoint_auth_methods_supported":          []string{"none"},
		"subject_types_supported":                        []string{"public"},
		"id_token_signing_alg_values_supported":          []string{"RS256"},
		"scopes_supported":                               []string{"openid", "profile", "email"},
		"claims_supported":                               []string{"iss", "aud", "sub", "iat", "exp", "nonce", "name", "email"},
		"authorization_response_iss_parameter_supported": true,
	})
}

// jwks publishes the key (RFC 7517).
func (i *Issuer) jwks(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	key := publicKey(&i.key.PublicKey)
	key["use"], key["alg"], key["kid"] = "sig", "RS256", i.keyID
	reply(w, http.StatusOK, map[string]any{"keys": []any{key}})
}

// publicKey is a key's required members: those of which the thumbprint is made.
func publicKey(k *rsa.PublicKey) map[string]string {
	encode := base64.RawURLEncoding.EncodeToString
	return map[string]string{"kty": "RSA", "n": encode(k.N.Bytes()), "e": encode(big.NewInt(int64(k.E)).Bytes())}
}

// authorize lets somebody choose an agent, or sends them back at once as the one that login_hint names.
func (i *Issuer) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	redirect := q.Get("redirect_uri")
	// Before both are known to be right nobody is sent anywhere (RFC 6749 section 4.1.2.1).
	if q.Get("client_id") != i.ClientID {
		i.problem(w, fmt.Sprintf("There is no client %q here.", q.Get("client_id")))
		return
	}
	if !slices.Contains(i.Redirects, redirect) {
		i.problem(w, fmt.Sprintf("The address %q is not one that this client may be sent back to.", redirect))
		return
	}
	back := func(answer url.Values) {
		answer.Set("state", q.Get("state"))
		answer.Set("iss", i.URL) // says who answers (RFC 9207)
		i.sendBack(w, r, redirect, answer)
	}
	if e := check(q); e != nil {
		back(url.Values{"error": {e.Code}, "error_description": {e.Description}})
		return
	}
	hint := q.Get("login_hint")
	agent, known := i.agent(hint)
	switch {
	case known:
		code := i.newCode(grant{agent: agent, redirect: redirect, challenge: q.Get("code_challenge"), nonce: q.Get("nonce"),
			scope: q.Get("scope"), expires: i.Now().Add(codeLife)})
		back(url.Values{"code": {code}})
	case slices.Contains(strings.Fields(q.Get("prompt")), "none"):
		back(url.Values{"error": {"login_required"}, "error_description": {"Somebody has to choose an agent."}})
	default:
		i.choose(w, q, hint)
	}
}

// check finds what the client asks for and cannot have.
func check(q url.Values) *oauthError {
	switch {
	case q.Get("response_type") != "code":
		return &oauthError{"unsupported_response_type", "response_type must be code."}
	case q.Get("response_mode") != "" && q.Get("response_mode") != "query":
		return &oauthError{"invalid_request", "response_mode must be query."}
	case !slices.Contains(strings.Fields(q.Get("scope")), "openid"):
		return &oauthError{"invalid_scope", "scope must contain openid."}
	case q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != challengeLength:
		return &oauthError{"invalid_request", "A code_challenge with code_challenge_method S256 is needed (PKCE)."}
	}
	return nil
}

// sendBack redirects to the client, with what there is to say.
func (i *Issuer) sendBack(w http.ResponseWriter, r *http.Request, redirect string, answer url.Values) {
	to, err := url.Parse(redirect)
	if err != nil { // New has parsed all that may be here
		i.problem(w, "The address to go back to cannot be read.")
		return
	}
	q := to.Query()
	for name, values := range answer {
		if values[0] != "" {
			q[name] = values
		}
	}
	to.RawQuery = q.Encode()
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, to.String(), http.StatusFound)
}

// newCode makes a code for a grant. Codes that nobody came for are dropped on the way.
func (i *Issuer) newCode(g grant) string {
	i.mu.Lock()
	defer i.mu.Unlock()
	for code, old := range i.codes {
		if i.Now().After(old.expires) {
			delete(i.codes, code)
		}
	}
	code := rand.Text()
	i.codes[code] = g
	return code
}

// redeem exchanges a code, which is used up by it in any case.
func (i *Issuer) redeem(code string) (grant, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	g, ok := i.codes[code]
	delete(i.codes, code)
	if !ok || i.Now().After(g.expires) {
		return grant{}, errors.New("the code is unknown, used or older than a minute")
	}
	return g, nil
}

// logout sends the agent back to where signing out leads. There is no session to end: the client forgets its tokens.
func (i *Issuer) logout(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	redirect := q.Get("post_logout_redirect_uri")
	switch {
	case redirect == "":
		i.signedOut(w)
	case !slices.Contains(i.Redirects, redirect):
		i.problem(w, fmt.Sprintf("The address %q is not one that this client may be sent back to.", redirect))
	default:
		i.sendBack(w, r, redirect, url.Values{"state": {q.Get("state")}})
	}
}

// oauthError is a refusal as OAuth tells it (RFC 6749 section 5.2).
type oauthError struct {
	Code        string `json:"error"`
	Description string `json:"error_description"`
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client is gone, and nobody else wants to know
}
