package io.quorate.events;

import io.quorate.base.Bytes;
import io.quorate.base.wire.MalformedMessage;
import io.quorate.base.wire.ProtoReader;
import io.quorate.base.wire.ProtoWriter;
import io.quorate.client.KeyValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a stream added up to at a version: so that not all of it need be read. It is a copy and
 * never more: who doesn't understand one reads the stream.
 *
 * <p>Kept as a Protobuf message, {@code quorate.events.v1.Snapshot}.
 *
 * @param version of the last event that is in it; an append ended there
 * @param revision at which that append took effect, which tells it from another one's
 * @param fingerprint of the form that the state has: others can't be read
 * @param state in bytes
 * @param subjects by whose keys the state is sealed, one around the other, the last outermost; none
 *     if it isn't
 */
public record Snapshot(
    long version, long revision, String fingerprint, Bytes state, List<String> subjects) {
  private static final int FORMAT = 1;

  /** Checks that there is something which it can be of, and keeps the list from changing. */
  public Snapshot {
    subjects = List.copyOf(subjects);
    if (version < 1 || revision < 1) {
      throw new IllegalArgumentException("version=" + version + " revision=" + revision);
    }
  }

  /** One that isn't sealed. */
  public Snapshot(long version, long revision, String fingerprint, Bytes state) {
    this(version, revision, fingerprint, state, List.of());
  }

  /** Whether another one of the same form is of this version, or a later one. */
  boolean isNoLaterThan(Snapshot other) {
    return fingerprint.equals(other.fingerprint) && version <= other.version;
  }

  Bytes encode() {
    ProtoWriter out =
        new ProtoWriter(state.length() + 64)
            .number(1, FORMAT)
            .number(2, version)
            .number(3, revision)
            .text(4, fingerprint)
            .bytes(5, state);
    subjects.forEach(each -> out.text(6, each));
    return out.toBytes();
  }

  /** What a key holds; empty if that is none, or of another format. */
  static Optional<Snapshot> of(KeyValue kv) {
    try {
      return decode(new ProtoReader(kv.value()));
    } catch (MalformedMessage e) {
      return Optional.empty();
    }
  }

  private static Optional<Snapshot> decode(ProtoReader in) {
    long format = 0;
    long version = 0;
    long revision = 0;
    String fingerprint = "";
    Bytes state = Bytes.EMPTY;
    List<String> subjects = new ArrayList<>();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> format = in.number();
        case 2 -> version = in.number();
        case 3 -> revision = in.number();
        case 4 -> fingerprint = in.text();
        case 5 -> state = in.bytes();
        case 6 -> subjects.add(in.text());
        default -> {}
      }
    }
    return format == FORMAT && version > 0 && revision > 0
        ? Optional.of(new Snapshot(version, revision, fingerprint, state, subjects))
        : Optional.empty();
  }
}
