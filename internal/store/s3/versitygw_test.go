package s3_test

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"penates/internal/store"
	"penates/internal/store/storetest"
)

// versitygw builds the gateway of testdata/versitygw, a module of its own so that
// what it stands on is not in ours, and returns where the program is.
func versitygw(tb testing.TB) string {
	tb.Helper()
	program := filepath.Join(tb.TempDir(), "versitygw")
	build := exec.Command("go", "build", "-C", "testdata/versitygw", "-o", program, "github.com/versity/versitygw/cmd/versitygw")
	if out, err := build.CombinedOutput(); err != nil {
		tb.Fatalf("build versitygw, whose modules the test needs: %v\n%s", err, out)
	}
	return program
}

// gateway starts a server with a bucket on files and returns its address.
func gateway(tb testing.TB, program string) string {
	tb.Helper()
	files := tb.TempDir()
	if err := os.Mkdir(filepath.Join(files, "vaults"), 0o700); err != nil {
		tb.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		tb.Fatal(err)
	}
	server := exec.Command(program, "--access", "access", "--secret", secret, "--port", address, "--quiet", "--health", "/health",
		"posix", "--sidecar", tb.TempDir(), files)
	log, err := os.Create(filepath.Join(tb.TempDir(), "log"))
	if err != nil {
		tb.Fatal(err)
	}
	server.Stdout, server.Stderr = log, log
	if err := server.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait() // killed: the error is expected
		_ = log.Close()
	})
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		answer, err := http.Get("http://" + address + "/health")
		if err == nil {
			_ = answer.Body.Close()
			return "http://" + address
		}
		if time.Now().After(deadline) {
			text, _ := os.ReadFile(log.Name())
			tb.Fatalf("versitygw does not answer: %v\n%s", err, text)
		}
	}
}

func onGateway(program string) storetest.NewPlace {
	return func(tb testing.TB) storetest.Place {
		c := config(tb, gateway(tb, program))
		return func(tb testing.TB) store.Store { return open(tb, c) }
	}
}

func TestVersityGateway(t *testing.T) {
	program := versitygw(t)
	storetest.Run(t, onGateway(program))
	t.Run("Duels", func(t *testing.T) {
		times := 20
		if *long {
			times = 10_000
		}
		storetest.Duels(t, onGateway(program), times)
	})
}

func BenchmarkVersityGateway(b *testing.B) { storetest.Bench(b, onGateway(versitygw(b))) }
