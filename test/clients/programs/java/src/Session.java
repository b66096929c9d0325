import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Properties;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyOut;

/** The connection itself: validity, transactions, settings, cancelling, time limits, COPY. */
final class Session {
  private static final String LONG =
      "SELECT count(*) FROM sales a, sales b, sales c, sales d, sales e, sales f WHERE a.qty + b.qty + c.qty + d.qty + e.qty + f.qty > 3";

  private final Report report;
  private Connection connection;

  Session(Report report) {
    this.report = report;
  }

  void run() throws Exception {
    connection = Main.connect();
    connecting();
    transactions();
    settings();
    cancelling();
    refusals();
    connection.close();
    report.outcome("closed", () -> connection.isValid(1));
  }

  void copy() throws Exception {
    connection = Main.connect();
    copies();
    connection.close();
  }

  private Object one(String sql) throws SQLException {
    try (Statement statement = connection.createStatement(); ResultSet results = statement.executeQuery(sql)) {
      return Report.rows(results);
    }
  }

  private void connecting() {
    report.outcome("valid", () -> connection.isValid(5));
    report.outcome("reported", () -> {
      List<Object> reported = new ArrayList<>();
      for (var entry : new java.util.TreeMap<>(connection.unwrap(PGConnection.class).getParameterStatuses()).entrySet()) {
        reported.add(entry.getKey() + "=" + entry.getValue().replaceFirst("^(18)\\..*", "$1"));
      }
      return reported;
    });
    report.outcome("a backend of its own", () ->
        one("SELECT pg_backend_pid() = " + connection.unwrap(PGConnection.class).getBackendPID()));
    report.outcome("simple mode", () -> {
      try (Connection simple = Main.connect("preferQueryMode", "simple");
          PreparedStatement statement = simple.prepareStatement("SELECT id, ?::text FROM sales WHERE id = ? AND note IS DISTINCT FROM ?")) {
        statement.setString(1, "it's \\");
        statement.setLong(2, 3);
        statement.setString(3, "x");
        return Report.rows(statement.executeQuery());
      }
    });
    for (String mode : List.of("extended", "extendedForPrepared", "extendedCacheEverything")) {
      report.outcome("mode " + mode, () -> {
        try (Connection other = Main.connect("preferQueryMode", mode); Statement statement = other.createStatement()) {
          List<Object> answers = new ArrayList<>();
          for (int i = 0; i < 7; i++) answers.add(Report.rows(statement.executeQuery("SELECT count(*) FROM visits")));
          return answers;
        }
      });
    }
    report.outcome("settings by the address", () -> {
      try (Connection other = Main.connect("options", "-c search_path=pg_catalog,public -c statement_timeout=90000", "ApplicationName", "é app", "currentSchema", "public");
          Statement statement = other.createStatement()) {
        return List.of(Report.rows(statement.executeQuery("SHOW search_path")), Report.rows(statement.executeQuery("SHOW statement_timeout")),
            Report.rows(statement.executeQuery("SHOW application_name")), other.getSchema(), other.getCatalog());
      }
    });
    report.outcome("no such database", () -> {
      Properties properties = new Properties();
      properties.setProperty("user", System.getenv("PGUSER"));
      properties.setProperty("password", System.getenv("PGPASSWORD"));
      return java.sql.DriverManager.getConnection("jdbc:postgresql://" + System.getenv("PGHOST") + ":" + System.getenv("PGPORT") + "/nowhere", properties);
    });
  }

