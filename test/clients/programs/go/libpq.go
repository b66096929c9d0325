package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/lib/pq"
)

// scanned reads all rows as database/sql gives them.
func scanned(rows *sql.Rows, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	sets := []any{}
	for {
		types, err := rows.ColumnTypes()
		if err != nil {
			return sets, err
		}
		columns := []string{}
		for _, column := range types {
			length, _ := column.Length()
			precision, scale, _ := column.DecimalSize()
			columns = append(columns, fmt.Sprint(column.Name(), " ", column.DatabaseTypeName(), " ", length, " ", precision, " ", scale, " ", column.ScanType()))
		}
		all := []any{}
		for rows.Next() {
			values := make([]any, len(types))
			places := make([]any, len(types))
			for i := range values {
				places[i] = &values[i]
			}
			if err := rows.Scan(places...); err != nil {
				return all, err
			}
			all = append(all, shown(values))
		}
		sets = append(sets, map[string]any{"columns": columns, "rows": all})
		if !rows.NextResultSet() {
			return sets, rows.Err()
		}
	}
}

func libpq(ctx context.Context) {
	for _, binary := range []string{"", "binary_parameters=yes"} {
		db, err := sql.Open("postgres", "connect_timeout=20 "+binary)
		if err != nil {
			panic(err)
		}
		db.SetMaxOpenConns(1)
		through(ctx, db, "lib/pq "+binary)
		db.Close()
	}
	notices(ctx)
	defaultTimeZone(ctx)
}

func through(ctx context.Context, db *sql.DB, name string) {
	outcome(name+" ping", func() (any, error) { return nil, db.PingContext(ctx) })
	for _, ask := range asked {
		args := ask.args
		switch ask.sql {
		case "SELECT $1::jsonb, $2::json":
			args = []any{`{"a": [1, 2]}`, "[1]"}
		case "SELECT id FROM sales WHERE id = ANY($1) ORDER BY id":
			args = []any{pq.Array([]int64{3, 5, 7, 100})}
		case "SELECT id FROM sales WHERE note = ANY($1) ORDER BY id":
			args = []any{pq.Array([]string{"a", "it's", "🎉 party", "\\"})}
		}
		outcome(name+": "+ask.sql, func() (any, error) { return scanned(db.QueryContext(ctx, ask.sql, args...)) })
	}
	for _, sql := range []string{
		"SELECT * FROM every_type ORDER BY id", "SELECT * FROM extremes ORDER BY id", "SELECT * FROM \"Café Ünïon\" ORDER BY 1",
		"SELECT 1; SELECT count(*) FROM sales; SELECT 'x'", "SELECT 1; SELECT nothing; SELECT 2",
	} {
		outcome(name+": "+sql, func() (any, error) { return scanned(db.QueryContext(ctx, sql)) })
	}
	outcome(name+" prepared", func() (any, error) {
		statement, err := db.PrepareContext(ctx, "SELECT note FROM sales WHERE id = $1")
		if err != nil {
			return nil, err
		}
		defer statement.Close()
		all := []any{}
		for i := range 10 {
			rows, err := scanned(statement.QueryContext(ctx, i))
			if err != nil {
				return all, err
			}
			all = append(all, rows)
		}
		return all, nil
	})
	outcome(name+" transaction", func() (any, error) {
		tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
		if err != nil {
			return nil, err
		}
		defer tx.Rollback()
		rows, err := scanned(tx.QueryContext(ctx, "SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only'), count(*) FROM sales"))
		if err != nil {
			return rows, err
		}
		return rows, tx.Commit()
	})
	for _, sql := range []string{"SELECT pg_sleep(60)", long} {
		outcome(name+" context ends: "+sql, func() (any, error) {
			short, stop := context.WithTimeout(ctx, 300*time.Millisecond)
			defer stop()
			return scanned(db.QueryContext(short, sql))
		})
		outcome(name+" after it", func() (any, error) { return scanned(db.QueryContext(ctx, "SELECT count(*) FROM sales")) })
	}
}

func notices(ctx context.Context) {
	base, err := pq.NewConnector("")
	if err != nil {
		panic(err)
	}
	db := sql.OpenDB(pq.ConnectorWithNoticeHandler(base, func(notice *pq.Error) {
		line("notice", []any{notice.Severity, notice.Code, notice.Message})
	}))
	defer db.Close()
	outcome("rollback outside", func() (any, error) {
		_, err := db.ExecContext(ctx, "ROLLBACK")
		return nil, err
	})
}

// defaultTimeZone has the server's zone in the environment, from which the driver sends it.
func defaultTimeZone(ctx context.Context) {
	os.Setenv("PGTZ", "Asia/Tokyo")
	defer os.Unsetenv("PGTZ")
	db, err := sql.Open("postgres", "")
	if err != nil {
		panic(err)
	}
	defer db.Close()
	outcome("time zone", func() (any, error) {
		return scanned(db.QueryContext(ctx, "SELECT at, at::text, current_setting('TimeZone') FROM readings WHERE id < 3 ORDER BY id"))
	})
}
