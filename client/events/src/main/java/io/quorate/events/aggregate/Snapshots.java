package io.quorate.events.aggregate;

import io.quorate.base.Bytes;
import io.quorate.base.QuorateException;
import io.quorate.client.codec.Codec;
import io.quorate.events.codec.SubjectKeys;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
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
  private final UnaryOperator<String> subject;

  private Snapshots(
      Codec<S> codec,
      String fingerprint,
      int every,
      @Nullable SubjectKeys keys,
      UnaryOperator<String> subject) {
    this.codec = codec;
    this.fingerprint = fingerprint;
    this.every = every;
    this.keys = keys;
    this.subject = subject;
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
    return new Snapshots<>(codec, fingerprint, every, null, UnaryOperator.identity());
  }

  /**
   * The same, encrypted: when a subject's key is erased, its aggregates are read from their events
   * again.
   *
   * @param subject whom the aggregate of an id tells of
   */
  public Snapshots<S> encryptedBy(SubjectKeys keys, UnaryOperator<String> subject) {
    return new Snapshots<>(codec, fingerprint, every, keys, subject);
  }

  boolean isEncrypted() {
    return keys != null;
  }

  String fingerprint() {
    return fingerprint;
  }

  int every() {
    return every;
  }

  CompletableFuture<Bytes> encode(String id, S state) {
    Bytes plain = codec.encode(state);
    SubjectKeys by = keys;
    return by == null
        ? CompletableFuture.completedFuture(plain)
        : by.sealAsync(subject.apply(id), plain);
  }

  /** Empty if it can't be read, whatever the reason. */
  CompletableFuture<Optional<S>> decode(String id, Bytes bytes) {
    SubjectKeys by = keys;
    CompletableFuture<Optional<Bytes>> plain =
        by == null
            ? CompletableFuture.completedFuture(Optional.of(bytes))
            : by.openAsync(subject.apply(id), bytes);
    return plain.thenApply(opened -> opened.flatMap(this::decode));
  }

  private Optional<S> decode(Bytes plain) {
    try {
      return Optional.of(codec.decode(plain));
    } catch (QuorateException e) {
      return Optional.empty();
    }
  }
}
