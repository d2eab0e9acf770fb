package api

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/spreadsheet"
)

const csvType = "text/csv; charset=utf-8"

// reportColumns are those of requests.csv, in the order of reportCells.
var reportColumns = []string{"request", "status", "regime", "received", "due", "paused_days", "extended", "answered", "outcome", "in_time",
	"complete", "sources", "conversations", "messages", "purged"}

func reportCells(r dsr.ReportRow) []string {
	paused, inTime := "", ""
	if r.PausedDays != nil {
		paused = strconv.Itoa(*r.PausedDays)
	}
	if in, known := r.InTime(); known {
		inTime = strconv.FormatBool(in)
	}
	complete := ""
	if r.Complete != nil {
		complete = strconv.FormatBool(*r.Complete)
	}
	return []string{r.Request, string(r.Status), r.Regime, string(r.Received), string(r.Due), paused, strconv.FormatBool(r.Extended),
		string(r.ToldOn), string(r.Outcome), inTime, complete, strings.Join(r.Sources, "; "),
		strconv.FormatInt(r.Conversations, 10), strconv.FormatInt(r.Messages, 10), string(r.PurgedOn)}
}

// report streams how each request went. An error once rows are out cuts the answer short.
func (s *API) report(w http.ResponseWriter, r *http.Request, by dsr.Principal) error {
	out := &reportStream{ResponseWriter: w}
	table := spreadsheet.NewWriter(out)
	err := s.svc.Report(r.Context(), by, func(row dsr.ReportRow) error {
		if err := out.begin(table); err != nil {
			return err
		}
		return table.Row(reportCells(row)...)
	})
	if err != nil {
		return err
	}
	return out.begin(table) // there may be no request at all
}

// reportStream begins the answer with its first row and gives whoever keeps reading all
// the time it takes.
type reportStream struct {
	http.ResponseWriter
	begun bool
}

func (o *reportStream) begin(table *spreadsheet.Writer) error {
	if o.begun {
		return nil
	}
	o.begun = true
	o.Header().Set("Content-Type", csvType)
	o.Header().Set("Content-Disposition", `attachment; filename="requests.csv"`)
	return table.Header(reportColumns...)
}

func (o *reportStream) Write(p []byte) (int, error) {
	// A deadline of the connection follows the real clock; where the writer has none there
	// is nothing to move.
	_ = http.NewResponseController(o.ResponseWriter).SetWriteDeadline(time.Now().Add(reportStall))
	return o.ResponseWriter.Write(p)
}

// reportStall is how long a reader of the report may take nothing before it is gone.
const reportStall = time.Minute
