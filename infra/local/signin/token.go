package signin

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// The grants that the token endpoint takes.
const (
	grantCode    = "authorization_code"
	grantRefresh = "refresh_token"
)

const (
	// challengeLength is that of a SHA-256 digest in base64url.
	challengeLength = 43
	// maxForm is the largest request of the token endpoint, in bytes.
	maxForm = 16 << 10
)

// tokens is what the token endpoint gives out (RFC 6749 section 5.1, OpenID Connect Core section 3.1.3.3).
type tokens struct {
	IDToken      string `json:"id_token"`
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
	Type         string `json:"token_type"`
	ExpiresIn    int    `json:"expires_in"` // seconds
	Scope        string `json:"scope,omitempty"`
}

// claims of all tokens that are made here.
type claims struct {
	jwt.RegisteredClaims
	Nonce string `json:"nonce,omitempty"`
	Name  string `json:"name,omitempty"`
	Email string `json:"email,omitempty"`
	Scope string `json:"scope,omitempty"`
}

// token exchanges a code, or a refresh token, for new tokens.
func (i *Issuer) token(w http.ResponseWriter, r *http.Request) {
	i.allowOrigin(w, r)
	w.Header().Set("Cache-Control", "no-store")
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		reply(w, http.StatusBadRequest, oauthError{"invalid_request", "The body must be a form."})
		return
	}
	t, refusal := i.exchange(r)
	if refusal != nil {
		reply(w, http.StatusBadRequest, refusal)
		return
	}
	reply(w, http.StatusOK, t)
}

func (i *Issuer) exchange(r *http.Request) (*tokens, *oauthError) {
	form := r.PostForm
	if form.Get("client_id") != i.ClientID {
		return nil, &oauthError{"invalid_client", fmt.Sprintf("There is no client %q here.", form.Get("client_id"))}
	}
	switch form.Get("grant_type") {
	case grantCode:
		g, err := i.redeem(form.Get("code"))
		switch {
		case err != nil:
			return nil, &oauthError{"invalid_grant", "This sign-in cannot be completed: " + err.Error() + "."}
		case g.redirect != form.Get("redirect_uri"):
			return nil, &oauthError{"invalid_grant", "redirect_uri is not the one that the code was sent to."}
		case !proves(form.Get("code_verifier"), g.challenge):
			return nil, &oauthError{"invalid_grant", "code_verifier does not belong to the code's challenge."}
		}
		return i.issue(g.agent, g.nonce, g.scope)
	case grantRefresh:
		agent, scope, err := i.refreshes(form.Get("refresh_token"))
		if err != nil {
			return nil, &oauthError{"invalid_grant", "Please sign in again: " + err.Error() + "."}
		}
		return i.issue(agent, "", scope)
	}
	return nil, &oauthError{"unsupported_grant_type", "grant_type must be authorization_code or refresh_token."}
}

// proves reports whether a verifier is the one that a challenge was made of (RFC 7636).
func proves(verifier, challenge string) bool {
	sum := sha256.Sum256([]byte(verifier))
	made := base64.RawURLEncoding.EncodeToString(sum[:])
	return subtle.ConstantTimeCompare([]byte(made), []byte(challenge)) == 1
}

// issue makes an agent's tokens.
func (i *Issuer) issue(a Agent, nonce, scope string) (*tokens, *oauthError) {
	id, err := i.idToken(a, nonce)
	if err != nil {
		return nil, &oauthError{"server_error", err.Error()}
	}
	access, err := i.sign("at+jwt", claims{RegisteredClaims: i.registered(a, i.ClientID, i.Life), Scope: scope})
	if err != nil {
		return nil, &oauthError{"server_error", err.Error()}
	}
	refresh, err := i.sign("JWT", claims{RegisteredClaims: i.registered(a, i.refreshAudience(), refreshLife), Scope: scope})
	if err != nil {
		return nil, &oauthError{"server_error", err.Error()}
	}
	return &tokens{IDToken: id, AccessToken: access, RefreshToken: refresh, Type: "Bearer", ExpiresIn: int(i.Life / time.Second), Scope: scope}, nil
}

func (i *Issuer) idToken(a Agent, nonce string) (string, error) {
	return i.sign("JWT", claims{RegisteredClaims: i.registered(a, i.ClientID, i.Life), Nonce: nonce, Name: a.Name, Email: a.Email})
}

// refreshAudience is the aud of refresh tokens: this issuer and nobody else, so that none is ever taken for an id token.
func (i *Issuer) refreshAudience() string { return i.URL + "/token" }

// refreshes checks a refresh token and finds its agent, who may have left the demo since.
func (i *Issuer) refreshes(token string) (Agent, string, error) {
	var c claims
	_, err := jwt.ParseWithClaims(token, &c, func(*jwt.Token) (any, error) { return &i.key.PublicKey, nil },
		jwt.WithValidMethods([]string{"RS256"}), jwt.WithIssuer(i.URL), jwt.WithAudience(i.refreshAudience()),
		jwt.WithExpirationRequired(), jwt.WithTimeFunc(i.Now))
	if err != nil {
		return Agent{}, "", err
	}
	a, ok := i.agent(c.Subject)
	if !ok {
		return Agent{}, "", fmt.Errorf("there is no agent %q any more", c.Subject)
	}
	return a, c.Scope, nil
}

func (i *Issuer) registered(a Agent, audience string, life time.Duration) jwt.RegisteredClaims {
	now := i.Now()
	return jwt.RegisteredClaims{Issuer: i.URL, Audience: jwt.ClaimStrings{audience}, Subject: a.ID,
		IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(life))}
}

func (i *Issuer) sign(kind string, c claims) (string, error) {
	t := jwt.NewWithClaims(jwt.SigningMethodRS256, c)
	t.Header["kid"], t.Header["typ"] = i.keyID, kind
	return t.SignedString(i.key)
}

// allowOrigin lets pages of the redirects' origins read the answer.
func (i *Issuer) allowOrigin(w http.ResponseWriter, r *http.Request) {
	w.Header().Add("Vary", "Origin")
	if origin := r.Header.Get("Origin"); slices.Contains(i.origins, origin) {
		w.Header().Set("Access-Control-Allow-Origin", origin)
	}
}

// preflight answers browsers that ask before they post.
func (i *Issuer) preflight(w http.ResponseWriter, r *http.Request) {
	i.allowOrigin(w, r)
	w.Header().Set("Access-Control-Allow-Methods", "POST")
	w.Header().Set("Access-Control-Allow-Headers", "Content-Type")
	w.WriteHeader(http.StatusNoContent)
}
