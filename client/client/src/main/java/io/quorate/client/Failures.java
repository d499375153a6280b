package io.quorate.client;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.channel.Answer;
import io.quorate.client.channel.Answer.Fate;
import io.quorate.client.channel.StatusCode;
import java.util.concurrent.CompletionException;

/**
 * What a bad answer means for the caller.
 *
 * <p>The question that decides is whether the call can have taken effect. A member's refusal says
 * that it did not; everything else leaves it open, and then it depends on the call: repeating a
 * read harms no one, so it is Unavailable; of a write it is Indeterminate. The texts are etcd's and
 * part of its protocol.
 */
final class Failures {
  private Failures() {}

  /** What went wrong, for a call that may be repeated freely or not. */
  static ErrorCode code(Answer answer, boolean repeatable) {
    if (answer.fate() == Fate.ANSWERED) {
      return refused(answer, repeatable);
    }
    if (answer.fate() == Fate.NOT_PROCESSED) {
      return switch (answer.status()) {
        case CANCELLED -> ErrorCode.STOPPED;
        case RESOURCE_EXHAUSTED -> ErrorCode.OVERLOADED;
        default -> ErrorCode.UNREACHABLE;
      };
    }
    return switch (answer.status()) {
      case CANCELLED -> repeatable ? ErrorCode.STOPPED : ErrorCode.OUTCOME_UNKNOWN;
      case UNIMPLEMENTED -> ErrorCode.NOT_SUPPORTED; // by whoever answers in HTTP only
      case DEADLINE_EXCEEDED -> repeatable ? ErrorCode.UNREACHABLE : ErrorCode.TIMED_OUT;
      case RESOURCE_EXHAUSTED -> // by a member's reset, or by the channel's bound for a response
          !repeatable
              ? ErrorCode.OUTCOME_UNKNOWN
              : answer.detail().endsWith(" bytes are accepted")
                  ? ErrorCode.INVALID_REQUEST
                  : ErrorCode.OVERLOADED;
      default -> repeatable ? ErrorCode.UNREACHABLE : ErrorCode.OUTCOME_UNKNOWN;
    };
  }

  /** Whether another member might have answered. */
  static boolean isInVain(Answer answer) {
    return answer.status() == StatusCode.UNAVAILABLE
        || answer.status() == StatusCode.DEADLINE_EXCEEDED;
  }

  /** Whether another attempt is safe and may help. */
  static boolean worthAnother(ErrorCode code) {
    return code.kind() == ErrorCode.Kind.UNAVAILABLE && code != ErrorCode.STOPPED;
  }

  /**
   * Whether a new token may do what this one didn't. Nothing was done: it comes before all else.
   */
  static boolean tokenIsGone(Answer answer) {
    return answer.fate() == Fate.ANSWERED && saysTokenIsGone(answer.detail());
  }

  /** As above, of a watch's reason, which holds the words of an answer. */
  static boolean saysTokenIsGone(String words) {
    return words.endsWith("etcdserver: invalid auth token")
        || words.endsWith("etcdserver: revision of auth store is old")
        || words.endsWith("etcdserver: user name is empty");
  }

  /**
   * Whether a stream that ended so may be opened again later. Only a refusal that names its reason,
   * and the end of the client itself, are for good.
   */
  static boolean mayPass(Answer answer) {
    ErrorCode code = code(answer, true);
    if (answer.fate() == Fate.NOT_PROCESSED) {
      return code != ErrorCode.STOPPED;
    }
    boolean refusedOnTheWay = // by whoever answers in HTTP only: there is no member at all
        answer.fate() == Fate.UNKNOWN
            && (answer.status() == StatusCode.UNIMPLEMENTED
                || answer.status() == StatusCode.PERMISSION_DENIED
                || answer.status() == StatusCode.UNAUTHENTICATED);
    return !refusedOnTheWay
        && (code.kind() == ErrorCode.Kind.UNAVAILABLE
            || code.kind() == ErrorCode.Kind.INDETERMINATE);
  }

  /** Whether a member that ends a watch with this reason may take it up again later. */
  static boolean saysLater(String words) {
    return words.endsWith("etcdserver: too many requests")
        || words.endsWith("etcdserver: no leader")
        || words.endsWith("etcdserver: leader changed")
        || words.endsWith("etcdserver: server stopped")
        || words.contains("etcdserver: request timed out");
  }

