package main

import (
	"context"
	"io"
)

type matchCmd struct{}

func (c *matchCmd) Run(ctx context.Context, out io.Writer) error { return nil }
