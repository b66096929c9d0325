import java.io.StringReader;
import java.math.BigDecimal;
import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.sql.Types;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.postgresql.PGConnection;
import org.postgresql.util.PGobject;

/** Tables of one's own: made, filled, edited and dropped, by all ways that the driver has. */
final class Writes {
  private static final String[] SETTINGS = {"reWriteBatchedInserts", "prepareThreshold", "preferQueryMode", "autosave"};

  private final Report report;
  private Connection connection;

  Writes(Report report) {
    this.report = report;
  }

  void run() throws Exception {
    for (String[] values : new String[][] {
      {"false", "5", "extended", "never"},
      {"true", "1", "extended", "conservative"},
      {"true", "0", "extended", "always"},
      {"false", "5", "simple", "never"},
    }) {
      String[] settings = new String[2 * values.length];
      for (int i = 0; i < values.length; i++) {
        settings[2 * i] = SETTINGS[i];
        settings[2 * i + 1] = values[i];
      }
      report.line("settings", settings);
      connection = Main.connect(settings);
      rows();
      batches();
      edits();
      transactions();
      connection.close();
    }
  }

  private Object update(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      return statement.executeUpdate(sql);
    }
  }

  private void rows() {
    report.outcome("create", () -> update(
        "CREATE TABLE kept (id int PRIMARY KEY, name varchar(20) NOT NULL DEFAULT 'x', price numeric(10,2), at timestamptz,"
            + " day date, u uuid, b bytea, doc jsonb, ok bool, tags text[])"));
    report.outcome("insert", () -> {
      try (PreparedStatement statement = connection.prepareStatement("INSERT INTO kept VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")) {
        PGobject doc = new PGobject();
        doc.setType("jsonb");
        doc.setValue("{\"a\":[1,null]}");
        for (int i = 1; i < 8; i++) {
          statement.setInt(1, i);
          statement.setString(2, "é🎉 it's");
          statement.setBigDecimal(3, new BigDecimal("1.10"));
          statement.setObject(4, OffsetDateTime.of(2024, 2, 29, 1, 2, 3, 4000, ZoneOffset.ofHours(2)));
          statement.setObject(5, LocalDate.of(2024, 2, 29));
          statement.setObject(6, new UUID(0, 7));
          statement.setBytes(7, new byte[] {0, -1});
          statement.setObject(8, doc);
          statement.setBoolean(9, i % 2 == 0);
          statement.setArray(10, connection.createArrayOf("text", new String[] {"a", null, "b\"c"}));
          statement.executeUpdate();
        }
        statement.setInt(1, 8);
        for (int i = 3; i <= 10; i++) statement.setNull(i, i == 10 ? Types.ARRAY : Types.NULL);
        return statement.executeUpdate();
      }
    });
    report.outcome("generated keys", () -> {
      try (PreparedStatement statement = connection.prepareStatement("INSERT INTO kept (id) VALUES (?), (?)", Statement.RETURN_GENERATED_KEYS)) {
        statement.setInt(1, 9);
        statement.setInt(2, 10);
        return List.of(statement.executeUpdate(), Report.values(statement.getGeneratedKeys()));
      }
    });
    report.outcome("generated keys by name", () -> {
      try (PreparedStatement statement = connection.prepareStatement("INSERT INTO kept (id, name) VALUES (?, ?)", new String[] {"id", "name"})) {
        statement.setInt(1, 11);
        statement.setString(2, "n");
        return List.of(statement.executeUpdate(), Report.values(statement.getGeneratedKeys()));
      }
    });
    report.outcome("all", () -> Report.values(connection.createStatement().executeQuery("SELECT * FROM kept ORDER BY id")));
    for (String sql : new String[] {
      "INSERT INTO kept (id) VALUES (1)",
      "INSERT INTO kept (id, name) VALUES (99, NULL)",
      "INSERT INTO kept (id, name) VALUES (99, 'much longer than twenty characters')",
      "INSERT INTO kept (id, nothing) VALUES (99, 1)",
      "UPDATE kept SET price = 'x' WHERE id = 1",
      "DELETE FROM kept WHERE id = 11",
      "UPDATE kept SET name = name || '!' WHERE id BETWEEN 9 AND 10",
      "INSERT INTO kept (id, name) VALUES (1, 'up') ON CONFLICT (id) DO UPDATE SET name = excluded.name",
      "CREATE TABLE copied AS SELECT id, name FROM kept WHERE id < 4",
      "DROP TABLE copied",
    }) report.outcome(sql, () -> update(sql));
    report.outcome("COPY", () -> List.of(
        connection.unwrap(PGConnection.class).getCopyAPI().copyIn(
            "COPY kept (id, name, price) FROM STDIN (FORMAT csv, HEADER)", new StringReader("id,name,price\n2000,\"a,\"\"b\",1.5\n2001,é,\n")),
        update("DELETE FROM kept WHERE id >= 2000")));
  }

  private void batches() {
    for (String values : new String[] {"(?, ?, ?)", "(?, upper(?), ?) RETURNING id"}) {
      report.outcome("batch of " + values, () -> {
        try (PreparedStatement statement = connection.prepareStatement("INSERT INTO kept (id, name, price) VALUES " + values)) {
          int first = values.length() == 9 ? 1000 : 3000;
          for (int i = 0; i < 60; i++) {
            statement.setInt(1, first + i);
            statement.setString(2, "n" + i);
            statement.setBigDecimal(3, i % 3 == 0 ? null : BigDecimal.valueOf(i, 2));
            statement.addBatch();
          }
          int[] counts = statement.executeBatch();
          return counts.length + " " + counts[0] + " " + counts[59];
        } catch (BatchUpdateException error) {
          return List.of(error.getSQLState(), error.getMessage().lines().findFirst());
        }
      });
    }
    report.outcome("batch with keys", () -> {
      try (PreparedStatement statement = connection.prepareStatement("INSERT INTO kept (id) VALUES (?)", new String[] {"id"})) {
        for (int i = 0; i < 20; i++) {
          statement.setInt(1, 4000 + i);
          statement.addBatch();
        }
        return List.of(Arrays.toString(statement.executeBatch()), Report.rows(statement.getGeneratedKeys()));
      }
    });
    report.outcome("batch with a mistake", () -> {
      try (Statement statement = connection.createStatement()) {
        for (int id : new int[] {5000, 5001, 1, 5002}) statement.addBatch("INSERT INTO kept (id) VALUES (" + id + ")");
        return Arrays.toString(statement.executeBatch());
      } catch (BatchUpdateException error) {
        return List.of(error.getSQLState(), Arrays.toString(error.getUpdateCounts()));
      }
    });
    report.outcome("after the batches", () -> Report.rows(connection.createStatement().executeQuery("SELECT count(*), sum(id), sum(price) FROM kept")));
  }

  /** As a data editor does: the row is found by its key. */
  private void edits() {
    report.outcome("an editable result", () -> {
      try (Statement statement = connection.createStatement(ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_UPDATABLE);
          ResultSet rows = statement.executeQuery("SELECT * FROM kept WHERE id < 5 ORDER BY id")) {
        rows.absolute(2);
        rows.updateString("name", "edited");
        rows.updateBigDecimal("price", new BigDecimal("7.5"));
        rows.updateRow();
        rows.next();
        rows.deleteRow();
        rows.moveToInsertRow();
        rows.updateInt("id", 6000);
        rows.updateString("name", "added");
        rows.insertRow();
        return List.of(rows.getConcurrency() == ResultSet.CONCUR_UPDATABLE);
      }
    });
    report.outcome("edited", () -> Report.rows(connection.createStatement().executeQuery(
        "SELECT id, name, price FROM kept WHERE id < 5 OR id = 6000 ORDER BY id")));
  }

  private void transactions() throws SQLException {
    connection.setAutoCommit(false);
    for (String sql : new String[] {
      "INSERT INTO kept (id) VALUES (7000)", "UPDATE kept SET name = 'in' WHERE id = 7000", "SELECT name FROM kept WHERE id = 7000",
    }) {
      report.outcome("in a transaction: " + sql, () -> {
        try (Statement statement = connection.createStatement()) {
          return statement.execute(sql) ? Report.rows(statement.getResultSet()) : statement.getUpdateCount();
        }
      });
    }
    connection.rollback();
    report.outcome("rolled back", () -> Report.rows(connection.createStatement().executeQuery("SELECT count(*) FROM kept WHERE id = 7000")));
    connection.rollback();
    report.outcome("a savepoint", () -> {
      update("INSERT INTO kept (id) VALUES (7001)");
      Savepoint savepoint = connection.setSavepoint();
      try {
        update("INSERT INTO kept (id) VALUES (7001)");
      } catch (SQLException error) {
        connection.rollback(savepoint);
      }
      update("INSERT INTO kept (id) VALUES (7002)");
      connection.commit();
      return Report.rows(connection.createStatement().executeQuery("SELECT id FROM kept WHERE id > 7000 ORDER BY id"));
    });
    connection.rollback();
    connection.setAutoCommit(true);
    report.outcome("drop", () -> update("DROP TABLE kept"));
  }
}
