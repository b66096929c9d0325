package main

import (
	"context"
	"fmt"
	"os"
	"sort"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgtype"
)

func connect(ctx context.Context, settings func(*pgx.ConnConfig)) *pgx.Conn {
	config, err := pgx.ParseConfig("")
	if err != nil {
		panic(err)
	}
	if settings != nil {
		settings(config)
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		panic(err)
	}
	return conn
}

// asked is what every mode runs; some of it fails on purpose.
var asked = []struct {
	sql  string
	args []any
}{
	{"SELECT * FROM sales ORDER BY id LIMIT 7", nil},
	{"SELECT id, note FROM sales WHERE id = $1", []any{3}},
	{"SELECT id FROM sales WHERE region = $1 AND qty > $2 ORDER BY id", []any{"EU", 1}},
	{"SELECT count(*), sum(price), avg(qty)::float8, min(sold_at), max(due) FROM sales WHERE sold_at < $1",
		[]any{time.Date(2024, 6, 1, 0, 0, 0, 0, time.UTC)}},
	{"SELECT id FROM sales WHERE id = ANY($1) ORDER BY id", []any{[]int64{3, 5, 7, 100}}},
	{"SELECT id FROM sales WHERE note = ANY($1) ORDER BY id", []any{[]string{"a", "it's", "🎉 party", "\\"}}},
	{"SELECT $1::text, $2::int, $3::bool, $4::float8, $5::bytea", []any{"x'\\y", -7, true, 1e300, []byte{0, 255}}},
	{"SELECT $1::text", []any{nil}},
	{"SELECT $1::jsonb, $2::json", []any{map[string]any{"a": []int{1, 2}}, "[1]"}},
	{"SELECT relname FROM pg_class WHERE relname = $1", []any{"sales"}},
	{"SELECT * FROM sales WHERE id = -1", nil},
	{"SELECT note FROM sales WHERE nothing = $1", []any{1}},
	{"SELECT 1 / (qty - qty) FROM sales", nil},
	{"SELEC 1", nil},
	{"SELECT * FROM sales WHERE price > $1 ORDER BY id", []any{"40.5"}},
	{"SET application_name = 'pgx'", nil},
	{"SHOW application_name", nil},
	{"", nil},
}

func modes(ctx context.Context) {
	for _, mode := range []pgx.QueryExecMode{
		pgx.QueryExecModeCacheStatement, pgx.QueryExecModeCacheDescribe, pgx.QueryExecModeDescribeExec,
		pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol,
	} {
		conn := connect(ctx, func(config *pgx.ConnConfig) {
			config.DefaultQueryExecMode = mode
			config.StatementCacheCapacity = 8
			config.DescriptionCacheCapacity = 8
		})
		for time := 1; time <= 2; time++ {
			for _, ask := range asked {
				outcome(fmt.Sprintf("%s %d: %s", mode, time, ask.sql), func() (any, error) {
					return rowsOf(conn.Query(ctx, ask.sql, ask.args...))
				})
			}
		}
		outcome(mode.String()+" several", func() (any, error) {
			results, err := conn.PgConn().Exec(ctx, "SELECT 1; SELECT count(*) FROM sales; SET application_name = 'x'; SELECT nothing; SELECT 2").ReadAll()
			return tags(results), err
		})
		outcome(mode.String()+" status", func() (any, error) {
			return []any{conn.PgConn().TxStatus(), conn.PgConn().ParameterStatus("application_name"), conn.Ping(ctx) == nil}, nil
		})
		conn.Close(ctx)
	}
	reported(ctx)
}

func tags(results []*pgconn.Result) any {
	all := []any{}
	for _, result := range results {
		rows := []any{}
		for _, row := range result.Rows {
			values := []string{}
			for _, value := range row {
				values = append(values, string(value))
			}
			rows = append(rows, values)
		}
		all = append(all, []any{result.CommandTag.String(), rows, result.Err != nil})
	}
	return all
}

func reported(ctx context.Context) {
	conn := connect(ctx, nil)
	defer conn.Close(ctx)
	names := []string{
		"client_encoding", "DateStyle", "default_transaction_read_only", "in_hot_standby", "integer_datetimes", "IntervalStyle",
		"scram_iterations", "search_path", "server_encoding", "session_authorization", "standard_conforming_strings", "TimeZone",
	}
	for _, name := range names {
		line("reported "+name, conn.PgConn().ParameterStatus(name))
	}
	line("major version", strings.Split(conn.PgConn().ParameterStatus("server_version"), ".")[0])
}

