package main

import (
	"context"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/parley-chat/parley/infra/local/meter"
)

const root = "../.."

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Ensure that a chat of the base case costs what it may: one unit for a message, three transitions for two offers, a dollar for a
// thousand. What a page loads is taken at the widget's budgets (widget/build.mjs), so that the widget need not be built.
func TestBaseCase(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	dir := t.TempDir()
	binary := filepath.Join(dir, "parley")
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, "./infra/local")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the runner: %v\n%s", err, out)
	}
	memory, err := readMemory(filepath.Join(root, "template.yaml"))
	ok(t, err)
	s, err := openStage(ctx, binary, root, dir)
	ok(t, err)
	m, err := s.measure(ctx, 4, memory)
	if err := s.close(); err != nil {
		t.Error(err)
	}
	ok(t, err)

	if m.message.writes != 1 {
		t.Errorf("a message writes %.2f units, want 1", m.message.writes)
	}
	if m.message.messages != 3 || m.message.calls != 1 {
		t.Errorf("a message is %.2f messages of sockets and %.2f invocations, want 3 (sent, acknowledged, pushed) and 1", m.message.messages, m.message.calls)
	}
	if m.chat.transitions != 3 {
		t.Errorf("two offers are %.2f transitions, want 3", m.chat.transitions)
	}
	if m.chat.requests != 2 {
		t.Errorf("a page makes %.2f requests, want 2", m.chat.requests)
	}
	// 40 messages, 20 receipts, and not more than 80 units for all that moves the session.
	if m.chat.writes < 60 || m.chat.writes > 140+float64(refusal*m.refused) {
		t.Errorf("a chat writes %.1f units", m.chat.writes)
	}
	for _, r := range m.rows() {
		if r.u.calls == 0 || r.u.reads == 0 || r.u.writes == 0 || r.u.gigabytes == 0 || r.u.logged == 0 {
			t.Errorf("%s: something was not counted: %+v", r.name, r.u)
		}
	}
	if m.chat.stored < 40*200 || m.sweep.calls != 1 || m.sweep.reads == 0 {
		t.Errorf("stored %.0f bytes; the reaper: %+v", m.chat.stored, m.sweep)
	}

	m.loader, m.open = usage{files: 1, pages: 2_048 + headers}, usage{files: 4, pages: 25_600 + 4*headers}
	p, err := readPrices()
	ok(t, err)
	b, err := billOf(m.perChat(), p)
	ok(t, err)
	if total := b.total(); total > target || total < target/4 {
		t.Errorf("1,000 chats cost $%.2f, the target is $%.2f", total, target)
	}
	var out strings.Builder
	ok(t, report(&out, m, b, p))
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if last := lines[len(lines)-1]; !strings.HasPrefix(last, "total: $0.") || !strings.HasSuffix(last, " per 1,000 chats") {
		t.Errorf("the last line is %q", last)
	}
}

// Ensure that the passing of time is added: minutes, beats and pings, an agent's shared by their chats.
func TestPerChat(t *testing.T) {
	t.Parallel()
	m := measured{beatWaiting: usage{writes: 1}, beatTalking: usage{reads: 1}, beatAgent: usage{logged: 3}, signIn: usage{calls: 45}, chat: usage{messages: 100},
		loader: usage{files: 1}, open: usage{files: 2, pages: 7}}
	got := m.perChat()
	pings := 2 * ((45+480)/27.5 + 180.0/270 + 480/27.5/3)
	for what, v := range map[string][2]float64{
		"minutes":                {got.minutes, 11.75 + 8.0/3},
		"beats of who waits":     {got.writes, 0.75},
		"beats of who talks":     {got.reads, 8},
		"beats of an agent":      {got.logged, 8},
		"an agent's sockets":     {got.calls, 1},
		"files":                  {got.files, views + 2},
		"bytes of pages":         {got.pages, 7},
		"messages and the pings": {got.messages, 100 + pings},
	} {
		if math.Abs(v[0]-v[1]) > 1e-9 {
			t.Errorf("%s: got %v, want %v", what, v[0], v[1])
		}
	}
}

// Ensure that counts become amounts of one thing, the reaper's left out, failed conditions paid for.
func TestUsed(t *testing.T) {
	t.Parallel()
	c := meter.Counts{MessagesIn: 4, MessagesOut: 6, Transitions: 2, Functions: map[string]meter.Use{
		"RouterFunction": {Calls: 4, Millis: 8, Reads: 3, Writes: 5, Refused: 1, Logged: 100}, reaper: {Calls: 9, Writes: 9, Refused: 9}}}
	u := used(c, 2, func(string) float64 { return 0.5 })
	if u.messages != 5 || u.transitions != 1 || u.calls != 2 || u.millis != 4 || u.gigabytes != 1 || u.reads != 1.5 || u.writes != (5+refusal)/2.0 || u.logged != 50 {
		t.Errorf("got %+v", u)
	}
}

