package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"text/tabwriter"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"go.yaml.in/yaml/v3"

	"github.com/parley-chat/parley/infra/dynamo"
)

// readMemory reads how much memory each function has, in GB, from the template.
func readMemory(template string) (func(function string) float64, error) {
	content, err := os.ReadFile(template)
	if err != nil {
		return nil, err
	}
	var t struct {
		Globals struct {
			Function struct {
				MemorySize yaml.Node `yaml:"MemorySize"`
			} `yaml:"Function"`
		} `yaml:"Globals"`
		Mappings struct {
			Functions map[string]struct {
				Memory float64 `yaml:"Memory"`
			} `yaml:"Functions"`
		} `yaml:"Mappings"`
	}
	if err := yaml.Unmarshal(content, &t); err != nil {
		return nil, fmt.Errorf("%s: %w", template, err)
	}
	var everywhere float64
	_ = t.Globals.Function.MemorySize.Decode(&everywhere) // absent where each function has its own
	return func(function string) float64 {
		const megabytes = 1024
		if f, ok := t.Mappings.Functions[strings.TrimSuffix(function, "Function")]; ok {
			return f.Memory / megabytes
		}
		return everywhere / megabytes
	}, nil
}

// compress prints the size of each file of a folder as CloudFront sends it: it compresses by itself, quickly rather than small.
const compress = `
const { readdirSync, readFileSync, statSync } = require('node:fs');
const { brotliCompressSync, constants } = require('node:zlib');
const dir = process.argv[1];
const sizes = {};
for (const file of readdirSync(dir, { recursive: true })) {
  if (!statSync(dir + '/' + file).isFile()) continue;
  const params = { [constants.BROTLI_PARAM_QUALITY]: 5 };
  sizes[file] = brotliCompressSync(readFileSync(dir + '/' + file), { params }).length;
}
console.log(JSON.stringify(sizes));`

// weigh measures what a page view loads of the widget (its loader), and what a chat loads: everything.
func weigh(ctx context.Context, dist string) (loader, open usage, err error) {
	node := exec.CommandContext(ctx, "node", "-e", compress, dist)
	var said bytes.Buffer
	node.Stderr = &said
	out, err := node.Output()
	if err != nil {
		return loader, open, fmt.Errorf("measure the widget in %s (make web builds it): %w\n%s", dist, err, &said)
	}
	var sizes map[string]float64
	if err := json.Unmarshal(out, &sizes); err != nil {
		return loader, open, err
	}
	if sizes["widget.js"] == 0 {
		return loader, open, fmt.Errorf("there is no widget.js in %s: make web builds it", dist)
	}
	for file, size := range sizes {
		one := usage{files: 1, pages: size + headers}
		if file == "widget.js" {
			loader = one
		} else {
			open = open.plus(one)
		}
	}
	return loader, open, nil
}

// stored is how many bytes the tables hold, as DynamoDB bills them.
func stored(ctx context.Context, endpoint string) (float64, error) {
	client := dynamo.NewClient(aws.Config{Region: "us-east-1", Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}, nil
	})}, endpoint)
	total := 0
	for tables := dynamodb.NewListTablesPaginator(client, &dynamodb.ListTablesInput{}); tables.HasMorePages(); {
		list, err := tables.NextPage(ctx)
		if err != nil {
			return 0, err
		}
		for _, name := range list.TableNames {
			for pages := dynamodb.NewScanPaginator(client, &dynamodb.ScanInput{TableName: &name}); pages.HasMorePages(); {
				page, err := pages.NextPage(ctx)
				if err != nil {
					return 0, err
				}
				for _, item := range page.Items {
					total += weight(item)
				}
			}
		}
	}
	return float64(total), nil
}

// weight of an item: names and values, and 100 bytes that DynamoDB adds to each for its own index.
func weight(item map[string]types.AttributeValue) int {
	n := 100
	for name, v := range item {
		n += len(name) + weightOf(v)
	}
	return n
}

