package config_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/functions/chat"
	"github.com/parley-chat/parley/infra/config"
)

// whole uses every key.
const whole = `
licence: 100
pauseReasons: [Tea, Cake]
dispositions: [Solved, "No"]
websites:
  - id: fern
    name: Fern & Fable
    origins: [https://fern.example, "http://localhost:8080", "http://[::1]:3000"]
    brand: "#0b6b5b"
    greeting: Hello!
    queues: [plants, orders]
    askName: true
    askEmail: true
    messages: [full, nobody]
    hours: ["mon 09:00-17:30", "tue-thu 09:00-17:30", "sat-mon 20:00-24:00", "fri 09:00-12:00"]
    zone: Europe/Lisbon
queues:
  - {id: plants, name: Plant care, strategy: rrmemory, timeout: 30, weight: 10, lostAfter: 60, maxWait: 600, then: overflow,
     overflow: orders, wrapUp: 30, idle: 600, previous: true}
  - id: orders
    name: Orders
agents:
  - id: auth0|5f7c8ec7
    name: Jonas Brandt
    email: jonas@example.com
    capacity: 3
    queues: [plants, orders]
  - id: marta
    name: Marta Kovač
    supervisor: true
`

func wholeFile() config.File {
	return config.File{
		Licence: 100, PauseReasons: []string{"Tea", "Cake"}, Dispositions: []string{"Solved", "No"},
		Websites: []config.Website{{ID: "fern", Name: "Fern & Fable", Origins: []string{"https://fern.example", "http://localhost:8080", "http://[::1]:3000"},
			Brand: "#0b6b5b", Greeting: "Hello!", Queues: []string{"plants", "orders"}, AskName: true, AskEmail: true,
			Messages: []string{"full", "nobody"}, Zone: "Europe/Lisbon",
			// As few lines as can say it, Monday first.
			Hours: []string{"mon-thu 09:00-17:30", "mon 20:00-24:00", "fri 09:00-12:00", "sat-sun 20:00-24:00"}}},
		Queues: []config.Queue{
			{ID: "plants", Name: "Plant care", Strategy: chat.RRMemory, Timeout: 30, Weight: 10, LostAfter: 60, MaxWait: 600,
				Then: chat.ThenOverflow, Overflow: "orders", WrapUp: 30, Idle: 600, Previous: true},
			{ID: "orders", Name: "Orders", Strategy: chat.BeepAll, Timeout: chat.DefaultTimeout, LostAfter: chat.DefaultLostAfter}},
		Agents: []config.Agent{
			{ID: "auth0|5f7c8ec7", Name: "Jonas Brandt", Email: "jonas@example.com", Capacity: 3, Queues: []string{"plants", "orders"}},
			{ID: "marta", Name: "Marta Kovač", Capacity: chat.DefaultCapacity, Supervisor: true}},
	}
}

