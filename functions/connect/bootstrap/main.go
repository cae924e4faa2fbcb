// Command bootstrap is the Lambda of package connect.
package main

import (
	"github.com/parley-chat/parley/functions/connect"
	"github.com/parley-chat/parley/infra/env"
)

func main() {
	e := env.Process()
	e.Start(connect.New(e.Desk()).Handle)
}
