package io.quorate.system;

import io.quorate.system.Etcdctl.Step;
import java.util.ArrayList;
import java.util.List;

/** Commands that answer at once, in an order that leaves a trace of each. */
final class CliScript {
  private static final List<String> FORMATS = List.of("simple", "json", "fields");

  private CliScript() {}

  static List<Step> steps() {
    List<Step> steps = new ArrayList<>();
    keys(steps);
    leases(steps);
    auth(steps);
    members(steps);
    maintenance(steps);
    wrong(steps);
    return steps;
  }

  private static void keys(List<Step> steps) {
    for (String format : FORMATS) {
      add(steps, "put", "k1", "v1", "--prev-kv", "-w", format);
      add(steps, "get", "k", "--prefix", "-w", format);
      add(steps, "del", "k1", "--prev-kv", "-w", format);
    }
    add(steps, "compaction", "3");
    add(steps, "compaction", "3");
    add(steps, "get", "k1", "-w", "table");
  }

  private static void leases(List<Step> steps) {
    for (String format : FORMATS) {
      add(steps, "lease", "grant", "100", "-w", format);
      add(steps, "lease", "grant", "200");
      add(steps, "put", "leased", "v", "--lease=" + CliMatrixTest.LEASE);
      add(steps, "get", "leased", "-w", format);
      add(steps, "lease", "timetolive", CliMatrixTest.LEASE, "-w", format);
      add(steps, "lease", "timetolive", CliMatrixTest.LEASE, "--keys", "-w", format);
      add(steps, "lease", "timetolive", "1234", "-w", format);
      add(steps, "lease", "keep-alive", "--once", CliMatrixTest.LEASE, "-w", format);
      add(steps, "lease", "keep-alive", "--once", "1234", "-w", format);
      add(steps, "lease", "list", "-w", format);
      add(steps, "lease", "revoke", CliMatrixTest.LEASE, "-w", format);
      add(steps, "lease", "revoke", CliMatrixTest.LEASE, "-w", format);
      add(steps, "get", "leased", "-w", format);
    }
    add(steps, "put", "k", "v", "--lease=1234");
  }

