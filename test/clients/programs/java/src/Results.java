import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.ParameterMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.postgresql.PGStatement;

/** Statements and what comes back: descriptions, cursors by fetch size, the switch to binary, batches, parameters. */
final class Results {
  private final Report report;
  private Connection connection;

  Results(Report report) {
    this.report = report;
  }

  void run() throws Exception {
    connection = Main.connect();
    descriptions();
    parameters();
    threshold();
    fetchSizes();
    batches();
    several();
    errors();
    connection.close();
  }

  private static final String[] DESCRIBED = {
    "SELECT * FROM sales",
    "SELECT s.id AS \"Id\", s.id, upper(s.note) AS n, s.price + 1, count(*) OVER () FROM public.sales AS s",
    "SELECT p.*, s.price AS cost FROM products p JOIN sales s USING (product)",
    "SELECT region, sum(price), avg(qty), min(sold_at), array_agg(code) FROM sales GROUP BY region",
    "SELECT * FROM every_type",
    "SELECT e.*, n.\"Country\", n.country FROM extremes e LEFT JOIN \"Café Ünïon\" n ON n.\"Größe\" = e.id",
    "SELECT 1 AS one, 'x' AS t, NULL AS n, 1.5 AS d, now() AS at, ARRAY[1, 2] AS a, interval '1 day' AS i",
    "SELECT x.* FROM (SELECT id, note FROM sales) x",
    "WITH x AS (SELECT visit, at FROM visits) SELECT * FROM x",
    "SELECT c.relname, c.oid, c.relkind FROM pg_class c",
    "SELECT id FROM sales UNION ALL SELECT visit FROM visits",
    "SELECT 1 AS a, 2 AS a",
    "SELECT CAST(price AS numeric(6, 1)), CAST(sold_at AS timestamp(3)) FROM sales",
  };

