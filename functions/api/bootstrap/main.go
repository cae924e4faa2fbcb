// Command bootstrap is the Lambda of package api.
package main

import (
	_ "time/tzdata" // a website's hours are in its own zone, and Lambda has no zones

	"github.com/parley-chat/parley/functions/api"
	"github.com/parley-chat/parley/infra/env"
	"github.com/parley-chat/parley/infra/secret"
)

func main() {
	e := env.Process()
	e.Start(api.New(e.Desk(), e.Customers(secret.Open), e.Desktop()).Handle)
}
