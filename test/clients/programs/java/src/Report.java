import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.math.BigDecimal;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.SQLXML;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** What a program saw, one JSON line a step: the lines from Skein and from PostgreSQL must be the same. */
final class Report {
  static final Gson GSON = new GsonBuilder().serializeNulls().disableHtmlEscaping().create();

  interface Step<T> {
    T run() throws Exception;
  }

  void line(String step, Object value) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("step", step);
    line.put("value", value);
    System.out.println(GSON.toJson(line));
  }

  /** The outcome of something that may fail, which may be a list with a line for each of its elements. */
  void outcome(String step, Step<?> act) {
    try {
      Object value = act.run();
      if (value instanceof List<?> list) {
        line(step + " #", list.size());
        list.forEach(element -> line(step, element));
      } else {
        line(step, value);
      }
    } catch (Exception error) {
      line(step + " !", told(error));
    }
  }

  static Object told(Exception error) {
    Map<String, Object> told = new LinkedHashMap<>();
    if (error instanceof SQLException sql) told.put("state", sql.getSQLState());
    ServerErrorMessage server = error instanceof PSQLException psql ? psql.getServerErrorMessage() : null;
    if (server == null) {
      told.put("thrown", error.toString());
      return told;
    }
    told.put("severity", server.getSeverity());
    told.put("message", server.getMessage());
    told.put("detail", server.getDetail());
    told.put("hint", server.getHint());
    told.put("position", server.getPosition());
    return told;
  }

  static List<Object> rows(ResultSet results) throws SQLException {
    List<Object> rows = new ArrayList<>();
    int columns = results.getMetaData().getColumnCount();
    while (results.next()) {
      List<Object> row = new ArrayList<>();
      for (int i = 1; i <= columns; i++) row.add(withoutIdentity(results.getString(i)));
      rows.add(row);
    }
    return rows;
  }

  /** The driver's text of binary bytea is Java's name of an array. */
  private static String withoutIdentity(String text) {
    return text == null ? null : text.replaceFirst("^(\\[B|[\\w.]+PgSQLXML)@[0-9a-f]+$", "$1");
  }

  /** For answers of which the standard leaves the order open. */
  static List<Object> sorted(ResultSet results) throws SQLException {
    List<Object> rows = rows(results);
    Collections.sort(rows, (a, b) -> a.toString().compareTo(b.toString()));
    return rows;
  }

  static List<Object> described(ResultSetMetaData columns) throws SQLException {
    List<Object> described = new ArrayList<>();
    for (int i = 1; i <= columns.getColumnCount(); i++) {
      Map<String, Object> column = new LinkedHashMap<>();
      column.put("label", columns.getColumnLabel(i));
      column.put("name", columns.getColumnName(i));
      column.put("type", columns.getColumnTypeName(i));
      column.put("jdbc", columns.getColumnType(i));
      column.put("class", columns.getColumnClassName(i));
      column.put("precision", columns.getPrecision(i));
      column.put("scale", columns.getScale(i));
      column.put("size", columns.getColumnDisplaySize(i));
      column.put("nullable", columns.isNullable(i));
      column.put("generated", columns.isAutoIncrement(i));
      column.put("signed", columns.isSigned(i));
      column.put("schema", columns.getSchemaName(i));
      column.put("table", columns.getTableName(i));
      column.put("base", ((org.postgresql.PGResultSetMetaData) columns).getBaseTableName(i));
      column.put("baseColumn", ((org.postgresql.PGResultSetMetaData) columns).getBaseColumnName(i));
      column.put("baseSchema", ((org.postgresql.PGResultSetMetaData) columns).getBaseSchemaName(i));
      column.put("format", ((org.postgresql.PGResultSetMetaData) columns).getFormat(i));
      described.add(column);
    }
    return described;
  }

  /** A value with its Java class, since two classes may print alike. */
  static Object value(Object value) throws SQLException {
    if (value == null) return null;
    String type = value.getClass().getSimpleName();
    if (value instanceof byte[] bytes) return type + " " + HexFormat.of().formatHex(bytes);
    if (value instanceof BigDecimal number) return type + " " + number.toString();
    if (value instanceof Array array) {
      Object inner = array.getArray();
      String text = inner instanceof Object[] objects ? Arrays.deepToString(objects) : String.valueOf(inner);
      return "Array of " + array.getBaseTypeName() + " " + array.getBaseType() + " " + text;
    }
    if (value instanceof SQLXML xml) return type + " " + xml.getString();
    return type + " " + value;
  }

  static Object values(ResultSet results) throws SQLException {
    List<Object> rows = new ArrayList<>();
    int columns = results.getMetaData().getColumnCount();
    while (results.next()) {
      List<Object> row = new ArrayList<>();
      for (int i = 1; i <= columns; i++) row.add(value(results.getObject(i)));
      rows.add(row);
    }
    return rows;
  }
}
