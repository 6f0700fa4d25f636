package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"datai/inbox"
	"datai/notify"
	"datai/wording"
)

// notifier is what sends the messages of the outbox, by the channels that are
// configured. It must be made before pages are served, which say what there is.
func (c *serveCmd) notifier(a *app, e env) (*notify.Worker, error) {
	senders := map[string]notify.Sender{}
	if c.SMTPHost != "" {
		password, err := secret(e, "DATAI_SMTP_PASSWORD", c.SMTPPasswordFile)
		if err != nil {
			return nil, err
		}
		mail, err := notify.NewMail(notify.MailServer{Host: c.SMTPHost, Port: c.SMTPPort, User: c.SMTPUser, Password: password, From: c.MailFrom,
			Mode: notify.TLSMode(c.SMTPTLS)}, a.base, map[wording.Lang]string{wording.Chinese: c.Name, wording.English: cmp.Or(c.NameEn, c.Name)}, time.Now)
		if err != nil {
			return nil, err
		}
		senders[inbox.MailLane] = mail
	}
	gateway, err := c.gateway(a, e)
	if err != nil {
		return nil, err
	}
	if gateway != nil {
		if n := utf8.RuneCountInString(c.SMSSignature); n == 0 || n > 8 {
			return nil, errors.New("--sms-signature has 1 to 8 characters")
		}
		senders[inbox.SMSLane] = notify.SMS{Gateway: gateway, Signature: c.SMSSignature, Base: a.base, Now: time.Now}
	}
	guard := notify.Guard{Allow: c.WebhookAllow}
	client := guard.Client()
	robots := &notify.Robots{Inbox: a.inbox, Client: client, Base: a.base, Name: c.Name, Now: time.Now}
	for _, kind := range inbox.ReceiverKinds() {
		senders[string(kind)] = robots
	}
	senders[string(inbox.Webhook)] = notify.Webhooks{Inbox: a.inbox, Client: client, Base: a.base, Now: time.Now}
	a.inbox.Vet = guard.Vet
	a.inbox.Channels = inbox.Channels{Mail: senders[inbox.MailLane] != nil, SMS: gateway != nil}
	return notify.NewWorker(notify.Config{Queue: a.db, Inbox: a.inbox, Senders: senders, Now: time.Now, Logger: a.log}), nil
}

// gateway is what takes short messages, nil for nothing.
func (c *serveCmd) gateway(a *app, e env) (notify.Gateway, error) {
	record := c.SMSRecord
	if record != "" {
		record = e.path(record)
	} else if c.Demo && c.SMSURL == nil {
		record = filepath.Join(a.dir, "sms.jsonl")
	}
	switch {
	case record != "":
		a.log.Info("short messages are not sent but written into a file", "file", record)
		return notify.NewRecorder(record), nil
	case c.SMSURL == nil:
		return nil, nil //nolint:nilnil // there is no gateway, which is no fault
	case c.SMSURL.Scheme != "https" && c.SMSURL.Scheme != "http" || c.SMSURL.Host == "":
		return nil, errors.New("--sms-url begins with https:// or http://")
	}
	key, err := secret(e, "DATAI_SMS_SECRET", c.SMSSecretFile)
	if err != nil {
		return nil, err
	}
	if key == "" {
		return nil, errors.New("--sms-url needs a secret in DATAI_SMS_SECRET or --sms-secret-file")
	}
	own := map[string]string{}
	for _, pair := range c.SMSTemplates {
		name, id, ok := strings.Cut(pair, "=")
		if t, known := inbox.TemplateOf(name); !ok || !known || !t.SMS || id == "" {
			return nil, fmt.Errorf("--sms-templates: %q is not of the form KEY=ID with the key of a short message", pair)
		}
		own[name] = id
	}
	return notify.HTTPGateway{URL: c.SMSURL, Secret: key, Templates: own, Now: time.Now, Client: notify.NewGatewayClient()}, nil
}

// secret is what an environment variable or a file holds; a file that others may
// read is refused.
func secret(e env, name, file string) (string, error) {
	if v := e.getenv(name); v != "" {
		return v, nil
	}
	if file == "" {
		return "", nil
	}
	info, err := os.Stat(e.path(file))
	if err != nil {
		return "", fmt.Errorf("secret: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return "", fmt.Errorf("secret: others may read %s; run chmod 600 on it", file)
	}
	text, err := os.ReadFile(e.path(file))
	if err != nil {
		return "", fmt.Errorf("secret: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}
