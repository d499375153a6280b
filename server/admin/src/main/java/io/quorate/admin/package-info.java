/**
 * What operators and their tools ask over HTTP/1.1: health, version, metrics.
 *
 * <p><b>Owns</b> the HTTP side of the client port ({@link io.quorate.admin.AdminHttp} is what the
 * gRPC server hands such connections to), the checks behind {@code /health}, {@code /livez} and
 * {@code /readyz}, and the metrics of a member.
 *
 * <p><b>Never</b> changes anything, answers without having asked the replica, or trusts a client:
 * headers, bodies, idleness and the time for a request are bounded.
 *
 * <p><b>Invariants</b>: a health check ends within the replica's request time-out; metrics carry
 * etcd's names where the meaning is etcd's, {@code quorate_} where it is not; answers on a
 * connection keep the order of its requests.
 *
 * <p><b>Start</b> with {@link io.quorate.admin.AdminHttp}.
 */
@NullMarked
package io.quorate.admin;

import org.jspecify.annotations.NullMarked;
