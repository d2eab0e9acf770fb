// Package declared reads declarations: what a vendor's export is like, said as data. A
// declaration says where things are; what an end is, and what follows from a page, the
// engine knows. There are no expressions, no conditions, and no defaults that guess.
//
// It keeps true that a declaration which is returned can be used as it is, that otherwise
// every fault is named at once, with its key and line and the nearest valid name; and that
// no declaration leads a call away from the vendor's host.
//
// In reading order:
//
//	shipped.go       the declarations that come with the program
//	read.go          Read: a whole declaration, from what was given and a shipped one
//	read_call.go     the calls of a declaration
//	read_auth.go     what a call shows to be let in
//	read_fields.go   ReadFields: where in records things are
//	fields_json.go   fields as they are stored with a search
//	check.go         what has to fit together
//	object.go        a mapping that is read key by key, and its faults
//	declaration.go   Declaration and what it is made of
//	schema.go        where package match finds what is declared
//	fields.go        Fields: where in a record of a conversation, or of a message, things are
//	body.go          a body of JSON with places to fill in
//	template.go      a text with places to fill in
//	tree.go          what was written, merged with what it overrides
package declared
