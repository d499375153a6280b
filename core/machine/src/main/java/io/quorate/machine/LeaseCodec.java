package io.quorate.machine;

import static io.quorate.machine.CommandWriter.varintLength;

import io.quorate.kv.LeaseCheckpointRequest;
import io.quorate.kv.LeaseExpireRequest;
import io.quorate.kv.LeaseGrantRequest;
import io.quorate.kv.LeaseRequest;
import io.quorate.kv.LeaseRevokeRequest;
import java.util.ArrayList;
import java.util.List;

/** The part of {@link RequestCodec} that concerns leases. */
final class LeaseCodec {
  static final int GRANT = 6;
  static final int REVOKE = 7;
  static final int EXPIRE = 8;
  static final int CHECKPOINT = 9;

  private LeaseCodec() {}

  static int kind(LeaseRequest request) {
    return switch (request) {
      case LeaseGrantRequest _ -> GRANT;
      case LeaseRevokeRequest _ -> REVOKE;
      case LeaseExpireRequest _ -> EXPIRE;
      case LeaseCheckpointRequest _ -> CHECKPOINT;
    };
  }

  /** Whether a kind of request is one of these. */
  static boolean isKind(int kind) {
    return kind >= GRANT && kind <= CHECKPOINT;
  }

  /** Bytes that {@link #write} takes. */
  static int length(LeaseRequest request) {
    return switch (request) {
      case LeaseGrantRequest grant -> Long.BYTES + varintLength(grant.ttlSeconds());
      case LeaseRevokeRequest _ -> Long.BYTES;
      case LeaseExpireRequest expire ->
          varintLength(expire.term())
              + varintLength(expire.ids().size())
              + Long.BYTES * expire.ids().size();
      case LeaseCheckpointRequest checkpoint -> {
        int length = varintLength(checkpoint.term()) + varintLength(checkpoint.remaining().size());
        for (LeaseCheckpointRequest.Remaining each : checkpoint.remaining()) {
          length += Long.BYTES + varintLength(each.seconds());
        }
        yield length;
      }
    };
  }

  static void write(LeaseRequest request, CommandWriter out) {
    switch (request) {
      case LeaseGrantRequest grant -> {
        out.putLong(grant.id());
        out.putVarint(grant.ttlSeconds());
      }
      case LeaseRevokeRequest revoke -> out.putLong(revoke.id());
      case LeaseExpireRequest expire -> {
        out.putVarint(expire.term());
        out.putVarint(expire.ids().size());
        expire.ids().forEach(out::putLong);
      }
      case LeaseCheckpointRequest checkpoint -> {
        out.putVarint(checkpoint.term());
        out.putVarint(checkpoint.remaining().size());
        for (LeaseCheckpointRequest.Remaining each : checkpoint.remaining()) {
          out.putLong(each.id());
          out.putVarint(each.seconds());
        }
      }
    }
  }

  static LeaseRequest read(int kind, CommandReader in) {
    return switch (kind) {
      case GRANT -> {
        long id = in.getLong();
        long ttl = in.getVarint();
        if (id == 0 || ttl <= 0) {
          throw in.damaged("a lease that can't be granted");
        }
        yield new LeaseGrantRequest(id, ttl);
      }
      case REVOKE -> new LeaseRevokeRequest(in.getLong());
      case EXPIRE -> {
        long term = in.getVarint();
        List<Long> ids = new ArrayList<>();
        for (int left = in.getCount(Long.BYTES); left > 0; left--) {
          ids.add(in.getLong());
        }
        yield new LeaseExpireRequest(term, ids);
      }
      case CHECKPOINT -> {
        long term = in.getVarint();
        List<LeaseCheckpointRequest.Remaining> remaining = new ArrayList<>();
        for (int left = in.getCount(Long.BYTES + 1); left > 0; left--) {
          long id = in.getLong();
          long seconds = in.getVarint();
          if (seconds < 0) {
            throw in.damaged("less than nothing is left of a lease");
          }
          remaining.add(new LeaseCheckpointRequest.Remaining(id, seconds));
        }
        yield new LeaseCheckpointRequest(term, remaining);
      }
      default -> throw in.damaged("there is no lease request of kind " + kind);
    };
  }
}
