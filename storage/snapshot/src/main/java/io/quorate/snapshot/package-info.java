/**
 * How a group's state travels. From one member to another it goes as the files of an engine's
 * checkpoint, in chunks, under a manifest that says what must arrive; into an operator's keeping as
 * a backup, one file of rows that depends on no engine.
 *
 * <p><b>Owns</b> the formats of manifest and backup, the verification of every byte that is read or
 * arrives, and what is kept of a transfer that broke off.
 *
 * <p><b>Never</b> talks to the network, decides when to send, paces itself, or opens an engine: the
 * node does. It knows no file's meaning, and no name that comes from outside is ever used as a
 * path.
 *
 * <p><b>Invariants</b>: a directory counts as received only once its manifest lies in it under its
 * final name, which happens after every file has its length and its hashes and is on disk; damage
 * is named by file and offset.
 *
 * <p><b>Start</b> with {@link io.quorate.snapshot.SnapshotManifest}, then {@link
 * io.quorate.snapshot.SnapshotSource} and {@link io.quorate.snapshot.SnapshotSink}; for backups
 * with {@link io.quorate.snapshot.BackupWriter}.
 */
@NullMarked
package io.quorate.snapshot;

import org.jspecify.annotations.NullMarked;