// Ensure that a file says what it says, with the defaults of the domain where it says nothing.
func TestParse(t *testing.T) {
	t.Parallel()
	got, err := config.Parse([]byte(whole), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if want := wholeFile(); !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

// Ensure that a runner's own pages belong to every website, and are enough.
func TestOriginsOfARunner(t *testing.T) {
	t.Parallel()
	bare := strings.Replace(shop, "origins", "# origins", 1)
	for text, want := range map[string][]string{shop: {"http://127.0.0.1:1", "https://shop.example"}, bare: {"http://127.0.0.1:1"}} {
		f, err := config.Parse([]byte(text), config.Options{Hosted: true})
		if err != nil {
			t.Fatal(err)
		}
		if got := f.With("http://127.0.0.1:1").Websites[0].Origins; !slices.Equal(got, want) {
			t.Errorf("origins are %q, want %q", got, want)
		}
		if got := f.Websites[0].Origins; len(got) != len(want)-1 {
			t.Errorf("the file itself has now %q", got)
		}
	}
}

// shop is a small file; line 1 is websites.
const shop = `websites:
  - id: shop
    name: Shop
    origins: [https://shop.example]
    queues: [sales]
queues:
  - id: sales
    name: Sales
    timeout: 20
agents:
  - id: ann
    name: Ann
    queues: [sales]
`

// Ensure that everything that is wrong is refused with its line and its reason.
func TestProblems(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		old, new string // what is different from shop
		want     string
	}{
		{"unknown key at the top", "agents:", "agnets:", `line 1: The file has no ` + "`agents`" + `.` + "\n" +
			`line 10: The file has the key "agnets", which does not exist. Did you mean "agents"?`},
		{"unknown key in a queue", "timeout: 20", "timeuot: 20", `line 9: Queue sales has the key "timeuot", which does not exist. Did you mean "timeout"?`},
		{"unknown key like no other", "timeout: 20", "colour: red", `line 9: Queue sales has the key "colour", which does not exist.`},
		{"key twice", "timeout: 20", "name: More", "line 9: Queue sales has `name` twice; the first is in line 8."},
		{"merged keys", "timeout: 20", "<<: {timeout: 20}", "line 9: Queue sales takes over keys by <<: write them out."},
		{"key that is no word", "timeout: 20", "[timeout]: 20", "line 9: A key of queue sales is a list: it must be a word."},
		{"no name", "    name: Ann\n", "", "line 11: Agent ann has no `name`."},
		{"no id", "id: ann\n    name", "name", "line 11: This agent has no `id`."},
		{"empty value", "timeout: 20", "timeout:", "line 9: `timeout` of queue sales is empty: write a value or leave the key out."},
		{"empty name", "name: Ann", `name: ""`, "line 12: `name` of agent ann is empty."},

		{"fallback of no wait", "timeout: 20", "then: message", "line 9: Queue sales says what follows the longest wait, but has no `maxWait`."},
		{"overflow to nowhere", "timeout: 20", "maxWait: 60\n    then: overflow", "line 10: Queue sales lets sessions overflow, but has no `overflow` that says to which queue."},
		{"overflow to itself", "timeout: 20", "maxWait: 60\n    then: overflow\n    overflow: sales", "line 11: Queue sales overflows to itself."},
		{"overflow to a stranger", "timeout: 20", "maxWait: 60\n    then: overflow\n    overflow: sails",
			`line 11: Queue sales overflows to the queue "sails", which the file does not have. Did you mean "sales"?`},
		{"overflow without saying so", "timeout: 20", "overflow: sales", "line 9: Queue sales names a queue to overflow to, but `then` is not overflow."},
		{"hours that end first", "queues: [sales]\nqueues", "queues: [sales]\n    hours: [mon-fri 17:00-09:00]\nqueues",
			`line 6: An entry of ` + "`hours`" + ` of website shop is "mon-fri 17:00-09:00": it ends before it begins. Who works past midnight has two.`},
		{"hours of no days", "queues: [sales]\nqueues", "queues: [sales]\n    hours: [week 09:00-17:00]\nqueues",
			`line 6: An entry of ` + "`hours`" + ` of website shop is "week 09:00-17:00": it must be days and times, like mon-fri 09:00-17:30 or sun 10:00-14:00.`},
		{"no time zone", "queues: [sales]\nqueues", "queues: [sales]\n    hours: [mon 09:00-17:00]\n    zone: Lisbon\nqueues",
			"line 7: `zone` of website shop is \"Lisbon\", which is no time zone: it must be a name like Europe/Lisbon."},
		{"zone of no hours", "queues: [sales]\nqueues", "queues: [sales]\n    zone: Europe/Lisbon\nqueues", "line 6: Website shop has a `zone` and no `hours`."},
		{"word for a number", "timeout: 20", "timeout: long", "line 9: `timeout` of queue sales is \"long\": it must be a whole number."},
		{"quoted number", "timeout: 20", `timeout: "20"`, "line 9: `timeout` of queue sales is \"20\": it must be a whole number."},
		{"fraction", "timeout: 20", "timeout: 20.5", "line 9: `timeout` of queue sales is 20.5: it must be a whole number."},
		{"octal number", "timeout: 20", "timeout: 0o24", "line 9: `timeout` of queue sales is 0o24: it must be a whole number."},
		{"number with a leading zero", "timeout: 20", "timeout: 020", "line 9: `timeout` of queue sales is 020: it must be a whole number."},
		{"number for a text", "name: Ann", "name: 007", "line 12: `name` of agent ann is 007: it must be a text, so put it in quotes."},
		{"truth for a text", "name: Ann", "name: true", "line 12: `name` of agent ann is true: it must be a text, so put it in quotes."},
		{"list for a text", "name: Ann", "name: [Ann]", "line 12: `name` of agent ann is a list: it must be a text."},
		{"text for a list", "queues: [sales]\nqueues", "queues: sales\nqueues", "line 5: `queues` of website shop is \"sales\": it must be a list, like [one, two]."},
		{"word for a truth", "name: Shop", "name: Shop\n    askName: yes", "line 4: `askName` of website shop is \"yes\": it must be true or false."},
		{"text for a group", "- id: ann\n    name: Ann\n    queues: [sales]", "- ann", "line 11: An entry of `agents` is \"ann\": it must have keys and values, like `id: …`."},
		{"group for a list", "agents:\n  - id", "agents:\n    id", "line 11: `agents` is a group of keys: it must be a list, like [one, two]."},
		{"list for the file", shop, "- a", "line 1: The file is a list: it must have keys and values, like `id: …`."},

		{"timeout too short", "timeout: 20", "timeout: 9", "line 9: `timeout` of queue sales is 9: it must be between 10 and 120 seconds."},
		{"timeout too long", "timeout: 20", "timeout: 121", "line 9: `timeout` of queue sales is 121: it must be between 10 and 120 seconds."},
		{"timeout of nothing", "timeout: 20", "timeout: 0", "line 9: `timeout` of queue sales is 0: it must be between 10 and 120 seconds."},
		{"weight too heavy", "timeout: 20", "weight: 11", "line 9: `weight` of queue sales is 11: it must be between 0 and 10."},
		{"weight below zero", "timeout: 20", "weight: -1", "line 9: `weight` of queue sales is -1: it must be between 0 and 10."},
		{"lost too soon", "timeout: 20", "lostAfter: 59", "line 9: `lostAfter` of queue sales is 59: it must be between 60 and 3600 seconds."},
		{"lost too late", "timeout: 20", "lostAfter: 3601", "line 9: `lostAfter` of queue sales is 3601: it must be between 60 and 3600 seconds."},
		{"no capacity", "name: Ann", "name: Ann\n    capacity: 0", "line 13: `capacity` of agent ann is 0: it must be between 1 and 200."},
		{"too much capacity", "name: Ann", "name: Ann\n    capacity: 201", "line 13: `capacity` of agent ann is 201: it must be between 1 and 200."},
		{"number beyond numbers", "timeout: 20", "weight: 99999999999999999999", "line 9: `weight` of queue sales is 99999999999999999999: it must be a whole number."},
		{"licence below zero", "websites:", "licence: -1\nwebsites:", "line 1: `licence` is -1: it must be between 0 and 50000."},
		{"unknown strategy", "timeout: 20", "strategy: rrmemry", "line 9: `strategy` of queue sales is \"rrmemry\": it must be one of " +
			"beepall, rrmemory, leastrecent, longestidle, fewestchats. Did you mean \"rrmemory\"?"},
		{"reason too long", "websites:", "pauseReasons: [" + strings.Repeat("x", 81) + "]\nwebsites:", "line 1: An entry of `pauseReasons` has 81 characters: 80 at most."},
		{"reason twice", "websites:", "pauseReasons:\n- Tea\n- Tea\nwebsites:", "line 3: `pauseReasons` names \"Tea\" twice."},
		{"no dispositions", "websites:", "dispositions: []\nwebsites:", "line 1: `dispositions` has no entries: it needs one at least."},

		{"unknown queue of a website", "queues: [sales]\nqueues", "queues: [sales, salse]\nqueues", `line 5: Website shop names the queue "salse", which the file does not have. Did you mean "sales"?`},
		{"unknown queue of an agent", "name: Ann\n    queues: [sales]", "name: Ann\n    queues:\n      - sales\n      - support", `line 15: Agent ann names the queue "support", which the file does not have.`},
		{"queue twice", "name: Ann\n    queues: [sales]", "name: Ann\n    queues: [sales, sales]", "line 13: `queues` of agent ann names \"sales\" twice."},
		{"two agents of one id", "  - id: ann", "  - {id: ann, name: Other}\n  - id: ann", `line 12: There are two agents with the id "ann"; the first is in line 11.`},
		{"two queues of one id", "  - id: sales", "  - {id: sales, name: Other}\n  - id: sales", `line 8: There are two queues with the id "sales"; the first is in line 7.`},
		{"two websites of one id", "  - id: shop", "  - {id: shop, name: O, origins: [https://o.example], queues: [sales]}\n  - id: shop", `line 3: There are two websites with the id "shop"; the first is in line 2.`},
		{"website without queues", "queues: [sales]\nqueues", "queues: []\nqueues", "line 5: `queues` of website shop has no entries: it needs one at least."},

		{"id with capitals", "id: shop", "id: Shop", "line 2: `id` of website Shop is \"Shop\": it must be lower-case letters, digits, - and _, a letter or digit first."},
		{"id that is everybody", "id: ann", `id: "*"`, "line 11: `id` of agent * is \"*\": it must be letters, digits and . _ @ | : + / = -, a letter or digit first."},
		{"id with our separator", "id: ann", "id: ann#1", "line 11: `id` of agent ann#1 is \"ann#1\": it must be letters, digits and . _ @ | : + / = -, a letter or digit first."},
		{"origin with a path", "https://shop.example", "https://shop.example/", "line 4: An entry of `origins` of website shop is \"https://shop.example/\": it must be " +
			"http or https, a host in lower case and perhaps a port, without a path, like https://shop.example.com."},
		{"origin in capitals", "https://shop.example", "https://Shop.example", "line 4: An entry of `origins` of website shop is \"https://Shop.example\": it must be " +
			"http or https, a host in lower case and perhaps a port, without a path, like https://shop.example.com."},
		{"origin for all", "https://shop.example", `"*"`, "line 4: An entry of `origins` of website shop is \"*\": it must be " +
			"http or https, a host in lower case and perhaps a port, without a path, like https://shop.example.com."},
		{"origin with the usual port", "https://shop.example", "https://shop.example:443", "line 4: An entry of `origins` of website shop is \"https://shop.example:443\": browsers leave the usual port out, and so must you."},
		{"no origins", "    origins: [https://shop.example]\n", "", "line 2: Website shop has no `origins`: no page could open a chat."},
		{"colour by name", "name: Shop", "name: Shop\n    brand: green", "line 4: `brand` of website shop is \"green\": it must be # and six hexadecimal digits in quotes, like \"#0b6b5b\"."},
		{"colour that is a comment", "name: Shop", "name: Shop\n    brand: #0b6b5b", "line 4: `brand` of website shop is empty: write a value or leave the key out."},
		{"address that is none", "name: Ann", "name: Ann\n    email: ann", "line 13: `email` of agent ann is \"ann\": it must be an e-mail address, like jonas@example.com."},

		{"nothing", shop, "", "line 1: The file is empty."},
		{"a comment", shop, "# nothing", "line 1: The file is empty."},
		{"two files", "agents:\n", "agents: []\n---\nagents:\n", "line 11: A second document begins here: a configuration is one."},
		{"no YAML", "name: Ann", "name: 'Ann", "line 12: This is not YAML: found unexpected end of stream."},
		{"tabs", "    name: Ann", "\tname: Ann", "line 12: The line is indented by a tab: YAML wants spaces."},
		{"control characters", "name: Ann", "name: A\x00nn", "line 12: There is something that is no text: a file is UTF-8 without control characters."},
		{"Latin-1", "name: Ann", "name: \xc4nn", "line 12: There is something that is no text: a file is UTF-8 without control characters."},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(shop, test.old, test.new, 1)
			if text == shop {
				t.Fatalf("%q is not in the file", test.old)
			}
			f, err := config.Parse([]byte(text), config.Options{})
			var problems config.Problems
			if !errors.As(err, &problems) || err.Error() != test.want {
				t.Errorf("got\n%v\nwant\n%s", err, test.want)
			}
			if !reflect.DeepEqual(f, config.File{}) {
				t.Errorf("got a file: %+v", f)
			}
		})
	}
}

