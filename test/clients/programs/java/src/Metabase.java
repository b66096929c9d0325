final class Metabase { Metabase(Report r) {} void run() {} }
