/**
 * The messages of the etcd v3 API: {@code etcdserverpb}, {@code mvccpb}, {@code authpb}, {@code
 * v3lockpb} and {@code v3electionpb}, generated from the {@code .proto} files of this module.
 *
 * <p><b>Owns</b> field names, numbers and types as they travel between clients and members, and
 * nothing else: service stubs are not generated, since server and client name methods by path.
 *
 * <p><b>Never</b> holds a rule of the API. What a message means is decided in the key-value core
 * and in the services; anything that is stored or replicated has its own format.
 *
 * <p><b>Invariants</b>: a field's number and type never change; a package's proto name is etcd's,
 * because it is part of every method's path.
 *
 * <p><b>Start</b> with {@code etcdserverpb/rpc.proto}.
 */
package io.quorate.protocol;
