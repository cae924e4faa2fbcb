package gateway_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/parley-chat/parley/infra/local/gateway"
)

func TestRouteSelection(t *testing.T) {
	t.Parallel()
	s := start(t, gateway.Config{Socket: gateway.SocketAPI{Routes: map[string]gateway.Route{
		"$connect": {Function: answers(200, "")},
		"$default": echo(),
		"agent":    echo(),
		"ping":     {Mock: `{"type":"pong"}`, Responds: true},
		"status":   {Function: answers(500, "the status code is for nobody"), Responds: true},
	}}})
	c := s.dial(t)
	for frame, want := range map[string]string{
		`{"action":"agent","type":"hello"}`: `agent {"action":"agent","type":"hello"}`,
		`{"action":"ping"}`:                 `{"type":"pong"}`,
		`{"action":"status"}`:               `the status code is for nobody`,
		`{"action":"nothing"}`:              `$default {"action":"nothing"}`,
		`{"Action":"agent"}`:                `$default {"Action":"agent"}`,
		`{"action":"$connect"}`:             `$default {"action":"$connect"}`,
		`{"action":7}`:                      `$default {"action":7}`,
		`{"type":"agent"}`:                  `$default {"type":"agent"}`,
		`{"action":"agent"`:                 `$default {"action":"agent"`,
		`[]`:                                `$default []`,
		`null`:                              `$default null`,
		`not JSON "quoted"`:                 `$default not JSON "quoted"`,
		``:                                  `$default `,
	} {
		send(t, c, frame)
		if got := receive(t, c); got != want {
			t.Errorf("%s: got %s, want %s", frame, got, want)
		}
	}
}

