package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"time"
)

// login has passwords and TLS, in the ways that the drivers know; PGSSLROOTCERT names the server's certificate.
func login(ctx context.Context) {
	os.Unsetenv("PGHOSTADDR")
	for _, driver := range []string{"pgx", "postgres"} {
		for _, way := range []string{"sslmode=disable", "sslmode=require", "sslmode=verify-ca", "sslmode=verify-ca password=wrong"} {
			outcome(driver+" login "+way, func() (any, error) {
				db, err := sql.Open(driver, way)
				if err != nil {
					return nil, err
				}
				defer db.Close()
				rows, err := scanned(db.QueryContext(ctx, "SELECT current_user, 1 + 1"))
				if err != nil {
					return nil, fmt.Errorf("%v", told(err))
				}
				return rows, nil
			})
		}
		outcome(driver+" a cancel over TLS", func() (any, error) {
			db, err := sql.Open(driver, "sslmode=verify-ca")
			if err != nil {
				return nil, err
			}
			defer db.Close()
			if err := db.PingContext(ctx); err != nil {
				return nil, err
			}
			short, stop := context.WithTimeout(ctx, 500*time.Millisecond)
			defer stop()
			return scanned(db.QueryContext(short, "SELECT pg_sleep(60)"))
		})
	}
}
