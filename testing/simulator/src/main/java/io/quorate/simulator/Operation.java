package io.quorate.simulator;

import io.quorate.kv.KvRequest;
import io.quorate.kv.KvResult;
import org.jspecify.annotations.Nullable;

/** What a client asked for and what became of it, in the world's time. */
final class Operation {
  /** What the client knows about it. */
  enum Fate {
    /** Nothing yet. */
    OPEN,
    /** It was answered. */
    ANSWERED,
    /** It had no effect, and never will. */
    REFUSED,
    /** It may have had an effect, or may have one still. */
    UNKNOWN
  }

  final int number;
  final int client;
  final long member;
  final long group;
  final KvRequest request;

  /** Whether it is a read that may be of any past moment. */
  final boolean serializable;

  final long invoked;
  Fate fate = Fate.OPEN;
  long returned = Long.MAX_VALUE;
  @Nullable KvResult result;
  String why = "";

  Operation(
      int number,
      int client,
      long member,
      long group,
      KvRequest request,
      boolean serializable,
      long invoked) {
    this.number = number;
    this.client = client;
    this.member = member;
    this.group = group;
    this.request = request;
    this.serializable = serializable;
    this.invoked = invoked;
  }

  @Override
  public String toString() {
    return "#%d client %d at member %d, group %d: %s%s, %s %s, from %.6f to %s"
        .formatted(
            number,
            client,
            member,
            group,
            serializable ? "serializable " : "",
            request,
            fate,
            result == null ? why : result,
            invoked / 1e9,
            returned == Long.MAX_VALUE ? "-" : "%.6f".formatted(returned / 1e9));
  }
}
