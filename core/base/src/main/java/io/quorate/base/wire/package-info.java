/**
 * The protobuf wire format, as far as the etcd v3 API uses it.
 *
 * <p><b>Owns</b> varints, fixed fields and length-delimited fields, on plain byte arrays. The
 * messages themselves are written where their types are: neither a client's types nor the state
 * machine's are the generated ones, so a generated codec would only add a copy and a dependency to
 * what is a line per field either way.
 *
 * <p><b>Never</b> reflects, copies a byte string while reading, or trusts a length before checking
 * it against what is there.
 *
 * <p><b>Invariants</b>: fields at their default are not written; unknown fields are skipped; what
 * is malformed is a {@link io.quorate.base.wire.MalformedMessage}.
 *
 * <p><b>Start</b> with {@link io.quorate.base.wire.ProtoWriter}. Public for our own modules, not a
 * promise to users.
 */
@NullMarked
package io.quorate.base.wire;

import org.jspecify.annotations.NullMarked;
