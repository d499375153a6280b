package io.quorate.streams;

import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import io.quorate.base.wire.MalformedMessage;
import io.quorate.base.wire.ProtoReader;
import io.quorate.kv.KeyValue;
import io.quorate.kv.KvOp;
import io.quorate.kv.RangeRequest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What is looked for: an event of which all is so.
 *
 * @param stream its stream; empty for any
 * @param category what its stream's name begins with
 * @param types one of which it has; none for any
 * @param tags all of which it has
 */
record EventItem(String stream, String category, Set<String> types, List<String> tags) {
  static final int FORMAT = 1;

  /** What counts as one look, of what is read to see whether an append has such an event. */
  static final int LOOK_BYTES = 8_192;

  EventItem {
    types = Set.copyOf(types);
    tags = List.copyOf(tags);
  }

  /** The message {@code quorate.events.v1.Item}. */
  static EventItem read(ProtoReader in) {
    String stream = "";
    String category = "";
    Set<String> types = new HashSet<>();
    List<String> tags = new ArrayList<>();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> stream = Names.read(in);
        case 2 -> category = in.text();
        case 3 -> types.add(in.text());
        case 4 -> tags.add(Names.read(in));
        default -> {}
      }
    }
    if (types.size() > Limits.STREAM_TYPES_MAX || tags.size() > Limits.STREAM_ITEMS_MAX) {
      throw new MalformedMessage(
          "an item names at most "
              + Limits.STREAM_TYPES_MAX
              + " types and "
              + Limits.STREAM_ITEMS_MAX
              + " tags");
    }
    return new EventItem(stream, category, types, tags);
  }

  /** What is read to find such events. */
  List<KvOp> reads(StreamKeys keys) {
    List<KvOp> reads = new ArrayList<>();
    reads.add(RangeRequest.of(prefix(keys), StreamKeys.behind(prefix(keys))));
    for (String tag : tags) {
      reads.add(RangeRequest.of(keys.tagged(tag), StreamKeys.behind(keys.tagged(tag))));
    }
    return reads;
  }

  /** What the keys of all appends begin with that may have such an event. */
  Bytes prefix(StreamKeys keys) {
    return stream.isEmpty() ? keys.category(category) : keys.stream(stream);
  }

  /** How many looks it costs to ask an append whether it has such an event. */
  static int looks(KeyValue commit) {
    return commit.value().length() / LOOK_BYTES;
  }

  /**
   * Whether an append has such an event.
   *
   * @param prefix {@link #prefix}, made once
   * @param from the lowest index of an event among those of the append that counts
   */
  boolean matches(Bytes prefix, KeyValue commit, long from) {
    try {
      return commit.key().startsWith(prefix)
          && (stream.isEmpty() || stream.startsWith(category))
          && hasEvent(commit.value(), from);
    } catch (MalformedMessage e) {
      return true; // whoever asks finds out that nobody can read it
    }
  }

  private boolean hasEvent(Bytes commit, long from) {
    long format = 0;
    long index = 0;
    ProtoReader head = new ProtoReader(commit);
    while (head.next()) {
      switch (head.field()) {
        case 1 -> format = head.number();
        case 4 -> index = head.number();
        default -> {}
      }
    }
    if (format != FORMAT) {
      throw new MalformedMessage("its format is " + format);
    }
    ProtoReader in = new ProtoReader(commit);
    while (in.next()) {
      if (in.field() == 8) {
        if (index >= from && isMatched(in.message())) {
          return true;
        }
        index++;
      }
    }
    return false;
  }

  private boolean isMatched(ProtoReader event) {
    boolean isOfType = types.isEmpty();
    Set<String> missing = new HashSet<>(tags);
    while (event.next()) {
      switch (event.field()) {
        case 1 -> isOfType |= types.contains(event.text());
        case 4 -> missing.remove(event.text());
        default -> {}
      }
    }
    return isOfType && missing.isEmpty();
  }
}
