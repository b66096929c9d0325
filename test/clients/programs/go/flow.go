package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

type statement struct {
	name  string
	marks []string
	sql   string
}

// flow runs the statements of a tool, as a file of the folder `flows` has them, through both drivers.
func flow(ctx context.Context, file string) error {
	statements, err := read(file)
	if err != nil {
		return err
	}
	for _, driver := range []string{"pgx", "postgres"} {
		db, err := sql.Open(driver, "")
		if err != nil {
			return err
		}
		db.SetMaxOpenConns(1)
		for _, each := range statements {
			outcome(driver+" "+each.name, func() (any, error) { return ask(ctx, db, each) })
		}
		db.Close()
	}
	return nil
}

func read(file string) ([]statement, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	all := []statement{}
	inHead := false
	for _, each := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		mark, isMark := strings.CutPrefix(each, "--@ ")
		switch {
		case isMark && inHead:
			all[len(all)-1].marks = append(all[len(all)-1].marks, mark)
		case isMark:
			all = append(all, statement{name: mark})
		default:
			all[len(all)-1].sql += each + "\n"
		}
		inHead = isMark
	}
	return all, nil
}

func (s statement) marked(name string) (string, bool) {
	for _, mark := range s.marks {
		if rest, found := strings.CutPrefix(mark, name); found {
			return strings.TrimSpace(rest), true
		}
	}
	return "", false
}

func ask(ctx context.Context, db *sql.DB, each statement) (any, error) {
	args := []any{}
	if parameters, found := each.marked("params"); found {
		for _, parameter := range strings.Split(parameters, "; ") {
			value, err := argument(ctx, db, parameter)
			if err != nil {
				return nil, err
			}
			args = append(args, value)
		}
	}
	answer, err := db.QueryContext(ctx, strings.TrimSpace(each.sql), args...)
	if err != nil {
		return nil, err
	}
	return compared(answer, each)
}

// argument is what the parameter's expression gives on this server.
func argument(ctx context.Context, db *sql.DB, parameter string) (any, error) {
	kind, expression, _ := strings.Cut(parameter, ":")
	var text sql.NullString
	if err := db.QueryRowContext(ctx, "SELECT ("+expression+")::text").Scan(&text); err != nil {
		return nil, err
	}
	if strings.HasPrefix(kind, "int") || kind == "oid" {
		return strconv.ParseInt(text.String, 10, 64)
	}
	return text.String, nil
}

// compared is the answer without what two servers never have in common.
func compared(rows *sql.Rows, each statement) (any, error) {
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	dropped, _ := each.marked("drop")
	columns, keep := []string{}, []bool{}
	for _, column := range types {
		columns = append(columns, column.Name()+" "+column.DatabaseTypeName())
		own := slices.Contains([]string{"OID", "XID", "REGCLASS"}, column.DatabaseTypeName()) || slices.Contains(strings.Split(dropped, ", "), column.Name())
		keep = append(keep, !own)
	}
	if _, only := each.marked("only columns"); only {
		return columns, nil
	}
	all := []string{}
	for rows.Next() {
		values, places := make([]any, len(types)), make([]any, len(types))
		for i := range values {
			places[i] = &values[i]
		}
		if err := rows.Scan(places...); err != nil {
			return all, err
		}
		row := ""
		for i, value := range values {
			if keep[i] {
				row += fmt.Sprintf("%v|", shown(value))
			}
		}
		all = append(all, row)
	}
	if _, unordered := each.marked("unordered"); unordered {
		slices.Sort(all)
	}
	return []any{columns, all}, rows.Err()
}
