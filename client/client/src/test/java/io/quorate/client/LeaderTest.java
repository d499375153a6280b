package io.quorate.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import io.quorate.base.wire.ProtoWriter;
import io.quorate.client.channel.Answer;
import io.quorate.client.channel.StatusCode;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Writes go by way of the leader once it is known, and are served without it. */
class LeaderTest {
  private static final List<String> MEMBERS = List.of("a", "b", "c");

  private final FakeWorld world = new FakeWorld();
  private Kv kv = QuorateClient.over(world, world, ClientOptions.DEFAULT).kv();
  private long term = 5;
  private String leader = "b";

  @BeforeEach
  void three_members() {
    world.endpoints = MEMBERS;
    kv = QuorateClient.over(world, world, ClientOptions.DEFAULT).kv();
  }

  @Test
  void a_client_that_makes_a_few_calls_asks_nobody() {
    puts(Leader.ANSWERS_MIN - 1);
    assertThat(statuses()).isZero();
  }

  @Test
  void writes_go_to_the_leader_and_reads_anywhere() {
    find();
    assertThat(preferredByPut()).isEqualTo("b");
    world.then(answer("a"));
    kv.range(Range.key("k"));
    assertThat(last().options().prefer()).isEmpty();
  }

  @Test
  void a_later_term_has_the_leader_looked_for_anew_and_an_earlier_leader_isnt_believed() {
    find();
    world.pass(Leader.SPACING_NANOS_MIN);
    term = 6;
    leader = "c";
    puts(1);
    assertThat(statuses()).isEqualTo(6);
    tell("b", "b", 5); // it doesn't know yet
    assertThat(preferredByPut()).isEqualTo("b");
    tell("c", "c", 6);
    assertThat(preferredByPut()).isEqualTo("c");
  }

  @Test
  void a_leader_that_does_not_answer_is_preferred_no_more() {
    find();
    world.then(Answer.notProcessed(StatusCode.UNAVAILABLE, "refused", "b")).then(answer("a"));
    var put = kv.putAsync(Put.of("k", "v"));
    world.pass(1_000_000_000L);
    assertThat(put).isCompleted();
    assertThat(last().options().prefer()).isEmpty();
    assertThat(last().options().avoid()).isEqualTo("b");
  }

  @Test
  void where_nobody_tells_the_questions_become_rare() {
    world.open.clear();
    for (int i = 0; i < 1_000; i++) {
      puts(1);
      world.pass(1_000_000_000L);
    }
    assertThat(statuses() / MEMBERS.size()).isBetween(5L, 11L);
  }

  @Test
  void where_there_is_one_member_it_is_asked_for_nothing() {
    world.endpoints = List.of("a");
    kv = QuorateClient.over(world, world, ClientOptions.DEFAULT).kv();
    puts(100);
    assertThat(statuses()).isZero();
  }

  private void find() {
    puts(Leader.ANSWERS_MIN);
    assertThat(statuses()).isEqualTo(3);
    MEMBERS.forEach(member -> tell(member, leader, term));
  }

  private void puts(int count) {
    for (int i = 0; i < count; i++) {
      world.then(answer("a"));
      kv.put("k", "v");
    }
  }

  private String preferredByPut() {
    puts(1);
    return world.attempts.stream()
        .filter(attempt -> attempt.method().endsWith("/Put"))
        .reduce((first, second) -> second)
        .orElseThrow()
        .options()
        .prefer();
  }

  private FakeWorld.Attempt last() {
    return world.attempts.get(world.attempts.size() - 1);
  }

  private long statuses() {
    return world.attempts.stream().filter(LeaderTest::isStatus).count();
  }

  private static boolean isStatus(FakeWorld.Attempt attempt) {
    return attempt.method().endsWith("/Status");
  }

  /** A member answers the latest question for its status. */
  private void tell(String member, String leads, long inTerm) {
    List<FakeWorld.Attempt> asked = world.attempts.stream().filter(LeaderTest::isStatus).toList();
    for (int i = asked.size() - 1; i >= 0; i--) {
      if (asked.get(i).options().prefer().equals(member)) {
        world.open.get(i).complete(Answer.ok(status(member, leads, inTerm), member));
        return;
      }
    }
    throw new AssertionError(member + " wasn't asked");
  }

  private static Bytes status(String member, String leads, long inTerm) {
    ProtoWriter status = new ProtoWriter(64);
    status.bytes(1, header(id(member), inTerm));
    status.number(4, id(leads));
    status.number(6, inTerm);
    return status.toBytes();
  }

  private Answer answer(String member) {
    ProtoWriter response = new ProtoWriter(64);
    response.bytes(1, header(id(member), term));
    return Answer.ok(response.toBytes(), member);
  }

  private static long id(String member) {
    return 1L + MEMBERS.indexOf(member);
  }

  private static Bytes header(long member, long inTerm) {
    ProtoWriter header = new ProtoWriter(32);
    header.number(2, member);
    header.number(4, inTerm);
    return header.toBytes();
  }
}
