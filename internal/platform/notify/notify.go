// Package notify tells people: messages inside the site and mail.
//
// It owns the table message and the outbox folder. It refuses to write texts: what to say comes from the caller. Mail is
// a job, so it leaves only after the commit it speaks of; without an SMTP server it is written to the outbox as .eml.
package notify

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/mail"
	"net/smtp"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"time"

	"techmarket/internal/platform/jobs"
	"techmarket/internal/platform/vault"
)

// Mail is the job of one message to one address. At makes two mails of the same words two mails.
type Mail struct {
	To      string    `json:"to,omitempty"`
	Subject string    `json:"subject,omitempty"`
	Body    string    `json:"body,omitempty"` // plain text
	At      time.Time `json:"at"`
	// End is the address that ends this kind of mail for whoever holds it, by a page or by one POST (RFC 8058); "" when there is none.
	End string `json:"end,omitempty"`
	// Sealed is all of the above in the queue, see Seal.
	Sealed string `json:"sealed,omitempty"`
}

// Kind names the job.
func (Mail) Kind() string { return "mail" }

// SMTP is a mail server; an empty Addr means none.
type SMTP struct {
	Addr     string // host:port; 465 speaks TLS from the start, other ports STARTTLS when offered
	User     string // empty: no sign-in; otherwise TLS is required
	Password string
	From     string // "科技大市场 <noreply@…>"
}

const sendTimeout = 30 * time.Second

// Sender delivers mail.
type Sender struct {
	smtp   SMTP
	vault  *vault.Vault // nil: no mail is sealed
	outbox string
	from   *mail.Address
}

// NewSender checks the sender's address; outbox is created when first needed.
func NewSender(s SMTP, outbox string, keys *vault.Vault) (*Sender, error) {
	from, err := mail.ParseAddress(s.From)
	if err != nil {
		return nil, fmt.Errorf("mail sender %q: %w", s.From, err)
	}
	return &Sender{smtp: s, vault: keys, outbox: outbox, from: from}, nil
}

const (
	sealedMail = "mail"
	sealedBody = "mail.body" // of mails that were queued when the body alone was sealed
)

// Seal hides a mail from whoever reads the queue: to whom it goes, and links of invitations, confirmations and new passwords.
func Seal(m Mail, keys *vault.Vault) (Mail, error) {
	raw, err := json.Marshal(m)
	if err != nil {
		return Mail{}, fmt.Errorf("seal mail: %w", err)
	}
	sealed, err := keys.Seal(sealedMail, string(raw))
	return Mail{At: m.At, Sealed: sealed}, err
}

// Open reads a queued mail.
func Open(m Mail, keys *vault.Vault) (Mail, error) {
	if m.Sealed == "" {
		return m, nil
	}
	if m.To != "" {
		body, err := keys.Open(sealedBody, m.Sealed)
		m.Body, m.Sealed = body, ""
		return m, err
	}
	raw, err := keys.Open(sealedMail, m.Sealed)
	if err != nil {
		return Mail{}, err
	}
	var opened Mail
	err = json.Unmarshal([]byte(raw), &opened)
	return opened, err
}

// Register makes the sender work the mail jobs.
func (s *Sender) Register(w *jobs.Workers) { jobs.Register(w, s.Send) }