func TestNestedSelection(t *testing.T) {
	t.Parallel()
	g, err := gateway.New(gateway.Config{Socket: gateway.SocketAPI{Selection: "$request.body.to.route"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Close(timeout(t)); err != nil {
		t.Error(err)
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	s := start(t, gateway.Config{Socket: gateway.SocketAPI{Routes: map[string]gateway.Route{
		"error": {Function: func(context.Context, []byte) ([]byte, error) { return nil, errors.New("secret") }},
		"panic": {Function: func(context.Context, []byte) ([]byte, error) { panic("secret") }},
		"null":  {Function: func(context.Context, []byte) ([]byte, error) { return []byte("null"), nil }},
		"text":  {Function: func(context.Context, []byte) ([]byte, error) { return []byte("ok"), nil }},
		"huge":  {Function: answers(200, strings.Repeat("a", 128<<10+1)), Responds: true},
		"slow": {Timeout: 50 * time.Millisecond, Responds: true, Function: func(context.Context, []byte) ([]byte, error) {
			<-release
			return []byte(`{"statusCode":200,"body":"late"}`), nil
		}},
	}}})
	c := s.dial(t)
	for action, want := range map[string]string{
		"error": "Internal server error", "panic": "Internal server error", "null": "Internal server error", "text": "Internal server error",
		"huge": "Internal server error", "unknown": "Forbidden",
	} {
		send(t, c, `{"action":"`+action+`"}`)
		got := decode[failure](t, receive(t, c))
		if got.Message != want || !strings.HasSuffix(got.ConnectionID, "=") || got.RequestID == "" {
			t.Errorf("%s: got %+v, want %s", action, got, want)
		}
	}
}

func TestOneWay(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	ran := make(chan struct{}, 3)
	says := func(body string) gateway.Function {
		return gateway.Lambda(func(_ context.Context, r request) (response, error) {
			if r.RequestContext.RouteKey == "late" {
				<-release
			}
			ran <- struct{}{}
			return response{StatusCode: 200, Body: body}, nil
		})
	}
	s := start(t, gateway.Config{Socket: gateway.SocketAPI{Routes: map[string]gateway.Route{
		"one way":      {Function: says("unheard")},
		"one way mock": {Mock: "unheard"},
		"silent":       {Function: says(""), Responds: true},
		"late":         {Function: says("too late"), Responds: true, Timeout: 50 * time.Millisecond},
	}}})
	c := s.dial(t)
	for _, action := range []string{"one way", "one way mock", "silent", "late"} {
		send(t, c, `{"action":"`+action+`"}`)
	}
	if got := decode[failure](t, receive(t, c)); got.Message != "Endpoint request timed out" {
		t.Errorf("got %+v", got)
	}
	close(release)
	for range 3 {
		<-ran
	}
	closed := make(chan error)
	go func() { closed <- s.Close(timeout(t)) }()
	if _, frame, err := c.Read(timeout(t)); err == nil {
		t.Errorf("got %s", frame)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

func TestFramesOvertakeEachOther(t *testing.T) {
	t.Parallel()
	second := make(chan struct{})
	s := start(t, gateway.Config{Socket: gateway.SocketAPI{Routes: map[string]gateway.Route{
		"first": {Responds: true, Function: func(context.Context, []byte) ([]byte, error) {
			<-second
			return []byte(`{"statusCode":200,"body":"1"}`), nil
		}},
		"second": {Responds: true, Function: answers(200, "2")},
	}}})
	c := s.dial(t)
	send(t, c, `{"action":"first"}`)
	send(t, c, `{"action":"second"}`)
	if got := receive(t, c); got != "2" {
		t.Errorf("got %s first", got)
	}
	close(second)
	if got := receive(t, c); got != "1" {
		t.Errorf("got %s second", got)
	}
}

func TestFramesInFlightAreBounded(t *testing.T) {
	t.Parallel()
	const limit, frames = 3, 20
	var running, most atomic.Int32
	started, release := make(chan struct{}, frames), make(chan struct{})
	s := start(t, gateway.Config{
		Limits: gateway.Limits{InFlight: limit},
		Socket: gateway.SocketAPI{Routes: map[string]gateway.Route{"$default": {Function: func(context.Context, []byte) ([]byte, error) {
			if n := running.Add(1); n > most.Load() {
				most.Store(n)
			}
			started <- struct{}{}
			<-release
			running.Add(-1)
			return []byte(`{"statusCode":200}`), nil
		}}}},
	})
	c := s.dial(t)
	for range frames {
		send(t, c, "x")
	}
	for range limit {
		<-started
	}
	for range frames - limit {
		release <- struct{}{}
		<-started
	}
	close(release)
	if got := most.Load(); got > limit {
		t.Errorf("%d ran at a time, want %d", got, limit)
	}
}

func TestSizes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		frames []int // of one message
		code   websocket.StatusCode
	}{
		"32 KB in one frame":        {[]int{32 << 10}, 0},
		"one byte more":             {[]int{32<<10 + 1}, 1009},
		"40 KB in one frame":        {[]int{40 << 10}, 1009},
		"1 MB in one frame":         {[]int{1 << 20}, 1009},
		"large frame in the middle": {[]int{100, 33 << 10, 100}, 1009},
		"100 KB in frames of 25 KB": {[]int{25 << 10, 25 << 10, 25 << 10, 25 << 10}, 0},
		"128 KB":                    {[]int{32 << 10, 32 << 10, 32 << 10, 32 << 10}, 0},
		"one byte more than 128 KB": {[]int{32 << 10, 32 << 10, 32 << 10, 32 << 10, 1}, 1009},
		"200 KB in frames of 25 KB": {[]int{25 << 10, 25 << 10, 25 << 10, 25 << 10, 25 << 10, 25 << 10, 25 << 10, 25 << 10}, 1009},
		"frames of one byte":        {[]int{1, 1, 1}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, gateway.Config{Socket: gateway.SocketAPI{Routes: map[string]gateway.Route{
				"$default": {Responds: true, Function: socketFunc(func(_ context.Context, r request) (response, error) {
					return response{StatusCode: 200, Body: r.Body}, nil
				})},
			}}})
			c := s.dial(t)
			send(t, c, "before") // right before, so that both may sit in one read
			w, err := c.Writer(timeout(t), websocket.MessageText)
			if err != nil {
				t.Fatal(err)
			}
			size := 0
			for _, n := range test.frames {
				size += n
				if _, err := w.Write([]byte(strings.Repeat("a", n))); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if test.code != 0 {
				if code := ended(t, c); code != test.code {
					t.Errorf("closed with %d, want %d", code, test.code)
				}
				return
			}
			total := len(receive(t, c)) + len(receive(t, c))
			if total != size+len("before") {
				t.Errorf("%d bytes came back, want %d", total, size+len("before"))
			}
		})
	}
}

func TestMessageBeforeALargeFrameIsAnswered(t *testing.T) {
	t.Parallel()
	s := start(t, gateway.Config{Socket: gateway.SocketAPI{Routes: map[string]gateway.Route{"$default": echo()}}})
	c := s.dial(t)
	send(t, c, "small")
	if got := receive(t, c); got != "$default small" {
		t.Fatal(got)
	}
	send(t, c, strings.Repeat("a", 33<<10))
	if code := ended(t, c); code != 1009 {
		t.Errorf("closed with %d", code)
	}
}

func TestContent(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		kind websocket.MessageType
		data string
		code websocket.StatusCode
	}{
		"binary":    {websocket.MessageBinary, "abc", 1003},
		"not UTF-8": {websocket.MessageText, "a\xffb", 1007},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			told := make(chan int64, 1)
			s := start(t, gateway.Config{Socket: gateway.SocketAPI{Routes: map[string]gateway.Route{
				"$default": echo(),
				"$disconnect": {Function: socketFunc(func(_ context.Context, r request) (response, error) {
					told <- r.RequestContext.DisconnectStatusCode
					return response{StatusCode: 200}, nil
				})},
			}}})
			c := s.dial(t)
			if err := c.Write(timeout(t), test.kind, []byte(test.data)); err != nil {
				t.Fatal(err)
			}
			if code := ended(t, c); code != test.code {
				t.Errorf("closed with %d, want %d", code, test.code)
			}
			if code := <-told; code != int64(test.code) {
				t.Errorf("$disconnect was told %d, want %d", code, test.code)
			}
		})
	}
}