  /** No token could be had, so nothing was sent. */
  static Answer noToken(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    boolean unreachable =
        cause instanceof QuorateException known
            && known.code().kind() == ErrorCode.Kind.UNAVAILABLE
            && known.code() != ErrorCode.STOPPED;
    String words = String.valueOf(cause.getMessage());
    return unreachable
        ? Answer.notProcessed(StatusCode.UNAVAILABLE, words, "")
        : ErrorCode.STOPPED.isOf(cause)
            ? Answer.notProcessed(StatusCode.CANCELLED, words, "")
            : Answer.failed(StatusCode.UNAUTHENTICATED, words, "");
  }

  /** The exception for it, in the member's words. */
  static QuorateException exception(ErrorCode code, Answer answer) {
    return QuorateException.of(
        code, answer.detail().isEmpty() ? answer.status().name() : answer.detail());
  }

  private static ErrorCode refused(Answer answer, boolean repeatable) {
    String words = answer.detail();
    return switch (answer.status()) {
      case INVALID_ARGUMENT, ALREADY_EXISTS -> ErrorCode.INVALID_REQUEST;
      case NOT_FOUND -> ErrorCode.NOT_FOUND;
      case PERMISSION_DENIED, UNAUTHENTICATED -> ErrorCode.PERMISSION_DENIED;
      case UNIMPLEMENTED -> ErrorCode.NOT_SUPPORTED;
      case DATA_LOSS -> ErrorCode.DATA_DAMAGED;
      case FAILED_PRECONDITION ->
          words.equals("etcdserver: not leader") ? ErrorCode.NO_LEADER : ErrorCode.STATE_MOVED;
      case OUT_OF_RANGE -> {
        if (words.endsWith("required revision has been compacted")) {
          yield ErrorCode.REVISION_COMPACTED;
        }
        yield words.endsWith("required revision is a future revision")
            ? ErrorCode.REVISION_IN_FUTURE
            : ErrorCode.INVALID_REQUEST;
      }
      case RESOURCE_EXHAUSTED -> {
        if (words.endsWith("database space exceeded")) {
          yield ErrorCode.SPACE_EXCEEDED;
        }
        if (words.startsWith("grpc: received message larger")) {
          yield ErrorCode.INVALID_REQUEST;
        }
        yield repeatable || words.equals("etcdserver: too many requests")
            ? ErrorCode.OVERLOADED
            : ErrorCode.OUTCOME_UNKNOWN;
      }
      case UNAVAILABLE -> unavailable(words, repeatable);
      case DEADLINE_EXCEEDED -> repeatable ? ErrorCode.UNREACHABLE : ErrorCode.TIMED_OUT;
      case UNKNOWN -> unmapped(words);
      case OK, CANCELLED, ABORTED, INTERNAL -> ErrorCode.OUTCOME_UNKNOWN;
    };
  }

  /** Some of etcd's services don't give their refusals a code. */
  private static ErrorCode unmapped(String words) {
    return switch (words) {
      case "raft proposal dropped" -> ErrorCode.NO_LEADER;
      case "etcdserver: requested lease not found", "election: no leader" -> ErrorCode.NOT_FOUND;
      case "election: not leader",
          "etcdserver: re-configuration failed due to not enough started members" ->
          ErrorCode.STATE_MOVED;
      case "\"leader\" field must be provided" -> ErrorCode.INVALID_REQUEST;
      default ->
          words.startsWith("auth: ") ? ErrorCode.PERMISSION_DENIED : ErrorCode.OUTCOME_UNKNOWN;
    };
  }

  /**
   * Only two of a member's ways to be unavailable are certain to come before it acts. A change of
   * leader is not one: the write may be in the log of the next.
   */
  private static ErrorCode unavailable(String words, boolean repeatable) {
    if (words.equals("etcdserver: no leader") || words.equals("etcdserver: unhealthy cluster")) {
      return ErrorCode.NO_LEADER;
    }
    if (words.equals("etcdserver: leader changed")) {
      return repeatable ? ErrorCode.LEADER_CHANGED : ErrorCode.OUTCOME_UNKNOWN;
    }
    if (repeatable) {
      return ErrorCode.UNREACHABLE;
    }
    return words.startsWith("etcdserver: request timed out")
        ? ErrorCode.TIMED_OUT
        : ErrorCode.OUTCOME_UNKNOWN;
  }
}
