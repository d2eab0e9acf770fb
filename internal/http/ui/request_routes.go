package ui

import (
	"github.com/go-chi/chi/v5"

	"dsr-server/internal/dsr"
)

// requestRoutes adds the pages of one request, and what is pressed on them.
func (p *pages) requestRoutes(mux chi.Router) {
	mux.Get("/requests/{id}", p.may(dsr.Read, (*pages).requestShow))
	mux.Post("/requests/{id}/cancel", p.may(dsr.Cancel, (*pages).cancelRequest))
	mux.Post("/requests/{id}/retry", p.may(dsr.Retry, (*pages).retryRequest))
	mux.Post("/requests/{id}/repackage", p.may(dsr.Repackage, (*pages).repackageRequest))
	mux.Post("/requests/{id}/revise", p.may(dsr.Revise, (*pages).revise))
	mux.Post("/requests/{id}/again", p.may(dsr.Submit, (*pages).again))
	mux.Post("/requests/{id}/approve", p.may(dsr.Decide, (*pages).approveRequest))
	mux.Post("/requests/{id}/reject", p.may(dsr.Decide, (*pages).rejectRequest))

	mux.Get("/requests/{id}/deadline", p.may(dsr.Read, (*pages).deadlineShow))
	mux.Post("/requests/{id}/pause", p.may(dsr.Extend, (*pages).pauseRequest))
	mux.Post("/requests/{id}/resume", p.may(dsr.Extend, (*pages).resumeRequest))
	mux.Post("/requests/{id}/extend", p.may(dsr.Extend, (*pages).extendRequest))
	mux.Get("/requests/{id}/letter", p.may(dsr.Read, (*pages).letterShow))
	mux.Get("/requests/{id}/answer", p.may(dsr.MarkAnswered, (*pages).answerForm))
	mux.Post("/requests/{id}/answer", p.may(dsr.MarkAnswered, (*pages).answerRequest))
	mux.Post("/requests/{id}/reopen", p.may(dsr.MarkAnswered, (*pages).reopenRequest))

	mux.Get("/requests/{id}/read", p.may(dsr.Download, (*pages).foundShow))
	mux.Get("/requests/{id}/read/{source}/{conversation}", p.may(dsr.Download, (*pages).transcriptShow))
	mux.Post("/requests/{id}/withhold", p.may(dsr.Withhold, (*pages).withhold))
	mux.Post("/requests/{id}/disclose", p.may(dsr.Withhold, (*pages).disclose))

	mux.Get("/requests/{id}/handover", p.may(dsr.Share, (*pages).handOverShow))
	mux.Post("/requests/{id}/handover", p.may(dsr.Share, (*pages).makeLink))
	mux.Post("/requests/{id}/links/{link}/end", p.may(dsr.Share, (*pages).endLink))

	mux.Get("/requests/{id}/history", p.may(dsr.Read, (*pages).historyShow))
	mux.Get("/requests/{id}/record", p.may(dsr.Read, (*pages).recordOfHandling))
	mux.Post("/requests/{id}/notes", p.may(dsr.Amend, (*pages).addNote))
	mux.Get("/requests/{id}/more", p.may(dsr.Read, (*pages).moreShow))
	mux.Post("/requests/{id}/assign", p.may(dsr.Amend, (*pages).assignRequest))
	mux.Post("/requests/{id}/hold", p.may(dsr.SetHold, (*pages).holdRequest))
	mux.Post("/requests/{id}/release", p.may(dsr.SetHold, (*pages).releaseRequest))
	mux.Post("/requests/{id}/delete", p.may(dsr.Purge, (*pages).deleteRequest))
}
