package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/invopop/jsonschema"

	"github.com/parley-chat/parley/functions/wire"
)

// request is what a client may ask, with the frames that answer it besides Error. No replies: it is droppable.
type request struct {
	frame   any
	roles   []string
	replies []any
}

// requests lists every frame of clients but Ping, which has no type.
func requests() []request {
	both := []string{wire.ActionCustomer, wire.ActionAgent}
	customer, agent := both[:1], both[1:]
	return []request{
		{wire.Hello{}, both, []any{wire.Welcome{}}},
		{wire.Start{}, customer, []any{wire.SessionFrame{}}},
		{wire.Send{}, both, []any{wire.Ack{}}},
		{wire.Since{}, both, []any{wire.Rows{}}},
		{wire.Beat{}, both, []any{wire.Pulse{}}},
		{wire.Leave{}, both, []any{wire.SessionFrame{}}},
		{wire.Typing{}, both, nil},
		{wire.Read{}, both, nil},
		{wire.SetStatus{}, agent, []any{wire.Status{}, wire.Team{}}},
		{wire.Accept{}, agent, []any{wire.SessionFrame{}}},
		{wire.Reject{}, agent, []any{wire.Done{}}},
		{wire.Mark{}, agent, nil},
		{wire.Close{}, agent, []any{wire.SessionFrame{}}},
		{wire.Transfer{}, agent, []any{wire.SessionFrame{}}},
		{wire.Withdraw{}, agent, []any{wire.SessionFrame{}}},
		{wire.AskMessages{}, agent, []any{wire.Messages{}}},
		{wire.Pick{}, agent, []any{wire.SessionFrame{}}},
		{wire.AskTeam{}, agent, []any{wire.Team{}}},
		{wire.AskLedger{}, agent, []any{wire.Ledger{}}},
	}
}

// pushes are the frames that come without having been asked for.
func pushes() []any {
	return []any{wire.SessionFrame{}, wire.Rows{}, wire.Status{}, wire.Offer{}, wire.Gone{}, wire.TypingOut{}, wire.ReadOut{}}
}

// serverFrames lists every frame of the server.
func serverFrames() []any {
	return []any{
		wire.Welcome{}, wire.Pulse{}, wire.SessionFrame{}, wire.Rows{}, wire.Ack{}, wire.Done{}, wire.Status{}, wire.Offer{},
		wire.Gone{}, wire.Messages{}, wire.Team{}, wire.Ledger{}, wire.TypingOut{}, wire.ReadOut{}, wire.Pong{}, wire.Error{},
	}
}

// call is one request over HTTPS.
type call struct {
	name, method, path string
	request, reply     any // bodies; nil when there is none
}

func calls() []call {
	return []call{
		{"website", "GET", "/v1/websites/{website}", nil, wire.WebsiteConfig{}},
		{"token", "POST", "/v1/websites/{website}/token", wire.TokenRequest{}, wire.TokenReply{}},
		{"desktop", "GET", "/v1/desktop", nil, wire.DesktopConfig{}},
		{"health", "GET", "/health", nil, wire.Health{}},
	}
}

func nameOf(frame any) string { return reflect.TypeOf(frame).Name() }

