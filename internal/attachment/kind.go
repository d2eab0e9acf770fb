package attachment

import (
	"mime"

	"github.com/gabriel-vasile/mimetype"
)

// Kind is what a file's content shows it to be.
type Kind struct {
	Extension string // with its dot; of the list below
	Type      string
	Inline    bool // a picture that pages may show
}

// SniffLength is how many bytes of a file's beginning decide about its kind.
const SniffLength = 3072

// unknown is every kind that is not listed: programs that open files by their ending have
// no use for it.
var unknown = Kind{".bin", "application/octet-stream", false}

// kinds is every kind a file can have in an archive. Only pictures that hold nothing but
// pixels are shown on pages. Whatever is text keeps no ending of its own: an .html or .svg
// would run its scripts where it is opened, a .csv its formulas; as .txt they are read.
var kinds = map[string]Kind{
	"image/png":       {Extension: ".png", Inline: true},
	"image/jpeg":      {Extension: ".jpg", Inline: true},
	"image/gif":       {Extension: ".gif", Inline: true},
	"image/webp":      {Extension: ".webp", Inline: true},
	"image/avif":      {Extension: ".avif"},
	"image/bmp":       {Extension: ".bmp"},
	"image/tiff":      {Extension: ".tif"},
	"image/heic":      {Extension: ".heic"},
	"image/heif":      {Extension: ".heif"},
	"application/pdf": {Extension: ".pdf"},
	"text/plain":      {Extension: ".txt"},
	"audio/mpeg":      {Extension: ".mp3"},
	"audio/wav":       {Extension: ".wav"},
	"audio/ogg":       {Extension: ".ogg"},
	"audio/flac":      {Extension: ".flac"},
	"audio/aac":       {Extension: ".aac"},
	"audio/amr":       {Extension: ".amr"},
	"audio/x-m4a":     {Extension: ".m4a"},
	"video/mp4":       {Extension: ".mp4"},
	"video/quicktime": {Extension: ".mov"},
	"video/webm":      {Extension: ".webm"},
	"video/3gpp":      {Extension: ".3gp"},
	"application/zip": {Extension: ".zip"},

	"application/vnd.openxmlformats-officedocument.wordprocessingml.document":   {Extension: ".docx"},
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":         {Extension: ".xlsx"},
	"application/vnd.openxmlformats-officedocument.presentationml.presentation": {Extension: ".pptx"},
	"application/vnd.oasis.opendocument.text":                                   {Extension: ".odt"},
	"application/vnd.oasis.opendocument.spreadsheet":                            {Extension: ".ods"},
	"application/vnd.oasis.opendocument.presentation":                           {Extension: ".odp"},
}

// Sniff tells the kind of a file by its first SniffLength bytes.
func Sniff(head []byte) Kind {
	for m := mimetype.Detect(head); m != nil; m = m.Parent() {
		name, _, _ := mime.ParseMediaType(m.String())
		if kind, listed := kinds[name]; listed {
			kind.Type = name
			return kind
		}
	}
	return unknown
}

// KindOf returns the kind of an extension that Sniff has given.
func KindOf(extension string) Kind {
	for name, kind := range kinds {
		if kind.Extension == extension {
			kind.Type = name
			return kind
		}
	}
	return unknown
}

// Extensions are all that a file in an archive can have, without their dots.
func Extensions() []string {
	list := []string{unknown.Extension[1:]}
	for _, k := range kinds {
		list = append(list, k.Extension[1:])
	}
	return list
}