  private void descriptions() {
    for (String sql : DESCRIBED) {
      report.outcome("prepared: " + sql, () -> {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
          return Report.described(statement.getMetaData());
        }
      });
      report.outcome("executed: " + sql, () -> {
        try (Statement statement = connection.createStatement();
            ResultSet results = statement.executeQuery(sql)) {
          return Report.described(results.getMetaData());
        }
      });
    }
  }

  private static final String[] WITH_PARAMETERS = {
    "SELECT * FROM sales WHERE id = ? AND note LIKE ? AND sold_at BETWEEN ? AND ?",
    "SELECT * FROM sales WHERE id = ANY(?) LIMIT ? OFFSET ?",
    "SELECT ?, ?::int, ? || 'x', ? + 1",
    "SELECT * FROM sales WHERE price > ? AND paid = ? AND due < ? AND discount = ? AND region IN (?, ?)",
    "SELECT * FROM every_type WHERE u = ? AND byt = ? AND iv > ? AND txts = ? AND tstz < ? AND t = ?",
    "SELECT nspname FROM pg_namespace WHERE nspname = ? AND oid = ?",
    "SELECT id FROM sales WHERE nothing = ?",
  };

  private void parameters() {
    for (String sql : WITH_PARAMETERS) {
      report.outcome("parameters: " + sql, () -> {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
          return parametersOf(statement.getParameterMetaData());
        }
      });
    }
  }

  private static Object parametersOf(ParameterMetaData data) throws SQLException {
    List<Object> parameters = new ArrayList<>();
    for (int i = 1; i <= data.getParameterCount(); i++) {
      parameters.add(data.getParameterTypeName(i) + " " + data.getParameterType(i) + " "
          + data.getParameterClassName(i) + " " + data.isSigned(i) + " " + data.isNullable(i));
    }
    return parameters;
  }

  /** Ten times each: text first, binary from when the driver made it a statement of the server. */
  private void threshold() {
    String sql = "SELECT * FROM sales WHERE qty >= ? ORDER BY id LIMIT 5";
    report.outcome("threshold", () -> {
      List<Object> answers = new ArrayList<>();
      try (PreparedStatement statement = connection.prepareStatement(sql)) {
        for (int i = 0; i < 10; i++) {
          statement.setInt(1, i % 3);
          try (ResultSet results = statement.executeQuery()) {
            answers.add(Report.values(results));
          }
          answers.add(statement.unwrap(PGStatement.class).isUseServerPrepare());
        }
      }
      return answers;
    });
    report.outcome("another type for a prepared parameter", () -> {
      try (PreparedStatement statement = connection.prepareStatement("SELECT count(*) FROM sales WHERE id = ?")) {
        statement.unwrap(PGStatement.class).setPrepareThreshold(-1);
        List<Object> answers = new ArrayList<>();
        for (Object value : new Object[] {3, 3L, new java.math.BigDecimal("3.0"), 3.0, (short) 3, null}) {
          statement.setObject(1, value, value == null ? Types.BIGINT : typeOf(value));
          answers.add(Report.rows(statement.executeQuery()));
        }
        return answers;
      }
    });
    report.outcome("text where a number is due", () -> {
      try (PreparedStatement statement = connection.prepareStatement("SELECT count(*) FROM sales WHERE id = ?")) {
        statement.setString(1, "3");
        return Report.rows(statement.executeQuery());
      }
    });
    report.outcome("many statements of the server", () -> {
      List<Object> answers = new ArrayList<>();
      for (int i = 0; i < 300; i++) {
        String each = "SELECT " + i + " + count(*) FROM products WHERE product >= ?";
        for (int again = 0; again < 2; again++) {
          try (PreparedStatement statement = connection.prepareStatement(each)) {
            statement.unwrap(PGStatement.class).setPrepareThreshold(1);
            statement.setInt(1, i % 5);
            answers.add(Report.rows(statement.executeQuery()).toString());
          }
        }
      }
      return String.join(" ", answers.toArray(String[]::new));
    });
  }

  private static int typeOf(Object value) {
    if (value instanceof Integer) return Types.INTEGER;
    if (value instanceof Long) return Types.BIGINT;
    if (value instanceof Short) return Types.SMALLINT;
    return value instanceof Double ? Types.DOUBLE : Types.NUMERIC;
  }

  private void fetchSizes() throws SQLException {
    for (boolean commits : new boolean[] {true, false}) {
      for (int size : new int[] {0, 1, 7, 60, 61}) {
        connection.setAutoCommit(commits);
        report.outcome("fetch size " + size + (commits ? "" : " in a transaction"), () -> {
          try (Statement statement = connection.createStatement()) {
            statement.setFetchSize(size);
            return Report.rows(statement.executeQuery("SELECT id, note FROM sales ORDER BY id")).toString();
          }
        });
      }
    }
    report.outcome("a long result in parts", () -> {
      try (PreparedStatement statement = connection.prepareStatement("SELECT id, sensor, at, value FROM readings ORDER BY id")) {
        statement.setFetchSize(999);
        int digest = 0;
        int rows = 0;
        try (ResultSet results = statement.executeQuery()) {
          for (; results.next(); rows++) {
            for (int i = 1; i <= 4; i++) digest = 31 * digest + String.valueOf(results.getString(i)).hashCode();
          }
        }
        return rows + " " + digest;
      }
    });
    report.outcome("cursors side by side", () -> {
      try (PreparedStatement one = connection.prepareStatement("SELECT id FROM sales WHERE id >= ? ORDER BY id");
          PreparedStatement two = connection.prepareStatement("SELECT visit FROM visits WHERE visit >= ? ORDER BY 1")) {
        one.setFetchSize(3);
        two.setFetchSize(2);
        one.setLong(1, 5);
        two.setLong(1, 3);
        List<Object> answers = new ArrayList<>();
        try (ResultSet first = one.executeQuery(); ResultSet second = two.executeQuery()) {
          while (first.next() & second.next()) answers.add(first.getLong(1) + " " + second.getLong(1));
          answers.add(first.isAfterLast() + " " + second.isAfterLast());
        }
        return answers;
      }
    });
    report.outcome("a cursor and its maximum", () -> {
      try (Statement statement = connection.createStatement()) {
        statement.setFetchSize(4);
        statement.setMaxRows(10);
        return Report.rows(statement.executeQuery("SELECT id FROM sales ORDER BY id")).size();
      }
    });
    report.outcome("a cursor left half-way, and its transaction's end", () -> {
      try (Statement statement = connection.createStatement()) {
        statement.setFetchSize(4);
        ResultSet results = statement.executeQuery("SELECT id FROM sales ORDER BY id");
        results.next();
        connection.commit();
        List<Object> seen = new ArrayList<>();
        while (results.next()) seen.add(results.getLong(1));
        return seen;
      }
    });
    connection.rollback();
    connection.setAutoCommit(true);
    report.outcome("scrolling", () -> {
      try (Statement statement =
              connection.createStatement(ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_READ_ONLY);
          ResultSet results = statement.executeQuery("SELECT id FROM sales ORDER BY id")) {
        results.last();
        int count = results.getRow();
        results.absolute(-3);
        long third = results.getLong(1);
        results.relative(-2);
        return count + " " + third + " " + results.getLong(1) + " " + results.previous() + " " + results.getLong(1);
      }
    });
  }

  private void batches() {
    report.outcome("a batch of settings", () -> {
      try (Statement statement = connection.createStatement()) {
        statement.addBatch("SET application_name = 'batch'");
        statement.addBatch("SET application_name = 'batch2'");
        return Arrays.toString(statement.executeBatch());
      }
    });
    report.outcome("a batch that reads", () -> {
      try (Statement statement = connection.createStatement()) {
        statement.addBatch("SET application_name = 'batch'");
        statement.addBatch("SELECT count(*) FROM sales");
        return Arrays.toString(statement.executeBatch());
      } catch (BatchUpdateException error) {
        return List.of(error.getMessage(), String.valueOf(error.getSQLState()), Arrays.toString(error.getUpdateCounts()));
      }
    });
    report.outcome("a batch with a mistake", () -> {
      try (Statement statement = connection.createStatement()) {
        statement.addBatch("SET application_name = 'batch3'");
        statement.addBatch("SELECT nothing FROM sales");
        statement.addBatch("SET application_name = 'batch4'");
        return Arrays.toString(statement.executeBatch());
      } catch (BatchUpdateException error) {
        return List.of(error.getMessage(), error.getSQLState(), Arrays.toString(error.getUpdateCounts()));
      }
    });
    report.outcome("a batch of parameters", () -> {
      try (PreparedStatement statement = connection.prepareStatement("SELECT set_config('application_name', ?, false)")) {
        for (String name : List.of("a", "b", "é")) {
          statement.setString(1, name);
          statement.addBatch();
        }
        return Arrays.toString(statement.executeBatch());
      } catch (BatchUpdateException error) {
        return List.of(error.getMessage(), error.getSQLState(), Arrays.toString(error.getUpdateCounts()));
      }
    });
    report.outcome("after the batches", () -> Report.rows(connection.createStatement().executeQuery("SHOW application_name")));
  }

  private void several() {
    for (String sql : new String[] {
      "SELECT 1; SELECT count(*) FROM sales; SET application_name = 'x'; SELECT region, count(*) FROM sales GROUP BY 1 ORDER BY 1",
      "BEGIN; SELECT 2; COMMIT",
      ";",
      "",
      "-- nothing",
      "SELECT 1; SELECT nothing; SELECT 3",
      "SELECT 'a;b' AS \"c;d\"; SELECT $$x;y$$",
    }) {
      report.outcome("several: " + sql, () -> several(sql));
    }
  }

  private Object several(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      List<Object> answers = new ArrayList<>();
      boolean hasRows = statement.execute(sql);
      while (hasRows || statement.getUpdateCount() != -1) {
        answers.add(hasRows ? Report.rows(statement.getResultSet()) : statement.getUpdateCount());
        hasRows = statement.getMoreResults();
      }
      return answers;
    }
  }

  private void errors() {
    for (String sql : new String[] {
      "SELEC 1",
      "SELECT * FROM nowhere",
      "SELECT nothing FROM sales",
      "SELECT 1 / (qty - qty) FROM sales",
      "SELECT note::int FROM sales WHERE note = 'abc'",
      "SELECT * FROM sales WHERE",
      "SELECT sum(note) FROM sales",
      "SELECT id, count(*) FROM sales",
      "SELECT 'x'::regclass",
      "SELECT ?",
    }) {
      report.outcome("error of a query: " + sql, () -> Report.rows(connection.createStatement().executeQuery(sql)));
      report.outcome("error of a prepared one: " + sql, () -> {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
          return Report.rows(statement.executeQuery());
        }
      });
    }
  }
}
