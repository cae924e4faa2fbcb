package main

import (
	_ "embed"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/parley-chat/parley/infra/local/meter"
)

// The base case: one chat as the architecture study counts it.
const (
	each   = 20 // messages each way; before each, one typing event; every second one is read with a receipt
	wait   = 45 * time.Second
	talk   = 8 * time.Minute
	linger = 3 * time.Minute // the page stays open after the chat

	atOnce = 3             // chats that an agent has side by side, and that share their socket, beats and pings
	shift  = 2 * time.Hour // life of an agent's socket: API Gateway ends it then

	views = 30 // page views with the loader for one of them that leads to a chat

	beat = time.Minute
	// A client that looks at a chat asks for a sign of life so often, else so seldom: the middles of the client's spans.
	briskPing = 27500 * time.Millisecond
	idlePing  = 270 * time.Second

	// headers is what comes with a file: CloudFront bills it, too.
	headers = 500
	// wall is how long a function runs on AWS, where DynamoDB and the sockets are a network away: more than is measured here.
	wall = 40 * time.Millisecond
	// refusal is what a write whose condition failed is taken to cost, in units: as much as the largest that loses races, an offer.
	refusal = 8
	// target is the most that 1,000 chats may cost, in dollars.
	target = 1.00
)

// reaper is not part of any chat: it runs every minute, whatever happens.
const reaper = "ReaperFunction"

// usage is what is billed, of one thing or of many.
type usage struct {
	messages, bytesOut, minutes, requests float64
	calls, millis, gigabytes              float64 // gigabytes: memory, summed over the calls
	reads, writes                         float64
	stored                                float64 // bytes
	transitions, logged                   float64
	files, pages                          float64 // requests to CloudFront, and their bytes
}

// used is what was counted of n equal things, without the reaper.
func used(c meter.Counts, n int, memory func(function string) float64) usage {
	all := c.All(reaper)
	u := usage{messages: float64(c.MessagesIn + c.MessagesOut), bytesOut: float64(c.BytesOut), requests: float64(c.Requests),
		calls: float64(all.Calls), millis: float64(all.Millis), reads: all.Reads, writes: all.Writes + refusal*float64(all.Refused), logged: float64(all.Logged),
		transitions: float64(c.Transitions)}
	for name, f := range c.Functions {
		if name != reaper {
			u.gigabytes += float64(f.Calls) * memory(name)
		}
	}
	return u.times(1 / float64(n))
}

func (u usage) times(f float64) usage {
	return usage{u.messages * f, u.bytesOut * f, u.minutes * f, u.requests * f, u.calls * f, u.millis * f, u.gigabytes * f, u.reads * f, u.writes * f,
		u.stored * f, u.transitions * f, u.logged * f, u.files * f, u.pages * f}
}

func (u usage) plus(v usage) usage {
	return usage{u.messages + v.messages, u.bytesOut + v.bytesOut, u.minutes + v.minutes, u.requests + v.requests, u.calls + v.calls,
		u.millis + v.millis, u.gigabytes + v.gigabytes, u.reads + v.reads, u.writes + v.writes, u.stored + v.stored, u.transitions + v.transitions,
		u.logged + v.logged, u.files + v.files, u.pages + v.pages}
}

// measured is what the runs told, each for one of its kind.
type measured struct {
	chats   int // that were played
	took    time.Duration
	refused int // conditional writes that failed in them: the engine does not count those, a real table does

	chat         usage // from the page's first request to the end of its socket, without the passing of time
	message      usage
	beatWaiting  usage // of a customer who waits
	beatTalking  usage // of a customer whose chat is open
	beatAgent    usage // of an agent with all chats open
	signIn       usage // of an agent: one socket with its hello
	sweep        usage // of the reaper with nothing to do
	loader, open usage // files of one page view, and of one opened widget
}

// perChat adds the passing of time, which the runs leave out: minutes, beats and pings are arithmetic.
func (m measured) perChat() usage {
	share := 1 / float64(atOnce)
	times := func(span, every time.Duration) float64 { return float64(span) / float64(every) }
	ping := usage{messages: 2, bytesOut: float64(len(`{"type":"pong"}`))}
	passing := usage{minutes: times(wait+talk+linger, time.Minute) + share*times(talk, time.Minute)}
	return m.chat.plus(passing).
		plus(m.beatWaiting.times(times(wait, beat))).
		plus(m.beatTalking.times(times(talk, beat))).
		plus(m.beatAgent.times(share * times(talk, beat))).
		plus(m.signIn.times(share * times(talk, shift))).
		plus(ping.times(times(wait+talk, briskPing) + times(linger, idlePing) + share*times(talk, briskPing))).
		plus(m.loader.times(views)).plus(m.open)
}

