// Command bootstrap is the Lambda of package api.
package main

import (
	"github.com/parley-chat/parley/functions/api"
	"github.com/parley-chat/parley/infra/env"
)

func main() {
	e := env.Process()
	e.Start(api.New(e.Desk(), e.Customers(), e.Desktop()).Handle)
}
