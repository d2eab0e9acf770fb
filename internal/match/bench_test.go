package match_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	"dsr-server/internal/dsr"
	"dsr-server/internal/match"
)

// The corpus has the shape of the vendors' records: about 2 KB each, twelve leaves of
// metadata, transcripts with escaped line ends and quotes, a third of the records not in English.
var languages = [][]string{
	{"I would like to rent a car from Vancouver.", "Sure, what \"size\" do you need?", "Please confirm: two tickets to Fresno, leaving at 7:30 am.", "No, that is all, thank you!"},
	{"I can't log in to my account.", "Which e-mail address did you use?", "The order arrived, but the box was empty.", "Goodbye and have a good rest of the day."},
	{"Where is my parcel?", "It left the depot this morning at 8:15 and should be with you by noon.", "Could you send me the invoice again, please?", "Yes, of course."},
	{"Ich möchte meine Bestellung ändern.", "Wie lautet die Straße und Hausnummer?", "Das Gerät läßt sich nicht einschalten.", "Vielen Dank für Ihre Hilfe!"},
	{"Je n'arrive pas à me connecter à mon compte.", "Quelle est votre adresse électronique ?", "Votre réservation a été confirmée.", "Merci beaucoup, à bientôt !"},
	{"荷物が届いていません。", "ご注文番号を教えていただけますか？", "明日の午前中にお届けします。", "ありがとうございました。"},
	{"Где мой заказ?", "Назовите, пожалуйста, номер заказа.", "Посылка будет доставлена завтра.", "Спасибо!"},
}

func corpusRecord(r *rand.Rand, n int, escape bool) []byte {
	lines := languages[r.IntN(3)]
	if r.IntN(3) == 0 {
		lines = languages[r.IntN(len(languages))]
	}
	var transcript bytes.Buffer
	for range 8 + r.IntN(8) {
		fmt.Fprintf(&transcript, "User:\t%s %s %s\n", lines[r.IntN(len(lines))], lines[r.IntN(len(lines))], lines[r.IntN(len(lines))])
	}
	name := fmt.Sprintf("%s %s", []string{"Ana", "Chloé", "José", "Nguyễn", "Jane", "Søren"}[r.IntN(6)], []string{"García", "Smith", "Müller", "Nowak"}[r.IntN(4)])
	metadata := map[string]any{
		"locale": "en_us", "browser_visitorType": "new", "browser_screenResolution": "1728x1117", "browser_localTime": 1735703772285 + n, "draft": false, "question": lines[0],
		"transcript": transcript.String(), "guideNodeCount": r.IntN(9), "email": fmt.Sprintf("%s.%d@example.org", []string{"ana", "jane", "chloe", "jose"}[r.IntN(4)], n),
		"userId": 1000000 + n, "name": name, "__sys_userAgentParsed": map[string]any{"os": map[string]any{"name": "Windows", "version": nil}, "browser": "Firefox"}, "tags": []string{"ios", "vip"},
	}
	record := map[string]any{"_id": fmt.Sprintf("%032x", r.Uint64()), "startTime": 1735703772 + n, "locale": "en_us", "metadata": metadata, "tags": []string{"resolved"}, "userMessageCount": 8, "lastActionAt": "2025-01-01T04:00:17.517000"}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(escape)
	if err := enc.Encode(record); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// corpus is about 8 MB of records as NDJSON and as a page.
func corpus() (ndjson, page []byte) {
	r := rand.New(rand.NewPCG(5, 6))
	page = append(page, `{"data":[`...)
	for n := 0; len(ndjson) < 8<<20; n++ {
		record := corpusRecord(r, n, false)
		ndjson = append(ndjson, record...)
		if n > 0 {
			page = append(page, ',')
		}
		page = append(page, bytes.TrimSpace(record)...)
	}
	return ndjson, append(page, `],"cursor":null}`...)
}

// manyQueries are n requests with one id and one address each, none of which exists.
func manyQueries(n int, mode dsr.Match) []match.Query {
	queries := make([]match.Query, n)
	for i := range queries {
		if mode == dsr.Phone {
			queries[i].Selectors, queries[i].Region = []dsr.Selector{byID(fmt.Sprintf("%032x", i)), by("", fmt.Sprintf("+4930%06d", 918273+37*i), mode)}, "DE"
			continue
		}
		queries[i].Selectors = []dsr.Selector{byID(fmt.Sprintf("%032x", i)), by("", fmt.Sprintf("ana.garcía-%d@example.org", i), mode), by("email", fmt.Sprintf("Jane.Doe%d@example.com", i), mode)}
	}
	return queries
}

func benchScan(b *testing.B, queries []match.Query, block []byte, layout match.Layout) {
	m := mustCompile(b, queries)
	b.SetBytes(int64(len(block)))
	b.ReportAllocs()
	for b.Loop() {
		hits := 0
		if err := m.Scan(block, layout, func(r match.Record) bool { hits += len(r.Hits); return r.Err == nil }); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkScan(b *testing.B) {
	ndjson, page := corpus()
	for _, n := range []int{1, 100} {
		for _, mode := range dsr.Matches {
			b.Run(fmt.Sprintf("ndjson/%s/%d", mode, n), func(b *testing.B) { benchScan(b, manyQueries(n, mode), ndjson, match.NDJSON) })
			b.Run(fmt.Sprintf("page/%s/%d", mode, n), func(b *testing.B) { benchScan(b, manyQueries(n, mode), page, match.Page) })
		}
	}
	b.Run("ndjson/number/1", func(b *testing.B) {
		benchScan(b, []match.Query{{Selectors: []dsr.Selector{by("", "918273645", dsr.Normalized)}}}, ndjson, match.NDJSON)
	})
	for _, value := range []string{"ana.doe@example.com", "Ana García Pérez", "4711", "佐藤太郎"} { // as other kinds of values
		b.Run("ndjson/value/"+value, func(b *testing.B) {
			benchScan(b, []match.Query{{Selectors: []dsr.Selector{by("", value, dsr.Normalized)}}}, ndjson, match.NDJSON)
		})
	}
	b.Run("ndjson/none", func(b *testing.B) { benchScan(b, nil, ndjson, match.NDJSON) })
}

// BenchmarkScanEveryRecordAlike asks for a value that stands in every record, under
// another key, and then under its own.
func BenchmarkScanEveryRecordAlike(b *testing.B) {
	ndjson, _ := corpus()
	for _, key := range []string{"other", "browser_visitorType"} {
		queries := append(manyQueries(99, dsr.Normalized), match.Query{Selectors: []dsr.Selector{by(key, "NEW", dsr.Normalized)}})
		b.Run(key, func(b *testing.B) { benchScan(b, queries, ndjson, match.NDJSON) })
	}
}

// BenchmarkWalkEvery decides record by record, as for records that come alone.
func BenchmarkWalkEvery(b *testing.B) {
	ndjson, _ := corpus()
	records := bytes.Split(bytes.TrimSpace(ndjson), []byte("\n"))
	for _, n := range []int{1, 100} {
		m := mustCompile(b, manyQueries(n, dsr.Normalized))
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.SetBytes(int64(len(ndjson)))
			b.ReportAllocs()
			for b.Loop() {
				for _, r := range records {
					if _, _, err := decide(m, r); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
