package fairness_test

import (
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-chat/parley/functions/chat"
	"github.com/parley-chat/parley/infra/dynamo/dynamotest"
	"github.com/parley-chat/parley/infra/local/engine"
)

var (
	chats    = flag.Int("chats", 500, "how many customers come")
	seed     = flag.Uint64("seed", 1, "of all that is left to chance")
	docs     = flag.Bool("docs", false, "write docs/fairness.md and its chart")
	progress = flag.Bool("progress", false, "say every few seconds how far it is")
)

const (
	page, picture = "docs/fairness.md", "docs/images/fairness.svg"
	// The page keeps the report between these.
	begins, ends = "<!-- make fairness writes from here -->\n", "<!-- to here -->\n"
)

func TestMain(m *testing.M) { os.Exit(dynamotest.Main(m)) }

// Ensure that a day is fair: that nobody waits beside an agent who is free for them, that strategies which promise it give everybody
// the same, that heavier queues come first and in them who came first. -args -chats 10000 is the whole day.
func TestDay(t *testing.T) {
	t.Parallel()
	d := newDay(t, newPlan(*seed, *chats))
	if err := d.play(*progress); err != nil {
		t.Fatal(err)
	}
	report, chart := d.report(), d.chart()
	t.Logf("\n%s", report)
	for _, complaint := range d.broken() {
		t.Error(complaint)
	}
	d.hasSeen(t)
	wellFormed(t, chart)
	if *docs {
		write(t, report, chart)
	}
}

// hasSeen fails the test if a day was too quiet to prove anything.
func (d *day) hasSeen(t *testing.T) {
	if *chats < 500 {
		return
	}
	seen := map[string]int{"waits beside a free agent": d.watch.besides, "several asked": d.watch.queue["sales"].offers, "abandoned": 0, "expired": 0, "rejected": 0, "canceled": 0, "longest line above 10": 0}
	for _, f := range d.watch.queue {
		seen["abandoned"] += f.outcomes[chat.Abandoned]
		seen["expired"] += f.ended[chat.OfferExpired]
		seen["rejected"] += f.ended[chat.OfferRejected]
		seen["canceled"] += f.ended[chat.OfferCanceled]
		seen["longest line above 10"] += max(f.longest-10, 0)
	}
	for what, n := range seen {
		if n == 0 {
			t.Errorf("a day without %s is not what it was meant to be", what)
		}
	}
}

// Ensure that a seed gives the same day again.
func TestReplay(t *testing.T) {
	t.Parallel()
	var reports [2]string
	for i := range reports {
		d := newDay(t, newPlan(7, 60))
		if err := d.play(false); err != nil {
			t.Fatal(err)
		}
		reports[i] = d.report() + d.chart()
	}
	if reports[0] != reports[1] {
		t.Errorf("the same seed gives\n%s\nand\n%s", reports[0], reports[1])
	}
}

// Ensure that the page has a place for the report.
func TestPage(t *testing.T) {
	t.Parallel()
	if _, _, ok := cutPage(t); !ok {
		t.Errorf("%s has no marks to put the report between", page)
	}
}

// cutPage is the page before and behind the report.
func cutPage(t *testing.T) (before, after string, ok bool) {
	t.Helper()
	content, err := os.ReadFile(inCheckout(t, page))
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(content), begins)
	_, after, ended := strings.Cut(rest, ends)
	return before, after, found && ended
}

func inCheckout(t *testing.T, path string) string {
	t.Helper()
	root, err := engine.Root()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(root, path)
}

// write puts the report into the page, and the chart beside it.
func write(t *testing.T, report, chart string) {
	t.Helper()
	before, after, ok := cutPage(t)
	if !ok {
		t.Fatalf("%s has no marks to put the report between", page)
	}
	if err := errors.Join(os.WriteFile(inCheckout(t, page), []byte(before+begins+"\n"+report+"\n"+ends+after), 0o644),
		os.WriteFile(inCheckout(t, picture), []byte(chart), 0o644)); err != nil {
		t.Fatal(err)
	}
}

// wellFormed fails the test if a drawing is no XML.
func wellFormed(t *testing.T, drawing string) {
	t.Helper()
	for dec := xml.NewDecoder(strings.NewReader(drawing)); ; {
		if _, err := dec.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("the chart: %v", err)
		}
	}
}
