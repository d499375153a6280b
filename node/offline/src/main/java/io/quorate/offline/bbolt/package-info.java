/**
 * Reads the files of bbolt, the B+ tree that etcd keeps its data in, as far as etcd uses them.
 *
 * <p><b>Owns</b> the page format: metas with their checksums, branch and leaf pages with their
 * overflow, buckets, nested and inline. The list of free pages is of no use to a reader.
 *
 * <p><b>Never</b> writes, locks or trusts a file: every page number, length and offset that it
 * reads is held against what there is before it is followed.
 *
 * <p><b>Invariants</b>: a walk ends, whatever the file holds: it goes no deeper than a tree can be
 * and meets no more pages than the file has.
 *
 * <p><b>Start</b> with {@link io.quorate.offline.bbolt.BoltFile}.
 */
@NullMarked
package io.quorate.offline.bbolt;

import org.jspecify.annotations.NullMarked;
