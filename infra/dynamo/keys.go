package dynamo

import (
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	"github.com/parley-chat/parley/functions/chat"
)

// Three tables, each keyed by PK and SK (strings), each with its time to live in ttl (seconds). template.yaml makes them.
//
//	sessions     item            PK            SK               attributes
//	             state row       C#<session>   N                state v gen round part patience offered until token wake turn
//	                                                            skip given agent assist last seat noSeat queued since weight
//	                                                            due warned asked started outcome disposition website queue
//	                                                            customer name ttl,
//	                                                            transfer {assist agent queue by note round until token turn},
//	                                                            waitPK waitSK while in the line, handed over or a message,
//	                                                            duePK dueSK while ACTIVE
//	             log row         C#<session>   M#<place>        kind from by name text cid outcome note to at v person ttl
//	             offer           C#<session>   O#<gen>#<round>  kind from note to strategy why offeredAt until delivered seen
//	                                                            rejected decided outcome by endedAt ttl
//	             side            C#<session>   R#<side>         read seenAt ttl
//	directory    website         W#<id>        W                name origins brand greeting queues askName askEmail messages
//	                                                            hours zone, kind*
//	             queue           Q#<id>        Q                name strategy timeout weight lostAfter maxWait then overflow
//	                                                            wrapUp idle previous, kind*
//	             member          Q#<id>        A#<agent>        agent notified
//	             pace            Q#<id>        M                pace paced
//	             agent           A#<id>        A                name email state reason changed by next nextReason wrapUntil
//	                                                            open cap offer idleSince seenAt unreached missed queues
//	                                                            supervisor, kind* while not OFFLINE or with something open
//	             licence shard   L             <n>              used limit
//	             staff           A             <agent>          (the key says it: every agent who is configured)
//	             settings        S             S                reasons dispositions
//	             pointer         U#<website>#<customer>   U     session
//	connections  connection      U#c:<customer>, U#a:<agent>    <connection>      website seenAt ttl
//
// Indexes (hints; the item inside the transaction is the truth):
//
//	waiting  waitPK W#<queue>    waitSK <10-weight>#<queued>#<session>   the line of a queue, in its order
//	         waitPK X#<queue>    waitSK <session>                        sessions with an owner that ring there
//	         waitPK L#<queue>    waitSK <expiry>#<session>               sessions left as messages, the oldest first
//	due      duePK DUE#<shard>   dueSK <due>                             ACTIVE sessions by the time they are looked at
//	kind     kindPK K#<kind>     kindSK <id>                             all websites, queues, agents at work
//
// Times are milliseconds since 1970 but ttl; in sort keys they have 13 digits, places 10, so that text sorts like numbers.
// M < N: a Query from a place up to N brings the rows behind it and the state row; notes and offers stay out of its way.
const (
	pk = "PK"
	sk = "SK"

	stateSK   = "N"
	firstRow  = "M#"
	offerMark = "O#"
	sideMark  = "R#"

	websiteSK  = "W"
	queueSK    = "Q"
	paceSK     = "M"
	memberMark = "A#"
	agentSK    = "A"
	staffPK    = "A"
	licencePK  = "L"
	settingsPK = "S"
	settingsSK = "S"
	pointerSK  = "U"

	waitingIndex = "waiting"
	dueIndex     = "due"
	kindIndex    = "kind"
)

// dueShards spreads the `due` index: every message-bearing session is in it, and one key takes 1,000 writes a second.
const dueShards = 4

func key(partition, sort string) item { return item{pk: text(partition), sk: text(sort)} }

func sessionPK(id string) string { return "C#" + id }

func rowSK(place int) string { return firstRow + pad(int64(place), 10) }

func offerSK(r chat.OfferRef) string {
	return offerMark + strconv.Itoa(r.Generation) + "#" + strconv.Itoa(r.Round)
}

func sideSK(s chat.Side) string { return sideMark + string(s) }

func websitePK(id string) string { return "W#" + id }

func queuePK(id string) string { return "Q#" + id }

func agentPK(id string) string { return "A#" + id }

func shardSK(n int) string { return pad(int64(n), 3) }

func pointerPK(website, customer string) string { return "U#" + website + "#" + customer }

func connectionPK(p chat.Principal) string {
	if p.Role == chat.RoleAgent {
		return "U#a:" + p.ID
	}
	return "U#c:" + p.ID
}

func linePK(queue string) string { return "W#" + queue }

// handedPK is where sessions are that ring in a queue while they have an owner: beside its line.
func handedPK(queue string) string { return "X#" + queue }

// trayPK is where the sessions of a queue are that were left as messages.
func trayPK(queue string) string { return "L#" + queue }

func lineSK(weight int, queued time.Time, session string) string {
	return pad(int64(10-weight), 2) + "#" + pad(queued.UnixMilli(), 13) + "#" + session
}

// parseLine reads a place in the line back from its sort key.
func parseLine(s string) (weight int, queued time.Time, session string) {
	w, rest, _ := strings.Cut(s, "#")
	q, session, _ := strings.Cut(rest, "#")
	n, _ := strconv.Atoi(w)
	ms, _ := strconv.ParseInt(q, 10, 64)
	return 10 - n, time.UnixMilli(ms).UTC(), session
}

func duePK(shard int) string { return "DUE#" + strconv.Itoa(shard) }

func dueShard(session string) int {
	h := fnv.New32a()
	h.Write([]byte(session))
	return int(h.Sum32() % dueShards)
}

func kindPK(k chat.ListKind) string { return "K#" + string(k) }

// pad writes n with leading zeros.
func pad(n int64, width int) string {
	s := strconv.FormatInt(n, 10)
	if len(s) >= width {
		return s
	}
	return strings.Repeat("0", width-len(s)) + s
}
