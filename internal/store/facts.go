package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"strconv"

	"dsr-server/internal/audit"
)

// An event that changes a row says how the row stands afterwards, so that whoever reads the
// log can tell a row that was changed past the program. What could identify somebody is a
// digest: of the selectors as they are sealed, and of the reference together with those,
// which nobody can confirm a guess with once they have been purged.

// factQueries select a row's id, then what its facts are made of.
var factQueries = map[audit.Noun]string{
	audit.RequestRow: `SELECT id, status, received_at, due_at, answered_at, answer_outcome, held_at, created_by, complete, archive_sha256, prior_sha256, selectors, reference FROM requests`,
	audit.PersonRow:  `SELECT id, role, disabled, password_hash FROM people`,
	audit.TokenRow:   `SELECT name, role, hash, scopes, expires_at, former_hash, former_until FROM tokens`,
	audit.LinkRow:    `SELECT id, hash FROM links`,
	audit.ReceiptRow: `SELECT request_id, body FROM receipts`,

	audit.InvitationRow: `SELECT id, hash FROM invitations`,
	audit.FactorRow:     `SELECT person, secret FROM second_factors`,
	audit.IdentityRow:   `SELECT person, issuer || char(0) || subject FROM identities`,
}

// factIDs are the columns that factQueries begin with.
var factIDs = map[audit.Noun]string{audit.RequestRow: "id", audit.PersonRow: "id", audit.TokenRow: "name", audit.LinkRow: "id", audit.ReceiptRow: "request_id",
	audit.InvitationRow: "id", audit.FactorRow: "person", audit.IdentityRow: "person"}

type scanner interface{ Scan(...any) error }

func scanFacts(noun audit.Noun, row scanner) (id string, f audit.Facts, err error) {
	switch noun {
	case audit.RequestRow:
		return scanRequestFacts(row)
	case audit.PersonRow:
		var role, password string
		var disabled bool
		err = row.Scan(&id, &role, &disabled, &password)
		return id, audit.Facts{role, strconv.FormatBool(disabled), digest([]byte(password))}, err
	case audit.TokenRow:
		var role, scopes string
		var hash, former []byte
		var expires, until sql.NullInt64
		err = row.Scan(&id, &role, &hash, &scopes, &expires, &former, &until)
		return id, audit.Facts{role, digest(hash), scopes, moment(expires), digest(former), moment(until)}, err
	default: // a digest alone
		var body []byte
		err = row.Scan(&id, &body)
		return id, audit.Facts{digest(body)}, err
	}
}

func scanRequestFacts(row scanner) (id string, f audit.Facts, err error) {
	var status, by string
	var received, due, answered, held sql.NullInt64
	var complete sql.NullBool
	var archive, prior, selectors []byte
	var reference, outcome sql.NullString
	err = row.Scan(&id, &status, &received, &due, &answered, &outcome, &held, &by, &complete, &archive, &prior, &selectors, &reference)
	done := ""
	if complete.Valid {
		done = strconv.FormatBool(complete.Bool)
	}
	name := ""
	if reference.Valid {
		name = digest(append(append([]byte(nil), selectors...), reference.String...))
	}
	return id, audit.Facts{status, digest(selectors), name, moment(received), moment(due), moment(answered), outcome.String, moment(held), by, done,
		hex.EncodeToString(archive), hex.EncodeToString(prior)}, err
}

func moment(n sql.NullInt64) string {
	if !n.Valid {
		return ""
	}
	return strconv.FormatInt(n.Int64, 10)
}

// digest is "" of nothing.
func digest(b []byte) string {
	if b == nil {
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// withFacts adds to an event how the row stands that it has changed.
func (t tx) withFacts(ctx context.Context, e audit.Event) (audit.Event, error) {
	s, changes := audit.SubjectOf(e)
	if !changes {
		return e, nil
	}
	_, facts, err := scanFacts(s.Noun, t.QueryRowContext(ctx, factQueries[s.Noun]+` WHERE `+factIDs[s.Noun]+` = ?`, s.ID))
	if errors.Is(err, sql.ErrNoRows) {
		return e, nil // a token that was revoked, a factor that was removed
	}
	if err != nil {
		return e, fmt.Errorf("audit: read %s: %w", s.Noun, err)
	}
	data := maps.Clone(e.Data)
	if data == nil {
		data = map[string]string{}
	}
	for i, name := range audit.FactNames[s.Noun] {
		data[name] = facts[i]
	}
	e.Data = data
	return e, nil
}
