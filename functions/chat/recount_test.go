package chat

import "testing"

func TestSeats(t *testing.T) {
	t.Parallel()
	held := func(seats ...int) (all []Held) {
		for _, n := range seats {
			all = append(all, Held{Session: "s", Seat: n})
		}
		return all
	}
	tests := []struct {
		name   string
		held   []Held
		shards []Shard
		drift  []string
	}{
		{"nothing", nil, nil, nil},
		{"no licence", held(0, 0), nil, nil},
		{"all fits", held(1, 2, 1), []Shard{{1, 2, 500}, {2, 1, 500}}, nil},
		{"a seat that nobody gave back", held(1), []Shard{{1, 2, 500}}, []string{"licence shard 1 counts 2, its sessions are 1"}},
		{"a session whose seat is not counted", held(1, 1), []Shard{{1, 1, 500}}, []string{"licence shard 1 counts 1, its sessions are 2"}},
		{"in the wrong shard", held(1, 1), []Shard{{1, 1, 500}, {2, 1, 500}},
			[]string{"licence shard 1 counts 1, its sessions are 2", "licence shard 2 counts 1, its sessions are 0"}},
		{"from before there was a licence", held(0, 1), []Shard{{1, 1, 500}}, nil},
		{"above a lowered limit", held(1, 1), []Shard{{1, 2, 1}}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			equal(t, "drift", seats(test.held, test.shards), test.drift)
		})
	}
}

func TestDisagreements(t *testing.T) {
	t.Parallel()
	with := func(id string, open ...string) Agent { return Agent{ID: id, Open: open} }
	held := []Held{{Session: "s1", Agent: "ann", Assist: []string{"eve"}}, {Session: "s2", Agent: "ann"}, {Session: "s3", Agent: "bob"}}
	tests := []struct {
		name   string
		agents []Agent
		want   []holding
	}{
		{"all fits", []Agent{with("ann", "s1", "s2"), with("bob", "s3"), with("eve", "s1"), with("zoe")}, nil},
		{"one that the agent has lost", []Agent{with("ann", "s1"), with("bob", "s3"), with("eve", "s1")}, []holding{{"ann", "s2"}}},
		{"one that the agent should not have", []Agent{with("ann", "s1", "s2"), with("bob", "s3", "s9"), with("eve", "s1")}, []holding{{"bob", "s9"}}},
		{"an assistant who left on one side", []Agent{with("ann", "s1", "s2"), with("bob", "s3"), with("eve")}, []holding{{"eve", "s1"}}},
		{"an agent who is not there any more", []Agent{with("ann", "s1", "s2"), with("eve", "s1")}, []holding{{"bob", "s3"}}},
		{"one in the hands of another, in order", []Agent{with("bob", "s2", "s3"), with("ann", "s1"), with("eve", "s1")}, []holding{{"ann", "s2"}, {"bob", "s2"}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			equal(t, "disagreements", disagreements(held, test.agents), test.want)
		})
	}
	equal(t, "of nothing", disagreements(nil, nil), []holding(nil))
	assist := roomy("eve")
	disagreements([]Held{{Session: "s1", Agent: "ann", Assist: assist}}, nil)
	untouched(t, "assist", assist, "eve")
}
