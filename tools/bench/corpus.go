package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"

	"github.com/klauspost/compress/zstd"
)

// The corpus has the vendor's record shape: about 2 KB a record, a dozen metadata
// leaves (text, numbers, a nested object, an array), and a transcript of 8 to 15 turns
// with escaped line ends and quotes. Two thirds of the transcripts are English, the
// rest German, French, Japanese and Russian, as UTF-8; every tenth record has all
// characters beyond ASCII as \uXXXX, as Python's json.dumps writes them. Three records
// hold the address looked for, as it is, in other case, and with an escaped @; one more
// has the _id. The same records lie as one file of lines, as pages of 1,000 records,
// and as lines packed by zstd.
type corpus struct {
	lines, packed string // files
	pages         string // folder
	records       int
}

const (
	wantedEmail = "jane.doe@example.com"
	wantedID    = "5c80f8a3b3f1a2001c7e4d21"
)

// wantedIDs are the records every contestant has to find.
var wantedIDs = []string{wantedID, "planted-1", "planted-2", "planted-3"}

var languages = [][]string{
	{"I would like to rent a car from Vancouver.", "Sure, what \"size\" do you need?", "Please confirm: two tickets to Fresno, leaving at 7:30 am.", "No, that is all, thank you!"},
	{"I can't log in to my account.", "Which e-mail address did you use?", "The order arrived, but the box was empty.", "Goodbye and have a good rest of the day."},
	{"Where is my parcel?", "It left the depot this morning at 8:15 and should be with you by noon.", "Could you send me the invoice again, please?", "Yes, of course."},
	{"Ich möchte meine Bestellung ändern.", "Wie lautet die Straße und Hausnummer?", "Das Gerät läßt sich nicht einschalten.", "Vielen Dank für Ihre Hilfe!"},
	{"Je n'arrive pas à me connecter à mon compte.", "Quelle est votre adresse électronique ?", "Votre réservation a été confirmée.", "Merci beaucoup, à bientôt !"},
	{"荷物が届いていません。", "ご注文番号を教えていただけますか？", "明日の午前中にお届けします。", "ありがとうございました。"},
	{"Где мой заказ?", "Назовите, пожалуйста, номер заказа.", "Посылка будет доставлена завтра.", "Спасибо!"},
}

// prepare makes the corpus unless it is there in the same size. A process of its own
// does it: what this one has used would count as memory of every process it starts.
func prepare(o options) (corpus, error) {
	dir := filepath.Join(o.dir, fmt.Sprintf("corpus-%d", o.size>>20))
	c := corpusIn(dir)
	if _, err := os.Stat(filepath.Join(dir, stamp)); err != nil {
		fmt.Fprintln(os.Stderr, "making the corpus in", dir)
		self, err := os.Executable()
		if err != nil {
			return c, err
		}
		if err := do(self, "make-corpus", dir, strconv.FormatInt(o.size, 10)); err != nil {
			return c, err
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, stamp))
	if err != nil {
		return c, err
	}
	c.records, err = strconv.Atoi(string(text))
	return c, err
}

func corpusIn(dir string) corpus {
	return corpus{
		lines: filepath.Join(dir, "lines", "conversations.ndjson"), packed: filepath.Join(dir, "packed", "conversations.ndjson.zst"),
		pages: filepath.Join(dir, "pages"),
	}
}

// stamp is the file that says that a corpus is whole, and of which making.
const stamp = "made-2"

// messages are one for each record that is looked for, so that the dump is complete.
func messages() (lines []byte) {
	for _, id := range wantedIDs {
		lines = fmt.Appendf(lines, `{"_id":"m-%s","conversationId":"%[1]s","time":1735710000,"type":"UserInput","userInput":"Where is my parcel?"}`+"\n", id)
	}
	return lines
}

// makeCorpus fills a folder; the stamp says that it is whole.
func makeCorpus(args []string) error {
	size, err := strconv.ParseInt(args[1], 10, 64)
	if err != nil {
		return err
	}
	c := corpusIn(args[0])
	folders := []string{filepath.Dir(c.lines), filepath.Dir(c.packed), c.pages}
	for _, path := range folders {
		if err := os.MkdirAll(path, 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(path, "messages.ndjson"), messages(), 0o600); err != nil {
			return err
		}
	}
	if err := c.write(size); err != nil {
		return err
	}
	if err := c.pack(); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(args[0], stamp), strconv.AppendInt(nil, int64(c.records), 10), 0o600)
}

