package io.quorate.conformance;

import io.quorate.protocol.etcdserverpb.LeaseGrantRequest;
import io.quorate.protocol.etcdserverpb.LeaseGrantResponse;
import io.quorate.protocol.etcdserverpb.LeaseKeepAliveRequest;
import io.quorate.protocol.etcdserverpb.LeaseLeasesRequest;
import io.quorate.protocol.etcdserverpb.LeaseLeasesResponse;
import io.quorate.protocol.etcdserverpb.LeaseRevokeRequest;
import io.quorate.protocol.etcdserverpb.LeaseRevokeResponse;
import io.quorate.protocol.etcdserverpb.LeaseTimeToLiveRequest;
import io.quorate.protocol.etcdserverpb.LeaseTimeToLiveResponse;

/** The calls about leases, spelled short. */
record Leases(Api api) {
  static LeaseGrantRequest grantRequest(long id, long ttl) {
    return LeaseGrantRequest.newBuilder().setID(id).setTTL(ttl).build();
  }

  static LeaseRevokeRequest revokeRequest(long id) {
    return LeaseRevokeRequest.newBuilder().setID(id).build();
  }

  static LeaseKeepAliveRequest keepAlive(long id) {
    return LeaseKeepAliveRequest.newBuilder().setID(id).build();
  }

  LeaseGrantResponse grant(long id, long ttl) {
    return api.call(Rpc.LEASE_GRANT, grantRequest(id, ttl));
  }

  /** A lease of the server's choice, and of a minute. */
  long grant() {
    return grant(0, 60).getID();
  }

  LeaseRevokeResponse revoke(long id) {
    return api.call(Rpc.LEASE_REVOKE, revokeRequest(id));
  }

  LeaseTimeToLiveResponse timeToLive(long id) {
    return api.call(
        Rpc.LEASE_TIME_TO_LIVE,
        LeaseTimeToLiveRequest.newBuilder().setID(id).setKeys(true).build());
  }

  LeaseLeasesResponse list() {
    return api.call(Rpc.LEASE_LEASES, LeaseLeasesRequest.getDefaultInstance());
  }
}
