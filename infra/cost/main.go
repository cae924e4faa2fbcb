// Command cost meters chats of a base case on the local runner and prices them from a dated table: what 1,000 of them would cost on AWS,
// line by line. They are really played, over sockets, on the functions that are deployed; only the passing of time is arithmetic.
// `make cost` runs it; docs/cost.md tells what is assumed and keeps the bill of the last look.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "cost:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	binary := flag.String("parley", "build/parley", "the runner's binary")
	root := flag.String("root", ".", "the checkout, with the widget built")
	chats := flag.Int("chats", 100, "how many chats to play")
	page := flag.String("docs", "", "put the bill into this page, between its marks")
	flag.Parse()

	dir, err := os.MkdirTemp("", "parley-cost")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	p, err := readPrices()
	if err != nil {
		return err
	}
	memory, err := readMemory(filepath.Join(*root, "template.yaml"))
	if err != nil {
		return err
	}
	loader, open, err := weigh(ctx, filepath.Join(*root, "widget", "dist"))
	if err != nil {
		return err
	}
	s, err := openStage(ctx, *binary, *root, dir)
	if err != nil {
		return err
	}
	fmt.Printf("Playing %d chats of %d messages ...\n", *chats, 2*each)
	m, err := s.measure(ctx, *chats, memory)
	if err = errors.Join(err, s.close()); err != nil {
		return err
	}
	m.loader, m.open = loader, open
	b, err := billOf(m.perChat(), p)
	if err != nil {
		return err
	}
	if err := report(os.Stdout, m, b, p); err != nil {
		return err
	}
	if *page != "" {
		var text bytes.Buffer
		fmt.Fprintf(&text, "Measured on %s, prices of %s:\n\n", time.Now().UTC().Format("2006-01-02"), p.Region)
		b.markdown(&text)
		text.WriteString("\n")
		m.markdown(&text, p)
		if err := insert(*page, text.Bytes()); err != nil {
			return err
		}
	}
	if m.message.writes != 1 {
		return fmt.Errorf("a message writes %.2f units: it must write 1", m.message.writes)
	}
	if b.total() > target {
		return fmt.Errorf("1,000 chats cost $%.2f: the target is $%.2f", b.total(), target)
	}
	return nil
}
