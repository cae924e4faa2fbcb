// Package wire is the contract between Parley and its clients: every frame on the socket and every body over HTTPS.
//
// The Go structs are the source. `make gen` makes from them the JSON Schema and the TypeScript types that both front ends
// compile against (widget/client/src/wire.gen.ts) and the AsyncAPI page for people (docs/asyncapi.yaml); a test fails
// when the generated files are stale. testdata/ holds golden frames that Go and TypeScript both read.
//
// A frame from a client names an `action` (`customer`, `agent`, `ping`: the route key of the socket API) and a `type`
// (what it wants). A frame from the server has a `type` only. `id` is the client's own number of a request; the answer
// carries it as `re`. Answers come as route responses to the caller alone; all else is a push, and a push may be lost,
// repeated or late: places in the log and rounds of offers tell a client what it has missed.
//
// Times are milliseconds since 1970 (UTC). Every server frame that carries a deadline also carries `now`, so that a
// client counts down by the server's clock and not by its own.
//
// Changes are backward compatible for one release, because sockets outlive a deployment by up to two hours: fields may
// be added, never renamed; clients ignore what they do not know.
package wire

// Version is the sub-protocol of the socket. The token travels beside it: `Sec-WebSocket-Protocol: parley.v1, t.<jwt>`.
const Version = "parley.v1"

// TokenPrefix marks the sub-protocol entry that carries the token.
const TokenPrefix = "t."

// Limits of what a client may send. They are checked before anything is stored.
const (
	// MaxFrame is the largest frame a server sends, in bytes. API Gateway allows 32 KB a frame; the rest is room for
	// the envelope and for JSON's escapes.
	MaxFrame = 28 << 10
	// MaxText is the longest message, in characters. A page of 20 such rows still fits a DynamoDB Query page.
	MaxText = 4000
	// MaxName is the longest name of a person, in characters.
	MaxName = 80
	// MaxEmail follows RFC 5321 (path limit of 256 with its brackets).
	MaxEmail = 254
	// MaxID is the longest identifier a client may choose (cid, nonce), in bytes.
	MaxID = 64
	// MaxURL is the longest page address kept with a session, in bytes; longer ones are cut.
	MaxURL = 500
	// MaxCursors is how many sessions one hello or beat may name.
	MaxCursors = 50
)
