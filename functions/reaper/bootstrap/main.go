// Command bootstrap is the Lambda of package reaper.
package main

import (
	"github.com/parley-chat/parley/functions/reaper"
	"github.com/parley-chat/parley/infra/env"
)

func main() {
	e := env.Process()
	e.Start(reaper.New(e.Desk(), e.Meter()).Handle)
}
