// Command bootstrap is the Lambda of package authorizer.
package main

import (
	"github.com/parley-chat/parley/functions/authorizer"
	"github.com/parley-chat/parley/infra/env"
	"github.com/parley-chat/parley/infra/secret"
)

func main() {
	e := env.Process()
	e.Start(authorizer.New(e.Verifier(secret.Open), e.Store(), e.Log()).Handle)
}
