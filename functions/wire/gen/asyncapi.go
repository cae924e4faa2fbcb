package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/parley-chat/parley/functions/wire"
)

// object is a JSON object; its keys come out sorted.
type object = map[string]any

// asyncAPI writes the contract as an AsyncAPI 3 document: one channel for the socket with an operation for each request (its
// replies beside it) and one for the pushes, and a channel for each call over HTTPS. The golden frames are the examples.
func asyncAPI(root string, src *source, schema []byte) ([]byte, error) {
	schemas, err := schemasOf(schema)
	if err != nil {
		return nil, err
	}
	messages, inSocket := object{}, object{}
	message := func(v any, example string) error {
		name := nameOf(v)
		if _, known := messages[name]; known {
			return nil
		}
		m := object{
			"name":    name,
			"summary": src.comments[name],
			"payload": object{"$ref": "#/components/schemas/" + name},
		}
		payload, err := exampleOf(root, example)
		if err != nil {
			return err
		}
		if payload != nil {
			m["examples"] = []any{object{"payload": payload}}
		}
		messages[name] = m
		return nil
	}

	operations := object{}
	for _, r := range requests() {
		name := nameOf(r.frame)
		if err := message(r.frame, r.roles[0]+"."+typeOf(r.frame)); err != nil {
			return nil, err
		}
		inSocket[name] = messageRef(name)
		operation := object{
			"action":   "receive",
			"channel":  object{"$ref": "#/channels/socket"},
			"summary":  "From " + strings.Join(r.roles, " or ") + ".",
			"messages": []any{channelMessage("socket", name)},
		}
		if len(r.replies) > 0 {
			replies := []any{}
			for _, reply := range append(r.replies, wire.Error{}) {
				replies = append(replies, channelMessage("socket", nameOf(reply)))
			}
			operation["reply"] = object{"channel": object{"$ref": "#/channels/socket"}, "messages": replies}
		}
		operations[typeOf(r.frame)] = operation
	}
	if err := message(wire.Ping{}, "ping"); err != nil {
		return nil, err
	}
	inSocket["Ping"] = messageRef("Ping")
	operations["ping"] = object{
		"action":   "receive",
		"channel":  object{"$ref": "#/channels/socket"},
		"messages": []any{channelMessage("socket", "Ping")},
		"reply": object{
			"channel":  object{"$ref": "#/channels/socket"},
			"messages": []any{channelMessage("socket", "Pong")},
		},
	}
	for _, frame := range serverFrames() {
		if err := message(frame, "server."+typeOf(frame)); err != nil {
			return nil, err
		}
		inSocket[nameOf(frame)] = messageRef(nameOf(frame))
	}
	pushed := []any{}
	for _, frame := range pushes() {
		pushed = append(pushed, channelMessage("socket", nameOf(frame)))
	}
	operations["push"] = object{
		"action":   "send",
		"channel":  object{"$ref": "#/channels/socket"},
		"summary":  "What nobody asked for. A push may be lost, repeated or late.",
		"messages": pushed,
	}

	channels := object{"socket": object{
		"address":     "/",
		"description": "One WebSocket a browser. The first frame is hello.",
		"messages":    inSocket,
		"servers":     []any{object{"$ref": "#/servers/socket"}},
	}}
	for _, c := range calls() {
		if err := addCall(channels, operations, c, message); err != nil {
			return nil, err
		}
	}

	document := yaml.Node{Kind: yaml.MappingNode}
	for _, part := range []struct {
		name  string
		value any
	}{
		{"asyncapi", "3.0.0"},
		{"info", object{"title": "Parley", "version": wire.Version, "description": description(src)}},
		{"defaultContentType", "application/json"},
		{"servers", object{
			"socket": object{
				"host": "{api}.execute-api.{region}.amazonaws.com", "pathname": "/{stage}", "protocol": "wss",
				"description": "GET /v1/websites/{website} and GET /v1/desktop name the real one.",
				"variables":   object{"api": object{}, "region": object{}, "stage": object{}},
				"security":    []any{object{"$ref": "#/components/securitySchemes/token"}},
			},
			"https": object{
				"host": "{host}", "protocol": "https", "variables": object{"host": object{}},
				"description": "The origin that widget.js comes from.",
			},
		}},
		{"channels", channels},
		{"operations", operations},
		{"components", object{
			"messages": messages,
			"schemas":  schemas,
			"securitySchemes": object{"token": object{
				"type": "httpApiKey", "in": "header", "name": "Sec-WebSocket-Protocol",
				"description": fmt.Sprintf("Two sub-protocols: `%s`, and the token behind `%s`.", wire.Version, wire.TokenPrefix),
			}},
		}},
	} {
		var value yaml.Node
		if err := value.Encode(part.value); err != nil {
			return nil, err
		}
		document.Content = append(document.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: part.name}, &value)
	}
	var out bytes.Buffer
	out.WriteString(strings.Replace(banner, "//", "#", 1))
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(&document); err != nil {
		return nil, err
	}
	return out.Bytes(), encoder.Close()
}

