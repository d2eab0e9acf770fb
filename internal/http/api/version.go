package api

import (
	"net/http"
	"strconv"
	"strings"

	"dsr-server/internal/dsr"
	edge "dsr-server/internal/http"
)

// versions are the versions of a request that If-Match names. Nil: any will do, because
// there is no such header, or it is "*". A tag that is none of ours, or a weak one, names
// no version.
func versions(r *http.Request) []int64 {
	header := r.Header.Values("If-Match")
	tags, anyVersion := edge.Tags(header)
	if len(header) == 0 || anyVersion {
		return nil
	}
	named := []int64{}
	for _, tag := range tags {
		text, _, _ := strings.Cut(strings.Trim(tag, `"`), ".")
		if version, err := strconv.ParseInt(text, 10, 64); err == nil {
			named = append(named, version)
		}
	}
	return named
}

// archiveInput is the part of a decision's body that says which archive was looked at.
type archiveInput struct {
	ArchiveSHA256 *string `json:"archive_sha256" validate:"omitnil,len=64,hexadecimal"`
}

func (in archiveInput) into(call dsr.Call) dsr.Call {
	if in.ArchiveSHA256 != nil {
		call.Archive = *in.ArchiveSHA256
	}
	return call
}
