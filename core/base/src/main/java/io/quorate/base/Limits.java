package io.quorate.base;

/**
 * Every bound in the product that is not a setting of the user's, by name. Bytes where memory is
 * what runs out.
 *
 * <p>A bound that a user can change has its default here and its present value in the
 * configuration.
 */
public final class Limits {
  private Limits() {}

  /** Longest command that a client may propose, in bytes; etcd's {@code --max-request-bytes}. */
  public static final int REQUEST_BYTES_DEFAULT = 1_572_864;

  /** What a request's envelope may add to it before the transport refuses it; as in etcd. */
  public static final int REQUEST_OVERHEAD_BYTES = 512 * 1024;

  /** Most operations in one list of a transaction; etcd's {@code --max-txn-ops}. */
  public static final int TXN_OPS_DEFAULT = 128;

  /** Keys and values in one message of a range that is streamed, in bytes; the last is whole. */
  public static final long RANGE_PART_BYTES = 512 * 1024;

  /** Keys of a range that is streamed which are gone over at once. */
  public static final long RANGE_PART_KEYS_MAX = 10_000;

  /** How deep transactions may nest. */
  public static final int TXN_DEPTH_MAX = 32;

  /** Users of a group. */
  public static final int AUTH_USERS_MAX = 65_536;

  /** Roles of a group. */
  public static final int AUTH_ROLES_MAX = 65_536;

  /** Roles of one user. */
  public static final int AUTH_USER_ROLES_MAX = 1_024;

  /** Permissions of one role. */
  public static final int AUTH_ROLE_PERMISSIONS_MAX = 4_096;

  /** Bytes of all ranges of one role together: every change of the role writes them anew. */
  public static final int AUTH_ROLE_BYTES_MAX = 1 << 20;

  /** Longest name of a user or role, in characters. */
  public static final int AUTH_NAME_LENGTH_MAX = 1_024;

  /** Tokens that a member keeps; past it the longest unused is forgotten. */
  public static final int AUTH_TOKENS_MAX = 65_536;

  /**
   * Passwords that wait to be hashed; the time-out of calls is over before more have had a turn.
   */
  public static final int AUTH_PASSWORDS_WAITING_MAX = 64;

  /** Size of a group's state at which writes are refused; etcd's {@code --quota-backend-bytes}. */
  public static final long QUOTA_BYTES_DEFAULT = 2L << 30;

  /** Entries proposed but not yet committed, over all of a group, in bytes. */
  public static final long UNCOMMITTED_BYTES_MAX = 64L << 20;

  /** Entries sent to one follower and not yet acknowledged, in bytes. */
  public static final long REPLICATION_WINDOW_BYTES_MAX = 8L << 20;

  /** Entries in one append to a follower, in bytes; one larger entry still goes alone. */
  public static final int APPEND_BYTES_MAX = 1 << 20;

  /** Entries in one append to a follower. */
  public static final int APPEND_ENTRIES_MAX = 4_096;

  /** Reads that wait for their read index, over all of a group. */
  public static final int WAITING_READS_MAX = 65_536;

  /** Calls that wait for the space of a compaction, over all of a group. */
  public static final int WAITING_COMPACTIONS_MAX = 1_024;

  /** Renewals and questions about leases that wait for the leader's answer, over all of a group. */
  public static final int WAITING_LEASE_CALLS_MAX = 65_536;

  /** Between two rounds of renewals, where there are peers that each costs a turn. */
  public static final long LEASE_ROUND_NANOS = 2_000_000L;

  /** When a question about a lease is asked again that no answer came to. */
  public static final long LEASE_CALL_RETRY_NANOS = 1_000_000_000L;

  /** Renewals of one stream that wait for their answers; then the stream waits. */
  public static final int RENEWALS_PER_STREAM_MAX = 1_024;

  /** Watchers of one stream. */
  public static final int WATCHERS_PER_STREAM_MAX = 100_000;

