package notify_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/notify"
	"techmarket/internal/platform/postgres/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var at = time.Date(2026, 11, 23, 16, 0, 0, 0, clock.Zone())

var letter = notify.Mail{To: "张三 <zhang@example.test>", Subject: "对接意向\r\nBcc: all@example.test",
	Body: strings.Repeat("您有一条新的对接意向。\n", 20), At: at}

func read(t *testing.T, raw string) (subject, body string, header mail.Header) {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, m.Body))
	if err != nil {
		t.Fatal(err)
	}
	dec := m.Header.Get("Subject")
	if word, err := new(mime.WordDecoder).DecodeHeader(dec); err == nil {
		dec = word
	}
	return dec, strings.ReplaceAll(string(text), "\r\n", "\n"), m.Header
}

func TestSend_WritesToTheOutboxWithoutAServer(t *testing.T) {
	t.Parallel()
	outbox := filepath.Join(t.TempDir(), "outbox")
	s, err := notify.NewSender(notify.SMTP{From: "科技大市场 <noreply@example.test>"}, outbox, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // worked twice, as after a crash
		if err := s.Send(context.Background(), letter); err != nil {
			t.Fatal(err)
		}
	}
	found, _ := filepath.Glob(filepath.Join(outbox, "*"))
	if len(found) != 1 {
		t.Fatalf("got files %v, want one", found)
	}
	raw, _ := os.ReadFile(found[0])
	subject, body, header := read(t, string(raw))
	if subject != "对接意向 Bcc: all@example.test" || body != letter.Body || header.Get("Bcc") != "" {
		t.Errorf("got subject %q, body %q, bcc %q", subject, body, header.Get("Bcc"))
	}
}

func TestSend_NamesTheAddressThatEndsTheMail(t *testing.T) {
	t.Parallel()
	outbox := t.TempDir()
	s, err := notify.NewSender(notify.SMTP{From: "noreply@example.test"}, outbox, nil)
	if err != nil {
		t.Fatal(err)
	}
	ends := letter
	ends.End = "https://market.example.test/feeds/abc/end"
	if err := s.Send(context.Background(), ends); err != nil {
		t.Fatal(err)
	}
	found, _ := filepath.Glob(filepath.Join(outbox, "*.eml"))
	if len(found) != 1 {
		t.Fatalf("got files %v, want one", found)
	}
	raw, _ := os.ReadFile(found[0])
	_, _, header := read(t, string(raw))
	if header.Get("List-Unsubscribe") != "<"+ends.End+">" || header.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" {
		t.Errorf("got %v", header)
	}
}

func TestSend_GivesUpAnImpossibleAddress(t *testing.T) {
	t.Parallel()
	s, err := notify.NewSender(notify.SMTP{From: "noreply@example.test"}, t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Send(context.Background(), notify.Mail{To: "nobody", At: at}); err == nil || !strings.Contains(err.Error(), "JobCancelError") {
		t.Errorf("got %v, want the job cancelled", err)
	}
}

// server speaks just enough SMTP to take one mail; refuse is its answer to the recipient.
func server(t *testing.T, rcpt string) (addr string, got chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	got = make(chan string, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		in := bufio.NewReader(conn)
		fmt.Fprint(conn, "220 test\r\n")
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				return
			}
			switch {
			case strings.HasPrefix(line, "EHLO"), strings.HasPrefix(line, "MAIL"):
				fmt.Fprint(conn, "250 ok\r\n")
			case strings.HasPrefix(line, "RCPT"):
				fmt.Fprint(conn, rcpt+"\r\n")
			case strings.HasPrefix(line, "DATA"):
				fmt.Fprint(conn, "354 go\r\n")
				var b strings.Builder
				for {
					line, err := in.ReadString('\n')
					if err != nil || line == ".\r\n" {
						break
					}
					b.WriteString(line)
				}
				got <- b.String()
				fmt.Fprint(conn, "250 taken\r\n")
			case strings.HasPrefix(line, "QUIT"):
				return
			}
		}
	}()
	return l.Addr().String(), got
}

func TestSend_SpeaksSMTP(t *testing.T) {
	t.Parallel()
	addr, got := server(t, "250 ok")
	s, err := notify.NewSender(notify.SMTP{Addr: addr, From: "noreply@example.test"}, t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Send(context.Background(), letter); err != nil {
		t.Fatal(err)
	}
	if _, body, _ := read(t, <-got); body != letter.Body {
		t.Errorf("got body %q", body)
	}
}

func TestSend_TellsLaterFromNever(t *testing.T) {
	t.Parallel()
	for answer, never := range map[string]bool{"450 busy": false, "550 unknown": true} {
		addr, _ := server(t, answer)
		s, err := notify.NewSender(notify.SMTP{Addr: addr, From: "noreply@example.test"}, t.TempDir(), nil)
		if err != nil {
			t.Fatal(err)
		}
		err = s.Send(context.Background(), letter)
		if err == nil || strings.Contains(err.Error(), "JobCancelError") != never {
			t.Errorf("%s: got %v, given up should be %v", answer, err, never)
		}
	}
}

func TestMessage_IsReadOnlyByItsReader(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ctx := context.Background()
	if err := db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		for i := range 3 {
			if err := notify.Message(ctx, tx, notify.Note{To: []int64{1, 2, 1}, Kind: "deal", Title: fmt.Sprint("第", i), Link: "/deals/9",
				At: at}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	box, err := notify.Box(ctx, db, 1, 0, 2)
	if err != nil || len(box) != 2 || box[0].Title != "第2" {
		t.Fatalf("got %v, err %v; want the two newest", box, err)
	}
	rest, err := notify.Box(ctx, db, 1, box[1].ID, 2)
	if err != nil || len(rest) != 1 || rest[0].Title != "第0" {
		t.Errorf("got %v, err %v; want the oldest", rest, err)
	}
	if _, err := notify.Read(ctx, db, 2, box[0].ID, at); !fault.Is(err, fault.NotFound) {
		t.Errorf("somebody else's message: got %v, want not found", err)
	}
	if link, err := notify.Read(ctx, db, 1, box[0].ID, at); err != nil || link != "/deals/9" {
		t.Errorf("got %q, err %v", link, err)
	}
	if n, err := notify.Unread(ctx, db, 1); err != nil || n != 2 {
		t.Errorf("got %d unread, err %v; want 2", n, err)
	}
	if _, err := notify.Read(ctx, db, 1, 0, at); err != nil {
		t.Fatal(err)
	}
	if n, _ := notify.Unread(ctx, db, 1); n != 0 {
		t.Errorf("got %d unread after reading all", n)
	}
	if n, _ := notify.Unread(ctx, db, 2); n != 3 {
		t.Errorf("the other reader has %d unread, want 3", n)
	}
}
