import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The statements of a tool, as a file of the folder `flows` has them, through the driver that the tool uses. */
final class Flow {
  private static final Pattern PARAMETER = Pattern.compile("\\$(\\d+)");
  private static final Set<String> NEVER_SAME = Set.of(
      "oid", "xid", "xid8", "tid", "cid", "oidvector", "_oid", "_xid", "_tid", "regclass", "regproc", "regtype");

  private final Report report;
  private final List<Asked> statements = new ArrayList<>();

  private record Asked(String name, List<String> marks, StringBuilder sql) {}

  Flow(Report report, String file) throws Exception {
    this.report = report;
    boolean inHead = false;
    for (String line : Files.readAllLines(Path.of(file))) {
      if (!line.startsWith("--@ ")) {
        if (inHead) inHead = false;
        last().sql.append(line).append('\n');
      } else if (inHead) {
        last().marks.add(line.substring(4));
      } else {
        statements.add(new Asked(line.substring(4), new ArrayList<>(), new StringBuilder()));
        inHead = true;
      }
    }
  }

  private Asked last() {
    return statements.get(statements.size() - 1);
  }

  void run() throws Exception {
    try (Connection connection = Main.connect("prepareThreshold", "1")) {
      for (Asked asked : statements) {
        for (int time = 1; time <= 2; time++) report.outcome("flow: " + asked.name, () -> ask(connection, asked));
      }
    }
  }

  private Object ask(Connection connection, Asked asked) throws SQLException {
    String sql = asked.sql.toString().strip();
    List<String> values = new ArrayList<>();
    for (String mark : asked.marks) {
      if (mark.startsWith("params ")) values = valuesOf(connection, mark.substring("params ".length()));
    }
    boolean fails = asked.marks.contains("error");
    try {
      List<Object> answer = values.isEmpty() ? several(connection, sql, asked) : prepared(connection, sql, values, asked);
      return fails ? "did not fail" : answer;
    } catch (SQLException error) {
      if (!fails) throw error;
      return error.getSQLState();
    }
  }

  /** Each parameter is what its expression gives on this server, as text, with its type. */
  private static List<String> valuesOf(Connection connection, String parameters) throws SQLException {
    List<String> values = new ArrayList<>();
    for (String parameter : parameters.split("; ")) {
      String type = parameter.substring(0, parameter.indexOf(':'));
      String expression = parameter.substring(parameter.indexOf(':') + 1);
      try (PreparedStatement statement = connection.prepareStatement("SELECT (" + expression + ")::text");
          ResultSet results = statement.executeQuery()) {
        results.next();
        values.add(type + ":" + results.getString(1));
      }
    }
    return values;
  }

  private static List<Object> prepared(Connection connection, String sql, List<String> values, Asked asked)
      throws SQLException {
    List<Integer> order = PARAMETER.matcher(sql).results().map((MatchResult found) -> Integer.valueOf(found.group(1))).toList();
    String jdbc = PARAMETER.matcher(sql.replace("?", "??")).replaceAll(Matcher.quoteReplacement("?"));
    try (PreparedStatement statement = connection.prepareStatement(jdbc)) {
      for (int i = 0; i < order.size(); i++) {
        String value = values.get(order.get(i) - 1);
        bind(statement, i + 1, value.substring(0, value.indexOf(':')), value.substring(value.indexOf(':') + 1));
      }
      try (ResultSet results = statement.executeQuery()) {
        return answer(results, asked);
      }
    }
  }

  private static void bind(PreparedStatement statement, int at, String type, String value) throws SQLException {
    switch (type) {
      case "int2", "int4" -> statement.setInt(at, Integer.parseInt(value));
      case "int8", "oid" -> statement.setLong(at, Long.parseLong(value));
      case "text", "varchar" -> statement.setString(at, value);
      default -> statement.setObject(at, value, java.sql.Types.OTHER);
    }
  }

  private static List<Object> several(Connection connection, String sql, Asked asked) throws SQLException {
    List<Object> answers = new ArrayList<>();
    try (PreparedStatement statement = connection.prepareStatement(sql.replace("?", "??"))) {
      boolean hasRows = statement.execute();
      while (hasRows || statement.getUpdateCount() != -1) {
        if (hasRows) answers.addAll(answer(statement.getResultSet(), asked));
        else answers.add(statement.getUpdateCount());
        hasRows = statement.getMoreResults();
      }
    }
    return answers;
  }

  private static List<Object> answer(ResultSet results, Asked asked) throws SQLException {
    ResultSetMetaData data = results.getMetaData();
    List<Object> answer = new ArrayList<>();
    List<Object> columns = new ArrayList<>();
    List<Integer> compared = new ArrayList<>();
    for (int i = 1; i <= data.getColumnCount(); i++) {
      columns.add(data.getColumnLabel(i) + " " + data.getColumnTypeName(i));
      if (isCompared(data, i, asked)) compared.add(i);
    }
    answer.add(columns);
    if (asked.marks.contains("only columns")) return answer;
    List<Object> rows = new ArrayList<>();
    while (results.next()) {
      List<Object> row = new ArrayList<>();
      for (int i : compared) row.add(results.getString(i));
      rows.add(row);
    }
    if (asked.marks.contains("unordered")) rows.sort((a, b) -> Report.GSON.toJson(a).compareTo(Report.GSON.toJson(b)));
    answer.addAll(rows);
    return answer;
  }

  private static boolean isCompared(ResultSetMetaData data, int column, Asked asked) throws SQLException {
    if (NEVER_SAME.contains(data.getColumnTypeName(column))) return false;
    for (String mark : asked.marks) {
      if (mark.startsWith("drop ") && List.of(mark.substring(5).split(", ")).contains(data.getColumnLabel(column))) return false;
    }
    return true;
  }
}
