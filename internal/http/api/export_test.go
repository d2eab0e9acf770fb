package api

// FieldName is what tests look at from outside.
var FieldName = fieldName
