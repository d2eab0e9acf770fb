package export_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/export"
	"dsr-server/internal/export/declared"
	"dsr-server/internal/fake/vendor"
)

// shop is the declaration of a made-up vendor (vendor.Shop), whose way of paging is a part of it.
const shop = `auth: %s
conversations:
  get: /v1/chats
  query: {from: "{start}", to: "{end}", limit: "{size}"%s}
  records: result.chats
  next: %s
  id: id
  start: opened
  last: touched
  metadata: details
  window: {by: unknown, ends: unknown}
messages:
  get: /v1/messages
  query: {chat: "{id}", from: "{start}", to: "{end}", limit: "{size}"%s}
  records: result.messages
  next: %s
  id: id
  conversation: chat
  time: at
  text: text
`

// paging is a way to page, as the vendor has it and as it is declared.
type paging struct {
	is       vendor.Next
	c, m     string // next of conversations, and of messages
	more     string // of the query
	listOnly bool   // the answer is the list
}

var pagings = map[string]paging{
	"cursor":      {is: vendor.Next{Kind: vendor.ByCursor, To: "query.cursor", From: "paging.next"}, c: "{cursor: paging.next, to: query.cursor}"},
	"link":        {is: vendor.Next{Kind: vendor.ByLink, To: "query.cursor", From: "links.next"}, c: "{link: links.next}"},
	"link header": {is: vendor.Next{Kind: vendor.ByLinkHeader, To: "query.cursor"}, c: "{link_header: next}", listOnly: true},
	"offset":      {is: vendor.Next{Kind: vendor.ByOffset, To: "query.offset"}, c: "{offset: query.offset}"},
	"page":        {is: vendor.Next{Kind: vendor.ByPage, To: "query.page"}, c: "{page: query.page, first: 1}"},
	"keyset":      {is: vendor.Next{Kind: vendor.ByKeyset}, c: "{keyset: opened}", m: "{keyset: at}", more: ", order: time"},
	"member":      {is: vendor.Next{Kind: vendor.ByCursor, To: "query.cursor", From: "next", Member: "more"}, c: "{cursor: next, to: query.cursor}\n  end: {member: more, is: \"false\"}"},
}

func (p paging) declaration(auth string) string {
	m := p.m
	if m == "" {
		m = p.c
	}
	text := fmt.Sprintf(shop, auth, p.more, p.c, p.more, m)
	if p.listOnly {
		text = replaced(text, "result.chats", ".", "result.messages", ".")
	}
	return text
}

func replaced(text string, pairs ...string) string {
	for i := 0; i < len(pairs); i += 2 {
		text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
	}
	return text
}

// restAt reads a server as a text declares it.
func restAt(t *testing.T, address, text string) *export.Rest {
	t.Helper()
	d, wrong := declared.Parse([]byte(text))
	if len(wrong) > 0 {
		t.Fatal(wrong)
	}
	r := export.NewRest(export.RestConfig{BaseURL: address, Declaration: d, Secret: secret, Timeout: 5 * time.Second, Agent: "test"})
	t.Cleanup(r.Close)
	return r
}

// declaredShop is a made-up vendor with the sample, and the source that its declaration makes.
func declaredShop(t *testing.T, p paging, change func(*vendor.RestOptions)) *candidate {
	t.Helper()
	layout := vendor.Shop(p.is)
	options := vendor.RestOptions{Now: now, Keys: []string{secret}, RateWindow: vendor.Off}
	if change != nil {
		change(&options)
	}
	data := layout.RestSample()
	fake := vendor.NewRest(layout, data, options)
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	t.Cleanup(func() {
		if wrong := fake.Violations(); len(wrong) > 0 {
			t.Errorf("the rules of use were broken: %v", wrong[0])
		}
	})
	return &candidate{
		Source: restAt(t, server.URL, p.declaration("{header: x-token}")), settings: settings(dsr.FieldUnknown), scanned: data.Conversations(), calls: func() int { return len(fake.Calls()) },
		selector: dsr.Selector{Metadata: &dsr.Metadata{Key: "*", Value: vendor.SampleEmail, Match: dsr.Normalized}},
	}
}

func TestEveryWayToPageIsReadToItsEnd(t *testing.T) {
	t.Parallel()
	for name, p := range pagings {
		for _, resume := range []bool{false, true} {
			t.Run(fmt.Sprint(name, resume), func(t *testing.T) {
				t.Parallel()
				c := declaredShop(t, p, nil)
				o := c.read(t, resume)
				c.wantAll(t, o)
			})
		}
	}
}
