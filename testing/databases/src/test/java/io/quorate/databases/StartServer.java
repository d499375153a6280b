package io.quorate.databases;

/** A program that starts a server, says where, and waits to be killed. */
final class StartServer {
  private StartServer() {}

  /** Takes a {@link Kind}. */
  public static void main(String[] args) throws Exception {
    Database database = Kind.valueOf(args[0]).start();
    System.out.println(database.pid() + " " + database.log().getParent());
    System.out.flush();
    Thread.sleep(Long.MAX_VALUE);
  }
}
