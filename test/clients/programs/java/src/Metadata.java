import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/** Every method of DatabaseMetaData: those without arguments by reflection, those with patterns over what a browser asks. */
final class Metadata {
  /** What names the server's place or the moment, or an object of this process. */
  private static final Set<String> OWN = Set.of("getURL", "getConnection");

  private final Report report;
  private Connection connection;
  private DatabaseMetaData data;

  Metadata(Report report) {
    this.report = report;
  }

  void run() throws Exception {
    connection = Main.connect();
    data = connection.getMetaData();
    plain();
    relations();
    columns();
    keys();
    privileges();
    routines();
    types();
    wholeCatalog();
    connection.close();
  }

  private void plain() {
    Method[] methods = DatabaseMetaData.class.getMethods();
    Arrays.sort(methods, Comparator.comparing(Method::getName));
    for (Method method : methods) {
      if (method.getParameterCount() > 0 || OWN.contains(method.getName())) continue;
      report.outcome("plain " + method.getName(), () -> {
        Object value = invoke(method);
        return value instanceof ResultSet rows ? Report.sorted(rows) : value;
      });
    }
    report.outcome("columns of getSchemas", () -> Report.described(data.getSchemas().getMetaData()));
  }

  private Object invoke(Method method) throws Exception {
    try {
      return method.invoke(data);
    } catch (InvocationTargetException error) {
      throw error.getCause() instanceof Exception cause ? cause : error;
    }
  }

  private void rows(String step, Report.Step<ResultSet> query) {
    report.outcome(step, () -> Report.sorted(query.run()));
  }

  private void relations() {
    rows("schemas like public", () -> data.getSchemas(null, "pub%"));
    rows("schemas of this catalog", () -> data.getSchemas("skein", null));
    rows("schemas of no catalog", () -> data.getSchemas("nowhere", null));
    rows("tables of public", () -> data.getTables(null, "public", "%", null));
    rows("tables, any schema", () -> data.getTables(null, null, "sale_", new String[] {"TABLE"}));
    rows("tables of two kinds", () -> data.getTables("skein", "public", null, new String[] {"TABLE", "VIEW"}));
    rows("tables escaped", () -> data.getTables(null, "public", "sal\\_s", null));
    rows("tables quoted", () -> data.getTables(null, "public", "it's", null));
    rows("tables of no schema", () -> data.getTables(null, "", "%", null));
    rows("system tables", () -> data.getTables(null, "pg_catalog", "%", null));
    rows("views of the standard", () -> data.getTables(null, "information_schema", "%", null));
    rows("super tables", () -> data.getSuperTables(null, "public", "%"));
    rows("super types", () -> data.getSuperTypes(null, "public", "%"));
  }

  private void columns() {
    for (String table : List.of("sales", "products", "every_type", "extremes", "Café Ünïon", "empty")) {
      rows("columns of " + table, () -> data.getColumns(null, "public", table, "%"));
    }
    rows("columns like", () -> data.getColumns(null, "%", "%", "sto%"));
    rows("columns of nothing", () -> data.getColumns(null, "public", "none", null));
    rows("pseudo columns", () -> data.getPseudoColumns(null, "public", "sales", "%"));
    rows("version columns", () -> data.getVersionColumns(null, "public", "sales"));
    for (int scope : new int[] {
      DatabaseMetaData.bestRowTemporary, DatabaseMetaData.bestRowTransaction, DatabaseMetaData.bestRowSession
    }) {
      rows("best row " + scope, () -> data.getBestRowIdentifier(null, "public", "sales", scope, true));
    }
    rows("attributes", () -> data.getAttributes(null, "public", "%", "%"));
  }

  private void keys() {
    for (String table : List.of("sales", "products", "none")) {
      rows("primary keys of " + table, () -> data.getPrimaryKeys(null, "public", table));
      rows("imported keys of " + table, () -> data.getImportedKeys(null, "public", table));
      rows("exported keys of " + table, () -> data.getExportedKeys(null, "public", table));
      rows("indexes of " + table, () -> data.getIndexInfo(null, "public", table, false, true));
      rows("unique indexes of " + table, () -> data.getIndexInfo(null, "public", table, true, false));
    }
    rows("keys of anything", () -> data.getPrimaryKeys(null, null, null));
    rows("keys between", () -> data.getCrossReference(null, "public", "products", null, "public", "sales"));
    rows("keys of a system table", () -> data.getPrimaryKeys(null, "pg_catalog", "pg_class"));
    rows("indexes of a system table", () -> data.getIndexInfo(null, "pg_catalog", "pg_am", false, false));
  }

  private void privileges() {
    rows("table privileges", () -> data.getTablePrivileges(null, "public", "%"));
    rows("column privileges", () -> data.getColumnPrivileges(null, "public", "sales", "%"));
    rows("system table privileges", () -> data.getTablePrivileges(null, "pg_catalog", "pg_c%"));
  }

  private void routines() {
    rows("functions of public", () -> data.getFunctions(null, "public", "%"));
    rows("function columns of public", () -> data.getFunctionColumns(null, "public", "%", "%"));
    rows("procedures of public", () -> data.getProcedures(null, "public", "%"));
    rows("procedure columns of public", () -> data.getProcedureColumns(null, "public", "%", "%"));
    rows("functions", () -> data.getFunctions(null, "pg_catalog", "array%"));
    rows("function columns", () -> data.getFunctionColumns(null, "pg_catalog", "array%", "%"));
    rows("function columns of one", () -> data.getFunctionColumns(null, "pg_catalog", "pg_timezone_names", "%"));
    rows("procedures", () -> data.getProcedures(null, "pg_catalog", "%"));
    rows("procedure columns", () -> data.getProcedureColumns(null, "pg_catalog", "array%", "%"));
  }

  private void types() {
    rows("user-defined types", () -> data.getUDTs(null, "public", "%", null));
    rows("user-defined types of a kind", () -> data.getUDTs(null, null, "%", new int[] {java.sql.Types.DISTINCT}));
  }

  private void wholeCatalog() {
    rows("all columns of the catalogs", () -> data.getColumns(null, "pg_catalog", "%", "%"));
    rows("all columns of the standard's views", () -> data.getColumns(null, "information_schema", "%", "%"));
  }
}
