package io.quorate.machine;

import io.quorate.kv.AlarmClearRequest;
import io.quorate.kv.AlarmKind;
import io.quorate.kv.AlarmRaiseRequest;
import io.quorate.kv.AlarmRequest;

/** The part of {@link RequestCodec} that concerns alarms: member (8), kind (1). */
final class AlarmCodec {
  static final int RAISE = 40;
  static final int CLEAR = 41;

  /** A flag of both: the member itself says so. */
  static final int BY_MEMBER = 1;

  /** Bytes that {@link #write} takes. */
  static final int LENGTH = Long.BYTES + 1;

  private AlarmCodec() {}

  static int kind(AlarmRequest request) {
    return switch (request) {
      case AlarmRaiseRequest _ -> RAISE;
      case AlarmClearRequest _ -> CLEAR;
    };
  }

  static int flags(AlarmRequest request) {
    boolean byMember =
        switch (request) {
          case AlarmRaiseRequest raise -> raise.byMember();
          case AlarmClearRequest clear -> clear.byMember();
        };
    return byMember ? BY_MEMBER : 0;
  }

  /** Whether a kind of request is one of these. */
  static boolean isKind(int kind) {
    return kind == RAISE || kind == CLEAR;
  }

  static void write(AlarmRequest request, CommandWriter out) {
    switch (request) {
      case AlarmRaiseRequest raise -> write(raise.member(), raise.kind(), out);
      case AlarmClearRequest clear -> write(clear.member(), clear.kind(), out);
    }
  }

  private static void write(long member, AlarmKind kind, CommandWriter out) {
    out.putLong(member);
    out.putByte(kind.code());
  }

  static AlarmRequest read(int kind, boolean byMember, CommandReader in) {
    long member = in.getLong();
    int code = in.getByte();
    AlarmKind alarm = AlarmKind.of(code);
    if (alarm == null) {
      throw in.damaged("there is no alarm " + code);
    }
    return kind == RAISE
        ? new AlarmRaiseRequest(member, alarm, byMember)
        : new AlarmClearRequest(member, alarm, byMember);
  }
}
