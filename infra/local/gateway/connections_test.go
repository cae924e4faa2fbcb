package gateway_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
	"github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/parley-chat/parley/infra/local/gateway"
)

type client = apigatewaymanagementapi.Client

func post(ctx context.Context, c *client, id, data string) error {
	_, err := c.PostToConnection(ctx, &apigatewaymanagementapi.PostToConnectionInput{ConnectionId: &id, Data: []byte(data)})
	return err
}

// status is the HTTP status of an SDK error.
func status(err error) int {
	var res *smithyhttp.ResponseError
	if errors.As(err, &res) {
		return res.HTTPStatusCode()
	}
	return 0
}

func TestManagement(t *testing.T) {
	t.Parallel()
	for _, way := range []string{"loopback", "in process"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			told := make(chan int64, 1)
			s := start(t, gateway.Config{Socket: gateway.SocketAPI{Routes: map[string]gateway.Route{
				"$default": whoami(),
				"$disconnect": {Function: socketFunc(func(_ context.Context, r request) (response, error) {
					told <- r.RequestContext.DisconnectStatusCode
					return response{StatusCode: 200}, nil
				})},
			}}})
			api := s.client(nil)
			if way == "in process" {
				api = s.client(s.Transport())
			}
			ctx := timeout(t)
			began := time.Now()
			c := s.dial(t)
			send(t, c, "who am I?")
			id := receive(t, c)

			for _, size := range []int{0, 5, 32 << 10, 100 << 10, 128 << 10} {
				if err := post(ctx, api, id, strings.Repeat("é", size/2)); err != nil {
					t.Fatal(err)
				}
				if got := receive(t, c); len(got) != size/2*2 {
					t.Errorf("%d bytes, want %d", len(got), size)
				}
			}
			var tooLarge *types.PayloadTooLargeException
			if err := post(ctx, api, id, strings.Repeat("a", 128<<10+1)); !errors.As(err, &tooLarge) || status(err) != 413 {
				t.Errorf("over 128 KB: %v", err)
			}
			info, err := api.GetConnection(ctx, &apigatewaymanagementapi.GetConnectionInput{ConnectionId: &id})
			if err != nil {
				t.Fatal(err)
			}
			if info.ConnectedAt.Before(began.Add(-time.Second)) || info.LastActiveAt.Before(*info.ConnectedAt) || aws.ToString(info.Identity.SourceIp) != "127.0.0.1" || !strings.Contains(aws.ToString(info.Identity.UserAgent), "Go") {
				t.Errorf("connection: %+v %+v", info, info.Identity)
			}

			if _, err := api.DeleteConnection(ctx, &apigatewaymanagementapi.DeleteConnectionInput{ConnectionId: &id}); err != nil {
				t.Fatal(err)
			}
			for _, id := range []string{id, "unknown=", "L0SM9cOFvHcCIhw="} {
				var gone *types.GoneException
				_, get := api.GetConnection(ctx, &apigatewaymanagementapi.GetConnectionInput{ConnectionId: &id})
				_, del := api.DeleteConnection(ctx, &apigatewaymanagementapi.DeleteConnectionInput{ConnectionId: &id})
				for _, err := range []error{post(ctx, api, id, "x"), get, del} {
					if !errors.As(err, &gone) || status(err) != 410 {
						t.Errorf("%s: %v", id, err)
					}
				}
			}
			if code := ended(t, c); code != 1000 {
				t.Errorf("closed with %d", code)
			}
			if code := <-told; code != 1000 {
				t.Errorf("told %d", code)
			}
		})
	}
}

func TestPostIsGoneUntilConnectHasReturned(t *testing.T) {
	t.Parallel()
	var api *client
	early := make(chan error, 1)
	ready := make(chan struct{})
	s := start(t, gateway.Config{Socket: gateway.SocketAPI{Routes: map[string]gateway.Route{
		"$default": whoami(),
		"$connect": {Function: socketFunc(func(ctx context.Context, r request) (response, error) {
			<-ready
			early <- post(ctx, api, r.RequestContext.ConnectionID, "too early")
			return response{StatusCode: 200}, nil
		})},
	}}})
	api = s.client(s.Transport())
	close(ready)
	c := s.dial(t)
	var gone *types.GoneException
	if err := <-early; !errors.As(err, &gone) {
		t.Errorf("in $connect: %v", err)
	}
	send(t, c, "hello")
	if err := post(timeout(t), api, receive(t, c), "in time"); err != nil {
		t.Error(err)
	}
	if got := receive(t, c); got != "in time" {
		t.Errorf("got %s", got)
	}
}

