package io.quorate.client;

import io.quorate.base.Bytes;
import io.quorate.base.wire.ProtoReader;
import io.quorate.base.wire.ProtoWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Streams of events evaluated by the members: Quorate's service {@code quorate.events.v1.Streams}.
 * Where it is missing, as on etcd, calls fail with {@link io.quorate.base.ErrorCode#NOT_SUPPORTED};
 * nothing was done then.
 *
 * <p>Applications use {@code io.quorate.events.EventStore}, which does the same by transactions
 * where it must. Safe for use by many threads.
 */
public final class StreamsService {
  private static final Rpc<AppendResponse> APPEND =
      new Rpc<>("quorate.events.v1.Streams/Append", StreamsService::appendResponse);
  private static final Rpc<ReadResponse> READ =
      new Rpc<>("quorate.events.v1.Streams/Read", StreamsService::readResponse);

  private final Calls calls;
  private final Namespace namespace;

  StreamsService(Calls calls, Namespace namespace) {
    this.calls = calls;
    this.namespace = namespace;
  }

  // ---- appending -------------------------------------------------------------------------------

  /** What is demanded of a stream. */
  public enum Expected {
    /** That its last event has a version. */
    EXACTLY(0),
    /** Nothing. */
    ANY(1),
    /** That it has an event. */
    EXISTS(2);

    private final int number;

    Expected(int number) {
      this.number = number;
    }
  }

  /**
   * An append to one stream or several, all or nothing.
   *
   * @param root what all keys begin with; ends with a slash
   * @param remembered the append's id, if a key shall say that it was done; else empty
   * @param compares conditions on other keys
   * @param ops what goes with it
   */
  public record AppendRequest(
      Bytes root,
      List<Part> parts,
      String remembered,
      List<Condition> conditions,
      List<Compare> compares,
      List<Op> ops) {
    /** Copies the lists. */
    public AppendRequest {
      parts = List.copyOf(parts);
      conditions = List.copyOf(conditions);
      compares = List.copyOf(compares);
      ops = List.copyOf(ops);
    }
  }

  /**
   * What is appended to one stream.
   *
   * @param version that is demanded, or one that the stream is known to have reached
   * @param events how many
   * @param commit the message {@code Commit} without its first version
   * @param tags of all events together
   */
  public record Part(
      String stream, Expected expected, long version, int events, Bytes commit, List<String> tags) {
    /** Copies the list. */
    public Part {
      tags = List.copyOf(tags);
    }
  }

  /** That no event is behind a position which one of the items matches. */
  public record Condition(List<Item> items, long revision, int index) {
    /** Copies the list. */
    public Condition {
      items = List.copyOf(items);
    }
  }

  /**
   * Matches an event of which all is so.
   *
   * @param stream its stream; empty for any
   * @param category what its stream's name begins with
   * @param types one of which it has; none for any
   * @param tags all of which it has
   */
  public record Item(String stream, String category, List<String> types, List<String> tags) {
    /** Copies the lists. */
    public Item {
      types = List.copyOf(types);
      tags = List.copyOf(tags);
    }
  }

  /**
   * How an append ended.
   *
   * @param versions if it took effect: of each part's last event
   * @param behind if not, of each part: what stands in its way
   * @param done the key that says it was done before
   * @param requiredFailed nothing else stood in its way, but what is beside it didn't hold
   * @param matching appends with events that a condition excludes
   * @param unclear a condition, counted from 1, that the members don't judge; 0 if none
   */
  public record AppendResponse(
      Header header,
      boolean appended,
      List<Long> versions,
      List<Behind> behind,
      @Nullable KeyValue done,
      boolean requiredFailed,
      List<KeyValue> matching,
      int unclear) {
    /** Copies the lists. */
    public AppendResponse {
      versions = List.copyOf(versions);
      behind = List.copyOf(behind);
      matching = List.copyOf(matching);
    }
  }

  /**
   * What is behind the version that a stream was taken to have.
   *
   * @param kvs the first appends there
   * @param more whether there are others
   * @param endIsThere whether an append ends with the version, or it is 0
   */
  public record Behind(List<KeyValue> kvs, boolean more, boolean endIsThere) {
    /** Copies the list. */
    public Behind {
      kvs = List.copyOf(kvs);
    }
  }

  /** Appends, once: only a first sending that was surely not processed is followed by another. */
  public CompletableFuture<AppendResponse> appendAsync(AppendRequest request) {
    int room = 128;
    for (Part part : request.parts()) {
      room += part.commit().length() + part.stream().length() + 64;
    }
    ProtoWriter out = new ProtoWriter(room);
    int append = out.open(1);
    out.bytes(1, namespace.key(request.root()));
    for (Part part : request.parts()) {
      int mark = out.open(2);
      out.text(1, part.stream());
      out.number(2, part.expected().number);
      out.number(3, part.version());
      out.number(4, part.events());
      out.bytes(5, part.commit());
      part.tags().forEach(tag -> out.text(6, tag));
      out.close(mark);
    }
    out.text(3, request.remembered());
    for (Condition condition : request.conditions()) {
      int mark = out.open(4);
      items(out, condition.items(), 1);
      out.number(2, condition.revision());
      out.number(3, condition.index());
      out.close(mark);
    }
    out.close(append);
    if (!request.compares().isEmpty() || !request.ops().isEmpty()) {
      Txn beside = new Txn(request.compares(), request.ops(), List.of());
      out.bytesAlways(2, Encode.txn(namespace.into(beside)));
    }
    return calls.write(APPEND, out.toBytes()).thenApply(namespace::out);
  }

  private static void items(ProtoWriter out, List<Item> items, int field) {
    for (Item item : items) {
      int mark = out.open(field);
      out.text(1, item.stream());
      out.text(2, item.category());
      item.types().forEach(type -> out.text(3, type));
      item.tags().forEach(tag -> out.text(4, tag));
      out.close(mark);
    }
  }

  private static AppendResponse appendResponse(Bytes message) {
    Header header = Header.NONE;
    boolean appended = false;
    List<Long> versions = new ArrayList<>();
    List<Behind> behind = new ArrayList<>();
    @Nullable KeyValue done = null;
    boolean requiredFailed = false;
    List<KeyValue> matching = new ArrayList<>();
    int unclear = 0;
    ProtoReader in = new ProtoReader(message);
    while (in.next()) {
      switch (in.field()) {
        case 1 -> header = Decode.header(in.message());
        case 2 -> appended = in.flag();
        case 3 -> versions.add(in.number());
        case 4 -> behind.add(behind(in.message()));
        case 5 -> done = Decode.keyValue(in.message());
        case 6 -> requiredFailed = in.flag();
        case 7 -> matching.add(Decode.keyValue(in.message()));
        case 8 -> unclear = (int) in.number();
        default -> {}
      }
    }
    return new AppendResponse(
        header, appended, versions, behind, done, requiredFailed, matching, unclear);
  }

  private static Behind behind(ProtoReader in) {
    List<KeyValue> kvs = new ArrayList<>();
    boolean more = false;
    boolean endIsThere = false;
    while (in.next()) {
      switch (in.field()) {
        case 1 -> kvs.add(Decode.keyValue(in.message()));
        case 2 -> more = in.flag();
        case 3 -> endIsThere = in.flag();
        default -> {}
      }
    }
    return new Behind(kvs, more, endIsThere);
  }

  // ---- reading ---------------------------------------------------------------------------------

  /**
   * Which appends are to be read.
   *
   * @param root what all keys begin with; ends with a slash
   * @param items those with an event that one of these matches
   * @param from from which revision on
   * @param limit so many at most, but for those of the last revision; 0 for what the members bear
   */
  public record ReadRequest(Bytes root, List<Item> items, long from, int limit) {
    /** Copies the list. */
    public ReadRequest {
      items = List.copyOf(items);
    }
  }

  /**
   * Appends in the order of their revisions.
   *
   * @param commits by create revision; of one revision by key
   * @param upTo up to which revision all that there are were told
   * @param end whether that is all that there are
   * @param since appends before this revision are not in order; if it is behind where the read was
   *     to begin, nothing was read
   */
  public record ReadResponse(
      Header header, List<KeyValue> commits, long upTo, boolean end, long since) {
    /** Copies the list. */
    public ReadResponse {
      commits = List.copyOf(commits);
    }
  }

  /** Reads appends in the order of their revisions. */
  public CompletableFuture<ReadResponse> readAsync(ReadRequest request) {
    ProtoWriter out = new ProtoWriter(128);
    out.bytes(1, namespace.key(request.root()));
    items(out, request.items(), 2);
    out.number(3, request.from());
    out.number(4, request.limit());
    return calls.read(READ, out.toBytes()).thenApply(namespace::out);
  }

  private static ReadResponse readResponse(Bytes message) {
    Header header = Header.NONE;
    List<KeyValue> commits = new ArrayList<>();
    long upTo = 0;
    boolean end = false;
    long since = 0;
    ProtoReader in = new ProtoReader(message);
    while (in.next()) {
      switch (in.field()) {
        case 1 -> header = Decode.header(in.message());
        case 2 -> commits.add(Decode.keyValue(in.message()));
        case 3 -> upTo = in.number();
        case 4 -> end = in.flag();
        case 5 -> since = in.number();
        default -> {}
      }
    }
    return new ReadResponse(header, commits, upTo, end, since);
  }
}
