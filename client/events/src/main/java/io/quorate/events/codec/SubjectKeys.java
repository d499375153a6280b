package io.quorate.events.codec;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.Compare;
import io.quorate.client.Delete;
import io.quorate.client.KeyValue;
import io.quorate.client.Op;
import io.quorate.client.OpResponse;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.RangeResponse;
import io.quorate.client.Txn;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * A key for each subject, a person for example, by which what is told of it is encrypted: when the
 * key is erased, all of that is unreadable, in events, snapshots and copies, and nothing else is.
 *
 * <pre>
 * PREFIX/SUBJECT    the key's id, and the key
 * </pre>
 *
 * <p>The keys are in the store, so whoever may read them may read what they encrypt: give roles
 * accordingly. An erased key is gone from what clients see at once; from a member's disk when
 * history is compacted behind it, and from a backup when that is dropped. A process that has used a
 * key uses it no more within {@link #CACHE_NANOS}. The subject's name isn't encrypted: let it be a
 * pseudonym.
 *
 * <p>AES with 256 bits in Galois/counter mode (NIST SP 800-38D), with a random nonce of 96 bits for
 * each text: at most some four thousand million texts of one subject. Safe for use by many threads.
 */
public final class SubjectKeys {
  /** For how long a key is used without a look whether it is still there. */
  public static final long CACHE_NANOS = 5_000_000_000L;

  private static final int CACHED_MAX = 100_000;
  private static final int ASKED_MAX = 100;
  private static final int ID_BYTES = 8;
  private static final int KEY_BYTES = 32;
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BITS = 128;

  private final QuorateClient client;
  private final String prefix;
  private final SecureRandom random = new SecureRandom();

  // Guarded by this: what was found lately, null for a subject without a key.
  private final Map<String, Cached> cached =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Cached> eldest) {
          return size() > CACHED_MAX;
        }
      };

  private record Cached(@Nullable SubjectKey key, long revision, long sinceNanos) {}

  /** A subject's key, and which it is: a subject may get another when it comes back. */
  record SubjectKey(String id, SecretKeySpec secret) {}

  private SubjectKeys(QuorateClient client, String prefix) {
    this.client = client;
    this.prefix = prefix;
  }

  /**
   * The keys below a prefix.
   *
   * @param prefix not empty, ends with a slash
   */
  public static SubjectKeys of(QuorateClient client, String prefix) {
    if (!prefix.endsWith("/")) {
      throw new IllegalArgumentException("\"" + prefix + "\" doesn't end with a slash");
    }
    return new SubjectKeys(client, prefix);
  }

  private Bytes key(String subject) {
    if (subject.isEmpty()) {
      throw new IllegalArgumentException("a subject needs a name");
    }
    return Bytes.utf8(prefix + subject);
  }

  /**
   * Erases a subject's key: what it encrypted is unreadable from then on.
   *
   * @return completes with whether there was one
   */
  public CompletableFuture<Boolean> eraseAsync(String subject) {
    return client
        .kv()
        .deleteAsync(Delete.key(key(subject)))
        .thenApply(response -> {
          learn(subject, (SubjectKey) null, response.header().revision());
          return response.deleted() > 0;
        });
  }

  /** Erases a subject's key as {@link #eraseAsync} does, and waits for it. */
  public boolean erase(String subject) {
    return client.await(eraseAsync(subject));
  }

  // ---- getting ready ---------------------------------------------------------------------------

  /**
   * Completes when it is known whether these keys are there.
   *
   * @param wanted of each subject, the ids of keys that are of interest
   */
  CompletableFuture<Void> find(Map<String, Set<String>> wanted) {
    List<String> unknown = new ArrayList<>();
    wanted.forEach((subject, ids) -> {
      Cached known = lookup(subject, CACHE_NANOS / 2); // it is used in a moment
      SubjectKey key = known == null ? null : known.key();
      if (key == null || !ids.stream().allMatch(key.id()::equals)) {
        unknown.add(subject); // it may have got another one since
      }
    });
    CompletableFuture<Void> all = CompletableFuture.completedFuture(null);
    for (int from = 0; from < unknown.size(); from += ASKED_MAX) {
      List<String> some = unknown.subList(from, Math.min(unknown.size(), from + ASKED_MAX));
      all = all.thenCompose(unused -> ask(some));
    }
    return all;
  }

  private CompletableFuture<Void> ask(List<String> subjects) {
    Op[] gets = subjects.stream().map(each -> Range.key(key(each))).toArray(Op[]::new);
    return client
        .kv()
        .txnAsync(Txn.always(gets))
        .thenAccept(response -> {
          for (int i = 0; i < subjects.size(); i++) {
            RangeResponse found = (RangeResponse) response.responses().get(i);
            learn(subjects.get(i), found, response.header().revision());
          }
        });
  }

  /** Completes when each of these subjects has a key, and it is known: asked anew each time. */
  CompletableFuture<Void> make(Collection<String> subjects) {
    CompletableFuture<Void> all = CompletableFuture.completedFuture(null);
    for (String subject : subjects) {
      all = all.thenCompose(unused -> make(subject));
    }
    return all;
  }

  private CompletableFuture<Void> make(String subject) {
    byte[] fresh = new byte[ID_BYTES + KEY_BYTES];
    random.nextBytes(fresh);
    Bytes at = key(subject);
    Txn txn =
        Txn.when(Compare.absent(at))
            .then(Put.of(at, Bytes.wrap(fresh)), Range.key(at))
            .otherwise(Range.key(at));
    return client
        .kv()
        .txnAsync(txn)
        .thenAccept(response -> {
          List<OpResponse> answers = response.responses();
          RangeResponse found = (RangeResponse) answers.get(answers.size() - 1);
          learn(subject, found, response.header().revision());
        });
  }

  private static SubjectKey read(KeyValue kv) {
    byte[] value = kv.value().toArray();
    if (value.length != ID_BYTES + KEY_BYTES) {
      throw QuorateException.of(
          ErrorCode.VALUE_UNREADABLE, kv.key().toUtf8() + " holds no key of a subject");
    }
    return new SubjectKey(
        HexFormat.of().formatHex(value, 0, ID_BYTES),
        new SecretKeySpec(value, ID_BYTES, KEY_BYTES, "AES"));
  }

  private void learn(String subject, RangeResponse found, long revision) {
    learn(subject, found.first().map(SubjectKeys::read).orElse(null), revision);
  }

  /** An answer that was overtaken by a later one says nothing. */
  private synchronized void learn(String subject, @Nullable SubjectKey key, long revision) {
    Cached known = cached.get(subject);
    if (known == null || known.revision() <= revision) {
      cached.put(subject, new Cached(key, revision, client.timer().nanoTime()));
    }
  }

  /** What was found within this time. */
  private synchronized @Nullable Cached lookup(String subject, long nanos) {
    Cached known = cached.get(subject);
    boolean isRecent = known != null && client.timer().nanoTime() - known.sinceNanos() <= nanos;
    return isRecent ? known : null;
  }

  /**
   * A subject's key, as it was found just now; null if it has none.
   *
   * @throws IllegalStateException if nobody got ready for it, or that was long ago
   */
  @Nullable SubjectKey get(String subject) {
    Cached known = lookup(subject, CACHE_NANOS);
    if (known == null) {
      throw new IllegalStateException(
          "nobody has asked for the key of "
              + subject
              + " just now: wait for the codec's prepareToDecode, or use its decodeAsync");
    }
    return known.key();
  }

  // ---- for what is kept elsewhere --------------------------------------------------------------

  /** Encrypts a copy of what is told of a subject: a snapshot, a projection, a file. */
  public CompletableFuture<Bytes> sealAsync(String subject, Bytes text) {
    return make(List.of(subject))
        .thenApply(ready -> {
          SubjectKey key = get(subject);
          if (key == null) {
            throw QuorateException.of(
                ErrorCode.STATE_MOVED, "the key of " + subject + " was erased just now: try again");
          }
          Bytes sealed = encrypt(key, text, "");
          byte[] all = new byte[ID_BYTES + sealed.length()];
          System.arraycopy(HexFormat.of().parseHex(key.id()), 0, all, 0, ID_BYTES);
          sealed.copyTo(all, ID_BYTES);
          return Bytes.wrap(all);
        });
  }

  /** What {@link #sealAsync} encrypted; empty if the key was erased since, or it isn't that. */
  public CompletableFuture<Optional<Bytes>> openAsync(String subject, Bytes sealed) {
    if (sealed.length() < ID_BYTES) {
      return CompletableFuture.completedFuture(Optional.empty());
    }
    String id = HexFormat.of().formatHex(sealed.slice(0, ID_BYTES).toArray());
    return find(Map.of(subject, Set.of(id)))
        .thenApply(ready -> {
          SubjectKey key = get(subject);
          if (key == null || !key.id().equals(id)) {
            return Optional.empty();
          }
          try {
            return Optional.of(decrypt(key, sealed.slice(ID_BYTES, sealed.length()), ""));
          } catch (GeneralSecurityException e) {
            return Optional.empty();
          }
        });
  }

  // ---- encrypting ------------------------------------------------------------------------------

  Bytes encrypt(SubjectKey key, Bytes text, String about) {
    byte[] nonce = new byte[NONCE_BYTES];
    random.nextBytes(nonce);
    try {
      Cipher cipher = cipher(Cipher.ENCRYPT_MODE, key, nonce, about);
      byte[] sealed = new byte[NONCE_BYTES + cipher.getOutputSize(text.length())];
      System.arraycopy(nonce, 0, sealed, 0, NONCE_BYTES);
      cipher.doFinal(text.array(), text.arrayOffset(), text.length(), sealed, NONCE_BYTES);
      return Bytes.wrap(sealed);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the platform has no AES/GCM", e);
    }
  }

  /**
   * What was encrypted.
   *
   * @throws GeneralSecurityException if it wasn't by this key, or is damaged
   */
  Bytes decrypt(SubjectKey key, Bytes sealed, String about) throws GeneralSecurityException {
    if (sealed.length() < NONCE_BYTES) {
      throw new GeneralSecurityException("it is shorter than a nonce");
    }
    byte[] nonce = sealed.slice(0, NONCE_BYTES).toArray();
    Cipher cipher = cipher(Cipher.DECRYPT_MODE, key, nonce, about);
    return Bytes.wrap(
        cipher.doFinal(
            sealed.array(), sealed.arrayOffset() + NONCE_BYTES, sealed.length() - NONCE_BYTES));
  }

  private static Cipher cipher(int mode, SubjectKey key, byte[] nonce, String about)
      throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(mode, key.secret(), new GCMParameterSpec(TAG_BITS, nonce));
    cipher.updateAAD(Bytes.utf8(about).toArray());
    return cipher;
  }
}
