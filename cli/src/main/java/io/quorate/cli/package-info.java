/**
 * The {@code quorate} command: etcdctl's verbs, flags and output, for Quorate and for etcd.
 *
 * <p><b>Owns</b> the command line, the grammar of transactions, the five output formats and the
 * exit codes. Output is equal to etcdctl's to the byte, where etcdctl has the command.
 *
 * <p><b>Never</b> prints data anywhere but to standard output, or anything else there; never
 * colours; never calls anything but the client, and the commands that it is given to run.
 *
 * <p><b>Invariants</b>: keys and values are bytes from the command line to the wire and back,
 * whatever the locale: within this package a {@code String} of user data has one character a byte.
 * What isn't needed for the command that was asked for isn't loaded, since start-up is most of its
 * time.
 *
 * <p><b>Start</b> with {@link io.quorate.cli.Cli}, then a command such as {@code GetCommand}.
 */
@NullMarked
package io.quorate.cli;

import org.jspecify.annotations.NullMarked;
