package io.quorate.events.aggregate;

import io.quorate.base.Bytes;
import io.quorate.client.codec.Codec;
import io.quorate.events.Snapshot;
import io.quorate.events.codec.SubjectKeys;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * When an aggregate's state is kept beside its stream, and how.
 *
 * @param <S> the state
 */
public final class Snapshots<S> {
  private final Codec<S> codec;
  private final String fingerprint;
  private final int every;
  private final @Nullable SubjectKeys keys;
  private final BiFunction<String, ? super S, Set<String>> subjects;

  private Snapshots(
      Codec<S> codec,
      String fingerprint,
      int every,
      @Nullable SubjectKeys keys,
      BiFunction<String, ? super S, Set<String>> subjects) {
    this.codec = codec;
    this.fingerprint = fingerprint;
    this.every = every;
    this.keys = keys;
    this.subjects = subjects;
  }

  /**
   * After so many events.
   *
   * @param codec of the state
   * @param fingerprint of the form that the state has: a snapshot of another is not read. Change it
   *     with the state, or with how events add up to it; a stream whose first events were dropped
   *     behind a snapshot can't be loaded then
   * @param every at least one
   */
  public static <S> Snapshots<S> of(Codec<S> codec, String fingerprint, int every) {
    if (every < 1 || fingerprint.isEmpty()) {
      throw new IllegalArgumentException("every=" + every + " fingerprint=\"" + fingerprint + "\"");
    }
    return new Snapshots<>(codec, fingerprint, every, null, (id, state) -> Set.of());
  }

  /**
   * The same, sealed by the keys of all subjects that a state tells of: when one of these is
   * erased, the snapshot is unreadable, and the aggregate is read from its events again.
   *
   * <p>Name each subject whose encrypted events have left anything in the state. A state of which
   * none is named isn't sealed. An aggregate that was loaded before a key was erased knows what was
   * erased: load it again instead of saving it.
   *
   * @param subjects whom an aggregate tells of, by its id and its state; names as the events' codec
   *     has them
   */
  public Snapshots<S> encryptedBy(
      SubjectKeys keys, BiFunction<String, ? super S, Set<String>> subjects) {
    return new Snapshots<>(codec, fingerprint, every, keys, subjects);
  }

  boolean isEncrypted() {
    return keys != null;
  }

  int every() {
    return every;
  }

  CompletableFuture<Snapshot> take(String id, S state, long version, long revision) {
    List<String> of = List.copyOf(new TreeSet<>(subjects.apply(id, state)));
    CompletableFuture<Bytes> sealed = CompletableFuture.completedFuture(codec.encode(state));
    SubjectKeys by = keys;
    if (by != null) {
      for (String each : of) {
        sealed = sealed.thenCompose(inner -> by.sealAsync(each, inner));
      }
    }
    return sealed.thenApply(bytes -> new Snapshot(version, revision, fingerprint, bytes, of));
  }

  /** Empty if it can't be read, whatever the reason. */
  CompletableFuture<Optional<S>> read(String id, Snapshot snapshot) {
    SubjectKeys by = keys;
    List<String> of = snapshot.subjects();
    if (!fingerprint.equals(snapshot.fingerprint()) || (by == null && !of.isEmpty())) {
      return CompletableFuture.completedFuture(Optional.empty());
    }
    CompletableFuture<Optional<Bytes>> opened =
        CompletableFuture.completedFuture(Optional.of(snapshot.state()));
    if (by != null) {
      for (int i = of.size() - 1; i >= 0; i--) {
        String each = of.get(i);
        opened =
            opened.thenCompose(outer ->
                outer.isPresent()
                    ? by.openAsync(each, outer.get())
                    : CompletableFuture.completedFuture(outer));
      }
    }
    return opened.thenApply(plain -> plain.flatMap(it -> decode(id, it, of)));
  }

  /** One that isn't sealed by all whom it tells of is from before they were named. */
  private Optional<S> decode(String id, Bytes plain, List<String> sealedBy) {
    try {
      S state = codec.decode(plain);
      return sealedBy.containsAll(subjects.apply(id, state))
          ? Optional.of(state)
          : Optional.empty();
    } catch (RuntimeException e) { // of the codec, or of who names the subjects
      return Optional.empty();
    }
  }
}
