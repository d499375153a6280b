/**
 * Protobuf messages as JSON and back, by their descriptors, in the shape that etcd's gateway gives
 * them.
 *
 * <p><b>Owns</b> that shape: fields under their names in the {@code .proto} file, 64-bit numbers as
 * text, bytes in Base64, enums by name, what is zero or empty left out; and what is accepted: both
 * spellings of a name, numbers as text or not, either alphabet of Base64.
 *
 * <p><b>Never</b> knows a message type, HTTP or gRPC.
 *
 * <p><b>Invariants</b>: whatever bytes come, reading ends with a message or a {@link
 * io.quorate.admin.json.JsonFault} that says what is wrong and where; nesting and the length of
 * numbers are bounded.
 *
 * <p><b>Start</b> with {@link io.quorate.admin.json.JsonReader}.
 */
@NullMarked
package io.quorate.admin.json;

import org.jspecify.annotations.NullMarked;
