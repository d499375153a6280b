/**
 * The etcd v3 API as services over a replica: KV, Watch, Lease, Auth, Cluster, Maintenance, Lock,
 * Election; and beside them Quorate's own service for streams of events.
 *
 * <p><b>Owns</b> how the API's requests become the store's, how its answers and errors become the
 * API's (byte for byte where clients compare), and the rules of the API that are neither the
 * store's nor the log's: sizes, headers, who may ask what of whom.
 *
 * <p><b>Never</b> decides what a request does to the data, and never touches the network, a clock
 * or a thread of its own: it hears of calls through {@link io.quorate.grpc.Call} and of everything
 * else through {@link io.quorate.node.Replica}, so that the same services run in a server, inside
 * an application and in the simulator.
 *
 * <p><b>Invariants</b>: a call is answered exactly once; what is known to be wrong with a request
 * is said before it is proposed; a read without {@code serializable} passes a read barrier first;
 * an error's code and text are those of {@link io.quorate.etcd.EtcdError}; while authentication is
 * on, no method is reached but by way of {@code Guard}, and no data but by way of {@link
 * io.quorate.kv.Authorizer}. All of it happens on the replica's loop, which is the call's loop too,
 * but for large reads, which run on the replica's readers and come back.
 *
 * <p><b>Start</b> with {@link io.quorate.etcd.EtcdServices}, then {@code KvService}.
 */
@NullMarked
package io.quorate.etcd;

import org.jspecify.annotations.NullMarked;