func weightOf(v types.AttributeValue) int {
	const container = 3 // what a list or a map costs, and 1 for each of its members
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return len(v.Value)
	case *types.AttributeValueMemberN:
		return 1 + (len(v.Value)+1)/2
	case *types.AttributeValueMemberSS:
		n := 0
		for _, s := range v.Value {
			n += len(s)
		}
		return n
	case *types.AttributeValueMemberL:
		n := container
		for _, e := range v.Value {
			n += 1 + weightOf(e)
		}
		return n
	case *types.AttributeValueMemberM:
		n := container
		for name, e := range v.Value {
			n += 1 + len(name) + weightOf(e)
		}
		return n
	}
	return 1 // BOOL and NULL
}

// report writes everything to a terminal, the total last.
func report(out io.Writer, m measured, b bill, p prices) error {
	fmt.Fprintf(out, "\n%d chats played in %.0f s; a message writes %.2f and reads %.2f units; %d writes met a condition that failed\n\n",
		m.chats, m.took.Seconds(), m.message.writes, m.message.reads, m.refused)
	if err := b.print(out); err != nil {
		return err
	}
	fmt.Fprintln(out)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "one\tmessages\tinvocations\twrites\treads\ttransitions\t")
	for _, r := range m.rows() {
		fmt.Fprintf(t, "%s\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t\n", r.name, r.u.messages, r.u.calls, r.u.writes, r.u.reads, r.u.transitions)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\nWhatever happens, the reaper costs $%.2f a month.\ntotal: $%.2f per 1,000 chats\n", m.monthly(p), b.total())
	return err
}

// row is one kind of thing that was measured.
type row struct {
	name string
	u    usage
}

func (m measured) rows() []row {
	return []row{{"message", m.message}, {"beat of a customer who waits", m.beatWaiting}, {"beat of a customer who talks", m.beatTalking},
		{fmt.Sprintf("beat of an agent with %d chats", atOnce), m.beatAgent}, {"sign-in of an agent", m.signIn},
		{"chat without the passing of time", m.chat}, {"chat of the base case", m.perChat()}}
}

func (m measured) markdown(out io.Writer, p prices) {
	fmt.Fprintln(out, "| one | messages of sockets | invocations | write units | read units | transitions |")
	fmt.Fprintln(out, "| --- | ---: | ---: | ---: | ---: | ---: |")
	for _, r := range m.rows() {
		fmt.Fprintf(out, "| %s | %.1f | %.1f | %.1f | %.1f | %.1f |\n", r.name, r.u.messages, r.u.calls, r.u.writes, r.u.reads, r.u.transitions)
	}
	fmt.Fprintf(out, "\nThe reaper with nothing to do costs $%.2f a month.\n", m.monthly(p))
}

// monthly is what the reaper costs with nothing to do.
func (m measured) monthly(p prices) float64 {
	const minutes = 30 * 24 * 60
	at := func(amount float64, key string) float64 { return amount * p.Prices[key].USD / p.Prices[key].Per }
	return minutes * (at(1, "schedule") + at(m.sweep.calls, "invocation") + at(m.sweep.gigabytes*wall.Seconds(), "compute") +
		at(m.sweep.reads, "read") + at(m.sweep.writes, "write") + at(m.sweep.logged, "log"))
}

// The marks between which a page keeps the bill.
const (
	begins = "<!-- make cost FLAGS=\"-docs docs/cost.md\" writes from here -->\n"
	ends   = "<!-- to here -->\n"
)

// insert puts text between the marks of a page.
func insert(page string, text []byte) error {
	content, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	before, rest, ok := bytes.Cut(content, []byte(begins))
	_, after, also := bytes.Cut(rest, []byte(ends))
	if !ok || !also {
		return errors.New(page + " has no marks to put the bill between")
	}
	return os.WriteFile(page, bytes.Join([][]byte{before, []byte(begins), []byte("\n"), text, []byte("\n"), []byte(ends), after}, nil), 0o644)
}