  private void transactions() throws SQLException {
    connection.setAutoCommit(false);
    report.outcome("savepoints", () -> {
      List<Object> answers = new ArrayList<>();
      answers.add(one("SELECT 1"));
      Savepoint outer = connection.setSavepoint("Outer one");
      Savepoint inner = connection.setSavepoint();
      try {
        one("SELECT nothing FROM sales");
      } catch (SQLException error) {
        answers.add(Report.told(error));
      }
      try {
        one("SELECT 1");
      } catch (SQLException error) {
        answers.add(Report.told(error));
      }
      connection.rollback(inner);
      answers.add(one("SELECT count(*) FROM sales"));
      connection.releaseSavepoint(outer);
      try {
        connection.rollback(inner);
      } catch (SQLException error) {
        answers.add(Report.told(error));
      }
      connection.rollback();
      return answers;
    });
    report.outcome("autosave", () -> {
      try (Connection other = Main.connect("autosave", "always"); Statement statement = other.createStatement()) {
        other.setAutoCommit(false);
        List<Object> answers = new ArrayList<>();
        for (String sql : List.of("SELECT 1", "SELECT nothing", "SELECT count(*) FROM sales")) {
          try {
            answers.add(Report.rows(statement.executeQuery(sql)));
          } catch (SQLException error) {
            answers.add(error.getMessage());
          }
        }
        other.commit();
        return answers;
      }
    });
    for (int isolation : new int[] {
      Connection.TRANSACTION_READ_UNCOMMITTED, Connection.TRANSACTION_READ_COMMITTED,
      Connection.TRANSACTION_REPEATABLE_READ, Connection.TRANSACTION_SERIALIZABLE
    }) {
      report.outcome("isolation " + isolation, () -> {
        connection.rollback();
        connection.setTransactionIsolation(isolation);
        List<Object> answers = new ArrayList<>();
        answers.add(connection.getTransactionIsolation());
        answers.add(one("SHOW transaction_isolation"));
        connection.rollback();
        return answers;
      });
    }
    connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
    for (boolean readOnly : new boolean[] {true, false}) {
      report.outcome("read-only " + readOnly, () -> {
        connection.rollback();
        connection.setReadOnly(readOnly);
        return List.of(connection.isReadOnly(), one("SHOW transaction_read_only"), one("SELECT count(*) FROM sales"));
      });
    }
    connection.rollback();
    connection.setAutoCommit(true);
    report.outcome("characteristics", () -> {
      try (Statement statement = connection.createStatement()) {
        statement.execute("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
        Object set = List.of(one("SHOW transaction_isolation"), one("SHOW default_transaction_read_only"));
        statement.execute("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE");
        return List.of(set, one("SHOW transaction_isolation"), one("SHOW transaction_read_only"));
      }
    });
    report.outcome("warnings", () -> {
      try (Statement statement = connection.createStatement()) {
        statement.execute("ROLLBACK");
        List<Object> warnings = new ArrayList<>();
        for (SQLWarning at = statement.getWarnings(); at != null; at = at.getNextWarning()) warnings.add(at.getSQLState() + " " + at.getMessage());
        return warnings;
      }
    });
  }

  private void settings() {
    report.outcome("schema", () -> {
      connection.setSchema("pg_catalog");
      String set = connection.getSchema();
      connection.setSchema("public");
      return set + " " + connection.getSchema() + " " + one("SHOW search_path");
    });
    report.outcome("client info", () -> {
      connection.setClientInfo("ApplicationName", "it's é");
      return connection.getClientInfo("ApplicationName") + " " + one("SHOW application_name");
    });
    report.outcome("time zone", () -> {
      try (Statement statement = connection.createStatement()) {
        statement.execute("SET SESSION TIMEZONE TO 'Asia/Kathmandu'");
        Object there = one("SELECT at, date_trunc('day', at) FROM readings WHERE id < 50 ORDER BY id");
        statement.execute("RESET TIMEZONE");
        return there;
      }
    });
    report.outcome("holdability", () -> connection.getHoldability() + " " + connection.getNetworkTimeout());
    report.outcome("a cursor held over its transaction", () -> {
      try (Statement statement = connection.createStatement(ResultSet.TYPE_FORWARD_ONLY, ResultSet.CONCUR_READ_ONLY, ResultSet.HOLD_CURSORS_OVER_COMMIT)) {
        connection.setAutoCommit(false);
        statement.setFetchSize(5);
        ResultSet results = statement.executeQuery("SELECT id FROM sales ORDER BY id");
        results.next();
        connection.commit();
        int count = 1;
        while (results.next()) count++;
        return count;
      } finally {
        connection.setAutoCommit(true);
      }
    });
  }

  private void cancelling() throws InterruptedException {
    for (String sql : List.of("SELECT pg_sleep(60)", LONG)) {
      report.outcome("cancelled: " + sql, () -> {
        try (Statement statement = connection.createStatement()) {
          Thread other = new Thread(() -> cancelSoon(statement));
          other.start();
          try {
            return Report.rows(statement.executeQuery(sql));
          } finally {
            other.join();
          }
        }
      });
      report.outcome("too slow: " + sql, () -> {
        try (Statement statement = connection.createStatement()) {
          statement.setQueryTimeout(1);
          return Report.rows(statement.executeQuery(sql));
        }
      });
      report.outcome("too slow for the server: " + sql, () -> {
        try (Statement statement = connection.createStatement()) {
          statement.execute("SET statement_timeout = 300");
          try {
            return Report.rows(statement.executeQuery(sql));
          } finally {
            statement.execute("RESET statement_timeout");
          }
        }
      });
    }
    report.outcome("after that", () -> List.of(connection.isValid(5), one("SELECT count(*) FROM sales")));
  }

  private static void cancelSoon(Statement statement) {
    try {
      Thread.sleep(300);
      statement.cancel();
    } catch (SQLException | InterruptedException error) {
      throw new IllegalStateException(error);
    }
  }

  private void copies() {
    for (String sql : List.of(
        "COPY (SELECT * FROM sales ORDER BY id) TO STDOUT",
        "COPY (SELECT id, note, price FROM sales ORDER BY id) TO STDOUT WITH (FORMAT csv, HEADER)",
        "COPY (SELECT id, note, sold_at, paid FROM sales ORDER BY id) TO STDOUT (FORMAT binary)",
        "COPY products (name, cost) TO STDOUT CSV NULL 'nix'",
        "COPY (SELECT nothing FROM sales) TO STDOUT",
        "COPY (SELECT 1 / (qty - qty) FROM sales) TO STDOUT",
        "COPY nowhere TO STDOUT")) {
      report.outcome("copy: " + sql, () -> {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        long rows = connection.unwrap(PGConnection.class).getCopyAPI().copyOut(sql, bytes);
        return rows + " " + (sql.contains("binary") ? HexFormat.of().formatHex(bytes.toByteArray()) : sortedLines(sql, bytes.toString("UTF-8")));
      });
    }
    report.outcome("a copy that is cancelled", () -> {
      try (Connection other = Main.connect()) {
        CopyOut copy = other.unwrap(PGConnection.class).getCopyAPI().copyOut("COPY (SELECT a.note FROM sales a, sales b, sales c) TO STDOUT");
        copy.readFromCopy();
        copy.cancelCopy();
        return copy.isActive();
      }
    });
    report.outcome("a copy whose reader fails", () -> {
      Connection other = Main.connect();
      try {
        other.unwrap(PGConnection.class).getCopyAPI().copyOut("COPY (SELECT * FROM sales) TO STDOUT", new OutputStream() {
          @Override
          public void write(int b) throws java.io.IOException {
            throw new java.io.IOException("full");
          }
        });
        return "copied";
      } catch (java.io.IOException error) {
        return List.of(error.getMessage(), other.isValid(1));
      }
    });
  }

  private static String sortedLines(String sql, String text) {
    return sql.contains("ORDER BY") ? text : text.lines().sorted().toList().toString();
  }

  private void refusals() {
    report.outcome("a query that is no query", () -> connection.createStatement().executeQuery("SET application_name = 'x'"));
    report.outcome("an update that reads", () -> connection.createStatement().executeUpdate("SELECT 1"));
    report.outcome("a call", () -> {
      try (var call = connection.prepareCall("{? = call upper(?)}")) {
        call.registerOutParameter(1, java.sql.Types.VARCHAR);
        call.setString(2, "abc");
        call.execute();
        return call.getString(1);
      }
    });
    report.outcome("escapes", () -> one(
        "SELECT {fn ucase('x')}, {d '2024-01-02'}, {fn concat('a', note)} FROM {oj sales LEFT JOIN visits ON id = sale} WHERE id = 3 ORDER BY 3"));
  }
}
