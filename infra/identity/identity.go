// Package identity makes and checks the tokens that open sockets: customers' own (HMAC, made by the api function) and agents'
// (any OpenID Connect issuer).
package identity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/time/rate"

	"github.com/parley-chat/parley/functions/authorizer"
	"github.com/parley-chat/parley/functions/chat"
)

const (
	// issuer and audience of customers' tokens.
	issuer   = "parley"
	audience = "socket"
	// CustomerLife is how long a customer's token opens sockets. An older one still proves who the customer was.
	CustomerLife = 24 * time.Hour
	// leeway allows for clocks that differ.
	leeway = 30 * time.Second
	// keysLife is how long keys from the secret are believed: a new one signs within five minutes of its rotation.
	keysLife = 5 * time.Minute
	// maxToken refuses absurd tokens before they are parsed, in bytes; a Cognito id token has about 1,200.
	maxToken = 8 << 10
)

// Keys are the HMAC keys of customers' tokens by key id. Current signs; all verify.
type Keys struct {
	Current string
	ByID    map[string][]byte
}

// ParseKeys reads the secret: {"current":"k1","k1":"...","k2":"..."}.
func ParseKeys(secret string) (Keys, error) {
	var m map[string]string
	if err := json.Unmarshal([]byte(secret), &m); err != nil {
		return Keys{}, errors.New("the secret of customers' keys is not a JSON object of texts")
	}
	k := Keys{Current: m["current"], ByID: map[string][]byte{}}
	for id, key := range m {
		if id != "current" {
			k.ByID[id] = []byte(key)
		}
	}
	if len(k.ByID[k.Current]) < 32 {
		return Keys{}, fmt.Errorf("the current key %q of the secret has fewer than 32 bytes", k.Current)
	}
	return k, nil
}

// Customers makes and checks customers' tokens.
type Customers struct {
	read func(ctx context.Context) (string, error)
	now  func() time.Time

	mu   sync.Mutex
	keys Keys
	at   time.Time
}

// NewCustomers reads keys with read, which returns the secret's text.
func NewCustomers(read func(ctx context.Context) (string, error), now func() time.Time) *Customers {
	return &Customers{read: read, now: now}
}

func (c *Customers) load(ctx context.Context) (Keys, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.keys.Current != "" && c.now().Sub(c.at) < keysLife {
		return c.keys, nil
	}
	text, err := c.read(ctx)
	if err != nil {
		return Keys{}, fmt.Errorf("read customers' keys: %w", err)
	}
	keys, err := ParseKeys(text)
	if err != nil {
		return Keys{}, err
	}
	c.keys, c.at = keys, c.now()
	return keys, nil
}

type customerClaims struct {
	jwt.RegisteredClaims
	Website string `json:"web"`
	Origin  string `json:"org"`
}

// Sign makes a token for a customer on a page of this origin.
func (c *Customers) Sign(ctx context.Context, customer, website, origin string) (string, time.Time, error) {
	keys, err := c.load(ctx)
	if err != nil {
		return "", time.Time{}, err
	}
	now := c.now()
	expires := now.Add(CustomerLife)
	t := jwt.NewWithClaims(jwt.SigningMethodHS256, customerClaims{
		RegisteredClaims: jwt.RegisteredClaims{Issuer: issuer, Audience: jwt.ClaimStrings{audience}, Subject: customer,
			IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(expires)},
		Website: website, Origin: origin})
	t.Header["kid"] = keys.Current
	s, err := t.SignedString(keys.ByID[keys.Current])
	return s, expires, err
}

func (c *Customers) parse(ctx context.Context, token string, options ...jwt.ParserOption) (customerClaims, error) {
	keys, err := c.load(ctx)
	if err != nil {
		return customerClaims{}, err
	}
	var claims customerClaims
	options = append(options, jwt.WithValidMethods([]string{"HS256"}), jwt.WithIssuer(issuer), jwt.WithAudience(audience),
		jwt.WithTimeFunc(c.now), jwt.WithLeeway(leeway))
	_, err = jwt.ParseWithClaims(token, &claims, func(t *jwt.Token) (any, error) {
		id, _ := t.Header["kid"].(string)
		if key, ok := keys.ByID[id]; ok {
			return key, nil
		}
		return nil, errors.New("unknown key")
	}, options...)
	if err == nil && (claims.Subject == "" || claims.Website == "") {
		err = errors.New("claims are missing")
	}
	if err != nil {
		return customerClaims{}, fmt.Errorf("%w: %w", authorizer.ErrToken, err)
	}
	return claims, nil
}