// price is a line of prices.yaml.
type price struct {
	USD    float64
	Per    float64
	Unit   string
	Source string
	Read   string
}

// prices by what is billed.
type prices struct {
	Region string
	Prices map[string]price
}

//go:embed prices.yaml
var pricesYAML []byte

func readPrices() (prices, error) {
	var p prices
	if err := yaml.Unmarshal(pricesYAML, &p); err != nil {
		return p, fmt.Errorf("prices.yaml: %w", err)
	}
	return p, nil
}

// line is one of a bill.
type line struct {
	what   string
	amount float64 // for 1,000 chats
	price  price
	note   string
}

func (l line) dollars() float64 { return l.amount * l.price.USD / l.price.Per }

// bill is what 1,000 chats cost.
type bill []line

// billOf prices 1,000 of what is used. A price that is missing is an error, not a gift.
func billOf(one usage, p prices) (bill, error) {
	u := one.times(1000)
	var b bill
	var missing []string
	add := func(what string, amount float64, key, note string) {
		price, ok := p.Prices[key]
		if !ok {
			missing = append(missing, key)
		}
		b = append(b, line{what, amount, price, note})
	}
	add("API Gateway: messages of sockets", u.messages, "message", "")
	add("API Gateway: connection minutes", u.minutes, "minute", "")
	add("API Gateway: HTTPS requests", u.requests, "request", "")
	add("Data out of sockets", u.bytesOut, "transfer", "")
	add("Lambda: invocations", u.calls, "invocation", "")
	add("Lambda: compute, GB-s", u.gigabytes*wall.Seconds(), "compute", fmt.Sprintf("at %d ms a call; measured here: %.1f ms", wall.Milliseconds(), u.millis/u.calls))
	add("DynamoDB: writes", u.writes, "write", "")
	add("DynamoDB: reads", u.reads, "read", "")
	add("DynamoDB: storage, 1 month", u.stored, "storage", "each further month costs the same again")
	add("DynamoDB: point-in-time recovery, 1 month", u.stored, "backup", "")
	add("Step Functions: transitions", u.transitions, "transition", "")
	add("CloudFront: requests", u.files, "file", fmt.Sprintf("%d page views a chat, none from a cache", views))
	add("CloudFront: bytes", u.pages, "page", "")
	add("CloudWatch: logs", u.logged, "log", "")
	add("S3: attachments", 0, "storage", "there are none yet: they come with a later issue")
	if len(missing) > 0 {
		return nil, fmt.Errorf("prices.yaml has no %s", strings.Join(missing, ", "))
	}
	return b, nil
}

func (b bill) total() (sum float64) {
	for _, l := range b {
		sum += l.dollars()
	}
	return sum
}

// print writes the bill for a terminal.
func (b bill) print(out io.Writer) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "1,000 chats\tamount\tprice\t$\t")
	for _, l := range b {
		fmt.Fprintf(t, "%s\t%s\t%s\t%.4f\t\n", l.what, thousands(l.amount), l.price.short(), l.dollars())
	}
	return t.Flush()
}

// markdown writes the bill for a page.
func (b bill) markdown(out io.Writer) {
	fmt.Fprintln(out, "| 1,000 chats | amount | price | $ | |")
	fmt.Fprintln(out, "| --- | ---: | ---: | ---: | --- |")
	for _, l := range b {
		fmt.Fprintf(out, "| %s | %s | %s | %.4f | %s |\n", l.what, thousands(l.amount), l.price.short(), l.dollars(), l.note)
	}
	fmt.Fprintf(out, "| **total** | | | **%.2f** | |\n", b.total())
}

// short is a price as a column shows it.
func (p price) short() string {
	per := ""
	switch p.Per {
	case 1:
	case 1_000:
		per = "/1,000"
	case 10_000:
		per = "/10,000"
	case 1_000_000:
		per = "/M"
	case 1 << 30:
		per = "/GB"
	default:
		per = "/" + thousands(p.Per)
	}
	usd := fmt.Sprintf("%.10f", p.USD)
	usd = strings.TrimRight(usd, "0")
	if _, cents, _ := strings.Cut(usd, "."); len(cents) < 2 {
		usd += strings.Repeat("0", 2-len(cents))
	}
	return "$" + usd + per
}

// thousands groups the digits of a number; small ones keep a fraction.
func thousands(v float64) string {
	s := fmt.Sprintf("%.0f", v)
	if v > 0 && v < 100 {
		s = fmt.Sprintf("%.2f", v)
	}
	whole, fraction, found := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if found {
		whole += "." + fraction
	}
	return whole
}
