package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/parley-chat/parley/functions/wire"
	"github.com/parley-chat/parley/infra/e2e/play"
)

// get asks for an address as a browser on a page of the website does, without unpacking what comes.
func (s *smoke) get(ctx context.Context, method, path string, body any) (*http.Response, []byte, error) {
	var content io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return nil, nil, err
		}
		content = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(ctx, method, s.url+path, content)
	if err != nil {
		return nil, nil, err
	}
	r.Header.Set("Origin", s.origin)
	r.Header.Set("Accept-Encoding", "br, gzip")
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %d: %.200s", path, resp.StatusCode, b)
	}
	return resp, b, err
}

// find asks the site where everything is.
func (s *smoke) find(ctx context.Context) error {
	began := time.Now()
	_, b, err := s.get(ctx, http.MethodGet, "/health", nil)
	if err != nil {
		return err
	}
	var health wire.Health
	if err := json.Unmarshal(b, &health); err != nil || !health.OK {
		return fmt.Errorf("health: %s (%v)", b, err)
	}
	s.lines = append(s.lines, line{"Health", "ok", "after " + ms(time.Since(began)) + ", with whatever had to start"})
	var desktop wire.DesktopConfig
	if _, b, err = s.get(ctx, http.MethodGet, "/v1/desktop", nil); err == nil {
		err = json.Unmarshal(b, &desktop)
	}
	s.deployment = play.Deployment{Origin: s.url, Socket: desktop.Socket, Issuer: desktop.Issuer}
	return err
}

// desktopPage looks at the page that agents open, and at what guards it.
func (s *smoke) desktopPage(ctx context.Context) (string, error) {
	resp, b, err := s.get(ctx, http.MethodGet, "/desktop/", nil)
	switch {
	case err != nil:
		return "", err
	case !strings.Contains(resp.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'"):
		return "", errors.New("it comes without its content security policy")
	case resp.Header.Get("Cache-Control") != "no-cache":
		return "", fmt.Errorf("Cache-Control is %q: an upgrade would not be seen", resp.Header.Get("Cache-Control"))
	}
	return fmt.Sprintf("%d bytes, guarded by its content security policy", len(b)), nil
}

// loader looks at what customers' pages load.
func (s *smoke) loader(ctx context.Context) (string, error) {
	resp, b, err := s.get(ctx, http.MethodGet, "/widget/widget.js", nil)
	switch {
	case err != nil:
		return "", err
	case resp.Header.Get("Access-Control-Allow-Origin") != "*":
		return "", errors.New("pages of other origins may not load it")
	case !strings.Contains(resp.Header.Get("Cache-Control"), "max-age=300"):
		return "", fmt.Errorf("Cache-Control is %q", resp.Header.Get("Cache-Control"))
	}
	encoding := resp.Header.Get("Content-Encoding")
	if encoding == "" {
		encoding = "no compression"
	}
	return fmt.Sprintf("%d bytes (%s)", len(b), encoding), nil
}

// strangers tries to get in without a token and with a forged one.
func (s *smoke) strangers(ctx context.Context) (string, error) {
	for what, token := range map[string]string{"no token": "", "a forged token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.eA"} {
		c, err := play.Dial(ctx, s.deployment, wire.ActionCustomer, token, play.Options{Origin: s.origin})
		if err == nil {
			_ = c.Close()
			return "", fmt.Errorf("%s opens a socket", what)
		}
		var refused *play.Refused
		if !errors.As(err, &refused) || refused.Status != http.StatusUnauthorized {
			return "", fmt.Errorf("%s: %w, want 401", what, err)
		}
	}
	return "401 without a token and with a forged one", nil
}

// customerToken fetches a token for a new customer.
func (s *smoke) customerToken(ctx context.Context) (reply wire.TokenReply, err error) {
	_, b, err := s.get(ctx, http.MethodPost, "/v1/websites/"+s.website+"/token", wire.TokenRequest{})
	if err == nil {
		err = json.Unmarshal(b, &reply)
	}
	return reply, err
}

func ms(d time.Duration) string {
	if d < 10*time.Millisecond {
		return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
	}
	return fmt.Sprintf("%d ms", d.Milliseconds())
}
