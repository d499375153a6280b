package io.quorate.streams;

import io.quorate.base.Bytes;
import io.quorate.base.wire.MalformedMessage;
import io.quorate.base.wire.ProtoReader;
import io.quorate.kv.KeyValue;
import io.quorate.kv.KvReader;
import io.quorate.kv.KvStep;
import io.quorate.streams.AppendOutcome.Behind;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
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
  /** The most appends that say what stands in the way. */
  private static final int TOLD_MAX = 10;

  private static final int ID_BYTES = 16;
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
        case 1 -> stream = Names.read(in);
        case 2 -> expected = in.number();
        case 3 -> version = in.number();
        case 4 -> events = in.number();
        case 5 -> commit = in.bytes();
        case 6 -> tags.add(Names.read(in));
        default -> {}
      }
    }
    if (expected < 0 || expected >= Expected.values().length) {
      throw new MalformedMessage("expected is EXACTLY, ANY or EXISTS, not " + expected);
    }
    if (stream.isEmpty()) {
      throw new MalformedMessage("a part names no stream");
    }
    if (events < 1 || events > EVENTS_MAX || events != eventsOf(commit)) {
      throw new MalformedMessage(
          "an append to a stream has 1 to " + EVENTS_MAX + " events, as many as it says");
    }
    if (version < 0 || version >= StreamKeys.VERSION_MAX - EVENTS_MAX) {
      throw new MalformedMessage("no event has the version " + version);
    }
    Expected kind = Expected.values()[(int) expected];
    return new Part(stream, kind, version, events, commit, tags);
  }

  private static long eventsOf(Bytes commit) {
    long events = 0;
    ProtoReader in = new ProtoReader(commit);
    while (in.next()) {
      events += in.field() == 8 ? 1 : 0;
    }
    return events;
  }

  /** Fails if clients couldn't read the commit, or not find each event by its tags. */
  void requireReadable() {
    long format = 0;
    int idBytes = 0;
    Set<String> tagsOfEvents = new HashSet<>();
    ProtoReader in = new ProtoReader(commit);
    while (in.next()) {
      switch (in.field()) {
        case 1 -> format = in.number();
        case 2 -> idBytes = in.bytes().length();
        case 8 -> requireReadable(in.message(), tagsOfEvents);
        case 9 -> throw new MalformedMessage("an append doesn't close a stream; leave out closed");
        default -> {}
      }
    }
    if (format != EventItem.FORMAT || idBytes != ID_BYTES) {
      throw new MalformedMessage(
          "a commit has format "
              + EventItem.FORMAT
              + " and an append's id of "
              + ID_BYTES
              + " bytes, not "
              + format
              + " and "
              + idBytes);
    }
    if (!tagsOfEvents.equals(Set.copyOf(tags))) {
      throw new MalformedMessage("the tags of a part are those of its events, each once");
    }
  }

  private static void requireReadable(ProtoReader event, Set<String> tags) {
    String type = "";
    long schema = 0;
    while (event.next()) {
      switch (event.field()) {
        case 1 -> type = event.text();
        case 2 -> schema = event.number();
        case 4 -> tags.add(event.text());
        default -> {}
      }
    }
    if (type.isEmpty() || schema < 1 || schema > Integer.MAX_VALUE) {
      throw new MalformedMessage("an event has a type, and a schema from 1 on");
    }
  }

  /**
   * Where the stream ends, or what stands in the way of an append behind its end.
   *
   * @param skipped how much was looked at
   */
  record Found(long end, @Nullable Behind obstacle, int skipped) {}

  /**
   * Looks how the stream is.
   *
   * @param skips how much may be looked at behind where it was taken to end: an append counts as
   *     one, and so do some bytes
   */
  Found find(StreamKeys keys, KvStep step, int skips) {
    Bytes next = keys.commit(stream, version + 1);
    Bytes streamEnd = StreamKeys.behind(keys.stream(stream));
    KvReader now = step.reader();
    boolean isThere = version == 0 || now.get(keys.commit(stream, version)) != null;
    if (step.isVacant(next, streamEnd)) {
      boolean fits = isThere && (expected != Expected.EXISTS || version > 0);
      return new Found(version, fits ? null : new Behind(List.of(), false, false), 0);
    }
    int skipped = 0;
    if (expected != Expected.EXACTLY && isThere) {
      long bytesMax = (long) skips * EventItem.LOOK_BYTES;
      KvReader.RangeTail tail = now.tail(next, streamEnd, skips, bytesMax);
      skipped = tail.passed() + (int) (tail.bytes() / EventItem.LOOK_BYTES);
      long last = tail.last() == null ? -1 : keys.versionOf(stream, tail.last());
      if (last >= 0 && last != StreamKeys.VERSION_MAX) {
        return new Found(last, null, skipped);
      }
    }
    if (!step.isAnswered()) {
      return new Found(version, new Behind(List.of(), false, isThere), skipped);
    }
    List<KeyValue> told = now.first(next, streamEnd, TOLD_MAX + 1);
    boolean more = told.size() > TOLD_MAX;
    List<KeyValue> first = more ? told.subList(0, TOLD_MAX) : told;
    return new Found(version, new Behind(first, more, isThere), skipped);
  }
}
