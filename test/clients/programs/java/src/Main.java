import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;

/** Runs what the command line names, steps of its own or files of statements, against the server that libpq's environment variables name. */
public final class Main {
  public static void main(String[] names) throws Exception {
    Report report = new Report();
    for (String name : names) {
      switch (name) {
        case "metadata" -> new Metadata(report).run();
        case "results" -> new Results(report).run();
        case "types" -> new Types(report).run();
        case "session" -> new Session(report).run();
        case "writes" -> new Writes(report).run();
        case "copy" -> new Session(report).copy();
        case "login" -> new Login(report).run();
        default -> new Flow(report, name).run();
      }
    }
  }

  static Connection connect(String... settings) throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", System.getenv("PGUSER"));
    properties.setProperty("password", System.getenv("PGPASSWORD"));
    String mode = System.getenv("PGSSLMODE");
    if (mode != null) properties.setProperty("sslmode", mode);
    String root = System.getenv("PGSSLROOTCERT");
    if (root != null) properties.setProperty("sslrootcert", root);
    for (int i = 0; i < settings.length; i += 2) properties.setProperty(settings[i], settings[i + 1]);
    String place = System.getenv("PGHOST") + ":" + System.getenv("PGPORT") + "/" + System.getenv("PGDATABASE");
    return DriverManager.getConnection("jdbc:postgresql://" + place, properties);
  }
}
