package gateway_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/parley-chat/parley/infra/local/gateway"
)

// frame is a message of ordinary length as the widget sends it.
const frame = `{"action":"customer","id":17,"type":"send","session":"s_01JD8Z3V5Q7Y2N4K6M8P0R2T4V","cid":"01JD8Z3V5Q7Y2N4K6M8P0R2T4V","after":12,"text":"Good morning, my order 4711 has not arrived yet. Could you have a look, please?"}`

func benchSocket(b *testing.B) *stand {
	return start(b, gateway.Config{Socket: gateway.SocketAPI{
		Authorizer: &gateway.Authorizer{Function: gateway.Lambda(func(_ context.Context, r authRequest) (authResponse, error) {
			return policy("Allow", "execute-api:Invoke", r.MethodArn, map[string]any{"role": "customer", "id": "c_1", "name": "Anna", "website": "shop", "origin": "https://shop.example"}), nil
		})},
		Routes: map[string]gateway.Route{
			"$default": whoami(),
			"customer": {Responds: true, Function: gateway.Lambda(func(_ context.Context, r request) (response, error) {
				return response{StatusCode: 200, Body: r.Body}, nil
			})},
		},
	}})
}

// BenchmarkEcho is one frame there and back: socket, event, function, route response, socket.
func BenchmarkEcho(b *testing.B) {
	for _, sockets := range []int{1, 50} {
		b.Run(map[int]string{1: "one socket", 50: "50 sockets"}[sockets], func(b *testing.B) {
			s := benchSocket(b)
			b.ReportAllocs()
			b.SetParallelism(sockets / 2) // times GOMAXPROCS
			if sockets == 1 {
				c := s.dial(b)
				for b.Loop() {
					echoOnce(b, c)
				}
				return
			}
			b.RunParallel(func(pb *testing.PB) {
				c := s.dial(b)
				for pb.Next() {
					echoOnce(b, c)
				}
			})
		})
	}
}

func echoOnce(b *testing.B, c *websocket.Conn) {
	if err := c.Write(context.Background(), websocket.MessageText, []byte(frame)); err != nil {
		b.Error(err)
	}
	if _, _, err := c.Read(context.Background()); err != nil {
		b.Error(err)
	}
}

// BenchmarkPush is one post to a connection, from the call to the arrival at the client.
func BenchmarkPush(b *testing.B) {
	for _, way := range []string{"SDK over loopback", "SDK in process", "bare request in process"} {
		b.Run(way, func(b *testing.B) {
			s := benchSocket(b)
			c := s.dial(b)
			send(b, c, "who am I?")
			id := receive(b, c)
			api := s.client(s.Transport())
			if way == "SDK over loopback" {
				api = s.client(nil)
			}
			b.ReportAllocs()
			for b.Loop() {
				if way == "bare request in process" {
					r, _ := http.NewRequest("POST", "http://in.process/test/@connections/"+id, strings.NewReader(frame))
					r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=...")
					if res, err := s.Transport().RoundTrip(r); err != nil || res.StatusCode != 200 {
						b.Fatal(res, err)
					}
				} else if err := post(context.Background(), api, id, frame); err != nil {
					b.Fatal(err)
				}
				if _, _, err := c.Read(context.Background()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
