package io.quorate.simulator.events;

import io.quorate.base.Bytes;
import io.quorate.base.wire.ProtoReader;
import io.quorate.events.Position;
import io.quorate.kv.Event;
import io.quorate.kv.KeyValue;
import io.quorate.simulator.recipes.Witness;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** What was appended, as the store applied it; read from its keys, without the product's help. */
final class Truth {
  private static final int DIGITS = 16;

  private final String prefix;
  private final List<Appended> appends = new ArrayList<>();
  private final List<Happened> events = new ArrayList<>();
  private final Set<String> present = new HashSet<>();

  /** One append to one stream. */
  record Appended(
      String stream, long first, long last, long revision, int base, UUID id, int count) {}

  /** One event. */
  record Happened(
      String stream, long version, Position position, UUID append, String type, List<String> tags) {
    String name() {
      return stream + "/" + version;
    }
  }

  Truth(Witness witness, String root) {
    prefix = root + "s/";
    for (Event each : witness.events()) {
      boolean isAppend = each.kv().key().startsWith(Bytes.utf8(prefix));
      if (isAppend && !each.delete() && each.kv().version() == 1) {
        add(each.kv());
      }
    }
    appends.sort(Comparator.comparingLong(Appended::revision).thenComparingInt(Appended::base));
    events.sort(Comparator.comparing(Happened::position));
    for (KeyValue kv : witness.below(Bytes.utf8(prefix))) {
      Parsed parsed = parse(kv.value());
      for (int i = 0; i < parsed.events.size(); i++) {
        present.add(stream(kv) + "/" + (parsed.first + i));
      }
    }
  }

  /** What a key holds. */
  private static final class Parsed {
    private long first;
    private int base;
    private UUID id = new UUID(0, 0);
    private final List<Happened> events = new ArrayList<>();
  }

  private String stream(KeyValue kv) {
    String key = kv.key().toUtf8();
    return key.substring(prefix.length(), key.length() - DIGITS - 1);
  }

  private void add(KeyValue kv) {
    String key = kv.key().toUtf8();
    long last = Long.parseLong(key.substring(key.length() - DIGITS), 16);
    Parsed parsed = parse(kv.value());
    String stream = stream(kv);
    appends.add(
        new Appended(
            stream,
            parsed.first,
            last,
            kv.modRevision(),
            parsed.base,
            parsed.id,
            parsed.events.size()));
    for (int i = 0; i < parsed.events.size(); i++) {
      Happened raw = parsed.events.get(i);
      events.add(
          new Happened(
              stream,
              parsed.first + i,
              new Position(kv.modRevision(), parsed.base + i),
              parsed.id,
              raw.type(),
              raw.tags()));
    }
  }

  private static Parsed parse(Bytes value) {
    Parsed parsed = new Parsed();
    ProtoReader in = new ProtoReader(value);
    while (in.next()) {
      switch (in.field()) {
        case 2 -> {
          ByteBuffer id = in.bytes().asByteBuffer();
          parsed.id = new UUID(id.getLong(), id.getLong());
        }
        case 3 -> parsed.first = in.number();
        case 4 -> parsed.base = (int) in.number();
        case 8 -> parsed.events.add(event(in.message()));
        default -> {}
      }
    }
    return parsed;
  }

  private static Happened event(ProtoReader in) {
    String type = "";
    List<String> tags = new ArrayList<>();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> type = in.text();
        case 4 -> tags.add(in.text());
        default -> {}
      }
    }
    return new Happened("", 0, Position.START, new UUID(0, 0), type, tags);
  }

  /** In the order in which they took effect. */
  List<Appended> appends() {
    return appends;
  }

  /** In the order of their positions. */
  List<Happened> events() {
    return events;
  }

  /** Whether an event is there still. */
  boolean isPresent(Happened event) {
    return present.contains(event.name());
  }
}
