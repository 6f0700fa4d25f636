package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"

	"datai/catalog"
	"datai/wording"

	"github.com/alecthomas/kong"
)

// Exit codes that scripts rely on.
const (
	exitOK      = 0
	exitFailed  = 1
	exitInput   = 2 // unusable file or wrong command; nothing changed
	exitRefused = 3 // done, but some rows were refused
)

// env is what a command sees of the world around it.
type env struct {
	stdout, stderr io.Writer
	getenv         func(string) string
	dir            string // relative paths start here
	log            *slog.Logger
	terminal       bool // people watch stderr as it comes
}

// path makes a path that was typed absolute: a command may run in the process
// of the server, which stands in another folder.
func (e env) path(p string) string {
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(e.dir, p)
}

// cli is every command and flag; it is also the manual.
type cli struct {
	Config    string `help:"File with settings, in TOML: a flag without its dashes, = and the value, a line each." env:"DATAI_CONFIG" placeholder:"FILE"`
	Lang      string `help:"Language of messages: zh-CN or en (default: from LANG)." placeholder:"LANG"`
	LogLevel  string `help:"What the log holds at least: debug, info, warn or error." enum:"debug,info,warn,error" default:"info" env:"DATAI_LOG_LEVEL" placeholder:"LEVEL"`
	LogFormat string `help:"Form of the log: text or json." enum:"text,json" default:"text" env:"DATAI_LOG_FORMAT" placeholder:"FORM"`

	Serve       serveCmd       `cmd:"" help:"Run the server."`
	Import      importCmd      `cmd:"" help:"Bring a file into the catalogue. Exit 0: all accepted; 3: some rows refused; 2: unusable file, nothing changed."`
	Export      exportCmd      `cmd:"" help:"Write the catalogue, every state, without contacts."`
	Case        caseCmd        `cmd:"" help:"Contact cases."`
	Gate        gateCmd        `cmd:"" help:"Results before the shelf."`
	Need        needCmd        `cmd:"" help:"Needs of enterprises."`
	Match       matchCmd       `cmd:"" help:"Find what helps with a problem, every state."`
	Batch       batchCmd       `cmd:"" help:"Match many needs at once, into a workbook or JSON Lines."`
	Backup      backupCmd      `cmd:"" help:"Write the whole database into one file, also while a server runs."`
	Restore     restoreCmd     `cmd:"" help:"Fill an empty database from a backup, of either kind."`
	Verify      verifyCmd      `cmd:"" help:"Check a backup, or without FILE the database. Exit 0: nothing wrong; 1: something is."`
	Journal     journalCmd     `cmd:"" help:"The journal: verify it, prove an entry, write it out."`
	OpenAPI     openapiCmd     `cmd:"" name:"openapi" help:"Print the OpenAPI document of /api/v1."`
	User        userCmd        `cmd:"" help:"Accounts: who may sign in, and in which roles."`
	Permissions permissionsCmd `cmd:"" help:"Print who may do what: every role with its permissions and the routes that ask for them."`
	Rules       rulesCmd       `cmd:"" help:"The dated rules that deadlines and floors are worked out by."`
	Process     processCmd     `cmd:"" help:"How cases move, and what the university settled about that."`
	Token       tokenCmd       `cmd:"" help:"Tokens by which programs use /api/v1."`
	Doctor      doctorCmd      `cmd:"" help:"Look at the machine, the data folder, the database and the running server, and say what to mend. Exit 1: something is broken."`
	Settings    configCmd      `cmd:"" name:"config" help:"Show the settings of serve as they are in effect, passwords hidden."`
	Admin       struct {
		Link linkCmd `cmd:"" help:"Print a one-time link by which an administrator signs in."`
	} `cmd:"" help:"Administer the installation."`
}

// place says where the data are. Every command takes it.
type place struct {
	Data     string `help:"Data folder." default:"./data" env:"DATAI_DATA" placeholder:"DIR"`
	Database string `help:"PostgreSQL URL; without it SQLite in DIR/datai.db." env:"DATAI_DATABASE" placeholder:"URL"`
	KeyFile  string `help:"File of the secret key (default: DIR/secret.key)." env:"DATAI_KEY_FILE" placeholder:"FILE"`
}

