package api

// What tests look at from outside.
var (
	RetryAfter = retryAfter
	FieldName  = fieldName
)

// LimitBurst is how many calls may come at once after a pause.
const LimitBurst = limitBurst
