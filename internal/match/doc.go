// Package match keeps one promise: a conversation record belongs to a request
// exactly when the request's selectors say so, however the record is spelt (escapes,
// white space, nesting, repeated keys, number forms, Unicode forms), and what cannot
// be read is an error and never passed over.
//
// # One pass
//
// Scan reads a page or a block of lines once for all queries; Decide reads one record.
// Both use the same walker, which proves the text to be JSON (grammar, escapes,
// control characters, balance, depth), keeps the path, notices repeated keys and text
// that is not UTF-8, and decides leaf by leaf. There is no second reading of
// candidates, and so no second opinion.
//
// Of most records the package index proves the same ahead of the walker (index.Skim): those
// without fault or anomaly, whose keys are known. It tells where the schema's keys stand and
// which leaves may be worth looking at, with their paths; the walker's own rules look at these
// (skim.go), and nothing else of such a record is visited. Every other record is walked, and so
// is every record of a source whose metadata or id lies below the top (schema.flat).
//
// Metadata may begin in several places, below others, and in each element of a list. The walker
// knows by the region of an object or list what its members are a part of (places.go): the
// regions behind searched are the places on the way to the metadata or the id.
//
// Where strings end, and that they are JSON's and UTF-8, the package index tells ahead of
// the walker, by vectors, for all text before a fault. Where it says nothing the walker reads
// the string itself (Marks.StringEnd), which is how every fault is found and named.
//
// rules.go compares a leaf with the values, as the rules say, and is all that decides.
// Behind it stands the package prefilter: tests of one leaf that may say yes wrongly, but
// never no, so that nearly none has to be decoded, folded and compared. Only a filter that
// holds a leaf back could lose a match, and this is why none does.
//
// # Exact and normalized, and conversation ids
//
// Texts that are equal have equal folds, so one filter, keyed on folds, serves both modes.
//
//   - A leaf without escapes and without bytes over 0x7F holds nothing invisible, and of
//     white space only the space, since a string holds no control characters. Unless two
//     spaces follow each other or it is an address with a domain in its ASCII form (it then
//     holds "xn--"), its fold is its lower case without the spaces at its ends: it has the
//     length of what is between them, and its first and last eight bytes, taken with the
//     case bit set, agree with those of every value with that fold. Values whose fold has
//     other characters cannot be meant. Length, then a Bloom filter over length and ends:
//     equal folds have equal keys. Leaves with two spaces in a row pass if a value has a
//     blank, those with "xn--" if a value is an address that can be written so.
//   - Any other leaf may fold to another length (a ligature, a full-width letter, a mark
//     that composes). Its base form (prefilter/base_form.go) is computed character by character and
//     is the same for equal folds, with a run of white space as one. Beginnings of equal
//     base forms are equal, so the leaf is given up at the first of 2, 4, 8 and 16 characters
//     whose hash no value's base form has; the whole base form's hash is asked last. Of a
//     value that may have another form of its domain, only the beginnings before the domain
//     count: a leaf that has one of them passes.
//   - An id is compared as it is; a token without escapes and bytes over 0x7F is its own text.
//
// # Contains
//
// If a fold occurs in another fold, so does its base form in the other's base form, and each
// piece of it between white space, which is never split by any. The longest piece is what
// is looked for, so that it does not matter how white space is written.
//
//   - A leaf that is ASCII and without numbered escapes: only values with an ASCII fold can
//     occur, and a piece of theirs without quotes, slashes and backslashes stands in the
//     token as it is (in either case), because none of its characters is written as an
//     escape; if some value has no such piece, leaves with escapes go the other way.
//   - Any other leaf is reduced to its base form in full and searched for the values'.
//
// The search (prefilter/contains_filter.go) moves by a table that never steps over an occurrence. A
// value whose base form is empty, one that is nothing but combining marks, cannot be
// filtered: then every leaf is folded and compared, which is slower and no less right.
//
// # JSON within a text
//
// A string that is a JSON object or array in itself begins with a bracket, perhaps after
// white space and characters that are not seen, or with a quotation mark if it was made a JSON
// string once more; all that do are decoded and walked by the same walker, as deep as maxLevels.
//
// # Numbers
//
// If no value is a JSON number, numbers are only checked for their grammar. Otherwise
// every number leaf is reduced to sign, digits and exponent, exactly and without floats,
// and looked up; one with more digits or a longer exponent than any value could
// make up for is not written out.
//
// # Phone numbers
//
// A leaf means a number if dsr.E164 says so. Whatever that leaves out or replaces (the
// prefix for calls abroad, the country's code, the area's, a carrier's) stands before the
// subscriber's number, and an extension after it. So the last digits of the number, six
// or as many as it has without a country code, follow each other in the leaf's digits,
// or in its digits and letters if letters stand for digits; those of other scripts count
// by their base form, which keeps their order, and what an address has around a number (a
// scheme, a device, a host) stands before or after it. The digits that PhoneKey leaves out
// stand before the last six. A leaf with a percent sign may hold escaped characters between
// the digits, so that it is looked at without them as well. The tests check this with the example
// numbers of every region. A leaf longer than dsr.E164 reads is none; a number leaf is
// taken for its digits if it is a whole number.
//
// # Near misses
//
// They decide nothing, but those that are promised are found however they are spelt, and a
// record without any hardly pays for them (prefilter.PerhapsNear):
//
//   - A value under another key, or outside of the metadata, has passed the filters above. The
//     record's id is looked at like what stands outside.
//   - One that is mentioned stands in the leaf's fold, so the longest word of ASCII in its
//     fold stands in the leaf as it is, unless the leaf has an odd character (prefilter/odd.go),
//     one that folding turns into ASCII or drops, and it fits: the characters beside it follow
//     each other in a word (prefilter/joints.go). Such leaves, and those with the word, are
//     written in their spoken form (prefilter/spoken.go), in which the value's must stand. If a value
//     has no such word, leaves with up to three characters of its base form in a row are.
//   - A text that may have escapes of another language is unescaped, up to four times, and
//     looked at again.
//   - What is equal but for accents, blanks, quotation marks and dashes has the same hash of
//     what is left without them; for the digits alone, and for a mailbox, it is likewise.
//   - A phone number in a text: its last digits follow each other with no letter between.
//
// What nearly all leaves of a skimmed record are passed over by is in prefilter/needles.go.
//
// What passes is folded and compared, and must stand there as a whole: no letter and no digit
// goes on before or after it. Long texts are looked at in parts that overlap.
package match
