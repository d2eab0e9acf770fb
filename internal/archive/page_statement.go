package archive

import (
	"context"
	"io"
)

// writeStatement writes the search statement: what was asked and searched, and how
// completely, on a page of its own for a letter or an authority. It shows no conversation.
func (p *packer) writeStatement(context.Context) error {
	data := p.indexPage()
	data.Title = p.texts.StatementTitle
	return p.zip.add(statementName, func(w io.Writer) error { return render(w, "statement", data) })
}
