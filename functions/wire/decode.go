package wire

//go:generate go run ./gen

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The refusals of a decoder. They are among the codes of functions/chat/errors.go.
const (
	codeBadFrame    ErrorCode = "bad_frame"
	codeUnknownType ErrorCode = "unknown_type"
	codeBadValue    ErrorCode = "bad_value"
	codeTooLong     ErrorCode = "too_long"
)

// Longest values that have no constant in doc.go, in characters.
const (
	maxTitle    = 200  // of a page; longer ones are cut, since nobody wrote them for us
	maxLanguage = 35   // RFC 5646, section 4.4.1
	maxReason   = 80   // of a pause, and of a disposition: what fits a menu
	maxNote     = 2000 // of an agent who closes a session
)

// Refusal is the decoder's answer to a frame that it does not pass on. Message is a sentence for whoever wrote the client and
// names the field; it never repeats what the frame said. Re is the id of the request as far as it could be read.
type Refusal struct {
	Code    ErrorCode
	Message string
	Re      int64
}

func (r *Refusal) Error() string { return string(r.Code) + ": " + r.Message }

// Frame is the refusal as the client hears it.
func (r *Refusal) Frame() Error {
	return Error{Type: "error", Re: r.Re, Code: r.Code, Message: r.Message}
}

// DecodeCustomer reads a frame of the route `customer` or `$default` and returns a pointer to one of Hello, Start, Send, Since,
// Beat, Leave, Typing and Read. Every error is a *Refusal.
//
// What passes is complete, of the right types and within the limits of this package. Texts come out without control characters
// (line breaks are \n; names and other single lines have none), because people paste what they cannot see: refusing it would
// be a riddle to them. Identifiers are made by programs, so anything odd in them is refused. Fields that nobody knows are
// ignored: a client may be newer than this server.
func DecodeCustomer(frame []byte) (any, error) {
	return decode(frame, ActionCustomer, func(typ string) request {
		switch typ {
		case "hello":
			return new(Hello)
		case "start":
			return new(Start)
		case "send":
			return new(Send)
		case "since":
			return new(Since)
		case "beat":
			return new(Beat)
		case "leave":
			return new(Leave)
		case "typing":
			return new(Typing)
		case "read":
			return new(Read)
		}
		return nil
	})
}

// DecodeAgent reads a frame of the route `agent` and returns a pointer to one of Hello, Send, Since, Beat, Typing, Read,
// SetStatus, Accept, Reject, Mark, Close, Transfer, Withdraw, Leave, AskMessages, Pick, AskTeam and AskLedger. It is otherwise like DecodeCustomer.
func DecodeAgent(frame []byte) (any, error) {
	return decode(frame, ActionAgent, func(typ string) request {
		switch typ {
		case "hello":
			return new(Hello)
		case "send":
			return new(Send)
		case "since":
			return new(Since)
		case "beat":
			return new(Beat)
		case "typing":
			return new(Typing)
		case "read":
			return new(Read)
		case "status":
			return new(SetStatus)
		case "accept":
			return new(Accept)
		case "reject":
			return new(Reject)
		case "mark":
			return new(Mark)
		case "close":
			return new(Close)
		case "transfer":
			return new(Transfer)
		case "withdraw":
			return new(Withdraw)
		case "leave":
			return new(Leave)
		case "messages":
			return new(AskMessages)
		case "pick":
			return new(Pick)
		case "team":
			return new(AskTeam)
		case "ledger":
			return new(AskLedger)
		}
		return nil
	})
}

// request is a frame of a client that can judge and clean its own fields.
type request interface{ check(c *checker) }

