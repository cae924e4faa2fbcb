package wire

// WebsiteConfig is the answer of GET /v1/websites/{website}: what the widget needs before anybody writes.
type WebsiteConfig struct {
	Website string `json:"website"`
	Name    string `json:"name"`
	// Brand is the owner's colour, #rrggbb; empty is pine.
	Brand    string `json:"brand,omitempty"`
	Greeting string `json:"greeting,omitempty"`
	// Open says whether somebody may answer now: open, closed, full, nobody.
	Open string `json:"open" jsonschema:"enum=open,enum=closed,enum=full,enum=nobody"`
	// Offline says that the website takes messages for later while it is in this state: show the form, not the line.
	Offline bool `json:"offline,omitempty"`
	// Opens is when a closed website opens again; absent when nobody knows.
	Opens int64 `json:"opens,omitempty"`
	// Wait is an estimate, in seconds, of how long somebody who writes now will wait; absent when nobody knows.
	Wait   int   `json:"wait,omitempty"`
	Queues []Ref `json:"queues"`
	// AskName and AskEmail say what the first form asks for.
	AskName  bool   `json:"askName,omitempty"`
	AskEmail bool   `json:"askEmail,omitempty"`
	Socket   string `json:"socket"`
}

// TokenRequest is the body of POST /v1/websites/{website}/token. Previous is the last token of this browser: its customer
// is kept, even when it has expired.
type TokenRequest struct {
	Previous string `json:"previous,omitempty"`
}

// TokenReply carries a customer's token for the socket. Expires is in milliseconds since 1970.
type TokenReply struct {
	Token    string `json:"token"`
	Customer string `json:"customer"`
	Expires  int64  `json:"expires"`
	Socket   string `json:"socket"`
}

// DesktopConfig is the answer of GET /v1/desktop: how the desktop signs in and where it connects.
type DesktopConfig struct {
	Issuer   string `json:"issuer"`
	ClientID string `json:"clientId"`
	Socket   string `json:"socket"`
}

// Health is the answer of GET /health. Parts name what was asked and how long it took, in milliseconds.
type Health struct {
	OK    bool         `json:"ok"`
	Parts []HealthPart `json:"parts"`
}

// HealthPart is one dependency of the service.
type HealthPart struct {
	Name   string  `json:"name"`
	OK     bool    `json:"ok"`
	Millis float64 `json:"millis"`
	Note   string  `json:"note,omitempty"`
}

// HTTPError is the body of every HTTPS refusal.
type HTTPError struct {
	Code    ErrorCode `json:"code"`
	Message string    `json:"message"`
}
