import java.net.InetSocketAddress;
import java.net.Socket;

/**
 * Hive's metastore and HiveServer2 in one JVM, which saves a third of the memory of two. Configuration comes from
 * hive-site.xml and core-site.xml on the class path; the arguments are the metastore's port and, if there is to be one,
 * anything for a HiveServer2.
 */
public class HiveServers {
  private static final long START_LIMIT_MS = 300_000;

  public static void main(String[] args) throws Exception {
    int port = Integer.parseInt(args[0]);
    Thread metastore = new Thread(() -> {
      try {
        org.apache.hadoop.hive.metastore.HiveMetaStore.main(new String[] {"-p", args[0]});
      } catch (Throwable e) {
        e.printStackTrace();
        System.exit(3);
      }
    }, "metastore");
    metastore.setDaemon(true);
    metastore.start();
    long end = System.currentTimeMillis() + START_LIMIT_MS;
    while (!listens(port)) {
      if (System.currentTimeMillis() > end) {
        throw new IllegalStateException("the metastore does not listen on port " + port);
      }
      Thread.sleep(50);
    }
    if (args.length > 1) {
      org.apache.hive.service.server.HiveServer2.main(new String[0]);
    } else {
      metastore.join();
    }
  }

  private static boolean listens(int port) {
    try (Socket s = new Socket()) {
      s.connect(new InetSocketAddress("127.0.0.1", port), 1000);
      return true;
    } catch (java.io.IOException e) {
      return false;
    }
  }
}
