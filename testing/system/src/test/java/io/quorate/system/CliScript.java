package io.quorate.system;

import io.quorate.system.Etcdctl.Step;
import java.util.ArrayList;
import java.util.List;

/** Commands that answer at once, in an order that leaves a trace of each. */
final class CliScript {
  private static final List<String> FORMATS = List.of("simple", "json", "fields");

  private CliScript() {}

  /** What a server must serve for a command to make sense. */
  enum Service {
    KV,
    LEASE,
    AUTH,
    MEMBERS,
    MAINTENANCE,
    /** Nothing: the command line is wrong, or it isn't about a server. */
    NONE
  }

  /** A command, and what it needs. */
  record Row(Service needs, Step step) {}

  static List<Row> rows() {
    List<Row> rows = new ArrayList<>();
    keys(rows);
    leases(rows);
    auth(rows);
    members(rows);
    maintenance(rows);
    wrong(rows);
    return rows;
  }

  private static void keys(List<Row> rows) {
    for (String format : FORMATS) {
      add(rows, Service.KV, "put", "k1", "v1", "--prev-kv", "-w", format);
      add(rows, Service.KV, "get", "k", "--prefix", "-w", format);
      add(rows, Service.KV, "del", "k1", "--prev-kv", "-w", format);
    }
    add(rows, Service.KV, "compaction", "3");
    add(rows, Service.KV, "compaction", "3");
    add(rows, Service.KV, "get", "k1", "-w", "table");
  }

  private static void leases(List<Row> rows) {
    Service lease = Service.LEASE;
    for (String format : FORMATS) {
      add(rows, lease, "lease", "grant", "100", "-w", format);
      add(rows, lease, "lease", "grant", "200");
      add(rows, lease, "put", "leased", "v", "--lease=" + CliMatrixTest.LEASE);
      add(rows, lease, "get", "leased", "-w", format);
      add(rows, lease, "lease", "timetolive", CliMatrixTest.LEASE, "-w", format);
      add(rows, lease, "lease", "timetolive", CliMatrixTest.LEASE, "--keys", "-w", format);
      add(rows, lease, "lease", "timetolive", "1234", "-w", format);
      add(rows, lease, "lease", "keep-alive", "--once", CliMatrixTest.LEASE, "-w", format);
      add(rows, lease, "lease", "keep-alive", "--once", "1234", "-w", format);
      add(rows, lease, "lease", "list", "-w", format);
      add(rows, lease, "lease", "revoke", CliMatrixTest.LEASE, "-w", format);
      add(rows, lease, "lease", "revoke", CliMatrixTest.LEASE, "-w", format);
      add(rows, lease, "get", "leased", "-w", format);
    }
    add(rows, lease, "put", "k", "v", "--lease=1234");
  }

  private static void auth(List<Row> rows) {
    Service auth = Service.AUTH;
    for (String format : FORMATS) {
      add(rows, auth, "user", "add", "u1:p", "-w", format);
      add(rows, auth, "user", "add", "u1:p", "-w", format);
      add(rows, auth, "user", "add", "nopw", "--no-password", "-w", format);
      add(rows, auth, "user", "add", "flag", "--new-user-password=x", "-w", format);
      rows.add(
          new Row(
              auth,
              Step.withInput("typed\n", "user", "add", "in", "--interactive=false", "-w", format)));
      add(rows, auth, "role", "add", "r1", "-w", format);
      add(rows, auth, "role", "add", "r1", "-w", format);
      add(rows, auth, "role", "grant-permission", "r1", "readwrite", "a", "b", "-w", format);
      add(rows, auth, "role", "grant-permission", "r1", "read", "--prefix", "p/", "-w", format);
      add(rows, auth, "role", "grant-permission", "r1", "WRITE", "z", "--from-key", "-w", format);
      add(rows, auth, "role", "grant-permission", "r1", "write", "solo", "-w", format);
      add(rows, auth, "role", "grant-permission", "none", "write", "solo", "-w", format);
      add(rows, auth, "role", "get", "r1", "-w", format);
      add(rows, auth, "role", "get", "none", "-w", format);
      add(rows, auth, "role", "list", "-w", format);
      add(rows, auth, "user", "grant-role", "u1", "r1", "-w", format);
      add(rows, auth, "user", "grant-role", "u1", "none", "-w", format);
      add(rows, auth, "user", "get", "u1", "--detail", "-w", format);
      if (!format.equals("fields")) { // etcdctl doesn't have these
        add(rows, auth, "user", "get", "u1", "-w", format);
        add(rows, auth, "user", "list", "-w", format);
      }
      add(rows, auth, "user", "get", "none", "-w", format);
      add(rows, auth, "user", "revoke-role", "u1", "r1", "-w", format);
      add(rows, auth, "user", "revoke-role", "u1", "r1", "-w", format);
      rows.add(
          new Row(
              auth,
              Step.withInput(
                  "new\n", "user", "passwd", "--interactive=false", "u1", "-w", format)));
      add(rows, auth, "role", "revoke-permission", "r1", "a", "b", "-w", format);
      add(rows, auth, "role", "revoke-permission", "r1", "p/", "--prefix", "-w", format);
      add(rows, auth, "role", "revoke-permission", "r1", "z", "--from-key", "-w", format);
      add(rows, auth, "role", "revoke-permission", "r1", "solo", "-w", format);
      add(rows, auth, "role", "revoke-permission", "r1", "solo", "-w", format);
      add(rows, auth, "role", "delete", "r1", "-w", format);
      add(rows, auth, "role", "delete", "r1", "-w", format);
      for (String user : List.of("u1", "nopw", "flag", "in")) {
        add(rows, auth, "user", "delete", user, "-w", format);
      }
    }
    add(rows, auth, "auth", "disable");
    add(rows, auth, "auth", "enable");
    add(rows, auth, "user", "add", "root:secret");
    add(rows, auth, "user", "add", "u:pw");
    add(rows, auth, "role", "add", "reader");
    add(rows, auth, "role", "grant-permission", "reader", "read", "p/", "--prefix");
    add(rows, auth, "user", "grant-role", "u", "reader");
    add(rows, auth, "auth", "enable");
    add(rows, auth, "get", "p/1");
    add(rows, auth, "--user=u:pw", "get", "p/1");
    add(rows, auth, "--user=u", "--password=pw", "get", "q");
    add(rows, auth, "--user=u:pw", "put", "p/1", "x");
    add(rows, auth, "--user=u:wrong", "get", "p/1");
    add(rows, auth, "--user=u:pw", "user", "get", "u");
    add(rows, auth, "--user=u:pw", "user", "list");
    add(rows, auth, "--user=root:secret", "put", "p/1", "x");
    add(rows, auth, "--user=root:secret", "role", "list");
    add(rows, auth, "--user=root:secret", "auth", "disable");
    add(rows, auth, "--user=root:secret", "get", "p/1");
    for (String name : List.of("u", "root")) {
      add(rows, auth, "user", "delete", name);
    }
    add(rows, auth, "role", "delete", "reader");
    add(rows, auth, "role", "delete", "root");
  }

