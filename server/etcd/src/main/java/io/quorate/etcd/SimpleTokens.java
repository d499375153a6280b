package io.quorate.etcd;

import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import io.quorate.kv.AuthenticateRequest;
import io.quorate.kv.AuthenticateResponse;
import io.quorate.kv.KvFailure;
import io.quorate.kv.KvResult;
import io.quorate.kv.Principal;
import io.quorate.kv.User;
import io.quorate.node.Refusal;
import io.quorate.node.Replica;
import io.quorate.node.Reply;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Tokens that the members keep in memory: sixteen letters, a dot and a number, as etcd's.
 *
 * <p>A token is made known to all members through the log, so that it is good at each of them; what
 * is told there is its hash, so that no log and no heap has a token in it that is worth anything. A
 * member that restarts may have forgotten it; clients then get another.
 *
 * <p>A token lives as long as it is used from time to time, counted at each member for itself. It
 * ends at once when its user is deleted or gets another password, or authentication is turned off.
 *
 * <p>Used on the replica's loop.
 */
final class SimpleTokens implements Tokens {
  private static final int LETTERS = 16;
  private static final String ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

  private final Replica replica;
  private final long ttlNanos;
  private final LongSupplier random;
  private final MessageDigest digest = sha256();

  /** By hash, the longest unused first. */
  private final LinkedHashMap<Bytes, Session> sessions = new LinkedHashMap<>();

  private record Session(Principal holder, long deadline) {}

  SimpleTokens(Replica replica, long ttlNanos, LongSupplier random) {
    this.replica = replica;
    this.ttlNanos = ttlNanos;
    this.random = random;
    replica.loop().execute(() -> replica.observeTokens(this::known));
  }

  @Override
  public boolean prepare(String token, Runnable then) {
    return true;
  }

  @Override
  public @Nullable Principal holder(String token) {
    int dot = token.indexOf('.');
    if (dot != LETTERS) {
      return null;
    }
    Bytes hash = hash(token.substring(0, dot));
    Session session = sessions.remove(hash);
    if (session == null) {
      return null;
    }
    long now = replica.loop().now();
    if (now - session.deadline() >= 0
        || !replica.authorizer().state().recognises(session.holder())) {
      return null;
    }
    sessions.put(hash, new Session(session.holder(), now + ttlNanos));
    return session.holder();
  }

  @Override
  public void issue(User user, Receiver receiver) {
    String letters = letters();
    replica.write(
        new AuthenticateRequest(user.name(), user.since(), hash(letters)),
        Principal.MEMBER,
        new Reply<KvResult>() {
          @Override
          public void done(KvResult result) {
            if (result instanceof KvFailure failure) {
              receiver.refused(EtcdError.of(failure.error()).status());
            } else {
              // The number only has the form of etcd's, which waits for that index.
              receiver.issued(letters + "." + replica.status().appliedIndex());
            }
          }

          @Override
          public void refused(Refusal why) {
            receiver.refused(EtcdError.of(why).status());
          }
        });
  }

  /** A token was made known. */
  private void known(AuthenticateResponse token) {
    long now = replica.loop().now();
    var oldest = sessions.entrySet().iterator();
    while (oldest.hasNext()) {
      Map.Entry<Bytes, Session> session = oldest.next();
      if (now - session.getValue().deadline() < 0 && sessions.size() < Limits.AUTH_TOKENS_MAX) {
        break;
      }
      oldest.remove();
    }
    sessions.put(token.tokenDigest().compact(), new Session(token.holder(), now + ttlNanos));
  }

  private String letters() {
    StringBuilder letters = new StringBuilder(LETTERS);
    while (letters.length() < LETTERS) {
      // Six bits at a time, those that are no letter passed over: each letter is as likely.
      long bits = random.getAsLong();
      for (int i = 0; i < 10 && letters.length() < LETTERS; i++, bits >>>= 6) {
        int index = (int) (bits & 63);
        if (index < ALPHABET.length()) {
          letters.append(ALPHABET.charAt(index));
        }
      }
    }
    return letters.toString();
  }

  private Bytes hash(String letters) {
    return Bytes.wrap(digest.digest(letters.getBytes(StandardCharsets.UTF_8)));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
