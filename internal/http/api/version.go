package api

import (
	"net/http"
	"strconv"
	"strings"

	"dsr-server/internal/dsr"
)

// setVersion names the request's version, for If-Match.
func setVersion(w http.ResponseWriter, r dsr.Request) {
	w.Header().Set("ETag", `"`+strconv.FormatInt(r.Version, 10)+`"`)
}

// versions are the versions of a request that If-Match names. Nil: any will do, because
// there is no such header, or it is "*". A tag that is none of ours, or a weak one, names
// no version.
func versions(r *http.Request) []int64 {
	header := r.Header.Values("If-Match")
	if len(header) == 0 {
		return nil
	}
	named := []int64{}
	for tag := range strings.SplitSeq(strings.Join(header, ","), ",") {
		tag = strings.TrimSpace(tag)
		if tag == "*" {
			return nil
		}
		text, err := strconv.Unquote(tag)
		if version, bad := strconv.ParseInt(text, 10, 64); err == nil && bad == nil {
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