// Ensure that a file says all that is wrong with it at once, from top to bottom.
func TestAllProblemsAtOnce(t *testing.T) {
	t.Parallel()
	text := strings.NewReplacer("timeout: 20", "timeout: 5", "name: Ann", "nmae: Ann", "https://shop.example", "shop.example").Replace(shop)
	_, err := config.Parse([]byte(text), config.Options{})
	var problems config.Problems
	errors.As(err, &problems)
	var lines []int
	for _, p := range problems {
		lines = append(lines, p.Line)
	}
	if !slices.Equal(lines, []int{4, 9, 11, 12}) {
		t.Errorf("problems in lines %v:\n%v", lines, err)
	}
}

// Ensure that tests may be hasty, and about times only.
func TestTesting(t *testing.T) {
	t.Parallel()
	hasty := strings.Replace(shop, "timeout: 20", "timeout: 2\n    lostAfter: 3\n    maxWait: 1", 1)
	if _, err := config.Parse([]byte(hasty), config.Options{}); err == nil {
		t.Error("an operator may be hasty")
	}
	if _, err := config.Parse([]byte(hasty), config.Options{Testing: true}); err != nil {
		t.Error(err)
	}
	for _, wrong := range []string{"timeout: 0", "timeout: -1", "weight: 11"} {
		if _, err := config.Parse([]byte(strings.Replace(shop, "timeout: 20", wrong, 1)), config.Options{Testing: true}); err == nil {
			t.Errorf("a test may say %s", wrong)
		}
	}
}