func decode(frame []byte, action string, blank func(typ string) request) (any, error) {
	if frame = bytes.TrimSpace(frame); len(frame) == 0 || frame[0] != '{' {
		return nil, &Refusal{Code: codeBadFrame, Message: "A frame is one JSON object."}
	}
	// The head names the type; the whole is read once more into that type. Both together take a few microseconds.
	var head struct {
		Action string `json:"action"`
		Type   string `json:"type"`
		ID     int64  `json:"id"`
	}
	if err := json.Unmarshal(frame, &head); err != nil {
		return nil, refusal(err, head.ID)
	}
	if head.Action != action {
		return nil, &Refusal{codeUnknownType, fmt.Sprintf("`action` must be %q here.", action), head.ID}
	}
	req := blank(head.Type)
	if req == nil {
		return nil, &Refusal{codeUnknownType, fmt.Sprintf("`type` names no request of `action` %q.", action), head.ID}
	}
	if err := json.Unmarshal(frame, req); err != nil {
		return nil, refusal(err, head.ID)
	}
	c := checker{re: head.ID}
	if req.check(&c); c.refusal != nil {
		return nil, c.refusal
	}
	return req, nil
}

// refusal translates an error of encoding/json.
func refusal(err error, re int64) *Refusal {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) {
		return &Refusal{codeBadFrame, "This is not JSON.", re}
	}
	// The path names embedded structs, which clients do not know.
	field := strings.TrimPrefix(wrong.Field, "Envelope.")
	return &Refusal{codeBadValue, fmt.Sprintf("`%s` must be %s.", field, words(wrong.Type)), re}
}

func words(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a text"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	default:
		return "an object"
	}
}

func (h *Hello) check(c *checker) {
	c.cursors(h.Cursors)
	c.page(h.Page)
	c.language(h.Language)
}

func (b *Beat) check(c *checker) { c.cursors(b.Cursors) }

func (s *Start) check(c *checker) {
	c.id("nonce", s.Nonce)
	c.id("cid", s.CID)
	c.text("text", &s.Text)
	c.line("name", &s.Name, MaxName)
	c.email(&s.Email)
	c.optional("queue", s.Queue)
	c.page(s.Page)
	c.language(s.Language)
}

func (s *Send) check(c *checker) {
	c.id("session", s.Session)
	c.id("cid", s.CID)
	c.atLeast("after", s.After, 1)
	c.text("text", &s.Text)
}

func (s *Since) check(c *checker) {
	c.id("session", s.Session)
	c.atLeast("after", s.After, 0)
}

func (t *Typing) check(c *checker) { c.id("session", t.Session) }

func (r *Read) check(c *checker) {
	c.id("session", r.Session)
	c.atLeast("place", r.Place, 1)
}

func (l *Leave) check(c *checker) {
	c.id("session", l.Session)
	c.optional("agent", l.Agent)
}

func (t *Transfer) check(c *checker) {
	c.id("session", t.Session)
	c.optional("agent", t.Agent)
	c.optional("queue", t.Queue)
	c.long("note", &t.Note, maxNote)
	switch {
	case (t.Agent == "") == (t.Queue == ""):
		c.refuse(codeBadValue, "Either `agent` or `queue` must say where to.")
	case t.Blind && (t.Queue == "" || t.Assist):
		c.refuse(codeBadValue, "`blind` gives a session to a `queue`.")
	}
}

func (w *Withdraw) check(c *checker) { c.id("session", w.Session) }

func (*AskMessages) check(*checker) {}

func (p *Pick) check(c *checker) { c.id("session", p.Session) }

func (*AskTeam) check(*checker) {}

func (a *AskLedger) check(c *checker) { c.id("session", a.Session) }

func (s *SetStatus) check(c *checker) {
	switch s.State {
	case AgentReady, AgentPaused, AgentNotResponding, AgentWrapUp, AgentOffline:
	default:
		c.refuse(codeBadValue, "`state` names no availability.")
	}
	c.line("reason", &s.Reason, maxReason)
	c.optional("agent", s.Agent)
}

func (a *Accept) check(c *checker) { c.offer(a.Session, a.Generation, a.Round) }
func (r *Reject) check(c *checker) { c.offer(r.Session, r.Generation, r.Round) }
func (m *Mark) check(c *checker)   { c.offer(m.Session, m.Generation, m.Round) }

func (cl *Close) check(c *checker) {
	c.id("session", cl.Session)
	c.atLeast("generation", cl.Generation, 0)
	c.line("disposition", &cl.Disposition, maxReason)
	c.long("note", &cl.Note, maxNote)
}

// checker keeps the first refusal of a frame.
type checker struct {
	re      int64
	refusal *Refusal
}

