package io.quorate.events.codec;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.events.NewEvent;
import io.quorate.events.RecordedEvent;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * Events some of which tell of a subject, and are encrypted by its key. What was encrypted by a key
 * that was erased since is told as an event that says no more than that something was there.
 *
 * <pre>{@code
 * EventCodec<PatientEvent> codec =
 *     new EncryptedEvents<>(
 *         JsonEvents.of(PatientEvent.class),
 *         SubjectKeys.of(client, "clinic/keys/"),
 *         PatientEvent::patient,
 *         event -> new PatientEvent.Erased(event.type()));
 * }</pre>
 *
 * Type, tags, headers and metadata aren't encrypted, nor is the subject's name: keep what is to be
 * erased out of them, and give a pseudonym.
 */
public final class EncryptedEvents<E> implements EventCodec<E> {
  private static final String SUBJECT = "quorate.subject";
  private static final String KEY = "quorate.key";

  private final EventCodec<E> codec;
  private final SubjectKeys keys;
  private final Function<? super E, Optional<String>> subject;
  private final Function<RecordedEvent, ? extends E> erased;

  /**
   * @param codec what the events are within
   * @param subject whom an event tells of; empty if it isn't to be encrypted
   * @param erased what stands for an event that can't be read any more
   */
  public EncryptedEvents(
      EventCodec<E> codec,
      SubjectKeys keys,
      Function<? super E, Optional<String>> subject,
      Function<RecordedEvent, ? extends E> erased) {
    this.codec = codec;
    this.keys = keys;
    this.subject = subject;
    this.erased = erased;
  }

  @Override
  public CompletableFuture<Void> prepareToEncode(Collection<? extends E> events) {
    List<String> subjects = new ArrayList<>();
    events.forEach(event -> subject.apply(event).ifPresent(subjects::add));
    return codec.prepareToEncode(events).thenCompose(unused -> keys.make(subjects));
  }

  @Override
  public CompletableFuture<Void> prepareToDecode(Collection<RecordedEvent> events) {
    Map<String, Set<String>> wanted = new TreeMap<>();
    for (RecordedEvent event : events) {
      String of = event.headers().get(SUBJECT);
      String id = event.headers().get(KEY);
      if (of != null && id != null) {
        wanted.computeIfAbsent(of, subject -> new TreeSet<>()).add(id);
      }
    }
    return codec.prepareToDecode(events).thenCompose(unused -> keys.find(wanted));
  }

  @Override
  public boolean isEncrypted() {
    return true;
  }

  @Override
  public NewEvent encode(E event) {
    NewEvent plain = codec.encode(event);
    Optional<String> of = subject.apply(event);
    if (of.isEmpty()) {
      return plain;
    }
    SubjectKeys.SubjectKey key = keys.get(of.get());
    if (key == null) {
      throw QuorateException.of(
          ErrorCode.STATE_MOVED, "the key of " + of.get() + " was erased just now: try again");
    }
    Bytes sealed = keys.encrypt(key, plain.payload(), plain.type());
    return new NewEvent(plain.type(), plain.schema(), sealed, plain.tags(), plain.headers())
        .header(SUBJECT, of.get())
        .header(KEY, key.id());
  }

  @Override
  public E decode(RecordedEvent event) {
    String of = event.headers().get(SUBJECT);
    if (of == null || event.headers().get(KEY) == null) {
      return codec.decode(event);
    }
    SubjectKeys.SubjectKey key = keys.get(of);
    if (key == null || !key.id().equals(event.headers().get(KEY))) {
      return erased.apply(event);
    }
    try {
      return codec.decode(event.payload(keys.decrypt(key, event.payload(), event.type())));
    } catch (GeneralSecurityException e) {
      throw Form.unreadable(event, "it isn't what the key of " + of + " encrypted", e);
    }
  }
}
