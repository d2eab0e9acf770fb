// Package attachment says which files a message refers to, and what kind of file some
// bytes are. It keeps true that both are pure functions, of the record and of the bytes:
// they call nobody, and no name or type that a vendor or a server gives decides how a file
// is called or shown.
//
// A reference is an http or https address
//
//   - at or below one of the paths that the source declares (files.paths), or
//   - whose ending is a file's (invoice.pdf), also within a text, or
//   - under a key that names a file (attachment, imageUrl, photo), or
//   - under a key that names an address (url, href, src), unless the key or the one around
//     it says that it leads to a page (pageUrl, buttons[].url), or its ending does.
//
// Whatever else is an address is only a link: it leads somewhere, and nothing of the
// person's is there that could be handed out. To count one too many costs a line in the
// archive; to count one too few would lose a file without a word. So where both can be
// argued, it counts.
package attachment