// Customer is who an earlier token of the website was made for, even if it has expired; "" if it is not one of ours.
func (c *Customers) Customer(ctx context.Context, token, website string) (string, error) {
	if len(token) > maxToken {
		return "", nil
	}
	claims, err := c.parse(ctx, token, jwt.WithoutClaimsValidation())
	if errors.Is(err, authorizer.ErrToken) || claims.Website != website || claims.Issuer != issuer {
		return "", nil
	}
	return claims.Subject, err
}

// Verify checks a customer's token.
func (c *Customers) Verify(ctx context.Context, token string) (authorizer.Claims, error) {
	claims, err := c.parse(ctx, token, jwt.WithExpirationRequired())
	if err != nil {
		return authorizer.Claims{}, err
	}
	return authorizer.Claims{Principal: chat.Principal{Role: chat.RoleCustomer, ID: claims.Subject, Website: claims.Website},
		Origin: claims.Origin}, nil
}

// Issuer is the OpenID Connect provider that agents sign in with.
type Issuer struct {
	URL      string // as in the tokens' iss claim
	Audience string
	JWKS     string // address of the public keys
	Claim    string // that names the agent
	Client   *http.Client
}

// Agents checks agents' tokens. Public keys are fetched at the first token and refreshed hourly, or (rate-limited) when a token
// names a key that is not known.
type Agents struct {
	issuer Issuer
	now    func() time.Time

	mu   sync.Mutex
	keys keyfunc.Keyfunc
}

// NewAgents checks tokens of one issuer.
func NewAgents(i Issuer, now func() time.Time) *Agents { return &Agents{issuer: i, now: now} }

func (a *Agents) keyfunc() (keyfunc.Keyfunc, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.keys != nil {
		return a.keys, nil
	}
	// The keys outlive the request that first wanted them.
	k, err := keyfunc.NewDefaultOverrideCtx(context.Background(), []string{a.issuer.JWKS}, keyfunc.Override{
		Client: a.issuer.Client, HTTPTimeout: 3 * time.Second, RefreshInterval: time.Hour,
		RefreshUnknownKID: rate.NewLimiter(rate.Every(time.Minute), 3), RateLimitWaitMax: time.Second})
	if err != nil {
		return nil, fmt.Errorf("fetch agents' public keys: %w", err)
	}
	a.keys = k
	return k, nil
}

// Verify checks an agent's token.
func (a *Agents) Verify(ctx context.Context, token string) (authorizer.Claims, error) {
	keys, err := a.keyfunc()
	if err != nil {
		return authorizer.Claims{}, err
	}
	claims := jwt.MapClaims{}
	_, err = jwt.ParseWithClaims(token, claims, keys.KeyfuncCtx(ctx), jwt.WithValidMethods([]string{"RS256", "ES256", "EdDSA"}),
		jwt.WithIssuer(a.issuer.URL), jwt.WithAudience(a.issuer.Audience), jwt.WithExpirationRequired(), jwt.WithTimeFunc(a.now),
		jwt.WithLeeway(leeway))
	if err != nil {
		return authorizer.Claims{}, fmt.Errorf("%w: %w", authorizer.ErrToken, err)
	}
	text := func(name string) string { s, _ := claims[name].(string); return s }
	id := text(a.issuer.Claim)
	if id == "" {
		return authorizer.Claims{}, fmt.Errorf("%w: no claim %q", authorizer.ErrToken, a.issuer.Claim)
	}
	return authorizer.Claims{Principal: chat.Principal{Role: chat.RoleAgent, ID: id}, Name: text("name")}, nil
}

// Both checks tokens of customers and agents, told apart by who issued them.
type Both struct {
	Customers *Customers
	Agents    *Agents
}

// Verify checks a token.
func (b Both) Verify(ctx context.Context, token string) (authorizer.Claims, error) {
	if token == "" || len(token) > maxToken {
		return authorizer.Claims{}, fmt.Errorf("%w: none, or too long", authorizer.ErrToken)
	}
	var claims jwt.RegisteredClaims
	if _, _, err := jwt.NewParser().ParseUnverified(token, &claims); err != nil {
		return authorizer.Claims{}, fmt.Errorf("%w: %w", authorizer.ErrToken, err)
	}
	if claims.Issuer == issuer {
		return b.Customers.Verify(ctx, token)
	}
	return b.Agents.Verify(ctx, token)
}
