package io.quorate.xa.branch;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * A place where transactions do their work: it can prepare a branch, and keeps what is prepared
 * until it is told what becomes of it, through crashes of its own and of whoever began it.
 *
 * <p>Any number of processes have the same resource under the same name, each a connection of its
 * own; what one of them left, another finishes, by {@link #prepared}, {@link #commit} and {@link
 * #abort}. These may be called for one branch by several at once.
 *
 * <p>Safe for use by many threads.
 *
 * @param <B> what its branches offer to whoever works in them
 */
public interface Resource<B extends Branch> {
  /** The form of a name. */
  String NAME = "[A-Za-z0-9._-]{1,64}";

  /**
   * By which all processes know it; it is written into decisions, so it stays the same for as long
   * as there are any. Of the form {@link #NAME}.
   */
  String name();

  /**
   * Looks whether it is fit for transactions, and which one it is.
   *
   * @return its identity: the same text from everywhere, and another one for another database,
   *     however alike they are configured. Fails with {@link
   *     io.quorate.base.QuorateException.Rejected} if a setting, a privilege or a version has to be
   *     changed first, which the message tells; with another exception if it can't be reached
   */
  CompletableFuture<String> check();

  /**
   * Begins a branch. Called by the thread that does the work, which may wait for it.
   *
   * @param id with 0 as its session
   * @throws Exception if it can't begin; nothing of it remains then
   */
  B begin(BranchId id) throws Exception;

  /**
   * Begins a branch, as {@link #begin(BranchId)}, of a transaction that has so much time left. A
   * resource that keeps time by itself may undo the branch when it is over, unless it has prepared.
   */
  default B begin(BranchId id, Duration within) throws Exception {
    return begin(id);
  }

  /** All branches of a domain that are prepared at this moment, whoever began them. */
  CompletableFuture<List<BranchId>> prepared(long domain);

  /**
   * Commits a branch that somebody else has prepared.
   *
   * @param evidence what the branch gave with its vote; empty if that isn't known
   */
  CompletableFuture<Finish> commit(BranchId id, String evidence);

  /** Undoes a branch that somebody else has prepared. */
  CompletableFuture<Finish> abort(BranchId id);

  /**
   * That a branch did {@linkplain Finish#OTHERWISE otherwise} is written down elsewhere: the
   * resource needs to keep nothing of it any more. Doesn't wait, and may do nothing.
   */
  default void forget(BranchId id) {}
}
