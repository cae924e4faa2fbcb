package authorizer_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"github.com/parley-chat/parley/functions/authorizer"
	"github.com/parley-chat/parley/functions/chat"
)

type verifier func(token string) (authorizer.Claims, error)

func (v verifier) Verify(_ context.Context, token string) (authorizer.Claims, error) { return v(token) }

type websites map[string]chat.Website

func (w websites) Website(_ context.Context, id string) (chat.Website, error) {
	if site, ok := w[id]; ok {
		return site, nil
	}
	return chat.Website{}, chat.ErrNotFound
}

func TestHandle(t *testing.T) {
	t.Parallel()
	customer := authorizer.Claims{Principal: chat.Principal{Role: chat.RoleCustomer, ID: "c1", Website: "fern"}, Origin: "https://fern.example"}
	gone := customer
	gone.Website = "gone"
	agent := authorizer.Claims{Principal: chat.Principal{Role: chat.RoleAgent, ID: "marta"}, Name: "Marta"}
	fault := errors.New("no answer")
	for _, c := range []struct {
		name, origin string
		claims       authorizer.Claims
		err          error
		want         string // the effect, or the error
	}{
		{"a customer on their page", "https://fern.example", customer, nil, "Allow"},
		{"a customer's token on another page", "https://evil.example", customer, nil, "Deny"},
		{"a customer's token without a page", "", customer, nil, "Deny"},
		{"a page that the website does not have any more", "https://fern.example", gone, nil, "Deny"},
		{"an agent", "https://desk.example", agent, nil, "Allow"},
		{"a bad token", "https://fern.example", authorizer.Claims{}, authorizer.ErrToken, "Unauthorized"}, // the gateway makes 401 of this text alone
		{"a fault", "https://fern.example", authorizer.Claims{}, fault, "no answer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			asked := ""
			h := authorizer.New(verifier(func(token string) (authorizer.Claims, error) { asked = token; return c.claims, c.err }),
				websites{"fern": {ID: "fern", Origins: []string{"https://fern.example"}}}, slog.New(slog.DiscardHandler))
			r, err := h.Handle(t.Context(), events.APIGatewayCustomAuthorizerRequestTypeRequest{MethodArn: "arn:method",
				Headers: map[string]string{"sec-websocket-protocol": "parley.v1, t.secret", "origin": c.origin}})
			got := ""
			if err != nil {
				got = err.Error()
			} else {
				s := r.PolicyDocument.Statement[0]
				got = s.Effect
				if s.Resource[0] != "arn:method" || r.Context["id"] != c.claims.ID || r.Context["role"] != string(c.claims.Role) {
					t.Errorf("it says %+v of %+v", r, c.claims)
				}
			}
			if got != c.want || asked != "secret" {
				t.Errorf("got %q for token %q, want %q", got, asked, c.want)
			}
		})
	}
}
