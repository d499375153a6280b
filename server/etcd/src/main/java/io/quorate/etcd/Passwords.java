package io.quorate.etcd;

import at.favre.lib.crypto.bcrypt.BCrypt;
import at.favre.lib.crypto.bcrypt.IllegalBCryptFormatException;
import at.favre.lib.crypto.bcrypt.LongPasswordStrategies;
import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import io.quorate.grpc.Call;
import io.quorate.grpc.Status;
import io.quorate.grpc.StatusCode;
import io.quorate.kv.PasswordHash;
import io.quorate.node.Replica;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Hashes passwords with bcrypt, and finds out whether one is right.
 *
 * <p>That is slow on purpose, so it happens on one of the replica's readers, one password at a time
 * whatever comes, and of those that wait there is a bound: whoever guesses passwords uses up one
 * processor at the most, and large reads still have a thread. Who has hung up by its turn is passed
 * over. A password is held no longer than its turn.
 *
 * <p>Used on the replica's loop.
 */
final class Passwords {
  /** More of a password bcrypt doesn't look at. */
  static final int BYTES_MAX = 72;

  private static final int SALT_BYTES = 16;

  private final Replica replica;
  private final int cost;
  private final LongSupplier random;
  private final ArrayDeque<Task<?>> waiting = new ArrayDeque<>();
  private boolean busy;

  /** Something slow for a call, and who takes what it gives. */
  private record Task<T>(Call call, Supplier<T> work, Consumer<T> then) {}

  Passwords(Replica replica, int cost, LongSupplier random) {
    this.replica = replica;
    this.cost = cost;
    this.random = random;
  }

  /** Hashes a password; the call fails if that can't be done. */
  void hash(Call call, String password, Consumer<PasswordHash> then) {
    byte[] salt = salt();
    add(call, () -> hashNow(password, salt), then);
  }

  /**
   * Finds out whether a password is the one that a hash was made of. Without a hash it takes as
   * long and isn't.
   */
  void check(Call call, String password, @Nullable PasswordHash hash, Consumer<Boolean> then) {
    byte[] salt = salt();
    // What waits is as short as what counts: each character is a byte at the least.
    String counts = password.substring(0, Math.min(password.length(), BYTES_MAX));
    add(call, () -> isRight(counts, hash, salt), then);
  }

  private <T> void add(Call call, Supplier<T> work, Consumer<T> then) {
    if (waiting.size() >= Limits.AUTH_PASSWORDS_WAITING_MAX) {
      throw EtcdError.TOO_MANY_REQUESTS.asException();
    }
    waiting.add(new Task<>(call, work, then));
    next();
  }

  private void next() {
    while (!busy) {
      Task<?> task = waiting.poll();
      if (task == null) {
        return;
      }
      if (task.call().isOpen()) {
        begin(task);
      }
    }
  }

  private <T> void begin(Task<T> task) {
    busy = true;
    try {
      replica
          .readers()
          .execute(() -> {
            Runnable end = run(task);
            replica
                .loop()
                .execute(() -> {
                  busy = false;
                  next();
                  end.run();
                });
          });
    } catch (RejectedExecutionException e) {
      busy = false;
      task.call().complete(EtcdError.TOO_MANY_REQUESTS.status());
    }
  }

  /** On a reader's thread: what is then left to do on the loop. */
  private static <T> Runnable run(Task<T> task) {
    try {
      T result = task.work().get();
      return () -> Admission.within(task.call(), () -> task.then().accept(result));
    } catch (RuntimeException e) {
      // Its text may have the hash in it, or worse.
      Status failed =
          Status.of(StatusCode.INTERNAL, "hashing a password failed: " + e.getClass().getName());
      return () -> task.call().complete(failed);
    }
  }

  private PasswordHash hashNow(String password, byte[] salt) {
    byte[] bytes = password.getBytes(StandardCharsets.UTF_8);
    return new PasswordHash(Bytes.wrap(hasher(bytes.length).hash(cost, salt, bytes)));
  }

  private boolean isRight(String password, @Nullable PasswordHash hash, byte[] salt) {
    byte[] bytes = password.getBytes(StandardCharsets.UTF_8);
    BCrypt.HashData known = hash == null ? null : parse(hash);
    if (known == null) {
      var _ = hasher(bytes.length).hash(cost, salt, bytes);
      return false;
    }
    byte[] given = hasher(bytes.length).hashRaw(known.cost, known.rawSalt, bytes).rawHash;
    return MessageDigest.isEqual(given, known.rawHash);
  }

  /** Null for what isn't a hash, or one that would take too long: no password is right then. */
  private static BCrypt.@Nullable HashData parse(PasswordHash hash) {
    try {
      BCrypt.HashData data = BCrypt.Version.VERSION_2A.parser.parse(hash.text().toArray());
      return data.cost <= AuthSettings.BCRYPT_COST_MAX ? data : null;
    } catch (IllegalBCryptFormatException | RuntimeException e) {
      return null;
    }
  }

  /** The end of a password is a zero byte, but for one that fills all there is room for. */
  private static BCrypt.Hasher hasher(int length) {
    BCrypt.Version version =
        length < BYTES_MAX
            ? BCrypt.Version.VERSION_2A
            : BCrypt.Version.VERSION_2Y_NO_NULL_TERMINATOR;
    return BCrypt.with(version, LongPasswordStrategies.truncate(version));
  }

  private byte[] salt() {
    byte[] salt = new byte[SALT_BYTES];
    ByteBuffer.wrap(salt).putLong(random.getAsLong()).putLong(random.getAsLong());
    return salt;
  }
}
