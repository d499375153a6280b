package io.quorate.events;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.base.wire.MalformedMessage;
import io.quorate.base.wire.ProtoReader;
import io.quorate.base.wire.ProtoWriter;
import io.quorate.client.KeyValue;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/**
 * What the key of an append holds: a Protobuf message, {@code quorate.events.v1.Commit}.
 *
 * @param append whose it is
 * @param firstVersion of its first event; behind its last one if it has none any more
 * @param base the index of its first event among all of the append, which may have events in other
 *     streams too
 * @param timeMillis when it was appended, as the clock of whoever did says
 * @param correlation what it belongs to; empty if nothing was said
 * @param causation what it was done for; empty if nothing was said
 * @param events what happened; fewer than were appended where the stream was shortened
 * @param closed whether the stream was closed for good by it
 */
record Commit(
    UUID append,
    long firstVersion,
    int base,
    long timeMillis,
    String correlation,
    String causation,
    List<NewEvent> events,
    boolean closed) {
  private static final int FORMAT = 1;
  private static final int UUID_BYTES = 16;

  Commit {
    events = List.copyOf(events);
  }

  /** The version of its last event. */
  long lastVersion() {
    return closed ? Layout.VERSION_MAX : firstVersion + events.size() - 1;
  }

  /** The same without its events below a version. */
  Commit from(long version) {
    int dropped = (int) Math.min(events.size(), Math.max(0, version - firstVersion));
    return new Commit(
        append,
        firstVersion + dropped,
        base + dropped,
        timeMillis,
        correlation,
        causation,
        events.subList(dropped, events.size()),
        closed);
  }

  /**
   * Its events as they were recorded.
   *
   * @param revision at which the append took effect
   */
  List<RecordedEvent> recorded(String stream, long revision) {
    List<RecordedEvent> all = new ArrayList<>(events.size());
    for (int i = 0; i < events.size(); i++) {
      NewEvent event = events.get(i);
      all.add(
          new RecordedEvent(
              stream,
              firstVersion + i,
              new Position(revision, base + i),
              new EventId(append, base + i),
              timeMillis,
              event.type(),
              event.schema(),
              event.payload(),
              event.tags(),
              event.headers(),
              correlation,
              causation));
    }
    return all;
  }

  // ---- as bytes --------------------------------------------------------------------------------

  Bytes encode() {
    int room = 96;
    for (NewEvent event : events) {
      room += event.payload().length() + 64;
    }
    ProtoWriter out = new ProtoWriter(room);
    out.number(1, FORMAT);
    out.bytes(2, bytes(append));
    out.number(3, firstVersion);
    out.number(4, base);
    out.number(5, timeMillis);
    out.text(6, correlation);
    out.text(7, causation);
    for (NewEvent event : events) {
      int mark = out.open(8);
      out.text(1, event.type());
      out.number(2, event.schema());
      out.bytes(3, event.payload());
      event.tags().forEach(tag -> out.text(4, tag));
      event
          .headers()
          .forEach((name, value) -> {
            int header = out.open(5);
            out.text(1, name);
            out.text(2, value);
            out.close(header);
          });
      out.close(mark);
    }
    out.flag(9, closed);
    return out.toBytes();
  }

  /**
   * What a key of a stream holds.
   *
   * @throws QuorateException.Rejected with {@link ErrorCode#VALUE_UNREADABLE} if no append wrote it
   */
  static Commit of(KeyValue kv) {
    try {
      Commit commit = decode(kv.value());
      if (commit.lastVersion() != Layout.versionOf(kv.key())) {
        throw new MalformedMessage("it ends with version " + commit.lastVersion());
      }
      return commit;
    } catch (MalformedMessage | IllegalArgumentException | ArithmeticException e) {
      throw QuorateException.of(
          ErrorCode.VALUE_UNREADABLE,
          "no append to a stream wrote what " + kv.key().toUtf8() + " holds: " + e.getMessage(),
          e);
    }
  }

  /**
   * What {@link #encode} made.
   *
   * @throws MalformedMessage if it is something else
   * @throws IllegalArgumentException if it has an event that can't be
   * @throws ArithmeticException if it has a number that is too large
   */
  static Commit decode(Bytes value) {
    long format = 0;
    Bytes append = Bytes.EMPTY;
    long firstVersion = 0;
    int base = 0;
    long timeMillis = 0;
    String correlation = "";
    String causation = "";
    List<NewEvent> events = new ArrayList<>();
    boolean closed = false;
    ProtoReader in = new ProtoReader(value);
    while (in.next()) {
      switch (in.field()) {
        case 1 -> format = in.number();
        case 2 -> append = in.bytes();
        case 3 -> firstVersion = in.number();
        case 4 -> base = Math.toIntExact(in.number());
        case 5 -> timeMillis = in.number();
        case 6 -> correlation = in.text();
        case 7 -> causation = in.text();
        case 8 -> events.add(event(in.message()));
        case 9 -> closed = in.flag();
        default -> {}
      }
    }
    if (format != FORMAT) {
      throw new MalformedMessage(
          "its format is "
              + format
              + (format > FORMAT ? ", of a later version of this library" : ", not " + FORMAT));
    }
    if (append.length() != UUID_BYTES || firstVersion < 1) {
      throw new MalformedMessage("it names no append, or no version");
    }
    if (base < 0 || base > Integer.MAX_VALUE - events.size()) {
      throw new MalformedMessage("no append has so many events: base=" + base);
    }
    return new Commit(
        uuid(append), firstVersion, base, timeMillis, correlation, causation, events, closed);
  }

  private static NewEvent event(ProtoReader in) {
    String type = "";
    int schema = 0;
    Bytes payload = Bytes.EMPTY;
    List<String> tags = new ArrayList<>();
    SortedMap<String, String> headers = new TreeMap<>();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> type = in.text();
        case 2 -> schema = Math.toIntExact(in.number());
        case 3 -> payload = in.bytes();
        case 4 -> tags.add(in.text());
        case 5 -> header(in.message(), headers);
        default -> {}
      }
    }
    return new NewEvent(type, schema, payload, tags, headers);
  }

  private static void header(ProtoReader in, SortedMap<String, String> headers) {
    String name = "";
    String value = "";
    while (in.next()) {
      switch (in.field()) {
        case 1 -> name = in.text();
        case 2 -> value = in.text();
        default -> {}
      }
    }
    headers.put(name, value);
  }

  private static Bytes bytes(UUID id) {
    ByteBuffer buffer = ByteBuffer.allocate(UUID_BYTES);
    buffer.putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits());
    return Bytes.wrap(buffer.array());
  }

  private static UUID uuid(Bytes bytes) {
    ByteBuffer buffer = bytes.asByteBuffer();
    return new UUID(buffer.getLong(), buffer.getLong());
  }
}
