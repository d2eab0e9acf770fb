// Package spreadsheet writes tables as CSV that spreadsheets open as it is meant. It keeps
// true that no cell is run as a formula, that letters survive, and that every value can be
// had back from its cell.
package spreadsheet

import (
	"io"
	"strings"
	"unicode/utf8"
)

// Writer writes RFC 4180: a header, CRLF, every value in quotes, in UTF-8 also where the
// value is not. Unlike encoding/csv it leaves line breaks inside a value as they are.
type Writer struct {
	w    io.Writer
	line strings.Builder
}

// NewWriter returns a Writer of one table.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// Mark is the byte order mark by which spreadsheets tell UTF-8 from their own encoding.
const Mark = "\uFEFF"

// Header writes the mark and the names of the columns.
func (c *Writer) Header(names ...string) error {
	if _, err := io.WriteString(c.w, Mark); err != nil {
		return err
	}
	return c.Row(names...)
}

// Row writes one row.
func (c *Writer) Row(cells ...string) error {
	c.line.Reset()
	for i, cell := range cells {
		if i > 0 {
			c.line.WriteByte(',')
		}
		c.line.WriteByte('"')
		c.line.WriteString(strings.ReplaceAll(safe(strings.ToValidUTF8(cell, "\uFFFD")), `"`, `""`))
		c.line.WriteByte('"')
	}
	c.line.WriteString("\r\n")
	_, err := io.WriteString(c.w, c.line.String())
	return err
}

// formulaStart are the characters with which spreadsheets begin a formula (OWASP,
// "CSV Injection", with the full-width forms), and the mark itself.
const formulaStart = "=+-@\t\r\n\x00＝＋－＠'"

// safe puts a ' before what a spreadsheet would run as a formula, and before a leading '
// so that taking one off always gives the value back.
func safe(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if size > 0 && strings.ContainsRune(formulaStart, first) {
		return "'" + s
	}
	return s
}

// Value is what a cell was written of.
func Value(cell string) string { return strings.TrimPrefix(cell, "'") }