  /**
   * What calls that wait for a lock, to be elected or for a new leader hold, over all of a group.
   */
  public static final long WAITING_LOCK_CALLS_BYTES_MAX = 64L << 20;

  /** Keys that a call reads on the loop; of more, or of a range, a reader reads them. */
  public static final int LOOP_READS_MAX = 16;

  /** When a read of a call that has begun is tried again that the readers had no room for. */
  public static final long READ_RETRY_NANOS = 50_000_000L;

  /** Leases whose end is agreed on at once. */
  public static final int EXPIRED_LEASES_MAX = 500;

  /** Events of the last revisions kept at hand for watchers that are late by a moment, in bytes. */
  public static final long RECENT_EVENTS_BYTES_MAX = 8L << 20;

  /** How long an HTTP/1.1 connection without a request, or a JSON stream without one, is kept. */
  public static final long HTTP_IDLE_NANOS = 60_000_000_000L;

  /**
   * How long an HTTP/1.1 request may take from its first byte to its last, and in a JSON stream
   * each of its messages.
   */
  public static final long HTTP_REQUEST_NANOS = 10_000_000_000L;

  /**
   * How long a client may take nothing of an HTTP/1.1 answer that waits for it; once more at most.
   */
  public static final long HTTP_ANSWER_STALL_NANOS = 30_000_000_000L;

  /** Members of a group, voters and learners together. */
  public static final int MEMBERS_MAX = 31;

  /** Longest frame between members, in bytes. */
  public static final int FRAME_BYTES_MAX = 16 << 20;

  /** Longest entry of a log, in bytes: frames between members, and batches of the log, hold one. */
  public static final int ENTRY_BYTES_MAX = 12 << 20;

  /** Frames queued towards one member, in bytes; past it the conversation says "full". */
  public static final long PEER_QUEUE_BYTES_MAX = 32L << 20;

  /** Snapshot chunks queued towards one member, in bytes. */
  public static final long PEER_BULK_QUEUE_BYTES_MAX = 4L << 20;

  /** Connections on the peer port that haven't introduced themselves yet. */
  public static final int PENDING_HANDSHAKES_MAX = 128;

  /** A chunk of a snapshot on its way to a member, in bytes. */
  public static final int SNAPSHOT_CHUNK_BYTES = 256 * 1024;

  /** Size of a log segment, in bytes. A start reads the newest ones, however little is in use. */
  public static final int LOG_SEGMENT_BYTES_DEFAULT = 32 << 20;

  /** Size of a new log's first segment: small, so that an empty member starts at once. */
  public static final int LOG_FIRST_SEGMENT_BYTES_DEFAULT = 4 << 20;

  /** Most bytes that one batch writes to the log; a longer entry is refused. */
  public static final int LOG_BATCH_BYTES_DEFAULT = 16 << 20;

  /** Room at the end of a log segment that only hard state may use while the disk is full. */
  public static final int LOG_RESERVE_BYTES_DEFAULT = 256 * 1024;

  /** Longest opaque blob (hard state's, configuration's) that the log keeps per group. */
  public static final int LOG_BLOB_BYTES_MAX = 64 * 1024;

  /** Log segments that wait to be used again; more are deleted. */
  public static final int LOG_SPARE_SEGMENTS_MAX = 2;

  /** How much of the log's next segment is filled at once. */
  public static final int LOG_FILL_BYTES = 1 << 20;

  /** How long the disk is left alone between two such parts, while the log grows slower. */
  public static final long LOG_FILL_NANOS = 30_000_000L;

  /** What a member may be behind with writing and applying before it asks its leader to wait. */
  public static final long MEMBER_BACKLOG_BYTES_MAX = 64L << 20;

  /** How often calls whose time is over are looked for, while any wait. */
  public static final long CALL_SWEEP_NANOS = 100_000_000L;

