package identity_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/parley-chat/parley/functions/authorizer"
	"github.com/parley-chat/parley/functions/chat"
	"github.com/parley-chat/parley/infra/identity"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

const (
	key1 = "0123456789abcdef0123456789abcdef"
	key2 = "fedcba9876543210fedcba9876543210"
)

// customers verifies by a secret, at a time.
func customers(secret string, now time.Time) *identity.Customers {
	return identity.NewCustomers(func(context.Context) (string, error) { return secret, nil }, func() time.Time { return now })
}

func sign(t *testing.T, c *identity.Customers) string {
	t.Helper()
	token, expires, err := c.Sign(t.Context(), "c1", "fern", "https://fern.example")
	if err != nil {
		t.Fatal(err)
	}
	if want := noon.Add(identity.CustomerLife); !expires.Equal(want) {
		t.Errorf("expires %v, want %v", expires, want)
	}
	return token
}

func TestCustomerTokens(t *testing.T) {
	t.Parallel()
	one, two := `{"current":"k1","k1":"`+key1+`"}`, `{"current":"k2","k1":"`+key1+`","k2":"`+key2+`"}`
	other := `{"current":"k1","k1":"` + strings.ToUpper(key1) + `"}`
	token := sign(t, customers(one, noon))
	head, rest, _ := strings.Cut(token, ".")
	claims, signature, _ := strings.Cut(rest, ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`))
	forged := base64.RawURLEncoding.EncodeToString([]byte(`{"iss":"parley","sub":"c2","aud":["socket"],"exp":9999999999,"web":"fern","org":"https://fern.example"}`))
	for _, c := range []struct {
		name, secret, token string
		now                 time.Time
		ok, remembered      bool // opens a socket; still says who it was
	}{
		{"a good one", one, token, noon, true, true},
		{"after a rotation", two, token, noon, true, true},
		{"just before its end", one, token, noon.Add(identity.CustomerLife - time.Minute), true, true},
		{"after its end", one, token, noon.Add(identity.CustomerLife + time.Minute), false, true},
		{"of another stack", other, token, noon, false, false},
		{"of a key that is gone", `{"current":"k2","k2":"` + key2 + `"}`, token, noon, false, false},
		{"with other claims", one, head + "." + forged + "." + signature, noon, false, false},
		{"without signature", one, none + "." + claims + ".", noon, false, false},
		{"cut short", one, token[:len(token)-4], noon, false, false},
		{"no token", one, "hello", noon, false, false},
		{"empty", one, "", noon, false, false},
		{"absurdly long", one, strings.Repeat("a", 9<<10), noon, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			verifier := identity.Both{Customers: customers(c.secret, c.now), Agents: identity.NewAgents(identity.Issuer{}, time.Now)}
			got, err := verifier.Customers.Verify(t.Context(), c.token)
			if c.ok {
				want := authorizer.Claims{Principal: chat.Principal{Role: chat.RoleCustomer, ID: "c1", Website: "fern"}, Origin: "https://fern.example"}
				if err != nil || got != want {
					t.Errorf("got %+v, %v, want %+v", got, err, want)
				}
			} else if !errors.Is(err, authorizer.ErrToken) {
				t.Errorf("got %+v, %v, want it refused", got, err)
			}
			want := ""
			if c.remembered {
				want = "c1"
			}
			if who, err := verifier.Customers.Customer(t.Context(), c.token, "fern"); who != want || err != nil {
				t.Errorf("it says %q, %v, want %q", who, err, want)
			}
			if who, err := verifier.Customers.Customer(t.Context(), c.token, "another"); who != "" || err != nil {
				t.Errorf("on another website it says %q, %v, want nobody", who, err)
			}
		})
	}
}

func TestBrokenSecret(t *testing.T) {
	t.Parallel()
	for name, secret := range map[string]string{
		"not JSON": "key", "no current": `{"k1":"` + key1 + `"}`, "a short key": `{"current":"k1","k1":"short"}`, "empty": "{}",
	} {
		if _, err := identity.ParseKeys(secret); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	fault := errors.New("no answer")
	c := identity.NewCustomers(func(context.Context) (string, error) { return "", fault }, time.Now)
	if _, err := c.Verify(t.Context(), "a.b.c"); !errors.Is(err, fault) || errors.Is(err, authorizer.ErrToken) {
		t.Errorf("a secret that cannot be read: %v, want the fault and no refusal", err)
	}
}

// issuer plays an OpenID Connect provider's keys.
func issuer(t *testing.T) (identity.Issuer, *rsa.PrivateKey) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"keys": []map[string]string{{"kty": "RSA", "kid": "1", "alg": "RS256", "use": "sig",
			"n": encode(key.N.Bytes()), "e": encode(big.NewInt(int64(key.E)).Bytes())}}})
	}))
	t.Cleanup(srv.Close)
	return identity.Issuer{URL: "https://issuer.example", Audience: "desk", JWKS: srv.URL, Claim: "agent", Client: srv.Client()}, key
}

func TestAgentTokens(t *testing.T) {
	t.Parallel()
	from, key := issuer(t)
	foreign, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	agents := identity.NewAgents(from, func() time.Time { return noon })
	both := identity.Both{Customers: customers(`{"current":"k1","k1":"`+key1+`"}`, noon), Agents: agents}
	good := jwt.MapClaims{"iss": "https://issuer.example", "aud": "desk", "exp": noon.Add(time.Hour).Unix(), "agent": "marta", "name": "Marta Kovač"}
	with := func(key string, value any) jwt.MapClaims {
		c := jwt.MapClaims{}
		for k, v := range good {
			c[k] = v
		}
		if value == nil {
			delete(c, key)
		} else {
			c[key] = value
		}
		return c
	}
	for _, c := range []struct {
		name   string
		claims jwt.MapClaims
		method jwt.SigningMethod
		key    any
		ok     bool
	}{
		{"a good one", good, jwt.SigningMethodRS256, key, true},
		{"expired", with("exp", noon.Add(-time.Hour).Unix()), jwt.SigningMethodRS256, key, false},
		{"that never expires", with("exp", nil), jwt.SigningMethodRS256, key, false},
		{"of another issuer", with("iss", "https://evil.example"), jwt.SigningMethodRS256, key, false},
		{"for another client", with("aud", "shop"), jwt.SigningMethodRS256, key, false},
		{"that names no agent", with("agent", nil), jwt.SigningMethodRS256, key, false},
		{"signed by somebody else", good, jwt.SigningMethodRS256, foreign, false},
		{"signed with the public key as a secret", good, jwt.SigningMethodHS256, key.N.Bytes(), false},
		{"that says it is a customer's", with("iss", "parley"), jwt.SigningMethodRS256, key, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			token := jwt.NewWithClaims(c.method, c.claims)
			token.Header["kid"] = "1"
			text, err := token.SignedString(c.key)
			if err != nil {
				t.Fatal(err)
			}
			got, err := both.Verify(t.Context(), text)
			if c.ok {
				want := authorizer.Claims{Principal: chat.Principal{Role: chat.RoleAgent, ID: "marta"}, Name: "Marta Kovač"}
				if err != nil || got != want {
					t.Errorf("got %+v, %v, want %+v", got, err, want)
				}
			} else if !errors.Is(err, authorizer.ErrToken) {
				t.Errorf("got %+v, %v, want it refused", got, err)
			}
		})
	}
}

// FuzzVerify: whatever a stranger sends as a token, it is refused and nothing falls over.
func FuzzVerify(f *testing.F) {
	both := identity.Both{Customers: customers(`{"current":"k1","k1":"`+key1+`"}`, noon), Agents: identity.NewAgents(identity.Issuer{JWKS: "http://127.0.0.1:1/"}, time.Now)}
	f.Add("")
	f.Add("a.b.c")
	f.Add(base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256"}`)) + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"iss":"parley"}`)) + ".")
	f.Fuzz(func(t *testing.T, token string) {
		if got, err := both.Verify(t.Context(), token); err == nil {
			t.Errorf("%q let in %+v", token, got)
		}
	})
}