// types loads types by name as applications with types of their own do, and reads values of each type in both formats.
func types(ctx context.Context) {
	conn := connect(ctx, nil)
	defer conn.Close(ctx)
	for _, name := range []string{"sales", "_sales", "int4range", "_text", "information_schema.sql_identifier", "nowhere"} {
		outcome("load "+name, func() (any, error) {
			loaded, err := conn.LoadType(ctx, name)
			if err != nil {
				return nil, err
			}
			conn.TypeMap().RegisterType(loaded)
			return fmt.Sprintf("%s %T", loaded.Name, loaded.Codec), nil
		})
	}
	outcome("load several", func() (any, error) {
		loaded, err := conn.LoadTypes(ctx, []string{"sales", "visits"})
		names := []string{}
		for _, each := range loaded {
			names = append(names, fmt.Sprintf("%s %T", each.Name, each.Codec))
		}
		sort.Strings(names)
		return names, err
	})
	outcome("a whole row", func() (any, error) {
		return rowsOf(conn.Query(ctx, "SELECT ROW(1, 'a'::text, NULL::int)"))
	})
	for _, sql := range []string{
		"SELECT * FROM every_type ORDER BY id",
		"SELECT * FROM extremes ORDER BY id",
		"SELECT * FROM \"Café Ünïon\" ORDER BY 1",
		"SELECT * FROM empty",
		"SELECT 'NaN'::numeric, 12345678901234567890.1234567890, 0.00, 1e-20::numeric, 10000::numeric, -0.5",
		"SELECT '2024-02-29'::date, '12:34:56+05:30'::timetz, B'101', '{{1,2},{3,4}}'::int[], '[2:3]={1,2}'::int[]",
		"SELECT 'a'::\"char\", 'b'::name, 'c'::char(3), 1::oid, 'pg_class'::regclass::text, '192.168.0.1/24'::inet",
		"SELECT '[1,5)'::int4range, '{[1,2)}'::int4multirange, '(1,2)'::point, '08:00:2b:01:02:03'::macaddr",
		"SELECT id, value, at FROM readings WHERE id % 999 = 0 ORDER BY id",
	} {
		for _, format := range []int16{pgx.TextFormatCode, pgx.BinaryFormatCode} {
			outcome(fmt.Sprintf("format %d: %s", format, sql), func() (any, error) { return raw(ctx, conn, sql, format) })
		}
		outcome("values: "+sql, func() (any, error) { return rowsOf(conn.Query(ctx, sql)) })
	}
	outcome("binary parameters", func() (any, error) {
		return rowsOf(conn.Query(ctx, "SELECT id FROM every_type WHERE u = $1 AND byt = $2 AND iv > $3 AND txts = $4 AND tstz < $5 AND n = $6 AND d = $7 AND t > $8 AND b = $9",
			pgtype.UUID{Bytes: [16]byte{0xa0, 0xee, 0xbc, 0x99, 0x9c, 0x0b, 0x4e, 0xf8, 0xbb, 0x6d, 0x6b, 0xb9, 0xbd, 0x38, 0x0a, 0x11}, Valid: true},
			[]byte{0, 1, 255}, time.Hour, pgtype.FlatArray[*string]{pointer("a"), pointer("b c"), nil}, time.Now(), "1.5",
			time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC), pgtype.Time{Microseconds: 3_600_000_000, Valid: true}, true))
	})
}

func pointer(text string) *string { return &text }

func raw(ctx context.Context, conn *pgx.Conn, sql string, format int16) (any, error) {
	result := conn.PgConn().ExecParams(ctx, sql, nil, nil, nil, []int16{format}).Read()
	rows := []any{}
	for _, row := range result.Rows {
		values := []any{}
		for _, value := range row {
			values = append(values, shown(any(value)))
		}
		rows = append(rows, values)
	}
	return []any{result.CommandTag.String(), rows}, result.Err
}

