// Command bootstrap is the Lambda of package agent.
package main

import (
	"github.com/parley-chat/parley/functions/agent"
	"github.com/parley-chat/parley/infra/env"
)

func main() {
	e := env.Process()
	e.Start(agent.New(e.Desk()).Handle)
}
