package api

import (
	"errors"
	"reflect"
	"slices"
	"strings"

	"github.com/go-playground/validator/v10"

	"dsr-server/internal/dsr"
)

// shapes checks the validate tags of input structs: what a value looks like. What
// it may mean is for the domain to say (dsr.Submission.Validate).
var shapes = newShapes()

func newShapes() *validator.Validate {
	v := validator.New(validator.WithRequiredStructEnabled())
	v.RegisterTagNameFunc(func(f reflect.StructField) string { return f.Tag.Get("json") })
	return v
}

// checkShape returns the first fault of an input struct as a 422 about its field.
func checkShape(in any) error {
	err := shapes.Struct(in)
	faults, ok := errors.AsType[validator.ValidationErrors](err)
	if !ok {
		return err
	}
	return dsr.FieldErrorf(callersName(faults[0]), "%s", faultText(faults[0]))
}

// callersName is the path of a field as the caller wrote it: without the names of our own
// structs, the first one's and those embedded in it.
func callersName(f validator.FieldError) string {
	_, path, _ := strings.Cut(f.Namespace(), ".")
	names := slices.DeleteFunc(strings.Split(path, "."), func(name string) bool { return name != strings.ToLower(name) })
	return strings.Join(names, ".")
}

func faultText(f validator.FieldError) string {
	switch f.Tag() {
	case "oneof":
		return "must be one of: " + strings.ReplaceAll(f.Param(), " ", ", ")
	case "len", "hexadecimal":
		return "must be a SHA-256 as 64 hexadecimal digits; see result.archive.sha256"
	case "min":
		return "is empty; give a value or leave the field out"
	}
	return "is not allowed"
}
