// Command bootstrap is the Lambda of package customer.
package main

import (
	_ "time/tzdata" // a website's hours are in its own zone, and Lambda has no zones

	"github.com/parley-chat/parley/functions/customer"
	"github.com/parley-chat/parley/infra/env"
)

func main() {
	e := env.Process()
	e.Start(customer.New(e.Desk()).Handle)
}