// Ensure that YAML's anchors work, as far as they mean something: they save typing.
func TestAnchors(t *testing.T) {
	t.Parallel()
	text := strings.NewReplacer("queues: [sales]\nqueues", "queues: &all [sales]\nqueues", "name: Ann\n    queues: [sales]", "name: Ann\n    queues: *all").Replace(shop)
	f, err := config.Parse([]byte(text), config.Options{})
	if err != nil || !slices.Equal(f.Agents[0].Queues, []string{"sales"}) {
		t.Errorf("got %+v, %v", f, err)
	}
}

// Ensure that the demo is a file as operators write them.
func TestDemo(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(filepath.Join("..", "local", "demo.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := config.Parse(content, config.Options{Hosted: true}); err != nil {
		t.Error(err)
	}
}

// Ensure that schema and Go types say the same: every key has its field, every field its key with a description, every default and
// limit is the domain's.
func TestSchemaFitsTheTypes(t *testing.T) {
	t.Parallel()
	type definition struct {
		Type, Description, Ref string
		Properties             map[string]struct {
			Type, Description string
			Default           any
			Ref               string `json:"$ref"`
			Enum              []string
			Minimum, Maximum  int
			Items             struct {
				Ref string `json:"$ref"`
			}
		}
		Definitions map[string]json.RawMessage
	}
	var root definition
	if err := json.Unmarshal(config.Schema(), &root); err != nil {
		t.Fatal(err)
	}
	define := func(name string) definition {
		var d definition
		if err := json.Unmarshal(root.Definitions[name], &d); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return d
	}
	defaults := chat.DefaultSettings()
	for key, want := range map[string][]string{"pauseReasons": defaults.Reasons, "dispositions": defaults.Dispositions} {
		if got := root.Properties[key].Description; !strings.Contains(got, strings.Join(want, ", ")) {
			t.Errorf("the description of %s does not name the defaults %q", key, want)
		}
	}
	kinds := map[reflect.Kind]string{reflect.Int: "integer", reflect.String: "string", reflect.Bool: "boolean", reflect.Slice: "array"}
	for _, test := range []struct {
		of   definition
		goes any
	}{{root, config.File{}}, {define("website"), config.Website{}}, {define("queue"), config.Queue{}}, {define("agent"), config.Agent{}}} {
		typ := reflect.TypeOf(test.goes)
		for i := range typ.NumField() {
			key, _, _ := strings.Cut(typ.Field(i).Tag.Get("yaml"), ",")
			p, there := test.of.Properties[key]
			if !there {
				t.Errorf("%s.%s: the schema has no key %q", typ.Name(), typ.Field(i).Name, key)
				continue
			}
			delete(test.of.Properties, key)
			if p.Ref != "" {
				p.Type = define(strings.TrimPrefix(p.Ref, "#/definitions/")).Type
			}
			if want := kinds[typ.Field(i).Type.Kind()]; p.Type != want {
				t.Errorf("%s of %s is of type %q, want %q", key, typ.Name(), p.Type, want)
			}
			if p.Description == "" {
				t.Errorf("%s of %s has no description", key, typ.Name())
			}
		}
		for key := range test.of.Properties {
			t.Errorf("%s has no field for %q", typ.Name(), key)
		}
	}

	queue, agent := define("queue").Properties, define("agent").Properties
	var strategies []chat.Strategy
	for _, s := range queue["strategy"].Enum {
		strategies = append(strategies, chat.Strategy(s))
	}
	if want := []chat.Strategy{chat.BeepAll, chat.RRMemory, chat.LeastRecent, chat.LongestIdle, chat.FewestChats}; !slices.Equal(strategies, want) {
		t.Errorf("strategies are %q, want %q", strategies, want)
	}
	for key, want := range map[string]any{"strategy": string(chat.BeepAll), "timeout": float64(chat.DefaultTimeout), "lostAfter": float64(chat.DefaultLostAfter)} {
		if got := queue[key].Default; got != want {
			t.Errorf("default %s of a queue is %v, want %v", key, got, want)
		}
	}
	if got := agent["capacity"].Default; got != float64(chat.DefaultCapacity) {
		t.Errorf("default capacity is %v, want %d", got, chat.DefaultCapacity)
	}
}

// Ensure that no file ends the program, and that what is accepted is written and read again as it was.
func FuzzParse(f *testing.F) {
	f.Add([]byte(whole))
	f.Add([]byte(shop))
	f.Add([]byte("websites: &a [*a]\nqueues: *a\nagents: {? [x] : y}"))
	f.Add([]byte("websites: [{<<: {id: x}}]\nqueues: [!!binary aGVsbG8=]\nagents: [!foo x, !!str]"))
	f.Fuzz(func(t *testing.T, content []byte) {
		got, err := config.Parse(content, config.Options{})
		if err != nil {
			var problems config.Problems
			if !errors.As(err, &problems) {
				t.Fatalf("no problem of the file: %v", err)
			}
			lines := 1 + strings.Count(string(content), "\n")
			for _, p := range problems {
				if p.Line < 1 || p.Line > lines+1 || !strings.HasSuffix(p.Text, ".") && !strings.HasSuffix(p.Text, "?") {
					t.Errorf("line %d of %d: %s", p.Line, lines, p.Text)
				}
			}
			return
		}
		written, err := got.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		again, err := config.Parse(written, config.Options{})
		if err != nil {
			t.Fatalf("%v\n%s", err, written)
		}
		if a, b := normal(t, got), normal(t, again); a != b {
			t.Errorf("got\n%s\nwant\n%s", b, a)
		}
	})
}

// normal is a file as text, in which empty lists are absent.
func normal(t *testing.T, f config.File) string {
	b, err := f.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
