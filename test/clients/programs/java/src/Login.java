import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.List;

/** Passwords and TLS, in each way that the driver knows; PGSSLROOTCERT names the server's certificate. */
final class Login {
  private static final String[][] WAYS = {
    {"sslmode", "disable"},
    {"sslmode", "prefer"},
    {"sslmode", "require", "channelBinding", "require"},
    {"sslmode", "require", "channelBinding", "disable"},
    {"sslmode", "require", "sslNegotiation", "direct"},
    {"sslmode", "verify-full", "channelBinding", "require"},
    {"sslmode", "disable", "channelBinding", "require"},
    {"sslmode", "verify-full", "password", "wrong"},
  };

  private final Report report;

  Login(Report report) {
    this.report = report;
  }

  void run() {
    for (String[] way : WAYS) {
      report.outcome("login " + String.join(" ", way), () -> {
        try (Connection connection = Main.connect(way);
            Statement statement = connection.createStatement();
            ResultSet results = statement.executeQuery("SELECT current_user, 1 + 1")) {
          return List.of(Report.rows(results), connection.isValid(5));
        }
      });
    }
    report.outcome("a cancel over TLS", () -> {
      try (Connection connection = Main.connect("sslmode", "require"); Statement statement = connection.createStatement()) {
        statement.setQueryTimeout(1);
        return Report.rows(statement.executeQuery("SELECT pg_sleep(60)"));
      }
    });
  }
}
