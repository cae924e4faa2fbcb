package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"

	"github.com/parley-chat/parley/functions/agent"
	"github.com/parley-chat/parley/functions/api"
	"github.com/parley-chat/parley/functions/authorizer"
	"github.com/parley-chat/parley/functions/chat"
	"github.com/parley-chat/parley/functions/connect"
	"github.com/parley-chat/parley/functions/customer"
	"github.com/parley-chat/parley/functions/reaper"
	"github.com/parley-chat/parley/functions/router"
	"github.com/parley-chat/parley/infra/env"
	"github.com/parley-chat/parley/infra/local/gateway"
	"github.com/parley-chat/parley/infra/local/template"
	"github.com/parley-chat/parley/infra/metrics"
	"github.com/parley-chat/parley/infra/secret"
)

// wire makes the function of the template in this process, from the environment that the template gives it. It is what the
// function's bootstrap does; watch takes its metrics (nil: none), tune sets what a runner may change.
func wire(f template.Function, client *http.Client, log *slog.Logger, watch io.Writer, tune func(*chat.Desk)) (gateway.Function, error) {
	e := env.New(func(name string) string { return f.Environment[name] }, client, log.With("function", f.Folder))
	if watch != nil {
		e.Watch(watch)
	}
	desk := func() *chat.Desk {
		d := e.Desk()
		tune(d)
		return d
	}
	var fn gateway.Function
	switch f.Folder {
	case "functions/authorizer":
		fn = gateway.Lambda(authorizer.New(e.Verifier(secret.Open), e.Store(), e.Log()).Handle)
	case "functions/connect":
		fn = gateway.Lambda(connect.New(desk()).Handle)
	case "functions/customer":
		fn = gateway.Lambda(customer.New(desk()).Handle)
	case "functions/agent":
		fn = gateway.Lambda(agent.New(desk()).Handle)
	case "functions/router":
		fn = gateway.Lambda(silent(router.New(desk()).Handle))
	case "functions/reaper":
		fn = gateway.Lambda(silent(reaper.New(desk(), e.Meter()).Handle))
	case "functions/api":
		fn = gateway.Lambda(api.New(desk(), e.Customers(secret.Open), e.Desktop()).Handle)
	default:
		return nil, fmt.Errorf("the template has the function %s, which this runner does not know: add it to infra/local/functions.go", f.Folder)
	}
	if err := e.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", f.ID, err)
	}
	return flushed(fn, e.Meter()), nil
}

// flushed writes the metrics of each call, as env's Start does. Calls run side by side here and may share a line; on AWS they do not.
func flushed(f gateway.Function, m *metrics.Meter) gateway.Function {
	return func(ctx context.Context, payload []byte) ([]byte, error) {
		out, err := f(ctx, payload)
		_ = m.Flush() // to a writer that only counts
		return out, err
	}
}

// silent is a handler that answers nothing.
func silent[In any](handle func(context.Context, In) error) func(context.Context, In) (struct{}, error) {
	return func(ctx context.Context, in In) (struct{}, error) { return struct{}{}, handle(ctx, in) }
}
