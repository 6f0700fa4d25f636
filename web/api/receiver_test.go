package api_test

import (
	"strings"
	"testing"

	"datai/account"
)

func TestReceiversBySystemsOfTheCampus(t *testing.T) {
	s := newServer(t)
	admin := as(account.System)
	body := map[string]any{"kind": "webhook", "name": "校内系统", "url": "https://hooks.example.org/x?key=geheim", "events": []string{"result.listed"}}
	for name, value := range map[string]any{"kind": "fax", "url": "x", "events": []string{}, "name": ""} {
		bad := map[string]any{}
		for k, v := range body {
			bad[k] = v
		}
		bad[name] = value
		s.call(admin, "POST", "/receivers", bad).problem(400, "invalid")
	}
	s.call(as(account.Officer), "POST", "/receivers", body).problem(403, "forbidden")
	made := s.call(admin, "POST", "/receivers", body).want(201).has("whsec_", "hooks.example.org").hasNot("geheim")
	s.call(admin, "POST", "/receivers", body).problem(409, "conflict")
	var r struct{ ID, Secret string }
	made.read(&r)
	at := "/receivers/" + r.ID
	s.call(admin, "POST", at+"/try", nil).want(204)
	s.call(admin, "GET", "/receivers", nil).want(200).has(`"waiting":1`, `"host":"hooks.example.org"`).hasNot("geheim", "whsec_")
	s.call(admin, "POST", at+"/rotate", nil).problem(428, "if_match")
	next := s.call(admin, "POST", at+"/rotate", nil, "If-Match", made.header.Get("ETag")).want(200).has("whsec_")
	if strings.Contains(string(next.body), r.Secret) {
		t.Error("the secret stays")
	}
	s.call(admin, "POST", at+"/pause", map[string]any{"paused": true}, "If-Match", made.header.Get("ETag")).problem(412, "stale")
	s.call(admin, "POST", at+"/pause", map[string]any{"paused": true}, "If-Match", next.header.Get("ETag")).want(200).has(`"paused":true`).hasNot("whsec_")
	s.call(admin, "POST", at+"/remove", nil).want(204)
	s.call(admin, "POST", at+"/try", nil).problem(404, "not_found")
}
