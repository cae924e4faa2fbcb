// Package authorizer lets sockets in: it checks the token and the page's origin, and says who it is to every later frame.
package authorizer

import (
	"context"
	"errors"
	"log/slog"
	"slices"

	"github.com/aws/aws-lambda-go/events"

	"github.com/parley-chat/parley/functions/chat"
	"github.com/parley-chat/parley/functions/socket"
)

// Claims are what a token says about its bearer.
type Claims struct {
	chat.Principal
	Name   string // an agent's
	Origin string // of the page that a customer's token was made for
}

// Verifier checks tokens. The error of a token that is forged, expired or for somebody else is ErrToken.
type Verifier interface {
	Verify(ctx context.Context, token string) (Claims, error)
}

// ErrToken is a token that lets nobody in.
var ErrToken = errors.New("token refused")

// errUnauthorized has the text that API Gateway turns into 401; any other error becomes a 500.
var errUnauthorized = errors.New("Unauthorized") //nolint:staticcheck // the gateway compares it literally

// Websites finds a website, chat.ErrNotFound if there is none.
type Websites interface {
	Website(ctx context.Context, id string) (chat.Website, error)
}

// Handler authorizes $connect.
type Handler struct {
	verifier Verifier
	websites Websites
	log      *slog.Logger
}

// New makes a Handler.
func New(v Verifier, w Websites, log *slog.Logger) *Handler { return &Handler{v, w, log} }

type (
	request  = events.APIGatewayCustomAuthorizerRequestTypeRequest
	response = events.APIGatewayCustomAuthorizerResponse
)

// Handle answers 401 (no valid token), 403 (a foreign origin) or lets the socket in.
func (h *Handler) Handle(ctx context.Context, r request) (response, error) {
	claims, err := h.verifier.Verify(ctx, socket.Token(socket.Header(r.Headers, "Sec-WebSocket-Protocol")))
	if errors.Is(err, ErrToken) {
		h.log.InfoContext(ctx, "authorize", "status", "unauthorized", "why", err)
		return response{}, errUnauthorized
	}
	if err != nil {
		return response{}, err
	}
	effect := "Allow"
	if claims.Role == chat.RoleCustomer {
		ok, err := h.at(ctx, claims, socket.Header(r.Headers, "Origin"))
		if err != nil {
			return response{}, err
		}
		if !ok {
			effect = "Deny"
		}
	}
	h.log.InfoContext(ctx, "authorize", "status", effect, "role", claims.Role, "who", claims.ID)
	return response{
		PrincipalID: string(claims.Role) + ":" + claims.ID,
		PolicyDocument: events.APIGatewayCustomAuthorizerPolicy{Version: "2012-10-17",
			Statement: []events.IAMPolicyStatement{{Effect: effect, Action: []string{"execute-api:Invoke"}, Resource: []string{r.MethodArn}}}},
		Context: map[string]any{"role": string(claims.Role), "id": claims.ID, "name": claims.Name, "website": claims.Website, "origin": claims.Origin},
	}, nil
}

// at reports whether a customer's token is used on the page that it was made for, and that page still belongs to the website. An
// upgrade knows no CORS: without this any page could use a stolen token.
func (h *Handler) at(ctx context.Context, c Claims, origin string) (bool, error) {
	if origin == "" || origin != c.Origin {
		return false, nil
	}
	w, err := h.websites.Website(ctx, c.Website)
	if errors.Is(err, chat.ErrNotFound) {
		return false, nil
	}
	return slices.Contains(w.Origins, origin), err
}
