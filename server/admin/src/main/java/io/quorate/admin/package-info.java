/**
 * What is asked of a member over HTTP/1.1: health, version and metrics by operators and their
 * tools, and the whole API as JSON.
 *
 * <p><b>Owns</b> the HTTP side of the client port ({@link io.quorate.admin.AdminHttp} is what the
 * gRPC server hands such connections to), the checks behind {@code /health}, {@code /livez} and
 * {@code /readyz}, the metrics of a member, and the {@link io.quorate.admin.JsonGateway}.
 *
 * <p><b>Never</b> answers without having asked the replica or a service, decides who may do what
 * (the services do, for the gateway's calls as for gRPC's), or trusts a client: headers, bodies,
 * idleness, the time for a request, for each message of a stream and for taking an answer are
 * bounded; pages of other origins are refused ({@link io.quorate.admin.HttpAccess}).
 *
 * <p><b>Invariants</b>: a health check ends within the replica's request time-out; metrics carry
 * etcd's names where the meaning is etcd's, {@code quorate_} where it is not; answers on a
 * connection keep the order of its requests, and a call's messages their order.
 *
 * <p><b>Start</b> with {@link io.quorate.admin.AdminHttp}, then {@code HttpConnection}; for the
 * gateway with {@link io.quorate.admin.JsonGateway}, then {@code GatewayCall}.
 */
@NullMarked
package io.quorate.admin;

import org.jspecify.annotations.NullMarked;
