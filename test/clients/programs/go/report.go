package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/lib/pq"
)

// line prints what a program saw, one JSON line a step: the lines from Skein and from PostgreSQL must be the same.
func line(step string, value any) {
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(map[string]any{"step": step, "value": value}); err != nil {
		panic(err)
	}
}

// outcome reports something that may fail.
func outcome(step string, act func() (any, error)) {
	value, err := act()
	if err != nil {
		line(step+" !", []any{value, told(err)})
		return
	}
	line(step, value)
}

func told(err error) any {
	var pgx *pgconn.PgError
	if errors.As(err, &pgx) {
		return []any{pgx.Severity, pgx.Code, pgx.Message, pgx.Detail, pgx.Hint, pgx.Position}
	}
	var libpq *pq.Error
	if errors.As(err, &libpq) {
		return []any{libpq.Severity, libpq.Code, libpq.Message, libpq.Detail, libpq.Hint, libpq.Position}
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "deadline exceeded"
	case errors.Is(err, context.Canceled):
		return "cancelled"
	}
	return strings.ReplaceAll(err.Error(), os.Getenv("PGPORT"), "<port>")
}

// shown is a value with its Go type, since two types may print alike.
func shown(value any) any {
	switch value := value.(type) {
	case nil:
		return nil
	case []byte:
		return "[]byte " + hex.EncodeToString(value)
	case time.Time:
		return "time " + value.UTC().Format(time.RFC3339Nano)
	case []any:
		all := make([]any, len(value))
		for i, element := range value {
			all[i] = shown(element)
		}
		return all
	}
	return fmt.Sprintf("%T %+v", value, value)
}

// rowsOf reads all rows, whatever their types are.
func rowsOf(rows pgx.Rows, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := []any{}
	for rows.Next() {
		values, err := rows.Values()
		if err != nil {
			return all, err
		}
		all = append(all, shown(values))
	}
	if rows.Err() != nil {
		return all, rows.Err()
	}
	fields := []string{}
	for _, field := range rows.FieldDescriptions() {
		format := fmt.Sprintf("%s %d %d %d %d", field.Name, typeOf(field.DataTypeOID), field.DataTypeSize, field.TypeModifier, field.Format)
		if field.TableOID != 0 {
			format += fmt.Sprintf(" column %d", field.TableAttributeNumber)
		}
		fields = append(fields, format)
	}
	return map[string]any{"fields": fields, "tag": rows.CommandTag().String(), "rows": all}, nil
}

// typeOf tells the types of PostgreSQL itself apart; others have OIDs of their server.
func typeOf(oid uint32) uint32 {
	if oid >= 16384 {
		return 0
	}
	return oid
}
