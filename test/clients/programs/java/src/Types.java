import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Values of every type, as text and as binary, out of the server and into it. */
final class Types {
  private static final String[] QUERIES = {
    "SELECT * FROM sales ORDER BY id",
    "SELECT * FROM every_type ORDER BY id",
    "SELECT * FROM extremes ORDER BY id",
    "SELECT * FROM \"Café Ünïon\" ORDER BY \"Größe\"",
    "SELECT 1::int2, 2::int4, 3::int8, 1.5::float4, 2.5::float8, 'NaN'::float8, '-Infinity'::float4, true, NULL::int",
    "SELECT 'NaN'::numeric, 1e-20::numeric, 12345678901234567890123456789.123456789, 0.00, -0.5, 10000::numeric, 1e30::numeric",
    "SELECT 'Infinity'::numeric::text, '-Infinity'::numeric::text",
    "SELECT 'x'::text, 'é🎉'::varchar, 'ab'::char(5), 'n'::name, 'c'::\"char\", ''::text",
    "SELECT '\\x00ff10'::bytea, ''::bytea, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid",
    "SELECT '2024-02-29'::date, 'infinity'::date, '-infinity'::date, '0001-01-01'::date, '0044-03-15 BC'::date",
    "SELECT '2024-02-29 12:34:56.789012'::timestamp, 'infinity'::timestamp, '-infinity'::timestamp, '0044-03-15 BC'::timestamp",
    "SELECT '2024-02-29 12:34:56.789012+02'::timestamptz, 'infinity'::timestamptz, '1900-01-01 00:00:00+00'::timestamptz",
    "SELECT '12:34:56.789'::time, '24:00'::time, '12:34:56+05:30'::timetz",
    "SELECT '1 year 2 mons 3 days 04:05:06.789'::interval, '-1 day'::interval, '0'::interval",
    "SELECT '{\"a\": [1, null]}'::json, '{\"b\": 1, \"a\": 2}'::jsonb, '<a>b</a>'::xml",
    "SELECT B'101'::bit(3), B'10101'::varbit, B'1'::bit(1)",
    "SELECT '{1,NULL,3}'::int[], '{}'::int[], '{{1,2},{3,4}}'::int[], '{a,\"b c\",NULL,\"q\\\"\"}'::text[]",
    "SELECT '{t,f}'::bool[], '{1.5,NaN}'::float8[], '{1.10,2}'::numeric[], '{2024-01-01}'::date[]",
    "SELECT '{2024-01-01 10:00:00}'::timestamp[], '{2024-01-01 10:00:00+00}'::timestamptz[], '{\"\\\\x00\"}'::bytea[]",
    "SELECT '{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}'::uuid[], '[2:3]={1,2}'::int[], '{1,2}'::int8[], '{1}'::int2[]",
    "SELECT 'pg_class'::regclass, 'int4'::regtype, 1259::oid, '1 2'::int2vector, '1 2'::oidvector, 12::money::text",
    "SELECT '192.168.0.1'::inet, '10.0.0.0/8'::cidr, '08:00:2b:01:02:03'::macaddr",
    "SELECT '(1,2)'::point, '((1,2),(3,4))'::box, '[1,5)'::int4range, '{[1,2)}'::int4multirange, 'a & b'::tsquery",
    "SELECT ROW(1, 'a', NULL), ROW(1, ROW(2, 'x y'))",
  };

  private final Report report;

  Types(Report report) {
    this.report = report;
  }

  void run() throws Exception {
    for (String threshold : List.of("0", "-1")) {
      String binary = threshold.equals("-1") ? "binary" : "text";
      try (Connection connection = Main.connect("prepareThreshold", threshold)) {
        for (String sql : QUERIES) {
          report.outcome(binary + ": " + sql, () -> objects(connection, sql));
          report.outcome(binary + " as strings: " + sql, () -> strings(connection, sql));
        }
        report.outcome(binary + " as java.time", () -> times(connection));
        parameters(connection, binary);
      }
    }
  }

