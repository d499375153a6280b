package io.quorate.etcd;

import io.quorate.base.Bytes;
import io.quorate.grpc.Call;
import io.quorate.grpc.Status;
import io.quorate.grpc.StatusCode;
import io.quorate.grpc.StatusException;
import io.quorate.kv.Authorizer;
import io.quorate.kv.KvError;
import io.quorate.kv.KvRequest;
import io.quorate.kv.KvResult;
import io.quorate.kv.Principal;
import io.quorate.node.Barrier;
import io.quorate.node.Refusal;
import io.quorate.node.Replica;
import io.quorate.node.Reply;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.naming.NamingException;
import javax.naming.directory.Attribute;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import org.jspecify.annotations.Nullable;

/**
 * Who may ask this member now, whatever it is that they ask; every service asks here.
 *
 * <p>What is decided by users and roles is decided by {@link Authorizer}; this knows how a call
 * tells who makes it: by a token in its metadata or, where that is wanted, by its certificate. A
 * service says in one line what it needs: {@link #write} for a request that changes something,
 * {@link #principal} with {@link #allows}, {@link #allowsReading} or {@link #refusalToWatch} for
 * one that reads. Methods that only need a user, or an administrator, are in {@link Access}, and
 * need ask nothing.
 *
 * <p>Used on the replica's loop.
 */
final class Admission {
  private final Replica replica;
  private final Tokens tokens;
  private final boolean clientCertificates;
  private final AuditLog audit;

  Admission(Replica replica, Tokens tokens, boolean clientCertificates, AuditLog audit) {
    this.replica = replica;
    this.tokens = tokens;
    this.clientCertificates = clientCertificates;
    this.audit = audit;
  }

  /**
   * Refuses a caller that wants to fail fast while there is no leader: one that says so by the
   * metadata {@code hasleader: true}.
   */
  void leaderIfAsked(Call call) {
    if (needsLeader(call) && replica.leader() == 0) {
      throw EtcdError.NO_LEADER.asException();
    }
  }

  /** Whether a caller says that it wants nothing from a member that knows no leader. */
  static boolean needsLeader(Call call) {
    return "true".equals(call.metadata().get("hasleader"));
  }

  /** Refuses what a member that only learns doesn't answer. */
  void voter() {
    if (replica.membership().isLearner()) {
      throw EtcdError.NOT_SUPPORTED_FOR_LEARNER.asException();
    }
  }

  /**
   * Whether it matters who asks. A member without a state doesn't know, and has nothing to show.
   */
  boolean enabled() {
    return replica.hasState() && replica.authorizer().enabled();
  }

  /**
   * Another number after every change that may make another answer of a yes, 0 while it doesn't
   * matter who asks: when it has changed, what was allowed before and goes on is to be asked for
   * again.
   */
  long revision() {
    return enabled() ? replica.authorizer().state().revision() : 0;
  }

  /**
   * For whom a call is; nobody in particular while authentication is off, or if the call doesn't
   * say.
   *
   * @throws StatusException if its token is none, or none any more
   */
  Principal principal(Call call) {
    if (!enabled()) {
      return Principal.NOBODY;
    }
    String token = token(call);
    if (token != null) {
      Principal holder = tokens.holder(token);
      if (holder == null) {
        throw EtcdError.INVALID_AUTH_TOKEN.asException();
      }
      return holder;
    }
    String name = clientCertificates ? commonName(call.peerCertificates()) : "";
    return name.isEmpty() ? Principal.NOBODY : new Principal(name, revision());
  }

  /**
   * Whether somebody may have a request carried out, in this moment; if not, the call is ended, and
   * that is told.
   */
  boolean allows(Call call, Principal principal, KvRequest request) {
    Status why = refusal(principal, request);
    if (why == null) {
      return true;
    }
    refuse(call, why);
    return false;
  }

  /** Why somebody may not have a request carried out, in this moment; null if they may. */
  @Nullable Status refusal(Principal principal, KvRequest request) {
    KvError error = enabled() ? replica.authorizer().check(principal, request) : null;
    return error == null ? null : EtcdError.of(error).status();
  }

  /** The same for being told of all of these keys. */
  boolean allowsReading(Call call, Principal principal, List<Bytes> keys) {
    KvError error = enabled() ? replica.authorizer().mayRead(principal, keys) : null;
    if (error == null) {
      return true;
    }
    refuse(call, EtcdError.of(error).status());
    return false;
  }

