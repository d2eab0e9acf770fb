package main

import (
	"time"
)

// subject adds the conversations of the person the demo asks for, ana@example.com: six that
// hold her address in metadata, each written in its own way, two that only mention it in
// their texts, and three of people whose address merely looks like hers.
func (g *generator) subject() {
	ana := person{
		first: "Ana", last: "Petrović", email: "ana@example.com", phone: "+1 555 010 0199",
		city: "Galway", userID: 7007, ip: "203.0.113.254", locale: "en_us",
	}
	spellings := []struct {
		day      string
		locale   string
		identity func(*object)
	}{
		{"2024-02-14", "en_us", func(o *object) { o.text("email", "ana@example.com").num("userId", 7007) }},
		{"2024-07-03", "es_es", func(o *object) { o.raw("browser_userMeta", `{"Email":"Ana@Example.com","name":"Ana Petrović"}`) }},
		{"2024-11-25", "en_us", func(o *object) { o.text("email", " ANA@EXAMPLE.COM ").text("userId", "7007") }},
		{"2025-01-20", "de_de", func(o *object) { o.raw("email", `"\u0061na@ex\u0061mple.com"`) }},
		{"2025-03-08", "en_us", func(o *object) {
			o.raw("customer", `{"id":7007.0,"contacts":[{"kind":"old","email":"ana.p@example.org"},{"kind":"home","email":"ana@example.com"}]}`)
		}},
		{"2025-06-12", "en_us", func(o *object) { o.text("contact.email", "ａｎａ＠example.com").text("name", "Ana Petrović") }},
	}
	for i, s := range spellings {
		p := ana
		p.locale = s.locale
		t := g.newTalk(p, day(s.day, 9+i, 12*i))
		g.speak(t, g.dialogues[s.locale][i%len(g.dialogues[s.locale])])
		if i == 4 { // one that goes on for eleven days
			for range 2 {
				g.pause(t, 5*24*time.Hour+11*time.Hour)
				g.speak(t, pick(&g.random, g.dialogues[s.locale]))
			}
		}
		t.metadata = g.metadata(t, s.identity).String()
		g.file(t)
	}
	g.mentions()
	g.lookalikes()
}

// mentions are conversations of others in which the subject is only spoken of.
func (g *generator) mentions() {
	for i, text := range []string{
		"Please send a copy to my flatmate, ana@example.com, she pays half of it.",
		"My colleague Ana (ana@example.com) ordered it, I only pick it up.",
	} {
		t := g.newTalk(g.people[i], day("2025-02-01", 10+i, 30*i))
		g.say(t, turn{who: 'B', text: "Hello! How can I help?"})
		t.now += 20
		g.say(t, turn{who: 'U', text: text})
		t.now++
		g.say(t, turn{who: 'B', text: "Noted, thank you."})
		t.metadata = g.metadata(t, func(o *object) { o.text("email", t.email) }).String()
		g.file(t)
	}
}

// lookalikes have addresses that contain hers, or nearly are hers.
func (g *generator) lookalikes() {
	for i, email := range []string{"diana@example.com", "ana@example.com.example.net", "ana@example.org"} {
		p := g.people[5]
		p.email, p.locale = email, "en_us"
		t := g.newTalk(p, day("2024-09-10", 8+i, 7))
		g.speak(t, g.dialogues["en_us"][3+i%2])
		t.metadata = g.metadata(t, func(o *object) { o.text("email", email) }).String()
		g.file(t)
	}
}

func day(date string, hour, minute int) time.Time {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		panic(err) // the dates stand in this program
	}
	return t.Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
}