// pack compresses the lines as the zstd program does by default.
func (c *corpus) pack() error {
	from, err := os.Open(c.lines)
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }() // only read
	to, err := os.Create(c.packed)
	if err != nil {
		return err
	}
	z, err := zstd.NewWriter(to, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(2<<20))
	if err != nil {
		return errors.Join(err, to.Close())
	}
	_, err = io.Copy(z, from)
	return errors.Join(err, z.Close(), to.Close())
}

// write writes lines and pages side by side.
func (c *corpus) write(size int64) error {
	f, err := os.Create(c.lines)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // G404: the same corpus every time
	var page [][]byte
	for written := int64(0); written < size; c.records++ {
		record := makeRecord(random, c.records)
		written += int64(len(record)) + 1
		if _, err := w.Write(append(record, '\n')); err != nil {
			return err
		}
		if page = append(page, record); len(page) == 1000 || written >= size {
			if err := c.writePage(c.records/1000, page, written >= size); err != nil {
				return err
			}
			page = page[:0]
		}
	}
	return errors.Join(w.Flush(), f.Close())
}

func (c *corpus) writePage(n int, records [][]byte, last bool) error {
	cursor := `"next"`
	if last {
		cursor = "null"
	}
	body := append([]byte(`{"data":[`), bytes.Join(records, []byte{','})...)
	body = append(body, `],"cursor":`+cursor+`}`...)
	return os.WriteFile(filepath.Join(c.pages, fmt.Sprintf("conversations-%05d.json", n)), body, 0o600)
}

func makeRecord(r *rand.Rand, n int) []byte {
	lines := languages[r.IntN(3)]
	if r.IntN(3) == 0 {
		lines = languages[3+r.IntN(4)]
	}
	var transcript bytes.Buffer
	for range 8 + r.IntN(8) {
		fmt.Fprintf(&transcript, "User:\t%s %s %s\n", lines[r.IntN(len(lines))], lines[r.IntN(len(lines))], lines[r.IntN(len(lines))])
	}
	id, email := fmt.Sprintf("%016x%08x", r.Uint64(), n), fmt.Sprintf("%s.%d@example.org", []string{"ana", "jane.doe", "chloe", "jose"}[r.IntN(4)], n)
	switch n {
	case 1000:
		id = wantedID
	case 2000:
		id, email = "planted-1", wantedEmail
	case 3000:
		id, email = "planted-2", "Jane.DOE@Example.COM"
	case 4000:
		id, email = "planted-3", wantedEmail
	}
	record := encode(map[string]any{
		"_id": id, "startTime": 1735703772 + n, "locale": "en_us", "tags": []string{"resolved"}, "userMessageCount": 1, "lastActionAt": "2025-01-01T04:00:17.517000",
		"metadata": map[string]any{
			"locale": "en_us", "browser_visitorType": "new", "browser_screenResolution": "1728x1117", "browser_localTime": 1735703772285 + n, "draft": false,
			"question": lines[0], "transcript": transcript.String(), "guideNodeCount": r.IntN(9), "email": email, "userId": 1000000 + n,
			"name":                  []string{"Ana García", "Chloé Nowak", "Jane Smith", "Søren Müller"}[r.IntN(4)],
			"__sys_userAgentParsed": map[string]any{"os": map[string]any{"name": "Windows", "version": nil}, "browser": "Firefox"}, "tags": []string{"ios", "vip"},
		},
	})
	if n%10 == 0 {
		record = escaped(record)
	}
	if n == 4000 {
		record = bytes.Replace(record, []byte("jane.doe@example.com"), []byte(`jane.doe\u0040example.com`), 1)
	}
	return record
}

func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // maps of texts and numbers
	}
	return bytes.TrimSpace(b.Bytes())
}

// escaped writes every character beyond ASCII as \uXXXX; all are in the first plane.
func escaped(record []byte) []byte {
	var b bytes.Buffer
	for _, r := range string(record) {
		if r < 0x80 {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.Bytes()
}
