package io.quorate.streams;

import io.quorate.base.Bytes;
import io.quorate.base.wire.MalformedMessage;
import io.quorate.base.wire.ProtoReader;
import io.quorate.kv.KeyValue;
import io.quorate.kv.KvReader;
import io.quorate.kv.KvStep;
import io.quorate.streams.AppendOutcome.Behind;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is appended to one stream.
 *
 * @param version that is demanded, or one that the stream is known to have reached
 * @param events how many
 * @param commit a commit without its first version
 * @param tags of all events together
 */
record Part(
    String stream, Expected expected, long version, long events, Bytes commit, List<String> tags) {
  /** How many appends are looked at behind where a stream was taken to end. */
  private static final int SKIPPED_MAX = 1_000;

  /** The most appends that say what stands in the way. */
  private static final int TOLD_MAX = 10;

  private static final long EVENTS_MAX = 1_000_000;

  /** What is demanded of a stream. */
  enum Expected {
    EXACTLY,
    ANY,
    EXISTS
  }

  Part {
    tags = List.copyOf(tags);
  }

  /** The message {@code quorate.events.v1.Part}. */
  static Part read(ProtoReader in) {
    String stream = "";
    long expected = 0;
    long version = 0;
    long events = 0;
    Bytes commit = Bytes.EMPTY;
    List<String> tags = new ArrayList<>();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> stream = in.text();
        case 2 -> expected = in.number();
        case 3 -> version = in.number();
        case 4 -> events = in.number();
        case 5 -> commit = in.bytes();
        case 6 -> tags.add(Names.checked(in.text()));
        default -> {}
      }
    }
    if (expected < 0 || expected >= Expected.values().length) {
      throw new MalformedMessage("nothing is demanded by " + expected);
    }
    if (events < 1 || events > EVENTS_MAX) {
      throw new MalformedMessage("an append to a stream has 1 to " + EVENTS_MAX + " events");
    }
    if (version < 0 || version >= StreamKeys.VERSION_MAX - EVENTS_MAX) {
      throw new MalformedMessage("no event has the version " + version);
    }
    Expected kind = Expected.values()[(int) expected];
    return new Part(Names.checked(stream), kind, version, events, commit, tags);
  }

  /** Where the stream ends, or what stands in the way of an append behind its end. */
  record Found(long end, @Nullable Behind obstacle) {}

  /** Looks how the stream is. */
  Found find(StreamKeys keys, KvStep step) {
    Bytes next = keys.commit(stream, version + 1);
    Bytes streamEnd = StreamKeys.behind(keys.stream(stream));
    KvReader now = step.reader();
    boolean isThere = version == 0 || now.get(keys.commit(stream, version)) != null;
    if (step.isVacant(next, streamEnd)) {
      boolean fits = isThere && (expected != Expected.EXISTS || version > 0);
      return new Found(version, fits ? null : new Behind(List.of(), false, false));
    }
    if (expected != Expected.EXACTLY && isThere) {
      List<KeyValue> skipped = now.first(next, streamEnd, SKIPPED_MAX + 1, true);
      long last = StreamKeys.versionOf(skipped.get(skipped.size() - 1).key());
      if (skipped.size() <= SKIPPED_MAX && last >= 0 && last != StreamKeys.VERSION_MAX) {
        return new Found(last, null);
      }
    }
    if (!step.isAnswered()) {
      return new Found(version, new Behind(List.of(), false, isThere));
    }
    List<KeyValue> told = now.first(next, streamEnd, TOLD_MAX + 1, false);
    boolean more = told.size() > TOLD_MAX;
    return new Found(version, new Behind(more ? told.subList(0, TOLD_MAX) : told, more, isThere));
  }
}
