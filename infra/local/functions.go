package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/parley-chat/parley/functions/agent"
	"github.com/parley-chat/parley/functions/api"
	"github.com/parley-chat/parley/functions/authorizer"
	"github.com/parley-chat/parley/functions/chat"
	"github.com/parley-chat/parley/functions/connect"
	"github.com/parley-chat/parley/functions/customer"
	"github.com/parley-chat/parley/functions/reaper"
	"github.com/parley-chat/parley/functions/router"
	"github.com/parley-chat/parley/infra/env"
	"github.com/parley-chat/parley/infra/local/template"
)

// function is a Lambda: JSON in, JSON out.
type function func(ctx context.Context, payload []byte) ([]byte, error)

// wire makes the function of the template in this process, from the environment that the template gives it. It is what the
// function's bootstrap does; tune sets what a runner may change.
func wire(f template.Function, client *http.Client, log *slog.Logger, tune func(*chat.Desk)) (function, error) {
	e := env.New(func(name string) string { return f.Environment[name] }, client, log.With("function", f.Folder))
	desk := func() *chat.Desk {
		d := e.Desk()
		tune(d)
		return d
	}
	var handler any
	switch f.Folder {
	case "functions/authorizer":
		handler = authorizer.New(e.Verifier(), e.Store(), e.Log()).Handle
	case "functions/connect":
		handler = connect.New(desk()).Handle
	case "functions/customer":
		handler = customer.New(desk()).Handle
	case "functions/agent":
		handler = agent.New(desk()).Handle
	case "functions/router":
		handler = router.New(desk()).Handle
	case "functions/reaper":
		handler = reaper.New(desk()).Handle
	case "functions/api":
		handler = api.New(desk(), e.Customers(), e.Desktop()).Handle
	default:
		return nil, fmt.Errorf("the template has the function %s, which this runner does not know: add it to infra/local/functions.go", f.Folder)
	}
	if err := e.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", f.ID, err)
	}
	return lambda.NewHandler(handler).Invoke, nil
}
