package ui

import (
	"testing"

	"github.com/jba/templatecheck"

	"dsr-server/web"
)

// everyPage is the data of every page there is.
var everyPage = []page{webhooksPage{}, webhookFormPage{}, webhookMadePage{}, webhookEndPage{}, webhookLogPage{}, tokensPage{}, tokenFormPage{}, tokenRotatePage{}, tokenMadePage{}, tokenEndPage{}, settingsPage{}, codePage{}, factorPage{}, recoveryPage{}, answerPage{}, deadlinePage{}, extensionPage{}, foundPage{}, handOverPage{}, historyPage{}, letterPage{}, morePage{}, receiptPage{}, transcriptPage{}, peoplePage{}, personPage{}, invitePage{}, invitedPage{}, welcomePage{}, accountPage{}, auditPage{}, changePage{}, checkPage{}, docsPage{}, errorPage{}, helpPage{}, linkPage{}, listPage{}, newPage{}, requestPage{}, setupPage{}, signInPage{}, sourcesPage{}, todayPage{}, uploadPage{}}

func TestEveryTemplateFitsItsData(t *testing.T) {
	t.Parallel()
	sets, err := web.Pages(templateFuncs(templateKey{}, tongue{}))
	if err != nil {
		t.Fatal(err)
	}
	for _, data := range everyPage {
		set := sets[data.template()]
		if set == nil {
			t.Errorf("%T: there is no template %q", data, data.template())
			continue
		}
		if err := templatecheck.CheckHTMLStrict(set.Lookup("layout"), data); err != nil {
			t.Errorf("%s.html: %s", data.template(), err)
		}
		delete(sets, data.template())
	}
	for name := range sets {
		t.Errorf("%s.html is the template of no page in everyPage", name)
	}
}