// reflectContract reflects the whole contract into one schema. Its root names what travels each way; everything else is a
// definition. Unknown fields are allowed everywhere, because fields may be added while old clients are connected.
func reflectContract(src *source) (*jsonschema.Schema, error) {
	reflector := &jsonschema.Reflector{
		Anonymous:                 true,
		AllowAdditionalProperties: true,
		LookupComment: func(t reflect.Type, field string) string {
			if field == "" {
				return src.comments[t.Name()]
			}
			return src.comments[t.Name()+"."+field]
		},
		Mapper: func(t reflect.Type) *jsonschema.Schema {
			if t.Kind() != reflect.String || t.Name() == "string" {
				return nil
			}
			// Named string types become definitions of their own, added below.
			return &jsonschema.Schema{Ref: definition(t.Name())}
		},
	}
	root := &jsonschema.Schema{
		Version:     jsonschema.Version,
		Title:       "Contract",
		Description: "What travels on the socket, each way. The bodies over HTTPS are definitions of their own.",
		Type:        "object",
		Properties:  jsonschema.NewProperties(),
		Required:    []string{"client", "server"},
		Definitions: jsonschema.Definitions{},
	}
	root.Properties.Set("client", ref("ClientFrame"))
	root.Properties.Set("server", ref("ServerFrame"))
	add := func(v any) {
		for name, def := range reflector.Reflect(v).Definitions {
			root.Definitions[name] = def
		}
	}

	byRole := map[string][]*jsonschema.Schema{}
	for _, r := range requests() {
		add(r.frame)
		action, _ := root.Definitions[nameOf(r.frame)].Properties.Get("action")
		action.Enum = nil
		for _, role := range r.roles {
			action.Enum = append(action.Enum, role)
			byRole[role] = append(byRole[role], ref(nameOf(r.frame)))
		}
	}
	add(wire.Ping{})
	root.Definitions["ClientFrame"] = &jsonschema.Schema{
		Description: "Every frame that a client may send.",
		OneOf:       []*jsonschema.Schema{ref("CustomerRequest"), ref("AgentRequest"), ref("Ping")},
	}
	root.Definitions["CustomerRequest"] = asRole(wire.ActionCustomer, byRole[wire.ActionCustomer])
	root.Definitions["AgentRequest"] = asRole(wire.ActionAgent, byRole[wire.ActionAgent])

	server := &jsonschema.Schema{Description: "Every frame that the server sends."}
	for _, frame := range serverFrames() {
		add(frame)
		server.OneOf = append(server.OneOf, ref(nameOf(frame)))
	}
	root.Definitions["ServerFrame"] = server

	for _, c := range calls() {
		if c.request != nil {
			add(c.request)
		}
		add(c.reply)
	}
	add(wire.HTTPError{})

	for name, values := range src.values {
		def := &jsonschema.Schema{Type: "string", Description: src.comments[name]}
		for _, v := range values {
			def.Enum = append(def.Enum, v)
		}
		root.Definitions[name] = def
	}
	if len(src.values["ErrorCode"]) == 0 {
		return nil, errors.New("functions/chat declares no codes of refusals")
	}
	return root, nil
}

func encode(schema *jsonschema.Schema) ([]byte, error) {
	content, err := json.MarshalIndent(schema, "", "  ")
	if err != nil {
		return nil, err
	}
	return append(content, '\n'), nil
}

func definition(name string) string { return "#/$defs/" + name }

func ref(name string) *jsonschema.Schema { return &jsonschema.Schema{Ref: definition(name)} }

// forTypescript bends the schema to the habits of json-schema-to-typescript: it copies a type whose reference has a comment of
// its own (Page, Page1, Page2) unless told the type's name, and it leaves out definitions that the root does not reach unless
// they have the old keyword. It changes its argument.
func forTypescript(root *jsonschema.Schema) ([]byte, error) {
	for _, def := range root.Definitions {
		for pair := def.Properties.Oldest(); pair != nil; pair = pair.Next() {
			if field := pair.Value; field.Ref != "" && field.Description != "" {
				field.Extras = map[string]any{"tsType": strings.TrimPrefix(field.Ref, definition(""))}
				field.Ref = ""
			}
		}
	}
	content, err := encode(root)
	return bytes.ReplaceAll(content, []byte("$defs"), []byte("definitions")), err
}

// asRole is the union of frames, narrowed to one action.
func asRole(action string, frames []*jsonschema.Schema) *jsonschema.Schema {
	properties := jsonschema.NewProperties()
	properties.Set("action", &jsonschema.Schema{Type: "string", Const: action})
	return &jsonschema.Schema{
		Description: fmt.Sprintf("Every request of a client on the route `%s`.", action),
		AllOf: []*jsonschema.Schema{
			{OneOf: frames},
			{Type: "object", Properties: properties, Required: []string{"action"}},
		},
	}
}

// typeOf is the value that the frame's field `type` always has.
func typeOf(frame any) string {
	field, _ := reflect.TypeOf(frame).FieldByName("Type")
	return strings.TrimPrefix(field.Tag.Get("jsonschema"), "enum=")
}