// keyFile is the path of the secret key.
func (p place) keyFile(e env) string {
	if p.KeyFile != "" {
		return e.path(p.KeyFile)
	}
	return filepath.Join(e.path(p.Data), "secret.key")
}

// ownCommand is a command that never runs inside a server.
type ownCommand interface {
	runAlone(ctx context.Context, e env, l wording.Lang) error
}

// stop is a command's own exit code with nothing more to say.
type stop struct{ code int }

func (s stop) Error() string { return fmt.Sprintf("exit %d", s.code) }

// run parses args, runs the command and returns the exit code. A command that
// needs the data while a server holds them runs in the server's process.
func run(ctx context.Context, args []string, e env) int {
	var c cli
	cmd, err := parse(&c, args, e)
	if err == nil {
		l := c.language(e)
		var closing func()
		if e.log, closing, err = c.logger(e, cmd); err != nil {
			return report(e, l, err)
		}
		defer closing()
		switch cmd := cmd.(type) {
		case ownCommand:
			err = cmd.runAlone(ctx, e, l)
		case *doctorCmd:
			err = cmd.examine(ctx, e, l, args)
		case *verifyCmd:
			if cmd.File != "" {
				err = cmd.backup(ctx, e, l)
			} else {
				err = withData(ctx, e, l, args, cmd)
			}
		case dataCommand:
			err = withData(ctx, e, l, args, cmd)
		}
	}
	return report(e, c.language(e), err)
}

// parse finds the command that args name. Help and mistakes have been printed
// when it returns a stop.
func parse(c *cli, args []string, e env) (any, error) {
	exited := -1
	parser, err := kong.New(c, kong.Name("datai"), kong.UsageOnError(),
		kong.Description("Datai (搭台) takes research from the bookshelf to the shelf of a shop."),
		kong.Resolvers(&configFile{env: e}), kong.Writers(e.stdout, e.stderr), kong.Exit(func(code int) { exited = code }))
	if err != nil {
		return nil, err
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	switch {
	case exited >= 0:
		return nil, stop{exited}
	case err != nil:
		fmt.Fprintln(e.stderr, "datai:", err)
		return nil, stop{exitInput}
	}
	return parsed.Selected().Target.Addr().Interface(), nil
}

func (c *cli) language(e env) wording.Lang {
	name := c.Lang
	if name == "" {
		name = e.getenv("LANG")
	}
	if strings.HasPrefix(name, "en") {
		return wording.English
	}
	return wording.Chinese
}

// logger writes the log of a process. A command other than serve has its own
// output and logs no more than warnings; closing ends what serve's goes to
// beside standard error.
func (c *cli) logger(e env, cmd any) (log *slog.Logger, closing func(), err error) {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.LogLevel)) // the parser lets only known ones pass
	serve, serves := cmd.(*serveCmd)
	if !serves {
		level = max(level, slog.LevelWarn)
	}
	options := &slog.HandlerOptions{Level: level}
	var first slog.Handler = slog.NewTextHandler(e.stderr, options)
	if c.LogFormat == "json" {
		first = slog.NewJSONHandler(e.stderr, options)
	}
	if !serves {
		return slog.New(first), func() {}, nil
	}
	others, closing, err := serve.open(e, options)
	return slog.New(slog.NewMultiHandler(append(others, first)...)), closing, err
}

// report says what went wrong, to a person where it is a person's to mend.
func report(e env, l wording.Lang, err error) int {
	if err == nil {
		return exitOK
	}
	if s, ok := errors.AsType[stop](err); ok {
		return s.code
	}
	if c, ok := errors.AsType[*catalog.Error](err); ok {
		fmt.Fprintln(e.stderr, l.SayArgs(c.Key, c.Args))
		if c.Err != nil {
			fmt.Fprintln(e.stderr, "datai:", c.Err)
		}
		if c.Code == catalog.Invalid {
			return exitInput
		}
		return exitFailed
	}
	fmt.Fprintln(e.stderr, "datai:", err)
	return exitFailed
}
