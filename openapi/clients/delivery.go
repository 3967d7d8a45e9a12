// Package delivery returns the outcome of a message that a generated client sends through Acquire.
//
// Copy this file: it has no dependencies, and needs Go 1.19 or newer. openapi/README.md describes it.
package delivery

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// Outcome is the outcome of a message, and the next step.
type Outcome struct {
	// Delivery is "accepted", "refused", "not_sent" or "unknown".
	Delivery string
	// NextStep is "none", "send_again", "fix_message", "fix_setup" or "look_first".
	NextStep string
	// After is how long to wait before "send_again".
	After time.Duration
	// Status is 0 without an answer.
	Status int
	// Body is the part of the answer that was received. It may repeat the message: keep it out of logs.
	Body []byte
	// Err is the error if no answer came.
	Err error
}

// The longest body that is read, in bytes.
const longest = 16 << 20

// Observe runs one call of a generated client, and returns the outcome of its message. The call must use the HTTP client that
// it gets, which sends once, follows no redirect and has this time limit. The call's own error is not the verdict.
func Observe(limit time.Duration, call func(client *http.Client)) Outcome {
	watch := &watch{}
	call(&http.Client{
		Transport:     watch,
		Timeout:       limit,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	})
	if watch.outcome == nil {
		// It may have used another client.
		return Outcome{Delivery: "unknown", NextStep: "look_first", Err: errors.New("the call did not use its client")}
	}
	return *watch.outcome
}

type watch struct{ outcome *Outcome }

func (w *watch) RoundTrip(request *http.Request) (*http.Response, error) {
	if w.outcome != nil {
		return nil, errors.New("one message at a time: this was a second request")
	}
	w.outcome = &Outcome{Delivery: "unknown", NextStep: "look_first"}
	var connected atomic.Bool
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }}
	traced := request.WithContext(httptrace.WithClientTrace(request.Context(), trace))
	response, err := http.DefaultTransport.RoundTrip(traced)
	if err != nil {
		*w.outcome = ofError(err, connected.Load())
		return nil, err
	}
	// The part that is received decides, even if the rest is lost.
	body, _ := io.ReadAll(io.LimitReader(response.Body, longest))
	_ = response.Body.Close()
	response.Body = io.NopCloser(bytes.NewReader(body))
	*w.outcome = OfAnswer(response.StatusCode, body, response.Header)
	return response, nil
}

// Without a connection, including TLS, nothing was sent. The error alone doesn't prove that: EHOSTUNREACH, for example, may
// also end an established connection.
func ofError(err error, connected bool) Outcome {
	var unknownAuthority x509.UnknownAuthorityError
	var otherName x509.HostnameError
	var invalid x509.CertificateInvalidError
	var noTLS tls.RecordHeaderError
	isOfTLS := errors.As(err, &unknownAuthority) || errors.As(err, &otherName) || errors.As(err, &invalid) ||
		errors.As(err, &noTLS) || strings.Contains(err.Error(), "gave HTTP response to HTTPS client")
	switch {
	case connected:
		return Outcome{Delivery: "unknown", NextStep: "look_first", Err: err}
	case isOfTLS:
		return Outcome{Delivery: "not_sent", NextStep: "fix_setup", Err: err}
	default:
		return Outcome{Delivery: "not_sent", NextStep: "send_again", Err: err}
	}
}

// OfAnswer returns the verdict on an answer. The body is the part that was received.
func OfAnswer(status int, body []byte, header http.Header) Outcome {
	verdict := func(delivery, nextStep string) Outcome {
		return Outcome{Delivery: delivery, NextStep: nextStep, Status: status, Body: body}
	}
	switch {
	case status >= 200 && status < 300:
		text := bytes.TrimLeft(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")), "\t\n\f\r ")
		if len(text) > 0 && text[0] != '{' {
			return verdict("unknown", "look_first")
		}
		switch errorIn(text) {
		case refusal:
			return verdict("refused", "fix_message")
		case unclear:
			return verdict("unknown", "look_first")
		}
		return verdict("accepted", "none")
	// Proxies answer with 408, 460 and 499 after they passed the whole request on.
	case status < 400, status >= 500, status == 408, status == 460, status == 499:
		return verdict("unknown", "look_first")
	case status == 401, status == 403, status == 407:
		return verdict("refused", "fix_setup")
	case status == 429:
		outcome := verdict("refused", "send_again")
		outcome.After = wait(header)
		return outcome
	default:
		return verdict("refused", "fix_message")
	}
}

type says int

const (
	nothing says = iota
	// An error with a code or a message, and no data.
	refusal
	unclear
)

// What the body of a 2xx says, read as far as it is valid JSON.
func errorIn(text []byte) says {
	decoder := json.NewDecoder(bytes.NewReader(text))
	if _, err := decoder.Token(); err != nil {
		return nothing
	}
	members := map[string]json.RawMessage{}
	isWhole := false
	for {
		if !decoder.More() {
			_, err := decoder.Token()
			isWhole = err == nil
			break
		}
		name, err := decoder.Token()
		if err != nil {
			break
		}
		members[name.(string)] = nil
		var value json.RawMessage
		if decoder.Decode(&value) != nil {
			break
		}
		members[name.(string)] = value
	}
	failure, named := members["error"]
	if !named || string(failure) == "null" || isSomething(members["data"]) {
		return nothing
	}
	if isWhole && hasReason(failure) {
		return refusal
	}
	return unclear
}

func isSomething(data json.RawMessage) bool {
	switch strings.Join(strings.Fields(string(data)), "") {
	case "", "null", "false", "0", `""`, "{}", "[]":
		return false
	}
	return true
}

func hasReason(failure json.RawMessage) bool {
	var list []json.RawMessage
	if json.Unmarshal(failure, &list) == nil && len(list) > 0 {
		failure = list[0]
	}
	var text string
	if json.Unmarshal(failure, &text) == nil {
		return text != ""
	}
	// A map, since the names of a struct would match in any case.
	var object map[string]json.RawMessage
	_ = json.Unmarshal(failure, &object)
	for _, name := range []string{"code", "message"} {
		if value, named := object[name]; named && string(value) != "null" {
			return true
		}
	}
	return false
}

// How long to wait after a 429, rounded up. Longer if Retry-After can't be parsed.
func wait(header http.Header) time.Duration {
	text := strings.TrimSpace(header.Get("Retry-After"))
	if text == "" {
		return 5 * time.Second
	}
	if date, err := http.ParseTime(text); err == nil {
		if left := time.Until(date); left > 0 {
			return left
		}
		return 0
	}
	whole, decimals, _ := strings.Cut(text, ".")
	seconds, err := strconv.ParseUint(whole, 10, 31)
	if _, other := strconv.ParseUint("0"+decimals, 10, 64); err != nil || other != nil {
		return 10 * time.Second
	}
	if strings.Trim(decimals, "0") != "" {
		seconds++
	}
	return time.Duration(seconds) * time.Second
}
