/**
 * How an application's events become bytes, and bytes that were written long ago events of today.
 *
 * <p><b>Owns</b> {@link io.quorate.events.codec.EventCodec} and what makes one: JSON, Protobuf, the
 * chains of upcasters before either, and encryption by subject.
 *
 * <p><b>Never</b> guesses: what it has no type for it refuses, and says where it stands; nothing is
 * passed over. Never brings a library along: who uses {@code JsonEvents} has Jackson 3's {@code
 * jackson-databind} on the class path, who uses {@code ProtobufEvents} has {@code protobuf-java}.
 *
 * <p><b>Invariants</b>: what was encoded decodes to an equal event; a chain of upcasters is checked
 * when it is built, so that each form which may be found of a known type leads to one of today.
 *
 * <p><b>Start</b> with {@link io.quorate.events.codec.EventCodec}.
 */
@NullMarked
package io.quorate.events.codec;

import org.jspecify.annotations.NullMarked;
