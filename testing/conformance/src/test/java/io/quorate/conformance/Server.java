package io.quorate.conformance;

import io.quorate.protocol.etcdserverpb.StatusRequest;
import io.quorate.system.ProcessCluster;
import io.quorate.system.ServerProcess;
import java.util.ArrayList;
import java.util.List;

/** A running cluster of one subject. A client and a connection are kept for each member. */
final class Server implements AutoCloseable {
  private final Subject subject;
  private final ProcessCluster cluster;
  private final List<Api> apis = new ArrayList<>();
  private final int minor;

  Server(Subject subject, ProcessCluster cluster) {
    this.subject = subject;
    this.cluster = cluster;
    for (int i = 0; i < cluster.size(); i++) {
      apis.add(Api.open(cluster.endpoint(i)));
    }
    minor = subject.minor(api().call(Rpc.STATUS, StatusRequest.getDefaultInstance()).getVersion());
  }

  Subject subject() {
    return subject;
  }

  /** A client of the first member. */
  Api api() {
    return api(0);
  }

  Api api(int member) {
    return apis.get(member);
  }

  /** Where clients reach the first member: host and port. */
  String endpoint() {
    return cluster.endpoint(0);
  }

  int clientPort() {
    return cluster.clientPort(0);
  }

  /** Whether this server is of a version that shows the newer side of a difference. */
  boolean has(Difference difference) {
    return minor >= difference.sinceMinor();
  }

  /** Which member leads; waits until one does. */
  int leader() {
    return cluster.leader();
  }

  int size() {
    return cluster.size();
  }

  void kill(List<Integer> members) {
    ServerProcess.killAll(members.stream().map(cluster::member).toList());
  }

  /** Starts a killed member again, and waits until it serves. */
  void restart(int member) {
    cluster.restart(member);
  }

  /** A new client of the first member, which doesn't wait as one does that was refused. */
  Api reconnect() {
    apis.get(0).close();
    apis.set(0, Api.open(cluster.endpoint(0)));
    return api();
  }

  @Override
  public void close() {
    apis.forEach(Api::close);
    cluster.close();
  }

  @Override
  public String toString() {
    return subject.toString();
  }
}