  /** Why somebody may not watch a range, in this moment; null if they may. */
  @Nullable Status refusalToWatch(Principal principal, Bytes key, Bytes rangeEnd) {
    KvError error = enabled() ? replica.authorizer().mayWatch(principal, key, rangeEnd) : null;
    return error == null ? null : EtcdError.of(error).status();
  }

  /** Why somebody isn't recognised any more, in this moment; null if they are. */
  @Nullable Status refusalOfUser(Principal principal) {
    KvError error = enabled() ? replica.authorizer().user(principal) : null;
    return error == null ? null : EtcdError.of(error).status();
  }

  /** Refuses whoever may not do everything. */
  void administrator(Call call) {
    if (enabled()) {
      refuseIf(replica.authorizer().administrator(principal(call)));
    }
  }

  /**
   * Goes on with a call that changes something for an administrator, and not by a write: nobody
   * decides about it where it is applied. So it is decided here, when this member knows of
   * everything acknowledged before the call: also that authentication is on, or that a role was
   * taken away.
   */
  void administrate(Call call, Runnable then) {
    replica.readBarrier(
        new Barrier() {
          @Override
          public void passed() {
            within(
                call,
                () ->
                    whenRecognised(
                        call,
                        () -> {
                          administrator(call);
                          then.run();
                        }));
          }

          @Override
          public void refused(Refusal why) {
            call.complete(EtcdError.of(why).status());
          }
        });
  }

  /**
   * Has a write agreed on and applied for whoever makes a call, if they may: what may not be isn't
   * even proposed. What counts in the end is decided where it is applied.
   *
   * @throws StatusException if the call's token is none
   */
  void write(Call call, KvRequest request, Reply<? super KvResult> reply) {
    if (!enabled()) {
      replica.write(request, Principal.NOBODY, reply);
      return;
    }
    Principal principal = principal(call);
    whenCurrent(
        call, () -> refusal(principal, request), () -> replica.write(request, principal, reply));
  }

  /** Goes on with a call once it can be said who makes it. */
  void whenRecognised(Call call, Runnable then) {
    String token = token(call);
    if (token == null || tokens.prepare(token, () -> within(call, then))) {
      then.run();
    }
  }

  /**
   * Goes on with a call unless it is refused. This member may lag behind what allows it, so that no
   * is said only after a read barrier.
   */
  void whenCurrent(Call call, Question question, Runnable then) {
    Status refusal = question.refusal();
    if (refusal == null) {
      then.run();
      return;
    }
    replica.readBarrier(
        new Barrier() {
          @Override
          public void passed() {
            Status still = question.refusal();
            if (still == null) {
              within(call, then);
            } else {
              refuse(call, still);
            }
          }

          @Override
          public void refused(Refusal why) {
            refuse(call, refusal);
          }
        });
  }

  /** Why a call is refused at this moment, or null if it isn't. */
  interface Question {
    @Nullable Status refusal();
  }

  /** Ends a call that may not be, and tells of it. */
  void refuse(Call call, Status why) {
    refused(call, why);
    call.complete(why);
  }

  /** Tells of something that may not be, on a call that goes on. */
  void refused(Call call, Status why) {
    audit.refused(call, known(call), why);
  }

  /** Does what belongs to a call, outside its handler; what that throws ends the call. */
  static void within(Call call, Runnable work) {
    try {
      work.run();
    } catch (StatusException e) {
      call.complete(e.status());
    } catch (RuntimeException e) {
      call.complete(Status.of(StatusCode.INTERNAL, "the call failed: " + e));
    }
  }

  private static @Nullable String token(Call call) {
    String token = call.metadata().get("token");
    return token != null ? token : call.metadata().get("authorization");
  }

  /** For whom a call is, as far as that is known. */
  private Principal known(Call call) {
    try {
      return principal(call);
    } catch (StatusException e) {
      return Principal.NOBODY;
    }
  }

  private static void refuseIf(@Nullable KvError error) {
    if (error != null) {
      throw EtcdError.of(error).asException();
    }
  }

  /** Whom a certificate names; empty if it names nobody, or several: two readers might take two. */
  private static String commonName(List<X509Certificate> certificates) {
    if (certificates.isEmpty()) {
      return "";
    }
    String found = "";
    try {
      String name = certificates.getFirst().getSubjectX500Principal().getName();
      for (Rdn part : new LdapName(name).getRdns()) {
        Attribute common = part.toAttributes().get("CN");
        if (common != null) {
          if (common.size() > 1 || !found.isEmpty() || !(common.get() instanceof String only)) {
            return "";
          }
          found = only;
        }
      }
    } catch (NamingException e) {
      // What can't be read names nobody.
      return "";
    }
    return found;
  }
}
