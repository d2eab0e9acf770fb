package ui

import "net/http"

// chooseLanguage keeps the choice for a year, in the browser: it is nobody's business else.
func (p *pages) chooseLanguage(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	cookie := languageOf(tongueOf(withLanguage(r, r.PostForm.Get("language")))) //nolint:gosec // completed below
	cookie.Path, cookie.HttpOnly, cookie.SameSite, cookie.MaxAge = "/", true, http.SameSiteLaxMode, 365*24*60*60
	cookie.Secure = p.edge.HTTPS()
	http.SetCookie(w, cookie)
	next := spokenPath(r.PostForm.Get("next"))
	if next == "" {
		next = "/"
	}
	p.redirect(w, r, next)
	return nil
}