func (c *checker) refuse(code ErrorCode, format string, args ...any) {
	if c.refusal == nil {
		c.refusal = &Refusal{code, fmt.Sprintf(format, args...), c.re}
	}
}

// id accepts what programs name things: printable ASCII without spaces.
func (c *checker) id(field, value string) {
	if value == "" {
		c.refuse(codeBadValue, "`%s` is missing.", field)
	}
	if len(value) > MaxID {
		c.refuse(codeTooLong, "`%s` is longer than %d bytes.", field, MaxID)
		return
	}
	for i := range len(value) {
		if value[i] <= ' ' || value[i] > '~' {
			c.refuse(codeBadValue, "`%s` may only have visible ASCII characters.", field)
			return
		}
	}
}

// optional is an id, or nothing.
func (c *checker) optional(field, value string) {
	if value != "" {
		c.id(field, value)
	}
}

func (c *checker) atLeast(field string, value, least int) {
	if value < least {
		c.refuse(codeBadValue, "`%s` must be %d or more.", field, least)
	}
}

func (c *checker) offer(session string, generation, round int) {
	c.id("session", session)
	c.atLeast("generation", generation, 1)
	c.atLeast("round", round, 1)
}

func (c *checker) cursors(cursors map[string]int) {
	if len(cursors) > MaxCursors {
		c.refuse(codeBadValue, "`cursors` names more than %d sessions.", MaxCursors)
		return
	}
	for session, place := range cursors {
		c.id("cursors", session)
		c.atLeast("cursors", place, 0)
	}
}

// text is a message: it must say something.
func (c *checker) text(field string, value *string) {
	c.long(field, value, MaxText)
	if strings.TrimSpace(*value) == "" {
		c.refuse(codeBadValue, "`%s` says nothing.", field)
	}
}

// long may have several lines.
func (c *checker) long(field string, value *string, most int) {
	if strings.ContainsFunc(*value, unicode.IsControl) {
		*value = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(*value)
		*value = strings.Map(visible, *value)
	}
	c.length(field, *value, most)
}

// line is a single one, without space around it.
func (c *checker) line(field string, value *string, most int) {
	*value = single(*value)
	c.length(field, *value, most)
}

func (c *checker) length(field, value string, most int) {
	// A character has at least one byte: most values need no counting.
	if len(value) > most && utf8.RuneCountInString(value) > most {
		c.refuse(codeTooLong, "`%s` is longer than %d characters.", field, most)
	}
}

// email wants something on both sides of an @, no more: only a reply proves an address.
func (c *checker) email(value *string) {
	c.line("email", value, MaxEmail)
	if *value == "" {
		return
	}
	at := strings.LastIndexByte(*value, '@')
	if at < 1 || at == len(*value)-1 || strings.ContainsRune(*value, ' ') {
		c.refuse(codeBadValue, "`email` must look like name@example.com.")
	}
}

func (c *checker) language(value string) {
	if len(value) > maxLanguage {
		c.refuse(codeTooLong, "`language` is longer than %d characters.", maxLanguage)
	}
	for i := range len(value) {
		if b := value[i]; !('a' <= b|0x20 && b|0x20 <= 'z' || '0' <= b && b <= '9' || b == '-') {
			c.refuse(codeBadValue, "`language` must be a language tag such as pt-BR.")
		}
	}
}

// page cuts what is too long and drops an address that is no web page: agents get it as a link.
func (c *checker) page(page *Page) {
	if page == nil {
		return
	}
	page.URL = single(page.URL)
	if !strings.HasPrefix(page.URL, "https://") && !strings.HasPrefix(page.URL, "http://") {
		page.URL = ""
	}
	page.URL = cut(page.URL, MaxURL)
	page.Title = single(page.Title)
	if runes := []rune(page.Title); len(runes) > maxTitle {
		page.Title = string(runes[:maxTitle])
	}
}

func visible(r rune) rune {
	if unicode.IsControl(r) && r != '\n' && r != '\t' {
		return -1
	}
	return r
}

func single(s string) string {
	if strings.ContainsFunc(s, unicode.IsControl) {
		s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }), " ")
	}
	return strings.TrimSpace(s)
}

// cut returns at most n bytes of s, in whole characters.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
