package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/lib/pq"
)

const kept = "CREATE TABLE kept_by_go (id int PRIMARY KEY, name text NOT NULL DEFAULT 'x', price numeric(10,2), at timestamptz, day date, u uuid, b bytea, doc jsonb, ok bool, tags text[])"

// writes fills and changes tables of one's own.
func writes(ctx context.Context) {
	for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeCacheStatement, pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol} {
		conn := connect(ctx, func(config *pgx.ConnConfig) { config.DefaultQueryExecMode = mode })
		written(ctx, conn)
		writtenInBatches(ctx, conn)
		copiedIn(ctx, conn)
		writtenInTransactions(ctx, conn)
		outcome("drop", func() (any, error) { return rowsOf(conn.Query(ctx, "DROP TABLE kept_by_go")) })
		conn.Close(ctx)
	}
	writtenByLibpq(ctx)
}

func written(ctx context.Context, conn *pgx.Conn) {
	row := []any{1, "é🎉 it's", "1.10", time.Date(2024, 2, 29, 1, 2, 3, 4000, time.UTC), time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC),
		"00000000-0000-0000-0000-000000000007", []byte{0, 255}, json.RawMessage(`{"b":1,"a":[1,null]}`), true, []string{"a", "b\"c"}}
	for _, ask := range []struct {
		sql  string
		args []any
	}{
		{kept, nil},
		{"INSERT INTO kept_by_go VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING *", row},
		{"INSERT INTO kept_by_go (id, price, tags) VALUES ($1, $2, $3), ($4, DEFAULT, NULL) RETURNING id, name", []any{2, nil, nil, 3}},
		{"INSERT INTO kept_by_go (id) VALUES ($1)", []any{1}},
		{"INSERT INTO kept_by_go (id, name) VALUES ($1, $2)", []any{9, nil}},
		{"INSERT INTO kept_by_go (id, name) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET name = excluded.name RETURNING id, name", []any{1, "up"}},
		{"UPDATE kept_by_go SET price = coalesce(price, 0) + $1 WHERE id = ANY($2)", []any{"0.5", []int32{1, 2}}},
		{"DELETE FROM kept_by_go WHERE id = $1 RETURNING id", []any{3}},
		{"SELECT id, name, price, tags FROM kept_by_go ORDER BY id", nil},
	} {
		outcome(ask.sql, func() (any, error) { return rowsOf(conn.Query(ctx, ask.sql, ask.args...)) })
	}
}

func writtenInBatches(ctx context.Context, conn *pgx.Conn) {
	for _, bad := range []bool{false, true} {
		batch := &pgx.Batch{}
		for i := range 30 {
			batch.Queue("INSERT INTO kept_by_go (id, name) VALUES ($1, $2)", 100+i, fmt.Sprint("n", i))
		}
		if bad {
			batch.Queue("INSERT INTO kept_by_go (id) VALUES ($1)", 1)
		}
		batch.Queue("SELECT count(*) FROM kept_by_go")
		batch.Queue("DELETE FROM kept_by_go WHERE id >= $1", 100)
		outcome(fmt.Sprint("batch ", bad), func() (any, error) { return nil, conn.SendBatch(ctx, batch).Close() })
		outcome("after it", func() (any, error) { return rowsOf(conn.Query(ctx, "SELECT count(*) FROM kept_by_go")) })
	}
}

func copiedIn(ctx context.Context, conn *pgx.Conn) {
	columns := []string{"id", "name", "price", "at", "b", "ok"}
	for _, duplicate := range []bool{false, true} {
		rows := [][]any{}
		for i := range 1000 {
			rows = append(rows, []any{int32(1000 + i), fmt.Sprint("c\t", i), float64(i) / 4, time.Unix(int64(i), 0), []byte{byte(i)}, i%2 == 0})
		}
		if duplicate {
			rows = append(rows, rows[0])
		}
		outcome(fmt.Sprint("CopyFrom ", duplicate), func() (any, error) {
			return conn.CopyFrom(ctx, pgx.Identifier{"kept_by_go"}, columns, pgx.CopyFromRows(rows))
		})
		outcome("copied", func() (any, error) {
			return rowsOf(conn.Query(ctx, "SELECT count(*), sum(price), min(at), max(name) FROM kept_by_go WHERE id >= 1000"))
		})
		outcome("away", func() (any, error) { return rowsOf(conn.Query(ctx, "DELETE FROM kept_by_go WHERE id >= 1000")) })
	}
	outcome("COPY", func() (any, error) {
		tag, err := conn.PgConn().CopyFrom(ctx, strings.NewReader("1000,\"a,b\"\n1001,\n"), "COPY kept_by_go (id, name) FROM STDIN (FORMAT csv, NULL 'none')")
		return tag.String(), err
	})
}

func writtenInTransactions(ctx context.Context, conn *pgx.Conn) {
	outcome("nested", func() (any, error) {
		tx, err := conn.Begin(ctx)
		if err != nil {
			return nil, err
		}
		defer tx.Rollback(ctx)
		if _, err = tx.Exec(ctx, "INSERT INTO kept_by_go (id) VALUES (5000)"); err != nil {
			return nil, err
		}
		inner, err := tx.Begin(ctx)
		if err != nil {
			return nil, err
		}
		_, failed := inner.Exec(ctx, "INSERT INTO kept_by_go (id) VALUES (5000)")
		if err = inner.Rollback(ctx); err != nil {
			return told(failed), err
		}
		if _, err = tx.Exec(ctx, "INSERT INTO kept_by_go (id) VALUES (5001)"); err != nil {
			return told(failed), err
		}
		return told(failed), tx.Commit(ctx)
	})
	outcome("kept", func() (any, error) {
		return rowsOf(conn.Query(ctx, "SELECT id FROM kept_by_go WHERE id >= 1000 ORDER BY id"))
	})
}

func writtenByLibpq(ctx context.Context) {
	db, err := sql.Open("postgres", "connect_timeout=20")
	if err != nil {
		panic(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	exec := func(sql string, args ...any) {
		outcome("lib/pq: "+sql, func() (any, error) {
			result, err := db.ExecContext(ctx, sql, args...)
			if err != nil {
				return nil, err
			}
			return result.RowsAffected()
		})
	}
	exec(kept)
	exec("INSERT INTO kept_by_go (id, name, at, tags) VALUES ($1, $2, $3, $4)", 1, "é", time.Unix(0, 0), pq.Array([]string{"a", "b"}))
	exec("INSERT INTO kept_by_go (id) VALUES ($1)", 1)
	outcome("lib/pq: CopyIn", func() (any, error) {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return nil, err
		}
		defer tx.Rollback()
		statement, err := tx.PrepareContext(ctx, pq.CopyIn("kept_by_go", "id", "name", "price", "b"))
		if err != nil {
			return nil, err
		}
		for i := range 500 {
			if _, err = statement.ExecContext(ctx, 10+i, "c\n\\", nil, []byte{0, 1}); err != nil {
				return nil, err
			}
		}
		if _, err = statement.ExecContext(ctx); err != nil {
			return nil, err
		}
		if err = statement.Close(); err != nil {
			return nil, err
		}
		return nil, tx.Commit()
	})
	outcome("lib/pq: all", func() (any, error) {
		return scanned(db.QueryContext(ctx, "SELECT count(*), sum(id), max(name), max(b) FROM kept_by_go"))
	})
	exec("DROP TABLE kept_by_go")
}
