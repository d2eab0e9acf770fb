package auth

import (
	"compress/gzip"
	_ "embed"
	"io"
	"strings"
)

// commonPacked is the 10,000 passwords of eight characters and more that breaches have brought
// to light most often: in lower case, one a line, the most frequent first. It is the list of
// passwords of @zxcvbn-ts/language-common 4.1.3 (MIT, see common.LICENSE.txt), which zxcvbn
// began.
//
//go:embed common.txt.gz
var commonPacked string

// commonOwn are more that are tried at a program like this one, and in the languages of its
// pages.
//
//go:embed common_own.txt
var commonOwn string

// isCommon unpacks the list each time, because it is asked for once in a month.
func isCommon(lower string) bool {
	for _, list := range []string{commonOwn, commonList()} {
		if strings.Contains("\n"+list, "\n"+lower+"\n") {
			return true
		}
	}
	return false
}

func commonList() string {
	r, err := gzip.NewReader(strings.NewReader(commonPacked))
	if err != nil {
		panic(err) // only of a program that was built from a damaged file
	}
	list, err := io.ReadAll(r)
	if err != nil {
		panic(err)
	}
	return string(list)
}