  private static void auth(List<Step> steps) {
    for (String format : FORMATS) {
      add(steps, "user", "add", "u1:p", "-w", format);
      add(steps, "user", "add", "u1:p", "-w", format);
      add(steps, "user", "add", "nopw", "--no-password", "-w", format);
      add(steps, "user", "add", "flag", "--new-user-password=x", "-w", format);
      steps.add(
          Step.withInput("typed\n", "user", "add", "in", "--interactive=false", "-w", format));
      for (String typed : List.of("pw\npw\n", "pw\r\npw\r\n", "pw\nother\n", "pw", "\n", "")) {
        steps.add(Step.withInput(typed, "user", "add", "asked", "-w", format));
        steps.add(Step.withInput(typed, "user", "passwd", "asked", "-w", format));
      }
      add(steps, "role", "add", "r1", "-w", format);
      add(steps, "role", "add", "r1", "-w", format);
      add(steps, "role", "grant-permission", "r1", "readwrite", "a", "b", "-w", format);
      add(steps, "role", "grant-permission", "r1", "read", "--prefix", "p/", "-w", format);
      add(steps, "role", "grant-permission", "r1", "WRITE", "z", "--from-key", "-w", format);
      add(steps, "role", "grant-permission", "r1", "write", "solo", "-w", format);
      add(steps, "role", "grant-permission", "none", "write", "solo", "-w", format);
      add(steps, "role", "get", "r1", "-w", format);
      add(steps, "role", "get", "none", "-w", format);
      add(steps, "role", "list", "-w", format);
      add(steps, "user", "grant-role", "u1", "r1", "-w", format);
      add(steps, "user", "grant-role", "u1", "none", "-w", format);
      add(steps, "user", "get", "u1", "--detail", "-w", format);
      if (!format.equals("fields")) { // etcdctl doesn't have these
        add(steps, "user", "get", "u1", "-w", format);
        add(steps, "user", "list", "-w", format);
      }
      add(steps, "user", "get", "none", "-w", format);
      add(steps, "user", "revoke-role", "u1", "r1", "-w", format);
      add(steps, "user", "revoke-role", "u1", "r1", "-w", format);
      steps.add(
          Step.withInput("new\n", "user", "passwd", "--interactive=false", "u1", "-w", format));
      add(steps, "role", "revoke-permission", "r1", "a", "b", "-w", format);
      add(steps, "role", "revoke-permission", "r1", "p/", "--prefix", "-w", format);
      add(steps, "role", "revoke-permission", "r1", "z", "--from-key", "-w", format);
      add(steps, "role", "revoke-permission", "r1", "solo", "-w", format);
      add(steps, "role", "revoke-permission", "r1", "solo", "-w", format);
      add(steps, "role", "delete", "r1", "-w", format);
      add(steps, "role", "delete", "r1", "-w", format);
      for (String user : List.of("u1", "nopw", "flag", "in", "asked")) {
        add(steps, "user", "delete", user, "-w", format);
      }
    }
    add(steps, "auth", "disable");
    add(steps, "auth", "enable");
    add(steps, "user", "add", "root:secret");
    add(steps, "user", "add", "u:pw");
    add(steps, "role", "add", "reader");
    add(steps, "role", "grant-permission", "reader", "read", "p/", "--prefix");
    add(steps, "user", "grant-role", "u", "reader");
    add(steps, "auth", "enable");
    add(steps, "get", "p/1");
    add(steps, "--user=u:pw", "get", "p/1");
    add(steps, "--user=u", "--password=pw", "get", "q");
    add(steps, "--user=u:pw", "put", "p/1", "x");
    add(steps, "--user=u:wrong", "get", "p/1");
    for (String typed : List.of("pw\n", "wrong\n")) {
      steps.add(Step.withInput(typed, "--user=u", "get", "p/1"));
    }
    add(steps, "--user=u:pw", "user", "get", "u");
    add(steps, "--user=u:pw", "user", "list");
    add(steps, "--user=root:secret", "put", "p/1", "x");
    add(steps, "--user=root:secret", "role", "list");
    add(steps, "--user=root:secret", "auth", "disable");
    add(steps, "--user=root:secret", "get", "p/1");
    for (String name : List.of("u", "root")) {
      add(steps, "user", "delete", name);
    }
    add(steps, "role", "delete", "reader");
    add(steps, "role", "delete", "root");
  }

  private static void members(List<Step> steps) {
    String peers = "--peer-urls=http://127.0.0.1:1";
    for (String format : List.of("simple", "json")) {
      add(steps, "member", "promote", CliMatrixTest.MEMBER, "-w", format);
      add(steps, "member", "remove", CliMatrixTest.MEMBER, "-w", format);
      add(steps, "member", "remove", "1234", "-w", format);
      add(steps, "member", "update", "1234", peers, "-w", format);
      add(steps, "member", "promote", "1234", "-w", format);
      add(steps, "move-leader", CliMatrixTest.MEMBER, "-w", format);
      add(steps, "move-leader", "1234", "-w", format);
    }
  }

  private static void maintenance(List<Step> steps) {
    for (String format : List.of("simple", "json", "fields", "table")) {
      add(steps, "endpoint", "hashkv", "-w", format);
      add(steps, "endpoint", "hashkv", "--cluster", "-w", format);
    }
    add(steps, "endpoint", "hashkv", "--rev", "99999");
    for (String format : List.of("simple", "json")) {
      add(steps, "alarm", "list", "-w", format);
      add(steps, "alarm", "disarm", "-w", format);
    }
    add(steps, "defrag");
    add(steps, "defrag", "--cluster");
  }

  /** What can't be meant, and says so before anything is sent. */
  private static void wrong(List<Step> steps) {
    for (String line :
        List.of(
            "watch",
            "watch a b --prefix",
            "watch a --",
            "lock",
            "loc",
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
      steps.add(Step.of(line.split(" ", -1)));
    }
  }

  private static void add(List<Step> steps, String... arguments) {
    steps.add(Step.of(arguments));
  }
}