  private static void members(List<Row> rows) {
    Service members = Service.MEMBERS;
    String peers = "--peer-urls=http://127.0.0.1:1";
    for (String format : List.of("simple", "json")) {
      add(rows, members, "member", "promote", CliMatrixTest.MEMBER, "-w", format);
      add(rows, members, "member", "remove", CliMatrixTest.MEMBER, "-w", format);
      add(rows, members, "member", "remove", "1234", "-w", format);
      add(rows, members, "member", "update", "1234", peers, "-w", format);
      add(rows, members, "member", "promote", "1234", "-w", format);
      add(rows, members, "move-leader", CliMatrixTest.MEMBER, "-w", format);
      add(rows, members, "move-leader", "1234", "-w", format);
    }
  }

  private static void maintenance(List<Row> rows) {
    Service maintenance = Service.MAINTENANCE;
    for (String format : List.of("simple", "json", "fields", "table")) {
      add(rows, maintenance, "endpoint", "hashkv", "-w", format);
      add(rows, maintenance, "endpoint", "hashkv", "--cluster", "-w", format);
    }
    add(rows, maintenance, "endpoint", "hashkv", "--rev", "99999");
    for (String format : List.of("simple", "json")) {
      add(rows, maintenance, "alarm", "list", "-w", format);
      add(rows, maintenance, "alarm", "disarm", "-w", format);
    }
    add(rows, maintenance, "defrag");
    add(rows, maintenance, "defrag", "--cluster");
  }

  /** What can't be meant, and says so before anything is sent. */
  private static void wrong(List<Row> rows) {
    for (String line :
        List.of(
            "watch",
            "watch a b --prefix",
            "watch a --",
            "lock",
            "elect",
            "elect a",
            "elect -l a b",
            "elect a b c",
            "lease grant",
            "lease grant x",
            "lease revoke",
            "lease revoke zz",
            "lease timetolive",
            "lease timetolive zz",
            "lease keep-alive",
            "lease keep-alive zz",
            "member add",
            "member add x",
            "member remove",
            "member remove zz",
            "member update",
            "member update 1",
            "member promote",
            "member promote zz",
            "move-leader",
            "move-leader zz",
            "alarm list x",
            "alarm disarm x",
            "snapshot save",
            "user add",
            "user add :p",
            "user get",
            "user delete",
            "user list x",
            "user passwd",
            "user grant-role",
            "user grant-role a",
            "user revoke-role a",
            "role add",
            "role get",
            "role list x",
            "role delete",
            "role grant-permission a read",
            "role grant-permission r bogus k",
            "role grant-permission r read a b --prefix",
            "role grant-permission r read a b --from-key",
            "role grant-permission r read a --prefix --from-key",
            "role revoke-permission a",
            "auth enable x",
            "auth disable x",
            "get",
            "get a b --prefix",
            "get a --order=up",
            "get a --sort-by=size",
            "get a --consistency=x",
            "get a -w xml",
            "put",
            "del",
            "compaction",
            "txn x",
            "check perf --load=zz",
            "make-mirror")) {
      rows.add(new Row(Service.NONE, Step.of(line.split(" ", -1))));
    }
  }

  private static void add(List<Row> rows, Service needs, String... arguments) {
    rows.add(new Row(needs, Step.of(arguments)));
  }
}
