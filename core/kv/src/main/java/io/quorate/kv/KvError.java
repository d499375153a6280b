package io.quorate.kv;

/** Why a request was refused. Each is an answer to a client; none changes anything. */
public enum KvError {
  /** A key is empty. */
  EMPTY_KEY,
  /** A step that must find its key did not, or a transaction has a step that says nothing. */
  KEY_NOT_FOUND,
  /** A put that keeps the value names one. */
  VALUE_PROVIDED,
  /** A put that keeps the lease names one. */
  LEASE_PROVIDED,
  /** A transaction has too many operations in a list, or nests too deep. */
  TOO_MANY_OPS,
  /** A transaction may change a key twice. */
  DUPLICATE_KEY,
  /** A sort order or target is none that exists. */
  INVALID_SORT,
  /** The revision asked for is below what compaction left. */
  COMPACTED,
  /** The revision asked for hasn't happened yet. */
  FUTURE_REVISION,
  /** There is no such lease. */
  LEASE_NOT_FOUND,
  /** There is such a lease already. */
  LEASE_EXISTS
}