func TestSocketsEnd(t *testing.T) {
	t.Parallel()
	routes := map[string]gateway.Route{"$default": echo()}

	t.Run("when they are idle", func(t *testing.T) {
		t.Parallel()
		s := start(t, gateway.Config{Socket: gateway.SocketAPI{Routes: routes}, Limits: gateway.Limits{Idle: 50 * time.Millisecond}})
		began := time.Now()
		if code := ended(t, s.dial(t)); code != 1001 || time.Since(began) < 50*time.Millisecond {
			t.Errorf("closed with %d after %v", code, time.Since(began))
		}
	})
	t.Run("not while they carry messages", func(t *testing.T) {
		t.Parallel()
		s := start(t, gateway.Config{Socket: gateway.SocketAPI{Routes: routes}, Limits: gateway.Limits{Idle: 400 * time.Millisecond}})
		c := s.dial(t)
		for began := time.Now(); time.Since(began) < time.Second; {
			send(t, c, "x")
			receive(t, c)
		}
		if code := ended(t, c); code != 1001 {
			t.Errorf("closed with %d", code)
		}
	})
	t.Run("when they are old", func(t *testing.T) {
		t.Parallel()
		s := start(t, gateway.Config{Socket: gateway.SocketAPI{Routes: routes}, Limits: gateway.Limits{Age: 100 * time.Millisecond}})
		c := s.dial(t)
		began := time.Now()
		for {
			if c.Write(timeout(t), websocket.MessageText, []byte("x")) != nil {
				break
			}
			if _, _, err := c.Read(timeout(t)); err != nil {
				if code := websocket.CloseStatus(err); code != 1001 {
					t.Errorf("closed with %d", code)
				}
				break
			}
		}
		if time.Since(began) < 90*time.Millisecond {
			t.Errorf("after %v", time.Since(began))
		}
	})
	t.Run("without a goodbye", func(t *testing.T) {
		t.Parallel()
		told := make(chan int64, 1)
		s := start(t, gateway.Config{Socket: gateway.SocketAPI{Routes: map[string]gateway.Route{
			"$disconnect": {Function: socketFunc(func(_ context.Context, r request) (response, error) {
				told <- r.RequestContext.DisconnectStatusCode
				return response{}, errors.New("nobody hears this")
			})},
		}}})
		s.dial(t).CloseNow()
		if code := <-told; code != 1006 {
			t.Errorf("told %d", code)
		}
	})
}

func TestPingFramesAreAnswered(t *testing.T) {
	t.Parallel()
	s := start(t, gateway.Config{})
	c := s.dial(t)
	go c.Read(context.Background())
	if err := c.Ping(timeout(t)); err != nil {
		t.Error(err)
	}
}
