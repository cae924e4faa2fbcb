// Command bootstrap is the Lambda of package router.
package main

import (
	"github.com/parley-chat/parley/functions/router"
	"github.com/parley-chat/parley/infra/env"
)

func main() {
	e := env.Process()
	e.Start(router.New(e.Desk()).Handle)
}