func addCall(channels, operations object, c call, message func(v any, example string) error) error {
	messages := object{}
	add := func(v any) error {
		messages[nameOf(v)] = messageRef(nameOf(v))
		return message(v, "http."+nameOf(v))
	}
	for _, body := range []any{c.reply, wire.HTTPError{}} {
		if err := add(body); err != nil {
			return err
		}
	}
	asked := []any{}
	if c.request != nil {
		if err := add(c.request); err != nil {
			return err
		}
		asked = append(asked, channelMessage(c.name, nameOf(c.request)))
	}
	channel := object{
		"address":  c.path,
		"servers":  []any{object{"$ref": "#/servers/https"}},
		"messages": messages,
	}
	if strings.Contains(c.path, "{website}") {
		channel["parameters"] = object{"website": object{"description": "The id of the website, as in data-website."}}
	}
	channels[c.name] = channel
	operations[c.name] = object{
		"action":   "receive",
		"channel":  object{"$ref": "#/channels/" + c.name},
		"bindings": object{"http": object{"method": c.method}},
		"messages": asked,
		"reply": object{
			"channel":  object{"$ref": "#/channels/" + c.name},
			"messages": []any{channelMessage(c.name, nameOf(c.reply)), channelMessage(c.name, "HTTPError")},
		},
	}
	return nil
}

func messageRef(name string) object { return object{"$ref": "#/components/messages/" + name} }

func channelMessage(channel, name string) object {
	return object{"$ref": "#/channels/" + channel + "/messages/" + name}
}

// description is the package comment without its first paragraph, which speaks to Go programmers.
func description(src *source) string {
	_, rest, _ := strings.Cut(src.doc, "\n\n")
	return "Every frame on the socket and every body over HTTPS.\n\n" + rest
}

// schemasOf takes the definitions out of the schema, in their order, with references as AsyncAPI wants them.
func schemasOf(schema []byte) (*yaml.Node, error) {
	moved := bytes.ReplaceAll(schema, []byte("#/$defs/"), []byte("#/components/schemas/"))
	var document yaml.Node
	if err := yaml.Unmarshal(moved, &document); err != nil { // YAML contains JSON
		return nil, err
	}
	top := document.Content[0].Content
	at := slices.IndexFunc(top, func(n *yaml.Node) bool { return n.Value == "$defs" })
	schemas := top[at+1]
	asBlock(schemas)
	return schemas, nil
}

func asBlock(node *yaml.Node) {
	node.Style = 0
	for _, child := range node.Content {
		asBlock(child)
	}
}

// exampleOf reads a golden frame; nil when there is none of that name.
func exampleOf(root, name string) (*yaml.Node, error) {
	content, err := os.ReadFile(filepath.Join(root, "functions/wire/testdata", name+".json"))
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var document yaml.Node
	if err := yaml.Unmarshal(content, &document); err != nil {
		return nil, fmt.Errorf("%s.json: %w", name, err)
	}
	asBlock(document.Content[0])
	return document.Content[0], nil
}
