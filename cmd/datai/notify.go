package main

import (
	"path/filepath"
	"time"

	"datai/inbox"
	"datai/notify"
)

// notifier is what sends the messages of the outbox, by the channels that are
// configured.
func (c *serveCmd) notifier(a *app, e env) *notify.Worker {
	senders := map[string]notify.Sender{}
	record := e.path(c.SMSRecord)
	if c.SMSRecord == "" && c.Demo {
		record = filepath.Join(a.dir, "sms.jsonl")
	}
	if c.SMSRecord != "" || c.Demo {
		a.log.Info("short messages are not sent but written into a file", "file", record)
		senders[inbox.SMSLane] = notify.SMS{Gateway: notify.NewRecorder(record), Signature: c.SMSSignature, Base: a.base, Now: time.Now}
	}
	return notify.NewWorker(notify.Config{Queue: a.db, Inbox: a.inbox, Senders: senders, Now: time.Now, Logger: a.log})
}