func batches(ctx context.Context) {
	for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeCacheStatement, pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol} {
		conn := connect(ctx, func(config *pgx.ConnConfig) { config.DefaultQueryExecMode = mode })
		for _, bad := range []bool{false, true} {
			batch := &pgx.Batch{}
			batch.Queue("SELECT count(*) FROM sales WHERE id < $1", 10)
			batch.Queue("SELECT note FROM sales WHERE id = $1", 5)
			if bad {
				batch.Queue("SELECT 1 / (qty - qty) FROM sales WHERE id >= $1", 0)
			}
			for i := range 50 {
				batch.Queue("SELECT id, $2::int FROM sales WHERE id = $1", i, i*2)
			}
			results := conn.SendBatch(ctx, batch)
			for i := range batch.Len() {
				outcome(fmt.Sprintf("%s batch %v %d", mode, bad, i), func() (any, error) { return rowsOf(results.Query()) })
			}
			outcome(fmt.Sprintf("%s batch %v closed", mode, bad), func() (any, error) { return nil, results.Close() })
			outcome("after it", func() (any, error) { return rowsOf(conn.Query(ctx, "SELECT count(*) FROM visits")) })
		}
		conn.Close(ctx)
	}
	pipeline(ctx)
}

// pipeline sends without waiting, with an error in the midst.
func pipeline(ctx context.Context) {
	conn := connect(ctx, nil).PgConn()
	defer conn.Close(ctx)
	pipeline := conn.StartPipeline(ctx)
	pipeline.SendPrepare("one", "SELECT id FROM sales WHERE id = $1", nil)
	pipeline.SendQueryPrepared("one", [][]byte{[]byte("3")}, nil, nil)
	pipeline.SendPipelineSync()
	pipeline.SendQueryParams("SELECT nothing", nil, nil, nil, nil)
	pipeline.SendQueryPrepared("one", [][]byte{[]byte("4")}, nil, nil)
	pipeline.SendPipelineSync()
	pipeline.SendQueryPrepared("one", [][]byte{[]byte("5")}, nil, []int16{1})
	pipeline.SendDeallocate("one")
	pipeline.SendPipelineSync()
	pipeline.SendQueryPrepared("one", [][]byte{[]byte("6")}, nil, nil)
	pipeline.SendPipelineSync()
	if err := pipeline.Flush(); err != nil {
		panic(err)
	}
	for i := 0; ; i++ {
		results, err := pipeline.GetResults()
		if results == nil && err == nil {
			break
		}
		if err != nil {
			line(fmt.Sprintf("pipeline %d !", i), told(err))
			if conn.IsClosed() {
				break
			}
			continue
		}
		switch results := results.(type) {
		case *pgconn.ResultReader:
			read := results.Read()
			line(fmt.Sprintf("pipeline %d", i), tags([]*pgconn.Result{read}))
		case *pgconn.StatementDescription:
			line(fmt.Sprintf("pipeline %d", i), []any{results.Name, results.ParamOIDs, len(results.Fields)})
		default:
			line(fmt.Sprintf("pipeline %d", i), fmt.Sprintf("%T", results))
		}
	}
	outcome("pipeline closed", func() (any, error) { return nil, pipeline.Close() })
}

func transactions(ctx context.Context) {
	conn := connect(ctx, nil)
	defer conn.Close(ctx)
	for _, options := range []pgx.TxOptions{
		{}, {IsoLevel: pgx.Serializable, AccessMode: pgx.ReadOnly, DeferrableMode: pgx.Deferrable}, {IsoLevel: pgx.RepeatableRead},
	} {
		outcome(fmt.Sprintf("transaction %v", options), func() (any, error) {
			tx, err := conn.BeginTx(ctx, options)
			if err != nil {
				return nil, err
			}
			defer tx.Rollback(ctx)
			inner, err := tx.Begin(ctx)
			if err != nil {
				return nil, err
			}
			_, failed := inner.Exec(ctx, "SELECT nothing FROM sales")
			_, aborted := inner.Exec(ctx, "SELECT 1")
			status := conn.PgConn().TxStatus()
			if err := inner.Rollback(ctx); err != nil {
				return nil, err
			}
			isolation, err := rowsOf(tx.Query(ctx, "SHOW transaction_isolation"))
			if err != nil {
				return nil, err
			}
			count, err := rowsOf(tx.Query(ctx, "SELECT count(*) FROM sales"))
			return []any{told(failed), told(aborted), status, isolation, count, conn.PgConn().TxStatus()}, err
		})
	}
	outcome("commit of a failed one", func() (any, error) {
		tx, err := conn.Begin(ctx)
		if err != nil {
			return nil, err
		}
		_, _ = tx.Exec(ctx, "SELECT nothing FROM sales")
		return nil, tx.Commit(ctx)
	})
	outcome("a cursor", func() (any, error) {
		tx, err := conn.Begin(ctx)
		if err != nil {
			return nil, err
		}
		defer tx.Rollback(ctx)
		if _, err := tx.Exec(ctx, "DECLARE c NO SCROLL CURSOR FOR SELECT id FROM readings WHERE id > $1 ORDER BY id", 10); err != nil {
			return nil, err
		}
		all := []any{}
		for _, sql := range []string{"FETCH 3 FROM c", "FETCH NEXT FROM c", "MOVE 4 IN c", "FETCH FORWARD 2 FROM c", "FETCH 0 FROM c", "MOVE ALL IN c", "FETCH 1 FROM c", "CLOSE c", "FETCH 1 FROM c"} {
			rows, err := rowsOf(tx.Query(ctx, sql))
			if err != nil {
				all = append(all, told(err))
			} else {
				all = append(all, rows)
			}
		}
		return all, nil
	})
}

