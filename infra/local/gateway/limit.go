package gateway

import (
	"bufio"
	"encoding/binary"
	"errors"
	"net"
	"net/http"
	"time"
)

// writeLimit is how long a client may leave its socket unread before it counts as lost.
const writeLimit = 5 * time.Second

var errFrameTooBig = errors.New("frame over 32 KB")

// frameConn watches the headers of the frames that a client sends, because the WebSocket library shows messages only. A
// header that announces more than maxFrame makes the next Read fail, once: a frame of that size never fits the library's
// read buffer, so the next Read is for this frame's payload and the messages before it are not touched. After that it lets
// everything pass, so that the closing handshake can drain what the client sends.
type frameConn struct {
	net.Conn
	head   [10]byte // what is known of the header at hand
	n      int
	skip   uint64 // bytes until the next header
	tooBig bool   // not yet reported
	done   bool
}

func (c *frameConn) Read(p []byte) (int, error) {
	if c.tooBig {
		c.tooBig = false
		return 0, errFrameTooBig
	}
	n, err := c.Conn.Read(p)
	c.watch(p[:n])
	return n, err
}

func (c *frameConn) Write(p []byte) (int, error) {
	if err := c.Conn.SetWriteDeadline(time.Now().Add(writeLimit)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}

// watch follows RFC 6455 section 5.2: two bytes, then 0, 2 or 8 bytes of length, then 4 bytes of mask, then the payload.
func (c *frameConn) watch(b []byte) {
	for len(b) > 0 && !c.done {
		if c.skip > 0 {
			n := min(c.skip, uint64(len(b)))
			c.skip -= n
			b = b[n:]
			continue
		}
		c.head[c.n] = b[0]
		c.n++
		b = b[1:]
		var length uint64
		switch code := c.head[1] & 0x7f; {
		case c.n < 2, code == 126 && c.n < 4, code == 127 && c.n < 10:
			continue
		case code == 126:
			length = uint64(binary.BigEndian.Uint16(c.head[2:]))
		case code == 127:
			length = binary.BigEndian.Uint64(c.head[2:])
		default:
			length = uint64(code)
		}
		if length > maxFrame {
			c.tooBig, c.done = true, true
		}
		c.skip = length
		if c.head[1]&0x80 != 0 {
			c.skip += 4
		}
		c.n = 0
	}
}

// hijacker hands the WebSocket library a frameConn instead of the bare connection.
type hijacker struct {
	http.ResponseWriter
	conn *frameConn
}

func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	h.conn = &frameConn{Conn: conn}
	// The server may have read the beginning of the first frame already: the 101 is out.
	early, _ := rw.Reader.Peek(rw.Reader.Buffered())
	h.conn.watch(early)
	rw.Writer.Reset(h.conn)
	return h.conn, rw, nil
}