// Send delivers one mail. An address that cannot be one, or that the server refuses for good, is given up; every other
// failure is tried again by the queue.
func (s *Sender) Send(ctx context.Context, m Mail) error {
	if s.vault != nil {
		var err error
		if m, err = Open(m, s.vault); err != nil {
			return fmt.Errorf("send mail: %w", err)
		}
	}
	to, err := mail.ParseAddress(m.To)
	if err != nil {
		return jobs.Discard(errors.New("send mail: no address to send it to"))
	}
	text, id := s.compose(m, to)
	if s.smtp.Addr == "" {
		return s.store(id, text)
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	err = s.deliver(ctx, to.Address, text)
	var reply *textproto.Error
	if errors.As(err, &reply) && reply.Code >= 500 {
		return jobs.Discard(nameless(err, to))
	}
	if err != nil {
		return nameless(err, to)
	}
	return nil
}

// nameless leaves the address out of what a server said: errors stand in the queue and in the log.
func nameless(err error, to *mail.Address) error {
	return errors.New("send mail: " + strings.ReplaceAll(err.Error(), to.Address, "…"))
}

// compose writes the message. The same job gives the same Message-ID, so a mail sent twice after a crash is shown once
// by readers that look at it.
func (s *Sender) compose(m Mail, to *mail.Address) (text []byte, id string) {
	raw, _ := json.Marshal(m) //nolint:errchkjson // strings and a time of this age cannot fail
	sum := sha256.Sum256(raw)
	id = hex.EncodeToString(sum[:12])
	_, domain, _ := strings.Cut(s.from.Address, "@")
	var b bytes.Buffer
	headers := [][2]string{
		{"From", s.from.String()}, {"To", to.String()},
		{"Subject", mime.BEncoding.Encode("utf-8", strings.Join(strings.Fields(m.Subject), " "))},
		{"Date", m.At.Format(time.RFC1123Z)}, {"Message-ID", "<" + id + "@" + domain + ">"},
		{"MIME-Version", "1.0"}, {"Content-Type", "text/plain; charset=utf-8"}, {"Content-Transfer-Encoding", "base64"},
		{"Auto-Submitted", "auto-generated"},
	}
	if m.End != "" {
		headers = append(headers, [2]string{"List-Unsubscribe", "<" + m.End + ">"},
			[2]string{"List-Unsubscribe-Post", "List-Unsubscribe=One-Click"})
	}
	for _, h := range headers {
		fmt.Fprintf(&b, "%s: %s\r\n", h[0], h[1])
	}
	b.WriteString("\r\n")
	body := base64.StdEncoding.EncodeToString([]byte(strings.ReplaceAll(m.Body, "\n", "\r\n")))
	for len(body) > 76 {
		b.WriteString(body[:76] + "\r\n")
		body = body[76:]
	}
	b.WriteString(body + "\r\n")
	return b.Bytes(), id
}

func (s *Sender) store(id string, text []byte) error {
	if err := os.MkdirAll(s.outbox, 0o700); err != nil {
		return fmt.Errorf("store mail: %w", err)
	}
	path := filepath.Join(s.outbox, id+".eml")
	if err := os.WriteFile(path+".part", text, 0o600); err != nil {
		return fmt.Errorf("store mail: %w", err)
	}
	if err := os.Rename(path+".part", path); err != nil {
		return fmt.Errorf("store mail: %w", err)
	}
	return nil
}

func (s *Sender) deliver(ctx context.Context, to string, text []byte) (err error) {
	host, port, err := net.SplitHostPort(s.smtp.Addr)
	if err != nil {
		return err
	}
	secure := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.smtp.Addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return err
		}
	}
	if port == "465" {
		conn = tls.Client(conn, secure)
	}
	client, err := smtp.NewClient(conn, host)
	if err != nil {
		return err
	}
	defer client.Close()
	if ok, _ := client.Extension("STARTTLS"); ok && port != "465" {
		if err := client.StartTLS(secure); err != nil {
			return err
		}
	}
	if s.smtp.User != "" {
		// PlainAuth itself refuses to send a password without TLS, but to localhost.
		if err := client.Auth(smtp.PlainAuth("", s.smtp.User, s.smtp.Password, host)); err != nil {
			return err
		}
	}
	if err := client.Mail(s.from.Address); err != nil {
		return err
	}
	if err := client.Rcpt(to); err != nil {
		return err
	}
	w, err := client.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	_ = client.Quit() // accepted already: an error now would only send it twice
	return nil
}
