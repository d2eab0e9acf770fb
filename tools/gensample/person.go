package main

import (
	"fmt"
	"strings"
)

// person writes to the help desk; nobody of this name is meant.
type person struct {
	first, last string
	email       string
	phone       string
	city        string
	userID      int
	ip          string
	locale      string
}

// names of people and places by locale; the ASCII name makes the address.
var names = map[string]struct{ first, last, ascii, cities []string }{
	"en_us": {
		[]string{"Maple", "Jasper", "Wren", "Odell", "Tamsin", "Brook"},
		[]string{"Fernsby", "Quickfall", "O'Larkin", "Half-Moon", "Sallow", "Birdwhistle"},
		[]string{"maple", "jasper", "wren", "odell", "tamsin", "brook"},
		[]string{"Portland", "Leeds", "Galway", "Halifax"},
	},
	"de_de": {
		[]string{"Jörn", "Liesel", "Käthe", "Björn", "Mareike"},
		[]string{"Großmann", "Müßig", "Löwenzahn", "Öhlmühle", "Strauß"},
		[]string{"joern", "liesel", "kaethe", "bjoern", "mareike"},
		[]string{"Köln", "Görlitz", "Graz", "Zürich"},
	},
	"fr_fr": {
		[]string{"Maëlle", "Loïc", "Zoé", "Anaïs", "Rémi"},
		[]string{"Châtaigner", "L'Hirondelle", "Œillet", "Forêt-Noire", "Bénévent"},
		[]string{"maelle", "loic", "zoe", "anais", "remi"},
		[]string{"Besançon", "Liège", "Nîmes", "Genève"},
	},
	"es_es": {
		[]string{"Íñigo", "Begoña", "Martín", "Lucía"},
		[]string{"Núñez del Río", "Peñaranda", "Zarzamora", "Güell"},
		[]string{"inigo", "begona", "martin", "lucia"},
		[]string{"A Coruña", "Córdoba", "Logroño"},
	},
	"pl_pl": {
		[]string{"Żaneta", "Łucja", "Świętosław", "Jędrzej"},
		[]string{"Brzęczyszczyk", "Wiśnia", "Gżegżółka", "Śnieżek"},
		[]string{"zaneta", "lucja", "swietoslaw", "jedrzej"},
		[]string{"Łódź", "Gdańsk", "Bielsko-Biała"},
	},
	"tr_tr": {
		[]string{"İdil", "Çağan", "Gülşen", "Işık"},
		[]string{"Yıldızoğlu", "Şimşekli", "Ağaçdelen"},
		[]string{"idil", "cagan", "gulsen", "isik"},
		[]string{"İzmir", "Eskişehir", "Diyarbakır"},
	},
	"ja_jp": {
		[]string{"小雪", "楓", "つばさ", "蓮"},
		[]string{"月見里", "小鳥遊", "森", "カラマツ"},
		[]string{"koyuki", "kaede", "tsubasa", "ren"},
		[]string{"札幌市", "金沢市", "那覇市"},
	},
	"ar_eg": {
		[]string{"ليلى", "سامي", "نور"},
		[]string{"البستاني", "الفانوسي", "زهران"},
		[]string{"layla", "sami", "nour"},
		[]string{"الإسكندرية", "أسوان"},
	},
	"he_il": {
		[]string{"אילנה", "ארז", "יסמין"},
		[]string{"בר-אורן", "פנס", "כוכבי"},
		[]string{"ilana", "erez", "yasmin"},
		[]string{"חיפה", "אילת"},
	},
	"zh_cn": {
		[]string{"小满", "落落", "青禾"},
		[]string{"林", "欧阳", "灯"},
		[]string{"xiaoman", "luoluo", "qinghe"},
		[]string{"杭州", "哈尔滨"},
	},
	"uk_ua": {
		[]string{"Ґанна", "Єлисей", "Їжко", "Соломія"},
		[]string{"Ліхтаренко", "Під'яблонський", "Щедрик"},
		[]string{"hanna", "yelysei", "yizhko", "solomiia"},
		[]string{"Львів", "Чернівці", "Кам'янець"},
	},
}

// newPerson makes the n-th person.
func newPerson(r *random, locale string, n int) person {
	from := names[locale]
	i := r.n(len(from.first))
	domain := pick(r, []string{"example.org", "example.com", "example.net"})
	p := person{
		first: from.first[i], last: pick(r, from.last), city: pick(r, from.cities), locale: locale,
		email: fmt.Sprintf("%s.%d@%s", from.ascii[i], 100+n, domain), userID: 1000000 + n*7919,
		// Blocks set aside for documentation (RFC 5737, and 555-01xx as in films).
		ip:    fmt.Sprintf("%s.%d", pick(r, []string{"192.0.2", "198.51.100", "203.0.113"}), 1+n%250),
		phone: fmt.Sprintf("+1 %d 555 01%02d", 201+n, n%100),
	}
	if r.chance(20) {
		p.email = strings.Replace(p.email, "@", "+shop@", 1)
	}
	return p
}
