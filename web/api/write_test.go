package api_test

import (
	"testing"

	"datai/account"
	"datai/web/api"
)

func TestWritesDemandTheVersionThatWasRead(t *testing.T) {
	s := newServer(t)
	_, hidden, _, secret := s.stock()
	officer := as(account.Officer)
	confirm, reason := map[string]bool{"confirm": true}, map[string]string{"reason": "重复"}
	for _, at := range []string{"/results/" + hidden.Code, "/needs/" + secret.Code} {
		tag := s.call(officer, "GET", at, nil).want(200).header.Get("ETag")
		s.call(officer, "POST", at+"/publish", confirm).problem(428, "if_match")
		s.call(officer, "POST", at+"/publish", confirm, "If-Match", `"99-abc"`).problem(412, "stale")
		s.call(officer, "POST", at+"/publish", confirm, "If-Match", "*").problem(412, "stale")
		s.call(officer, "POST", at+"/publish", map[string]bool{"confirm": false}, "If-Match", tag).problem(400, "invalid")
		s.call(officer, "POST", at+"/publish", map[string]any{}, "If-Match", tag).problem(400, "invalid")
		s.call(officer, "POST", at+"/publish", map[string]any{"confirm": true, "extra": 1}, "If-Match", tag).problem(400, "invalid")
		s.call(officer, "POST", at+"/publish", `{"confirm":`, "If-Match", tag).problem(400, "invalid")
		s.call(officer, "POST", at+"/publish", "confirm=true", "If-Match", tag, "Content-Type", "application/x-www-form-urlencoded").problem(415, "content_type")
		s.call(account.Nobody(), "GET", at, nil).problem(404, "not_found")

		done := s.call(officer, "POST", at+"/publish", confirm, "If-Match", tag).want(200)
		s.call(account.Nobody(), "GET", at, nil).want(200)
		s.call(officer, "POST", at+"/withdraw", reason, "If-Match", tag).problem(412, "stale")
		s.call(officer, "POST", at+"/withdraw", map[string]string{"reason": " "}, "If-Match", done.header.Get("ETag")).problem(400, "invalid")
		s.call(officer, "POST", at+"/withdraw", reason, "If-Match", done.header.Get("ETag")).want(200)
		var now struct{ Version int64 }
		s.call(officer, "GET", at, nil).read(&now)
		if now.Version < 3 {
			t.Errorf("%s is at version %d", at, now.Version)
		}
		s.call(account.Nobody(), "GET", at, nil).problem(404, "not_found")
	}
}

func TestBodiesAreBounded(t *testing.T) {
	s := newServer(t)
	_, hidden, _, _ := s.stock()
	long := make([]byte, 70<<10)
	for i := range long {
		long[i] = 'x'
	}
	s.call(as(account.Officer), "POST", "/results/"+hidden.Code+"/withdraw", map[string]string{"reason": string(long)}, "If-Match", `"1"`).problem(413, "too_large")
	p := s.call(as(account.Officer), "POST", "/results/"+hidden.Code+"/withdraw", map[string]string{"reason": string(long[:600])}, "If-Match", `"1"`).problem(400, "invalid")
	if len(p.Errors) != 1 || p.Errors[0] != (api.Detail{Location: "body.reason", Message: "最长 500 个字符。"}) {
		t.Errorf("%+v", p.Errors)
	}
}