// Ensure that every price says what it buys, where it was read and when, and that a bill lacks none.
func TestPrices(t *testing.T) {
	t.Parallel()
	p, err := readPrices()
	ok(t, err)
	for key, price := range p.Prices {
		if _, err := time.Parse(time.DateOnly, price.Read); err != nil || price.USD <= 0 || price.Per <= 0 || price.Unit == "" || price.Source == "" {
			t.Errorf("%s: %+v, %v", key, price, err)
		}
	}
	if p.Region == "" || p.Prices["schedule"].USD == 0 {
		t.Errorf("no region, or nothing for the schedule: %+v", p)
	}
	if _, err := billOf(usage{calls: 1}, p); err != nil {
		t.Error(err)
	}
	delete(p.Prices, "write")
	if _, err := billOf(usage{calls: 1}, p); err == nil || err.Error() != "prices.yaml has no write" {
		t.Errorf("without a price: %v", err)
	}
}

// Ensure that a bill adds up and is readable.
func TestBill(t *testing.T) {
	t.Parallel()
	b := bill{{"writes", 1_234_567, price{USD: 0.625, Per: 1e6}, ""}, {"compute", 12.5, price{USD: 0.0000133334, Per: 1}, "a note"}, {"files", 1000, price{USD: 0.01, Per: 1e4}, ""}}
	if got, want := b.total(), 0.771604375+0.0001666675+0.001; math.Abs(got-want) > 1e-9 {
		t.Errorf("total %v, want %v", got, want)
	}
	var text strings.Builder
	b.markdown(&text)
	want := "| 1,000 chats | amount | price | $ | |\n| --- | ---: | ---: | ---: | --- |\n" +
		"| writes | 1,234,567 | $0.625/M | 0.7716 |  |\n| compute | 12.50 | $0.0000133334 | 0.0002 | a note |\n| files | 1,000 | $0.01/10,000 | 0.0010 |  |\n" +
		"| **total** | | | **0.77** | |\n"
	if text.String() != want {
		t.Errorf("got\n%s\nwant\n%s", text.String(), want)
	}
}

// Ensure that what the widget weighs is its files, compressed, the loader apart.
func TestWeigh(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ok(t, os.Mkdir(filepath.Join(dir, "assets"), 0o700))
	for name, size := range map[string]int{"widget.js": 1000, "assets/app-1.js": 10_000, "assets/talk-1.js": 20_000} {
		ok(t, os.WriteFile(filepath.Join(dir, name), []byte(strings.Repeat("a", size)), 0o600))
	}
	loader, open, err := weigh(t.Context(), dir)
	ok(t, err)
	if loader.files != 1 || open.files != 2 || loader.pages <= headers || loader.pages > headers+100 || open.pages <= 2*headers || open.pages > 2*headers+200 {
		t.Errorf("loader %+v, open %+v", loader, open)
	}
	if _, _, err := weigh(t.Context(), t.TempDir()); err == nil || !strings.Contains(err.Error(), "make web builds it") {
		t.Errorf("an empty folder: %v", err)
	}
}

// Ensure that items weigh what DynamoDB's documentation says.
func TestWeight(t *testing.T) {
	t.Parallel()
	item := map[string]types.AttributeValue{
		"PK":   &types.AttributeValueMemberS{Value: "C#s1"},                                                                         // 2 + 4
		"at":   &types.AttributeValueMemberN{Value: "1700000000000"},                                                                // 2 + 8
		"set":  &types.AttributeValueMemberSS{Value: []string{"ab", "cde"}},                                                         // 3 + 5
		"flag": &types.AttributeValueMemberBOOL{Value: true},                                                                        // 4 + 1
		"list": &types.AttributeValueMemberL{Value: []types.AttributeValue{&types.AttributeValueMemberS{Value: "é"}}},               // 4 + 3 + 1 + 2
		"map":  &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{"k": &types.AttributeValueMemberS{Value: "v"}}}, // 3 + 3 + 1 + 1 + 1
	}
	if got, want := weight(item), 100+6+10+8+5+10+9; got != want {
		t.Errorf("got %d, want %d", got, want)
	}
}

// Ensure that a page keeps everything but what stands between its marks.
func TestInsert(t *testing.T) {
	t.Parallel()
	page := filepath.Join(t.TempDir(), "cost.md")
	ok(t, os.WriteFile(page, []byte("# Cost\n"+begins+"old\n"+ends+"end\n"), 0o600))
	ok(t, insert(page, []byte("new\n")))
	got, err := os.ReadFile(page)
	ok(t, err)
	if want := "# Cost\n" + begins + "\nnew\n\n" + ends + "end\n"; string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	ok(t, os.WriteFile(page, []byte("# Cost\n"), 0o600))
	if err := insert(page, []byte("new\n")); err == nil {
		t.Error("a page without marks was written")
	}
}

// Ensure that docs/cost.md has a place for the bill.
func TestPageHasMarks(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(filepath.Join(root, "docs", "cost.md"))
	ok(t, err)
	if !strings.Contains(string(content), begins) || !strings.Contains(string(content), ends) {
		t.Error("docs/cost.md has no marks to put the bill between")
	}
}
