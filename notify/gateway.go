package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// HTTPGateway hands short messages to a gateway, or to the small program that
// stands before one and knows its dialect: a POST of a ShortMessage as JSON,
// with the headers Datai-Timestamp (unix seconds) and Datai-Signature, the
// HMAC-SHA-256 under the secret of timestamp, full stop and body, in hexadecimal
// digits. 2xx takes the message, 4xx but 408 and 429 refuses it for good; a
// message that comes again has the same id.
type HTTPGateway struct {
	URL    *url.URL
	Secret string
	// Templates are the gateway's own ids of templates, by ours; without one ours
	// is sent.
	Templates map[string]string
	Now       func() time.Time
	Client    *http.Client
}

// NewGatewayClient makes a client that follows nobody elsewhere.
func NewGatewayClient() *http.Client {
	return &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// Take is of Gateway.
func (g HTTPGateway) Take(ctx context.Context, m ShortMessage) error {
	if own := g.Templates[m.Template]; own != "" {
		m.Template = own
	}
	body, err := json.Marshal(m)
	if err != nil {
		return finally("unreadable", err)
	}
	at := strconv.FormatInt(g.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(g.Secret))
	mac.Write([]byte(at + "." + string(body)))
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, g.URL.String(), bytes.NewReader(body))
	if err != nil {
		return finally("unreadable", err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Datai-Timestamp", at)
	r.Header.Set("Datai-Signature", hex.EncodeToString(mac.Sum(nil)))
	_, err = post(g.Client, r, false)
	return err
}

// answerMost is how much of an answer is read.
const answerMost = 64 << 10

// post sends a request and reads the answer. again says that a 4xx may be
// another answer next time. Where the answer asks for patience (Retry-After),
// the failure says so.
func post(c *http.Client, r *http.Request, again bool) ([]byte, error) {
	a, err := c.Do(r)
	if err != nil {
		f := failureOf(err)
		return nil, &failure{cause: f.cause, final: f.final} // the text of the error holds the address
	}
	defer a.Body.Close()
	body, err := io.ReadAll(io.LimitReader(a.Body, answerMost))
	if a.StatusCode >= 200 && a.StatusCode < 300 {
		if err != nil && len(body) == 0 {
			return nil, nil // taken: what it says beyond that does not matter
		}
		return body, nil
	}
	f := &failure{cause: "status_" + strconv.Itoa(a.StatusCode)}
	switch {
	case a.StatusCode == http.StatusRequestTimeout, a.StatusCode == http.StatusTooManyRequests:
	case a.StatusCode == http.StatusGone:
		f.final = true
	case a.StatusCode < http.StatusInternalServerError:
		f.final = !again
	}
	if s, err := strconv.Atoi(a.Header.Get("Retry-After")); err == nil && s > 0 {
		f.after = min(time.Duration(s)*time.Second, 24*time.Hour)
	}
	return nil, f
}