  private static Object objects(Connection connection, String sql) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql);
        ResultSet results = statement.executeQuery()) {
      return Report.values(results);
    }
  }

  private static Object strings(Connection connection, String sql) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql);
        ResultSet results = statement.executeQuery()) {
      return Report.rows(results);
    }
  }

  private static Object times(Connection connection) throws SQLException {
    List<Object> rows = new ArrayList<>();
    try (PreparedStatement statement =
            connection.prepareStatement("SELECT ts, d, tstz, t FROM every_type ORDER BY id");
        ResultSet results = statement.executeQuery()) {
      while (results.next()) {
        rows.add(results.getObject(1, LocalDateTime.class) + " " + results.getObject(2, LocalDate.class) + " "
            + results.getObject(3, OffsetDateTime.class) + " " + results.getObject(4, LocalTime.class) + " "
            + results.getTimestamp(1) + " " + results.getDate(2) + " " + results.getTimestamp(3) + " " + results.getTime(4));
      }
    }
    return rows;
  }

  private interface Binder {
    void bind(PreparedStatement statement) throws SQLException;
  }

  private void parameters(Connection connection, String binary) {
    ask(connection, binary, "SELECT id FROM sales WHERE sold_at < ? ORDER BY id", s -> s.setObject(1, LocalDateTime.of(2024, 6, 1, 0, 0)));
    ask(connection, binary, "SELECT id FROM sales WHERE sold_at < ? ORDER BY id", s -> s.setTimestamp(1, java.sql.Timestamp.valueOf("2024-06-01 00:00:00")));
    ask(connection, binary, "SELECT id FROM sales WHERE due < ? ORDER BY id", s -> s.setObject(1, LocalDate.of(2024, 3, 1)));
    ask(connection, binary, "SELECT id FROM sales WHERE due < ? ORDER BY id", s -> s.setDate(1, java.sql.Date.valueOf("2024-03-01")));
    ask(connection, binary, "SELECT id FROM sales WHERE price > ? ORDER BY id", s -> s.setBigDecimal(1, new BigDecimal("10.25")));
    ask(connection, binary, "SELECT id FROM sales WHERE discount > ? ORDER BY id", s -> s.setDouble(1, 0.5));
    ask(connection, binary, "SELECT id FROM sales WHERE discount = ? ORDER BY id", s -> s.setDouble(1, Double.NaN));
    ask(connection, binary, "SELECT id FROM sales WHERE paid = ? ORDER BY id", s -> s.setBoolean(1, true));
    ask(connection, binary, "SELECT id FROM sales WHERE note = ? ORDER BY id", s -> s.setString(1, "🎉 party"));
    ask(connection, binary, "SELECT id FROM sales WHERE note = ? ORDER BY id", s -> s.setNull(1, java.sql.Types.VARCHAR));
    ask(connection, binary, "SELECT id FROM sales WHERE qty = ? ORDER BY id", s -> s.setShort(1, (short) 3));
    ask(connection, binary, "SELECT id FROM sales WHERE region = ? AND storeid = ? ORDER BY id", s -> {
      s.setString(1, "EU");
      s.setInt(2, 1);
    });
    ask(connection, binary, "SELECT id FROM every_type WHERE u = ? ORDER BY id", s -> s.setObject(1, UUID.fromString("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")));
    ask(connection, binary, "SELECT id FROM every_type WHERE byt = ? ORDER BY id", s -> s.setBytes(1, new byte[] {0, 1, (byte) 0xff}));
    ask(connection, binary, "SELECT id FROM every_type WHERE tstz > ? ORDER BY id", s -> s.setObject(1, OffsetDateTime.of(2024, 6, 1, 0, 0, 0, 0, ZoneOffset.ofHours(2))));
    ask(connection, binary, "SELECT id FROM every_type WHERE t < ? ORDER BY id", s -> s.setObject(1, LocalTime.of(13, 30)));
    ask(connection, binary, "SELECT id FROM every_type WHERE iv > ? ORDER BY id", s -> s.setObject(1, new org.postgresql.util.PGInterval("1 day")));
    ask(connection, binary, "SELECT id FROM sales WHERE id = ANY(?) ORDER BY id", s -> s.setArray(1, connection.createArrayOf("int8", new Long[] {1L, 5L, null, 40L})));
    ask(connection, binary, "SELECT id FROM sales WHERE id = ANY(?) ORDER BY id", s -> s.setObject(1, new long[] {2, 3}));
    ask(connection, binary, "SELECT id FROM sales WHERE region = ANY(?) ORDER BY id", s -> s.setArray(1, connection.createArrayOf("text", new String[] {"EU", "é \"x\"", null})));
    ask(connection, binary, "SELECT id FROM sales WHERE note <> ALL(?) ORDER BY id", s -> s.setArray(1, connection.createArrayOf("varchar", new String[] {"a", "\\"})));
    ask(connection, binary, "SELECT id FROM sales WHERE id = ANY(?) ORDER BY id", s -> s.setArray(1, connection.createArrayOf("int8", new Long[] {})));
    ask(connection, binary, "SELECT id FROM every_type WHERE txts = ? ORDER BY id", s -> s.setArray(1, connection.createArrayOf("text", new String[] {"a", "b c", null})));
    ask(connection, binary, "SELECT ?::int[], ?::text[]", s -> {
      s.setArray(1, connection.createArrayOf("int4", new Integer[][] {{1, 2}, {3, null}}));
      s.setArray(2, connection.createArrayOf("text", new String[] {"", "NULL", null, "{}"}));
    });
    ask(connection, binary, "SELECT ?::jsonb, ?::json, ?::text, ?", s -> {
      s.setObject(1, "{\"a\": 1}", java.sql.Types.OTHER);
      s.setString(2, "[1]");
      s.setObject(3, null);
      s.setObject(4, "untyped", java.sql.Types.OTHER);
    });
    ask(connection, binary, "SELECT ?::numeric, ?::numeric, ?::int8, ?::float4, ?::\"char\"", s -> {
      s.setBigDecimal(1, new BigDecimal("-12345678901234567890.00100"));
      s.setString(2, "NaN");
      s.setLong(3, Long.MIN_VALUE);
      s.setFloat(4, Float.MIN_VALUE);
      s.setString(5, "x");
    });
  }

  private void ask(Connection connection, String binary, String sql, Binder binder) {
    report.outcome(binary + " with parameters: " + sql, () -> {
      try (PreparedStatement statement = connection.prepareStatement(sql)) {
        binder.bind(statement);
        try (ResultSet results = statement.executeQuery()) {
          return Report.values(results);
        }
      }
    });
  }
}
