package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// finish writes the conversation's record, with metadata of a common kind.
func (g *generator) finish(t *talk) {
	switch g.n(100) {
	case 0, 1, 2:
		t.metadata = "null"
	case 3, 4, 5:
		t.metadata = ""
	case 6, 7, 8:
		t.metadata = "{}"
	default:
		t.metadata = g.metadata(t, g.identity(t)).String()
	}
	g.file(t)
}

// file writes the conversation's record as it is.
func (g *generator) file(t *talk) {
	end := math.Ceil(t.now*1000)/1000 + 0.25
	if g.chance(8) {
		end = math.Ceil(end)
	}
	o := newObject(t.escaped).text("_id", t.id)
	o.raw("startTime", pick(&g.random, g.startForms(t.start)))
	switch g.n(40) {
	case 0:
		o.text("lastActionAt", naive(end)+"Z")
	case 1:
		o.raw("lastActionAt", "null")
	case 2: // absent
	default:
		o.text("lastActionAt", naive(end))
	}
	o.text("locale", t.locale)
	if !g.chance(5) {
		o.texts("tags", t.tags...)
	}
	if t.metadata != "" {
		o.raw("metadata", t.metadata)
	}
	users := int64(t.users)
	if g.chance(6) {
		users++ // the vendor's own count does not always agree
	}
	o.num("userMessageCount", users)
	if g.chance(15) {
		o.raw("rating", fmt.Sprintf(`{"score":%d,"comment":null}`, g.between(1, 5)))
	}
	o.members = append(o.members, t.extra...)
	g.conversations = append(g.conversations, row{t.start, o.String()})
}

// startForms are the ways a time is written, the usual one most often.
func (g *generator) startForms(start float64) []string {
	whole := strconv.Itoa(int(start))
	forms := []string{whole, whole, whole, whole, whole, whole, whole, whole}
	return append(forms, whole+".0", quote(whole))
}

// metadata is what every page and flow leaves, with an identity in it.
func (g *generator) metadata(t *talk, identity func(*object)) *object {
	o := newObject(t.escaped)
	o.text("locale", t.locale)
	o.text("browser_visitorType", pick(&g.random, []string{"new", "repeat"}))
	o.text("browser_screenResolution", pick(&g.random, []string{"1512x982", "390x844", "1920x1080"}))
	o.num("browser_localTime", int64(t.start)*1000+int64(g.n(1000)))
	o.raw("draft", pick(&g.random, []string{"false", "false", "false", "true", `"false"`, `"true"`}))
	if t.question != "" {
		o.text("question", t.question)
	}
	if g.chance(60) {
		o.text("transcript", strings.Join(t.script, "\n"))
	}
	o.num("guideNodeCount", int64(g.n(7)))
	if g.chance(35) {
		g.system(o, t)
	}
	identity(o)
	return o
}

// system are the parameters the vendor sets itself.
func (g *generator) system(o *object, t *talk) {
	o.text("__sys_userIp", t.ip)
	o.text("__sys_userAgent", "Mozilla/5.0 (X11; Linux x86_64) Example/1.0")
	o.raw("__sys_userAgentParsed", `{"browser":{"family":"Example","major":"1","patch":null},"os":{"family":"Linux"}}`)
	o.text("__sys_conversationId", t.id)
	o.text("__sys_channel", pick(&g.random, []string{"web", "ios", "android"}))
	action := newObject(t.escaped).text("type", "action_userInput").text("text", t.question)
	o.raw("__sys_userAction", action.String())
	o.raw("browser_isMobile", pick(&g.random, []string{"true", "false", `"true"`}))
	o.text("browser_path", "/help?from=<chat>&lang="+t.locale)
}

// identity is one of the ways in which a site tells the bot who is writing.
func (g *generator) identity(t *talk) func(*object) {
	ways := []func(*object){
		func(o *object) { o.text("email", t.email).num("userId", int64(t.userID)) },
		func(o *object) { o.text("email", t.email).text("userId", strconv.Itoa(t.userID)) },
		func(o *object) { o.text("email", strings.ToUpper(t.email[:1])+t.email[1:]).text("name", t.name()) },
		func(o *object) { o.text("email", " "+t.email+" ").text("phone", t.phone) },
		func(o *object) { o.raw("email", quoteFirst(t.email)).text("name", t.name()) },
		func(o *object) { o.texts("emails", t.email, strings.ToUpper(t.email)) },
		func(o *object) {
			contact := newObject(t.escaped).text("email", t.email).texts("phones", t.phone)
			customer := newObject(t.escaped).text("name", t.name()).raw("contact", contact.String()).num("id", int64(t.userID))
			o.raw("customer", customer.String())
		},
		func(o *object) {
			meta := newObject(t.escaped).text("Email", t.email).text("name", t.name())
			o.raw("browser_userMeta", meta.String()).text("browser_userHash", g.id(false)+g.id(false))
		},
		func(o *object) {
			o.raw("accountNo", fmt.Sprintf("1000000000%d", 1000000000+t.userID)).text("email", t.email)
		},
		func(o *object) { o.text("deviceId", g.id(true)) },                    // nobody signed in
		func(o *object) { o.text("email", "[EMAIL]").text("name", "[NAME]") }, // scrubbed by the vendor
	}
	return pick(&g.random, ways)
}

func (p person) name() string { return p.first + " " + p.last }
