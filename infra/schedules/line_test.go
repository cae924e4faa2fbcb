package schedules_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
)

// line is one connection to the engine. It has no goroutines of its own, as an http.Transport has, so that a bubble can tell who
// waits for the engine from who waits for the schedule. One call at a time.
type line struct {
	net.Conn
	in *bufio.Reader
}

func dial(endpoint string) (*line, error) {
	c, err := net.Dial("tcp", strings.TrimPrefix(endpoint, "http://"))
	if err != nil {
		return nil, err
	}
	return &line{c, bufio.NewReader(c)}, nil
}

// call sends a request to the engine and reads its answer. The engine wants to see a signature but does not check it, so calls are
// not signed: that is a quarter of their time.
func (l *line) call(operation string, body []byte) (status int, answer []byte, err error) {
	var b bytes.Buffer
	b.Grow(len(body) + 400)
	b.WriteString("POST / HTTP/1.1\r\nHost: engine\r\nContent-Type: application/x-amz-json-1.0\r\nX-Amz-Target: DynamoDB_20120810.")
	b.WriteString(operation)
	b.WriteString("\r\nX-Amz-Date: 20260101T000000Z\r\nAuthorization: AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, " +
		"SignedHeaders=host, Signature=none\r\nContent-Length: ")
	b.WriteString(strconv.Itoa(len(body)))
	b.WriteString("\r\n\r\n")
	b.Write(body)
	if _, err := l.Write(b.Bytes()); err != nil {
		return 0, nil, err
	}
	return l.answer()
}

// answer reads a response: its status line, of its headers the length, and its body.
func (l *line) answer() (status int, body []byte, err error) {
	length := -1
	for {
		text, err := l.in.ReadSlice('\n')
		if err != nil {
			return 0, nil, err
		}
		name, value, header := bytes.Cut(bytes.TrimSpace(text), []byte(":"))
		switch {
		case status == 0:
			if _, err := fmt.Sscanf(string(text), "HTTP/1.1 %d", &status); err != nil {
				return 0, nil, fmt.Errorf("%q: %w", text, err)
			}
		case header && bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return 0, nil, err
			}
		case !header && length >= 0:
			body = make([]byte, length)
			_, err = io.ReadFull(l.in, body)
			return status, body, err
		case !header:
			return 0, nil, errors.New("the engine does not say how long its answer is")
		}
	}
}

// ask is a call whose request and answer are JSON, besides the commands': to look into the tables and to clean them.
func (l *line) ask(operation string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	status, answer, err := l.call(operation, body)
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return fmt.Errorf("%s: %s", operation, answer)
	}
	return json.Unmarshal(answer, out)
}
