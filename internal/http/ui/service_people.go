package ui

import (
	"context"
	"time"

	"dsr-server/internal/dsr"
)

// TokenService is what the page of API tokens needs.
type TokenService interface {
	// Tokens lists them by name.
	Tokens(ctx context.Context) ([]dsr.Token, error)
	// CreateToken keeps the hash of a new token's value. A name in use is a conflict.
	CreateToken(ctx context.Context, by dsr.Principal, n dsr.NewToken) (dsr.Token, error)
	// RotateToken gives a token another value, and lets the one before open for a while.
	RotateToken(ctx context.Context, by dsr.Principal, name string, r dsr.Rotation) (dsr.Token, error)
	RevokeToken(ctx context.Context, by dsr.Principal, name string) error
}

// mailService is what the settings show of mail to staff.
type mailService interface {
	MailReport(ctx context.Context) (dsr.MailReport, error)
}

// Settings is the configuration as administrators may read it: no secrets, and nothing that
// can be changed here.
type Settings struct {
	Address, Listen, DataDir    string
	Proxies                     []string
	Zone, Controller, Contact   string
	Law, Holidays               string
	Mail                        string // where mail to staff is handed over; empty: there is none
	ReviewAll                   bool
	ArchiveKept, RequestKept    time.Duration
	ReadsPerSecond, Submissions int // a second, of one person or token
	CallsAtOnce, OpenRequests   int
	ManyMatches, MaxDownloads   int // 0: unlimited
	Memory, RequestFiles        int64
	Sources                     []SourceSetting
}

// SourceSetting is a source as the configuration has it.
type SourceSetting struct {
	Name, Type, Where, Rate, Region string
	Earliest                        time.Time // zero: not given
	FetchesFiles                    bool
	Information                     dsr.Information
}
