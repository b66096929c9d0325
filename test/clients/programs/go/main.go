// Command clients runs what pgx and lib/pq do, against the server that libpq's environment variables name.
package main

import (
	"context"
	"fmt"
	"os"
	"time"
)

func main() {
	ctx, stop := context.WithTimeout(context.Background(), 2*time.Minute)
	defer stop()
	if os.Getenv("PGSSLMODE") == "" {
		// lib/pq would insist on TLS.
		os.Setenv("PGSSLMODE", "disable")
	}
	for _, name := range os.Args[1:] {
		switch name {
		case "pgx":
			modes(ctx)
			types(ctx)
			batches(ctx)
			transactions(ctx)
			cancelling(ctx)
		case "login":
			login(ctx)
		case "copy":
			copies(ctx)
		case "writes":
			writes(ctx)
		case "pq":
			libpq(ctx)
		default:
			if err := flow(ctx, name); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
		}
	}
}
