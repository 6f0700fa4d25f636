package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"time"

	"datai/catalog"
)

// scanLimit is how long a scanner may look at one file.
const scanLimit = 2 * time.Minute

// infected is the exit code by which clamscan and clamdscan say that they found
// something (clamscan(1), "RETURN CODES": 0 none found, 1 found, 2 an error).
const infected = 1

// scanner returns what runs the command over a file, nil for no command. Its
// words are split at spaces and never reach a shell. A file about which the
// command says nothing is not taken either.
func scanner(command string, log *slog.Logger) func(context.Context, *os.File) error {
	words := strings.Fields(command)
	if len(words) == 0 {
		return nil
	}
	return func(ctx context.Context, file *os.File) error {
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return fmt.Errorf("scan: %w", err)
		}
		ctx, cancel := context.WithTimeout(ctx, scanLimit)
		defer cancel()
		cmd := exec.CommandContext(ctx, words[0], words[1:]...) //nolint:gosec // the operator names it in the configuration
		cmd.Stdin = file
		cmd.WaitDelay = time.Second
		err := cmd.Run()
		if err == nil {
			return nil
		}
		if ended, ok := errors.AsType[*exec.ExitError](err); ok && ended.ExitCode() == infected {
			log.Warn("upload refused", "scanner", words[0])
			return catalog.Refuse(catalog.Invalid, "import.infected")
		}
		log.Error("uploads cannot be scanned", "scanner", words[0], "err", err)
		return catalog.Refuse(catalog.Unavailable, "import.not_scanned").Because(err)
	}
}