func TestManagementIsAsked(t *testing.T) {
	t.Parallel()
	s := start(t, gateway.Config{Socket: gateway.SocketAPI{Routes: map[string]gateway.Route{"$default": whoami()}}})
	c := s.dial(t)
	send(t, c, "who am I?")
	id := receive(t, c)
	encoded := strings.ReplaceAll(id, "=", "%3D")
	for name, test := range map[string]struct {
		method, path, signature string
		status                  int
	}{
		"plain id":    {"POST", "/test/@connections/" + id, "AWS4-HMAC-SHA256 Credential=...", 200},
		"encoded id":  {"POST", "/test/@connections/" + encoded, "AWS4-HMAC-SHA256 Credential=...", 200},
		"unsigned":    {"POST", "/test/@connections/" + id, "", 403},
		"other stage": {"POST", "/prod/@connections/" + id, "AWS4-HMAC-SHA256 Credential=...", 403},
		"no id":       {"POST", "/test/@connections/", "AWS4-HMAC-SHA256 Credential=...", 410},
		"method":      {"PATCH", "/test/@connections/" + id, "AWS4-HMAC-SHA256 Credential=...", 405},
	} {
		r, err := http.NewRequest(test.method, "http://any"+test.path, strings.NewReader(name))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", test.signature)
		res, err := s.Transport().RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		if body(t, res); res.StatusCode != test.status {
			t.Errorf("%s: status %d, want %d", name, res.StatusCode, test.status)
		}
		if res.StatusCode == 200 {
			if got := receive(t, c); got != name {
				t.Errorf("%s: got %s", name, got)
			}
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := post(ctx, s.client(s.Transport()), id, "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("after its context: %v", err)
	}
}

func TestPushRate(t *testing.T) {
	t.Parallel()
	s := start(t, gateway.Config{
		Limits: gateway.Limits{PushRate: 0.001, PushBurst: 2},
		Socket: gateway.SocketAPI{Routes: map[string]gateway.Route{"$default": whoami()}},
	})
	api := s.client(s.Transport())
	c := s.dial(t)
	send(t, c, "who am I?")
	id := receive(t, c)
	for range 2 {
		if err := post(timeout(t), api, id, "x"); err != nil {
			t.Fatal(err)
		}
	}
	var limit *types.LimitExceededException
	if err := post(timeout(t), api, id, "x"); !errors.As(err, &limit) || status(err) != 429 {
		t.Errorf("the third: %v", err)
	}
}

func TestClientThatDoesNotRead(t *testing.T) {
	t.Parallel()
	s := start(t, gateway.Config{Socket: gateway.SocketAPI{Routes: map[string]gateway.Route{"$default": whoami()}}})
	api := s.client(s.Transport())
	c := s.dial(t)
	send(t, c, "who am I?")
	id := receive(t, c)
	ctx, cancel := context.WithCancel(timeout(t))
	defer cancel()
	var wg sync.WaitGroup
	var limited sync.Once
	big := strings.Repeat("a", 128<<10)
	for range 40 { // more than may wait
		wg.Go(func() {
			for ctx.Err() == nil {
				var limit *types.LimitExceededException
				if err := post(ctx, api, id, big); errors.As(err, &limit) {
					limited.Do(func() {
						c.CloseNow()
						cancel()
					})
				} else if err != nil && ctx.Err() == nil {
					t.Error(err)
					cancel()
				}
			}
		})
	}
	wg.Wait()
	limited.Do(func() { t.Error("nobody was refused") })
}

func TestChaos(t *testing.T) {
	t.Parallel()
	const pushes = 20
	pushed := func(t *testing.T, chaos gateway.Chaos, copies int) []string {
		s := start(t, gateway.Config{Chaos: chaos, Socket: gateway.SocketAPI{Routes: map[string]gateway.Route{"$default": whoami()}}})
		c := s.dial(t)
		send(t, c, "who am I?")
		id := receive(t, c)
		api := s.client(s.Transport())
		for i := range pushes {
			if err := post(timeout(t), api, id, string(rune('a'+i))); err != nil {
				t.Fatal(err)
			}
		}
		var got []string
		for range pushes * copies {
			got = append(got, receive(t, c))
		}
		return got
	}
	const want = "abcdefghijklmnopqrst"
	t.Run("none", func(t *testing.T) {
		t.Parallel()
		if got := strings.Join(pushed(t, gateway.Chaos{}, 1), ""); got != want {
			t.Errorf("got %s", got)
		}
	})
	t.Run("delayed pushes overtake each other and all arrive", func(t *testing.T) {
		t.Parallel()
		got := strings.Join(pushed(t, gateway.Chaos{Seed: 1, DelayPush: 100 * time.Millisecond}, 1), "")
		if got == want || len(got) != pushes || strings.Trim(want, got) != "" {
			t.Errorf("got %s", got)
		}
	})
	t.Run("duplicated pushes arrive twice", func(t *testing.T) {
		t.Parallel()
		got := strings.Join(pushed(t, gateway.Chaos{DuplicatePush: 1}, 2), "")
		for _, letter := range want {
			if strings.Count(got, string(letter)) != 2 {
				t.Errorf("got %s", got)
			}
		}
	})
	t.Run("nobody hears of the end", func(t *testing.T) {
		t.Parallel()
		told := make(chan struct{}, 1)
		s := start(t, gateway.Config{Chaos: gateway.Chaos{DropDisconnect: 1}, Socket: gateway.SocketAPI{Routes: map[string]gateway.Route{
			"$disconnect": {Function: func(context.Context, []byte) ([]byte, error) {
				told <- struct{}{}
				return []byte(`{"statusCode":200}`), nil
			}},
		}}})
		s.dial(t).Close(1000, "")
		if err := s.Close(timeout(t)); err != nil { // it would wait for the call
			t.Fatal(err)
		}
		if len(told) > 0 {
			t.Error("$disconnect was called")
		}
	})
}