const long = "SELECT count(*) FROM sales a, sales b, sales c, sales d, sales e, sales f WHERE a.qty + b.qty + c.qty + d.qty + e.qty + f.qty > 3"

func cancelling(ctx context.Context) {
	for _, sql := range []string{"SELECT pg_sleep(60)", long} {
		conn := connect(ctx, func(config *pgx.ConnConfig) {
			config.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler {
				return &pgconn.CancelRequestContextWatcherHandler{Conn: conn, DeadlineDelay: 20 * time.Second}
			}
		})
		outcome("context ends: "+sql, func() (any, error) {
			short, stop := context.WithTimeout(ctx, 300*time.Millisecond)
			defer stop()
			_, err := conn.Exec(short, sql)
			return conn.IsClosed(), err
		})
		outcome("the same connection", func() (any, error) { return rowsOf(conn.Query(ctx, "SELECT count(*) FROM sales")) })
		outcome("cancelled: "+sql, func() (any, error) {
			go func() {
				time.Sleep(300 * time.Millisecond)
				if err := conn.PgConn().CancelRequest(ctx); err != nil {
					fmt.Fprintln(os.Stderr, err)
				}
			}()
			_, err := conn.Exec(ctx, sql)
			return nil, err
		})
		outcome("and now", func() (any, error) { return rowsOf(conn.Query(ctx, "SELECT count(*) FROM sales")) })
		conn.Close(ctx)
	}
	closedInTheMidst(ctx)
}

// closedInTheMidst reads some rows of many, then ends the connection.
func closedInTheMidst(ctx context.Context) {
	conn := connect(ctx, nil)
	rows, err := conn.Query(ctx, "SELECT a.id FROM readings a, readings b")
	if err != nil {
		panic(err)
	}
	seen := 0
	for rows.Next() && seen < 1000 {
		seen++
	}
	late, stop := context.WithTimeout(ctx, 100*time.Millisecond)
	defer stop()
	_ = conn.PgConn().Close(late)
	line("closed in the midst", seen)
	again := connect(ctx, nil)
	defer again.Close(ctx)
	outcome("after it", func() (any, error) { return rowsOf(again.Query(ctx, "SELECT count(*) FROM sales")) })
}

func copies(ctx context.Context) {
	for _, sql := range []string{
		"COPY (SELECT * FROM sales ORDER BY id) TO STDOUT",
		"COPY (SELECT id, note, sold_at FROM sales ORDER BY id) TO STDOUT (FORMAT csv, HEADER, FORCE_QUOTE *)",
		"COPY (SELECT * FROM every_type ORDER BY id) TO STDOUT (FORMAT binary)",
		"COPY empty TO STDOUT (FORMAT binary)",
		"COPY nowhere TO STDOUT",
		"SELECT 1",
	} {
		conn := connect(ctx, nil)
		outcome("copy: "+sql, func() (any, error) {
			var text strings.Builder
			tag, err := conn.PgConn().CopyTo(ctx, &text, sql)
			if strings.Contains(sql, "binary") {
				return []any{tag.String(), shown(any([]byte(text.String())))}, err
			}
			return []any{tag.String(), text.String()}, err
		})
		outcome("after it", func() (any, error) { return rowsOf(conn.Query(ctx, "SELECT count(*) FROM sales")) })
		conn.Close(ctx)
	}
}
