/**
 * What is done with a member's data while no member runs on it: a backup is looked at and put back,
 * and a real etcd's snapshot is turned into a backup.
 *
 * <p><b>Owns</b> the way from a file to a data directory, and what is known of etcd's own files.
 *
 * <p><b>Never</b> talks to the network or touches a directory that has data in it: what it makes
 * appears under its final name when it is whole, and until then no member starts from it.
 *
 * <p><b>Invariants</b>: nothing is taken from a file that doesn't have the hash that the file
 * carries; the same file makes the same state on every member.
 *
 * <p><b>Start</b> with {@link io.quorate.offline.Restore}, then {@link
 * io.quorate.offline.EtcdImport}.
 */
@NullMarked
package io.quorate.offline;

import org.jspecify.annotations.NullMarked;
