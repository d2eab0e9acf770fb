package dsr

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

// HookEvent is something that webhooks tell.
type HookEvent string

const (
	HookReady         HookEvent = "request.ready"    // the archive can be downloaded
	HookReview        HookEvent = "request.review"   // somebody has to decide
	HookRejected      HookEvent = "request.rejected" // the result is not released
	HookFailed        HookEvent = "request.failed"   // our own fault, there is no archive
	HookExpired       HookEvent = "request.expired"  // the archive's retention has ended
	HookDueSoon       HookEvent = "request.due_soon" // the deadline is less than DueSoon away
	HookOverdue       HookEvent = "request.overdue"
	HookAnswered      HookEvent = "request.answered"
	HookSourceRefused HookEvent = "source.refused" // a source refused the key, or the call for good

	HookTest HookEvent = "webhook.test" // an admin has asked for it
)

// HookEvents are those that can be subscribed to.
var HookEvents = []HookEvent{HookReady, HookReview, HookRejected, HookFailed, HookExpired, HookDueSoon, HookOverdue, HookAnswered, HookSourceRefused}

// StatusEvents are the events of the statuses that webhooks tell.
var StatusEvents = map[Status]HookEvent{Ready: HookReady, Review: HookReview, Rejected: HookRejected, Failed: HookFailed, Expired: HookExpired}

// Webhook is who is told of what happens to requests.
type Webhook struct {
	ID        string
	URL       string
	Events    []HookEvent
	Active    bool
	CreatedAt time.Time
	CreatedBy string
	// PriorUntil is until when the secret before a rotation signs too; zero: it does not.
	PriorUntil time.Time
	// GoneAt is when it answered that it wants no more, which has switched it off; zero: it has not.
	GoneAt time.Time
	// Waiting and Dead are how many deliveries stand so.
	Waiting, Dead int64
}

// HookSecretPrefix is what secrets begin with (Standard Webhooks).
const HookSecretPrefix = "whsec_"

// The lengths of a secret that Standard Webhooks allows, in bytes.
const (
	minHookKey = 24
	maxHookKey = 64
)

// HookKey is what a secret stands for.
func HookKey(secret string) ([]byte, error) {
	text, prefixed := strings.CutPrefix(secret, HookSecretPrefix)
	key, err := base64.StdEncoding.DecodeString(text)
	if !prefixed || err != nil || len(key) < minHookKey || len(key) > maxHookKey {
		return nil, errors.New("a secret is " + HookSecretPrefix + " and the Base64 of 24 to 64 random bytes")
	}
	return key, nil
}

// MaxWebhooks is how many there may be: each is a row more in every event's transaction.
const MaxWebhooks = 20

// WebhookChange is what a webhook is to be from now on; nil: as it is.
type WebhookChange struct {
	URL    *string
	Events []HookEvent
	Active *bool
}

// HookSecret is a secret of a webhook with what it goes with.
type HookSecret struct {
	ID, Secret string
	PriorUntil time.Time // of the one before; zero: there is none
}

// The times for which the secret before a rotation may go on signing.
const (
	HookOverlap    = 24 * time.Hour
	MaxHookOverlap = 7 * 24 * time.Hour
)

// CallbackHook stands in the place of a webhook's id for what goes to the requests' own
// callback_url.
const CallbackHook = "callback"

// DeliveryState is how far a delivery has come.
type DeliveryState string

const (
	DeliveryWaiting   DeliveryState = "waiting" // for its turn, or to be tried again
	DeliveryDelivered DeliveryState = "delivered"
	DeliveryDead      DeliveryState = "dead" // given up
)

// DeliveryStates are all of them.
var DeliveryStates = []DeliveryState{DeliveryWaiting, DeliveryDelivered, DeliveryDead}

// Delivery is one message to one webhook.
type Delivery struct {
	Number    int64
	ID        string
	Webhook   string // CallbackHook: the request's own
	Request   string // empty: a test
	MessageID string // the webhook-id header: the same however often it is sent, also again
	Event     HookEvent
	Body      string
	State     DeliveryState
	Attempts  int
	CreatedAt time.Time
	NextAt    time.Time // of one that waits
	EndedAt   time.Time
	Status    int    // of the latest answer; 0: none
	Failure   string // of the latest try, by code; empty: none
}

// Outgoing is a delivery with what it takes to send it.
type Outgoing struct {
	Delivery

	URL     string
	Secrets []string // whose signatures it carries; none: those of the callback's host
}

// Why a try to deliver failed.
const (
	HookStatus      = "status"      // an answer that is not 2xx
	HookRedirect    = "redirect"    // which are not followed
	HookNoAnswer    = "no_answer"   // no connection, or it broke
	HookTimeout     = "timeout"     // no answer in time
	HookPrivate     = "private"     // the name leads to an address that is not public
	HookNotAllowed  = "not_allowed" // the host is no longer in webhooks.callbacks
	HookCertificate = "certificate" // which could not be verified
	HookGone        = "gone"        // 410: the receiver wants no more, and is switched off
)

// HookFailures are all of them.
var HookFailures = []string{HookStatus, HookRedirect, HookNoAnswer, HookTimeout, HookPrivate, HookNotAllowed, HookCertificate, HookGone}

// DeliveryQuery chooses deliveries of a webhook, the newest first.
type DeliveryQuery struct {
	Webhook string
	State   DeliveryState // empty: all
	Before  string        // id of a delivery; those before it
	Limit   int
}

// MaxURL is the longest address that can be told, in bytes.
const MaxURL = 2048

// ReadHookURL returns the address that a webhook may have: https, or http to this machine
// where that is allowed. Whether it is a public one is judged when it is connected to.
func ReadHookURL(field, text string, loopback bool) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case len(text) > MaxURL:
		return nil, TooLong(field, MaxURL, "bytes")
	case err != nil || u.Hostname() == "" || u.Opaque != "" || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		return nil, FieldErrorf(field, "must be an address with scheme and host, as in https://tools.example.com/hook")
	case u.User != nil || u.Fragment != "":
		return nil, FieldErrorf(field, "must not contain a user name, a password or a fragment (#)")
	case u.Scheme == "https", u.Scheme == "http" && loopback && Loopback(u.Hostname()):
		return u, nil
	}
	return nil, FieldErrorf(field, "must begin with https:// (http:// for this machine only, and with the setting webhooks.allow_loopback)")
}

// Loopback reports whether a host is this machine by its name.
func Loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && a.Unmap().IsLoopback()
}

// CheckHookEvents returns the events in their usual order, without repeats.
func CheckHookEvents(events []HookEvent) ([]HookEvent, error) {
	if len(events) == 0 {
		return nil, FieldErrorf("events", "is empty; give at least one of: %s", hookEventNames())
	}
	for i, e := range events {
		if !slices.Contains(HookEvents, e) {
			return nil, FieldErrorf(fmt.Sprintf("events[%d]", i), "unknown event; use one of: %s", hookEventNames())
		}
	}
	return slices.DeleteFunc(slices.Clone(HookEvents), func(e HookEvent) bool { return !slices.Contains(events, e) }), nil
}

func hookEventNames() string {
	names := make([]string, len(HookEvents))
	for i, e := range HookEvents {
		names[i] = string(e)
	}
	return strings.Join(names, ", ")
}
