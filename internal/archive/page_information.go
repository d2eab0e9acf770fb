package archive

import (
	"dsr-server/internal/dsr"

	"dsr-server/internal/record"
)

// informed is what is told beside the data of one source.
type informed struct {
	Name  string
	Items []informedItem
}

type informedItem struct {
	Label string
	Texts []informedText
}

// informedText is in the controller's words; Lang is empty unless they are known to be
// in another language than the page.
type informedText struct{ Text, Lang string }

// information is what the controller tells (Art. 15 GDPR) about the sources that
// returned data, in the page's language where it is given in it.
func (p *packer) information() (all []informed) {
	for _, s := range p.sources {
		if len(s.conversations) == 0 {
			continue
		}
		told := informed{Name: s.title}
		for _, item := range p.in.Information[s.name].Items() {
			if len(item.Texts) > 0 {
				told.Items = append(told.Items, p.informedItem(item))
			}
		}
		if len(told.Items) > 0 {
			all = append(all, told)
		}
	}
	return all
}

func (p *packer) informedItem(item dsr.InformationItem) informedItem {
	out := informedItem{Label: p.texts.Items[item.Name]}
	for _, t := range item.Texts {
		words, lang := t.In(p.texts.Lang)
		if lang == p.texts.Lang {
			lang = ""
		}
		out.Texts = append(out.Texts, informedText{record.Visible(words), lang})
	}
	return out
}
