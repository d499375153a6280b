package io.quorate.conformance;

import static io.quorate.conformance.Requests.bytes;
import static io.quorate.conformance.Requests.get;
import static io.quorate.conformance.Requests.op;
import static io.quorate.conformance.Requests.put;
import static io.quorate.conformance.Requests.txn;
import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.protocol.etcdserverpb.MemberListRequest;
import io.quorate.protocol.etcdserverpb.StatusRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Three members of which two die: what the third still answers, and how it refuses the rest. */
@AgainstServers
@Execution(ExecutionMode.CONCURRENT) // its servers are its own
class QuorumLossTest {
  private static final String UNAVAILABLE =
      "UNAVAILABLE etcdserver: (request timed out.*|no leader)";

  /** What etcd also says of a write that found no leader to send it to. Clients can't use it. */
  private static final String OF_ETCD =
      UNAVAILABLE + "|(UNKNOWN|DEADLINE_EXCEEDED) context deadline exceeded";

  private final Server three;

  QuorumLossTest(Subject subject) {
    three = subject.start(3);
  }

  @AfterEach
  void stop() {
    three.close();
  }

  private record Refused(String text, double seconds) {}

  private static Callable<Refused> timed(Callable<String> call) {
    return () -> {
      long start = System.nanoTime();
      String text = call.call();
      return new Refused(text, (System.nanoTime() - start) / 1e9);
    };
  }

  @Test
  void a_member_alone_reads_what_it_has_and_refuses_the_rest_in_time() throws Exception {
    int left = (three.leader() + 1) % 3;
    Api api = three.api(left);
    long revision = api.put(put(bytes("a"), "1")).getHeader().getRevision();
    List<Integer> others = new ArrayList<>(List.of(0, 1, 2));
    others.remove(Integer.valueOf(left));
    three.kill(others);
    awaitNoLeader(api);

    assertThat(api.range(get(bytes("a")).setSerializable(true)).getHeader().getRevision())
        .isEqualTo(revision);
    assertThat(
            api.txn(txn(op(get(bytes("a")).setSerializable(true))))
                .getResponses(0)
                .getResponseRange()
                .getCount())
        .isEqualTo(1);
    assertThat(api.call(Rpc.MEMBER_LIST, MemberListRequest.getDefaultInstance()).getMembersList())
        .hasSize(3);
    assertThat(api.call(Rpc.STATUS, StatusRequest.getDefaultInstance()).getErrorsList())
        .contains("etcdserver: no leader");
    Api impatient = api.with("hasleader", "true");
    List<Callable<Refused>> calls = new ArrayList<>();
    calls.add(timed(() -> impatient.refusal(put(bytes("a"), "2"))));
    calls.add(timed(() -> api.refusal(put(bytes("b"), "2"))));
    calls.add(timed(() -> api.refusal(get(bytes("a")))));
    calls.add(timed(() -> api.refusal(txn(op(put(bytes("c"), "2"))))));
    if (three.has(Difference.MEMBER_LIST_LINEARIZABLE)) {
      calls.add(
          timed(() ->
              api.refusal(
                  Rpc.MEMBER_LIST, MemberListRequest.newBuilder().setLinearizable(true).build())));
    }
    try (ExecutorService threads = Executors.newCachedThreadPool()) {
      List<Future<Refused>> answers = threads.invokeAll(calls);
      Refused atOnce = answers.get(0).get();
      assertThat(atOnce.text()).isEqualTo(Refusals.NO_LEADER);
      assertThat(atOnce.seconds()).isLessThan(2);
      for (Future<Refused> answer : answers.subList(1, answers.size())) {
        assertThat(answer.get().text())
            .matches(three.subject() == Subject.ETCD ? OF_ETCD : UNAVAILABLE);
        assertThat(answer.get().seconds()).isLessThan(9);
      }
    }
    assertThat(api.range(get(bytes("a")).setSerializable(true)).getKvs(0).getValue())
        .isEqualTo(bytes("1"));

    three.restart(others.get(0));
    long deadline = System.nanoTime() + Api.WAIT_SECONDS_MAX * 1_000_000_000L;
    while (!api.refusal(put(bytes("again"), "1")).startsWith("answered")) {
      assertThat(System.nanoTime()).isLessThan(deadline);
    }
  }

  private static void awaitNoLeader(Api api) {
    long deadline = System.nanoTime() + Api.WAIT_SECONDS_MAX * 1_000_000_000L;
    while (api.call(Rpc.STATUS, StatusRequest.getDefaultInstance()).getLeader() != 0) {
      assertThat(System.nanoTime()).isLessThan(deadline);
    }
  }
}