  /** How long a conversation with a member that has left goes on, so that it hears that it has. */
  public static final long LEAVE_GRACE_NANOS = 2_000_000_000L;

  /** How long a member that was removed still answers, so that who asked for it hears of it. */
  public static final long REMOVED_GRACE_NANOS = 1_000_000_000L;

  /** Changes of membership that wait for one member, or at the leader. */
  public static final int MEMBERSHIP_CHANGES_MAX = 64;

  /** A member's record as it is agreed on, in bytes. */
  public static final int MEMBER_RECORD_BYTES_MAX = 1_024;

  /** How often a learner that shall promote itself asks for it. */
  public static final long SELF_PROMOTION_NANOS = 1_000_000_000L;

  /**
   * How long a member with another directory than was known waits to be taken in: the one that was
   * known may be starting just now.
   */
  public static final long RETURN_GRACE_NANOS = 3_000_000_000L;

  /** How often a leader looks at those who return. */
  public static final long RETURN_LOOK_NANOS = 200_000_000L;

  /** How often the log's head is looked at, while entries are being applied. */
  public static final long TRIM_INTERVAL_NANOS = 500_000_000L;

  /** Size of the log's segments past which the engine is asked to flush, so that they can go. */
  public static final long LOG_BYTES_UNFLUSHED_MAX = 96L << 20;

  /** How often a full disk is tried again. */
  public static final long DISK_FULL_RETRY_NANOS = 500_000_000L;

  /** Rows that one step of a compaction looks at. */
  public static final int COMPACTION_ROWS_MAX = 1_000;

  /** Most bytes that the name of a stream of events, of a tag, or of an event store has. */
  public static final int STREAM_NAME_BYTES_MAX = 1_024;

  /**
   * Most items that a read by the service for streams names, and most tags that one of them has.
   */
  public static final int STREAM_ITEMS_MAX = 128;

  /** Most types that one of these items names. */
  public static final int STREAM_TYPES_MAX = 1_000;

  /** Rate at which a backup is sent to a client, so that it leaves room for what else is done. */
  public static final long BACKUP_BYTES_PER_SECOND = 128L << 20;

  /** Backups that a member sends at once; one more is refused. */
  public static final int BACKUPS_MAX = 4;

  /**
   * How long a client of a backup may leave no room for more of it, which is some 64 KiB; then the
   * backup ends.
   */
  public static final long BACKUP_STALL_NANOS = 60_000_000_000L;

  /** When the end of leases is proposed again that an alarm has refused. */
  public static final long REFUSED_EXPIRY_RETRY_NANOS = 500_000_000L;

  /** How often a member compares its size with its quota. */
  public static final long QUOTA_LOOK_NANOS = 500_000_000L;

  /** Percentage of its quota below which a member takes back the alarm that it raised. */
  public static final int QUOTA_CLEAR_PERCENT = 90;

  /** For how long there must have been room before it does. */
  public static final long QUOTA_CLEAR_NANOS = 5_000_000_000L;

  /**
   * How long an answer to a defragmentation waits for its end, which may take minutes; etcd's
   * command gives up after 5 s.
   */
  public static final long DEFRAGMENT_ANSWER_NANOS = 3_000_000_000L;

  /** Rate at which a leader sends a snapshot to one follower. */
  public static final long SNAPSHOT_BYTES_PER_SECOND = 48L << 20;

  /**
   * Rate at which a leader sends old entries to a follower that is far behind, on top of twice the
   * rate at which new ones come; while a quorum does without that follower.
   */
  public static final long LOG_CATCH_UP_BYTES_PER_SECOND = 10L << 20;

  /** Chunks of a snapshot that a follower asks for ahead. */
  public static final int SNAPSHOT_CHUNKS_ASKED_MAX = 8;

  /** Events of one watch response that a client puts together from its fragments, in bytes. */
  public static final long WATCH_RESPONSE_BYTES_MAX = 1L << 30;
}
