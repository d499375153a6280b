/**
 * The versioned key-value store of a group, in etcd's words and by etcd's rules: puts, ranges,
 * deletes, transactions, compaction, leases; and who may ask for them: users, roles, permissions.
 *
 * <p><b>Owns</b> the meaning of every KV request, the revisions, and the rows that hold them:
 *
 * <pre>
 * family          row                                value
 * meta       'M'  'M' 's'                            format, revision, compacted revision, hash sums
 *                 'M' 'p'                            format, revision up to which space was released
 *                 'M' 'x'                            format, hash sum over leases, users, roles, alarms, prefixes followed
 * newest     'N'  'N' key                            the version that is visible now
 * change     'R'  'R' main(8), sub(4)                which key, put or deleted, the version before
 * generation 'G'  'G' escaped key, main(8), sub(4)   when the key's life began that a deletion ended
 * lease      'L'  'L' lease(8)                       format, granted TTL, remaining TTL if known
 * attach     'K'  'K' lease(8), key                  format
 * auth       'A'  'A'                                format, whether it is on, its revisions
 * user       'U'  'U' name                           format, password's hash, roles
 * role       'P'  'P' name                           format, permissions
 * alarm      'Z'  'Z' kind(1), member(8)             format, who raised it
 * followed   'F'  'F' prefix                         format, whether in groups, since when
 * creation   'O'  'O' escaped group, created(8), rest of key  format
 * </pre>
 *
 * <p>A version ({@link io.quorate.kv.StoredVersion}) is the same bytes in {@code newest} and in the
 * {@code change} that supersedes it ({@link io.quorate.kv.StoredChange}). An older version is found
 * by going back: each tells the revisions of some before it; for a key that was deleted the way
 * starts at the generation that the deletion ended ({@link io.quorate.kv.StoredGeneration}).
 * Changes come in the order of revisions, so what is old is written where nothing else is, and not
 * again with each merge of what lies around a key. All rows but {@code 'M' 'p'} are equal on all
 * members at an equal applied index once compaction has caught up; that one is a member's own.
 * Numbers in row keys are big-endian; escaping turns a zero byte into {@code 00 FF} and ends a key
 * with {@code 00 01}, which keeps the order of keys. The first byte of every value says its format,
 * {@link io.quorate.kv.RowFormat}. Prefix bytes below {@code 'A'} belong to what is around the
 * store.
 *
 * <p><b>Never</b> knows of gRPC, logs, members or time: a request comes in, a value goes out, rows
 * change. Requests are validated before they are proposed ({@link io.quorate.kv.KvValidator});
 * applying one never throws for what a client sent.
 *
 * <p><b>Invariants</b>: a revision is raised by one by each request that changed a key and by
 * nothing else; the rows after a sequence of requests are the same however the requests were
 * batched; a transaction that fails has changed nothing; a version is written once and moved once;
 * the state hash is the sum over all versions that a compaction has not forgotten, so that physical
 * deletion, which every member does in its own time, doesn't show in it.
 *
 * <p><b>Start</b> with {@link io.quorate.kv.KvStore}, then {@link io.quorate.kv.KvReader} and
 * {@link io.quorate.kv.RowFormat}; for permissions with {@link io.quorate.kv.Authorizer}.
 */
@NullMarked
package io.quorate.kv;

import org.jspecify.annotations.NullMarked;
