package io.quorate.raft;

import io.quorate.base.Hash64;
import org.jspecify.annotations.Nullable;

/** A message on its way between two checked members. Never changes; equal ones hash alike. */
final class Envelope {
  final long from;
  final long to;
  final boolean ack;
  final @Nullable Message message;
  final long[] words;
  final long[] values;
  final @Nullable Configuration configuration;
  final long hash;

  private Envelope(
      long from,
      long to,
      boolean ack,
      @Nullable Message message,
      long[] words,
      long[] values,
      @Nullable Configuration configuration) {
    this.from = from;
    this.to = to;
    this.ack = ack;
    this.message = message;
    this.words = words;
    this.values = values;
    this.configuration = configuration;
    long h = Hash64.combine(from * 31 + to, ack ? 1 : 2);
    for (long word : words) {
      h = Hash64.combine(h, word);
    }
    for (long value : values) {
      h = Hash64.combine(h, value);
    }
    this.hash = message == null ? h : Hash64.combine(h, message.toString().hashCode());
  }

  /** term, prevIndex, prevTerm, entryTerm, commit, round. */
  static Envelope append(
      long from, long to, long[] words, long[] values, @Nullable Configuration configuration) {
    return new Envelope(from, to, false, null, words, values, configuration);
  }

  /** term, round, match, flags, rejectedPrev, hintIndex, hintTerm. */
  static Envelope ack(long from, long to, long... words) {
    return new Envelope(from, to, true, null, words, new long[0], null);
  }

  static Envelope of(long from, long to, Message message) {
    return new Envelope(from, to, false, message, new long[0], new long[0], null);
  }

  /** Hands it to its receiver. Contact with a leader counts as long past in each later step. */
  void deliver(RaftCore core, long contact, long later) {
    if (message != null) {
      core.step(
          message instanceof Message.SnapshotOffer ? contact : later,
          new Rare.Received(from, message));
    } else if (ack) {
      core.appendAck(
          later, from, words[0], words[1], words[2], (int) words[3], words[4], words[5], words[6]);
    } else if (configuration != null) {
      core.step(
          contact,
          new Rare.Received(
              from,
              new Message.AppendConfiguration(
                  words[0], words[1], words[2], words[3], 1, configuration, words[4], words[5])));
    } else {
      int[] sizes = new int[values.length];
      java.util.Arrays.fill(sizes, 1);
      core.appendFrom(
          contact,
          from,
          words[0],
          words[1],
          words[2],
          words[3],
          sizes,
          values.length,
          words[4],
          words[5]);
    }
  }

  @Override
  public String toString() {
    String what;
    if (message != null) {
      what = message.toString();
    } else if (ack) {
      what =
          "ack term=%d round=%d match=%d flags=%d prev=%d hint=%d/%d"
              .formatted(words[0], words[1], words[2], words[3], words[4], words[5], words[6]);
    } else {
      what =
          "append term=%d prev=%d/%d entries=%s of term %d commit=%d round=%d"
              .formatted(
                  words[0],
                  words[1],
                  words[2],
                  java.util.Arrays.toString(values),
                  words[3],
                  words[4],
                  words[5]);
    }
    return from + "->" + to + " " + what;
  }
}
