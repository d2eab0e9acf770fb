package ui

import (
	"encoding/json"
	"net/http"

	"dsr-server/internal/dsr"
)

// receiptPage is what is left of a request that was deleted.
type receiptPage struct {
	chrome
	ID              string
	At              instant
	By              string // the role; empty: its time was over
	Text, Signature string
}

func (receiptPage) template() string { return "receipt" }

// showReceipt answers for a request that is gone.
func (p *pages) showReceipt(w http.ResponseWriter, r *http.Request, id string) error {
	signed, err := p.svc.Receipt(r.Context(), id)
	if err != nil {
		return err
	}
	var receipt dsr.Receipt
	if err := json.Unmarshal(signed.Receipt, &receipt); err != nil {
		return err
	}
	data := receiptPage{chrome: p.chrome(r, p.say("Deleted"), "list"), ID: id, At: p.instant(receipt.PurgedAt), Text: signed.Text, Signature: signed.Signature}
	if receipt.Reason == dsr.PurgedOnDemand {
		data.By = p.roleName(dsr.Role(receipt.ByRole))
	}
	return p.render(w, http.StatusGone, data)
}
