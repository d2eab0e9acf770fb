package app

// Refusals are the codes of calls that can be refused, and the kinds of their events.
var Refusals = kindsOfRefusal
