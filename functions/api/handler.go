// Package api answers over HTTPS: what the widget needs before it opens a socket, how the desktop signs in, and health.
package api

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/parley-chat/parley/functions/chat"
	"github.com/parley-chat/parley/functions/socket"
	"github.com/parley-chat/parley/functions/wire"
)

// Signer makes and reads customers' tokens.
type Signer interface {
	// Sign makes a token for a customer on a page of this origin.
	Sign(ctx context.Context, customer, website, origin string) (token string, expires time.Time, err error)
	// Customer is who an earlier token of the website was made for, even if it has expired; "" if it is not one of ours.
	Customer(ctx context.Context, token, website string) (string, error)
}

// Handler answers requests.
type Handler struct {
	desk    *chat.Desk
	signer  Signer
	desktop wire.DesktopConfig
}

// New makes a Handler. desktop is what agents' desktops are told; its Socket is everybody's.
func New(desk *chat.Desk, s Signer, desktop wire.DesktopConfig) *Handler {
	return &Handler{desk, s, desktop}
}

type (
	request  = events.APIGatewayV2HTTPRequest
	response = events.APIGatewayV2HTTPResponse
)

// Handle answers one request.
func (h *Handler) Handle(ctx context.Context, r request) (response, error) {
	began := time.Now()
	status, body, err := h.serve(ctx, r)
	if err != nil {
		e := chat.AsError(err)
		status, body = statusOf(e.Code), wire.HTTPError{Code: wire.ErrorCode(e.Code), Message: e.Message}
	}
	level := slog.LevelInfo
	if status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	h.desk.Log.Log(ctx, level, "http", "op", r.RequestContext.HTTP.Method+" "+route(r.RawPath), "status", status,
		"ms", float64(time.Since(began).Microseconds())/1000, "err", err)
	b, err := json.Marshal(body)
	if err != nil {
		return response{}, err
	}
	return response{StatusCode: status, Body: string(b),
		Headers: map[string]string{"Content-Type": "application/json", "Cache-Control": "no-store"}}, nil
}

// statusOf is the HTTP status of a refusal.
func statusOf(c chat.Code) int {
	switch c {
	case chat.CodeNotFound:
		return http.StatusNotFound
	case chat.CodeForbidden:
		return http.StatusForbidden
	case chat.CodeUnauthorized:
		return http.StatusUnauthorized
	case chat.CodeRateLimited:
		return http.StatusTooManyRequests
	case chat.CodeInternal:
		return http.StatusInternalServerError
	case chat.CodeBusy:
		return http.StatusServiceUnavailable
	}
	return http.StatusBadRequest
}

// route is the path without names, for the log.
func route(path string) string {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	if len(parts) >= 3 && parts[1] == "websites" {
		parts[2] = "{website}"
	}
	return "/" + strings.Join(parts, "/")
}

func (h *Handler) serve(ctx context.Context, r request) (int, any, error) {
	if r.IsBase64Encoded { // the gateway does so with bodies of no type, or of one that it does not know as text
		b, err := base64.StdEncoding.DecodeString(r.Body)
		if err != nil {
			return 0, nil, chat.Refuse(chat.CodeBadFrame, "The body is not what the gateway says it is.")
		}
		r.Body = string(b)
	}
	parts := strings.Split(strings.Trim(r.RawPath, "/"), "/")
	method := r.RequestContext.HTTP.Method
	switch {
	case method == http.MethodGet && slices.Equal(parts, []string{"health"}):
		return h.health(ctx)
	case method == http.MethodGet && slices.Equal(parts, []string{"v1", "desktop"}):
		return http.StatusOK, h.desktop, nil
	case len(parts) == 3 && parts[0] == "v1" && parts[1] == "websites" && method == http.MethodGet:
		return h.website(ctx, parts[2])
	case len(parts) == 4 && parts[0] == "v1" && parts[1] == "websites" && parts[3] == "token" && method == http.MethodPost:
		return h.token(ctx, parts[2], socket.Header(r.Headers, "Origin"), r.Body)
	}
	return 0, nil, chat.Refuse(chat.CodeNotFound, "There is nothing at this address.")
}

func (h *Handler) website(ctx context.Context, id string) (int, any, error) {
	w, err := h.desk.Front(ctx, id)
	if err != nil {
		return 0, nil, err
	}
	c := wire.WebsiteConfig{Website: w.Website.ID, Name: w.Website.Name, Brand: w.Website.Brand, Greeting: w.Website.Greeting, Open: string(w.Open),
		Offline: w.Messages, Wait: int(w.Wait.Seconds()),
		AskName: w.Website.AskName, AskEmail: w.Website.AskEmail, Socket: h.desktop.Socket, Queues: []wire.Ref{}}
	if !w.Opens.IsZero() {
		c.Opens = w.Opens.UnixMilli()
	}
	for _, q := range w.Queues {
		c.Queues = append(c.Queues, wire.Ref{ID: q.ID, Name: q.Name})
	}
	return http.StatusOK, c, nil
}

// token makes a customer's token for a page of one of the website's origins.
func (h *Handler) token(ctx context.Context, website, origin, body string) (int, any, error) {
	var q wire.TokenRequest
	if body != "" {
		if err := json.Unmarshal([]byte(body), &q); err != nil {
			return 0, nil, chat.Refuse(chat.CodeBadFrame, "The body is not the JSON that belongs here.")
		}
	}
	w, err := h.desk.Front(ctx, website)
	if err != nil {
		return 0, nil, err
	}
	if !slices.Contains(w.Website.Origins, origin) {
		return 0, nil, chat.Refuse(chat.CodeForbidden, "Chats of this website do not open on this page. Its owner can add the address to the website's origins.")
	}
	customer := ""
	if q.Previous != "" {
		if customer, err = h.signer.Customer(ctx, q.Previous, website); err != nil {
			return 0, nil, err
		}
	}
	if customer == "" {
		customer = "c" + strings.ToLower(rand.Text()[:20])
	}
	token, expires, err := h.signer.Sign(ctx, customer, website, origin)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, wire.TokenReply{Token: token, Customer: customer, Expires: expires.UnixMilli(), Socket: h.desktop.Socket}, nil
}

// health asks the store something small.
func (h *Handler) health(ctx context.Context) (int, any, error) {
	began := time.Now()
	_, err := h.desk.Store.Shards(ctx)
	part := wire.HealthPart{Name: "store", OK: err == nil, Millis: float64(time.Since(began).Microseconds()) / 1000}
	status := http.StatusOK
	if err != nil {
		status, part.Note = http.StatusServiceUnavailable, "The store does not answer."
		h.desk.Log.ErrorContext(ctx, "health", "err", errors.Unwrap(err))
	}
	return status, wire.Health{OK: err == nil, Parts: []wire.HealthPart{part}}, nil
}
