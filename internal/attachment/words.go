package attachment

import (
	"strings"
	"unicode"
)

func set(words string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(words) {
		out[w] = true
	}
	return out
}

var (
	// fileWords in a key say that its value is a file.
	fileWords = set(`file files attachment attachments attach attached image images img imgs photo photos picture pictures pic pics
		avatar thumbnail thumbnails thumb icon logo audio video videos voice recording recordings document documents doc docs pdf media
		download downloads upload uploads uploaded asset assets blob sticker stickers gif gifs screenshot screenshots
		datei dateien anhang anhänge bild bilder foto fotos dokument dokumente`)
	// addressWords in a key say that its value is an address.
	addressWords = set(`url urls uri uris href src`)
	// linkWords in a key say that an address leads to a page.
	linkWords = set(`page pages web webpage website site home homepage referrer referer origin redirect callback login logout signin
		button buttons cta ctas action actions deeplink link links canonical webhook endpoint api profile privacy terms menu nav share base`)

	// fileEndings are those of files that people send each other.
	fileEndings = set(`pdf png jpg jpeg jpe jfif gif webp avif heic heif bmp tif tiff svg ico mp3 wav ogg oga opus m4a aac amr flac wma
		mp4 m4v mov avi mkv webm 3gp mpg mpeg wmv ogv doc docx docm xls xlsx xlsm xlsb ppt pptx pps ppsx odt ods odp rtf txt csv tsv
		zip 7z rar gz tgz tar bz2 xz eml msg ics vcf pages numbers key epub ps eps psd ai json xml log md bin exe apk dmg`)
	// pageEndings are those of pages.
	pageEndings = set(`html htm xhtml shtml php php5 asp aspx jsp jspx do action cgi cfm`)
)

// wordsOf splits a key at what is no letter or digit and where small letters end, and takes
// an address word off what is written together: imageUrl, image_url and imageurl are alike.
func wordsOf(key string) []string {
	var words []string
	begin, last := 0, rune(0)
	cut := func(to int) {
		if to > begin {
			words = append(words, parted(strings.ToLower(key[begin:to]))...)
		}
		begin = to
	}
	for i, c := range key {
		switch {
		case !unicode.IsLetter(c) && !unicode.IsDigit(c):
			cut(i)
			begin = i + len(string(c))
		case unicode.IsUpper(c) && unicode.IsLower(last), unicode.IsDigit(c) != unicode.IsDigit(last) && last != 0:
			cut(i)
		}
		last = c
	}
	cut(len(key))
	return words
}

func parted(word string) []string {
	for end := range addressWords {
		if start, found := strings.CutSuffix(word, end); found && (fileWords[start] || linkWords[start]) {
			return []string{start, end}
		}
	}
	return []string{word}
}

func anyOf(words []string, set map[string]bool) bool {
	for _, w := range words {
		if set[w] {
			return true
		}
	}
	return false
}
