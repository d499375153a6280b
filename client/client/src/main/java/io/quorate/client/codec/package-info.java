/**
 * How values become bytes, and bytes values.
 *
 * <p><b>Owns</b> {@link io.quorate.client.codec.Codec} and the usual ones: texts, JSON, Protobuf.
 *
 * <p><b>Never</b> brings a library along: who uses {@code JsonCodec} has Jackson 3's {@code
 * jackson-databind} on the class path, who uses {@code ProtobufCodec} has {@code protobuf-java}.
 *
 * <p><b>Invariants</b>: what was encoded decodes to an equal value; bytes that can't be decoded
 * fail as {@code VALUE_UNREADABLE} and in no other way.
 *
 * <p><b>Start</b> with {@link io.quorate.client.codec.Codec}, and with {@code
 * io.quorate.client.Values}, which uses it.
 */
@NullMarked
package io.quorate.client.codec;

import org.jspecify.annotations.NullMarked;
