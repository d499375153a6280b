package io.quorate.machine;

import static io.quorate.machine.CommandWriter.bytesLength;
import static io.quorate.machine.CommandWriter.varintLength;

import io.quorate.base.Bytes;
import io.quorate.kv.Principal;

/**
 * For whom a command is, version 1: nothing for nobody, so that it costs nothing while
 * authentication is off; else, before the request, a byte where its kind would be. After {@link
 * #USER} come the user's name and the revision that it was recognised under.
 */
final class PrincipalCodec {
  static final int USER = 20;
  static final int MEMBER = 21;

  private PrincipalCodec() {}

  static int length(Principal principal) {
    if (principal.isMember()) {
      return 1;
    }
    return principal.isNobody()
        ? 0
        : 1 + bytesLength(Bytes.utf8(principal.name())) + varintLength(principal.revision());
  }

  static void write(Principal principal, CommandWriter out) {
    if (principal.isMember()) {
      out.putByte(MEMBER);
    } else if (!principal.isNobody()) {
      out.putByte(USER);
      out.putBytes(Bytes.utf8(principal.name()));
      out.putVarint(principal.revision());
    }
  }

  static Principal read(CommandReader in) {
    return switch (in.peekByte()) {
      case MEMBER -> {
        in.getByte();
        yield Principal.MEMBER;
      }
      case USER -> {
        in.getByte();
        String name = in.getText();
        long revision = in.getVarint();
        if (name.isEmpty() || revision < 0) {
          throw in.damaged("a user that can't be");
        }
        yield new Principal(name, revision);
      }
      default -> Principal.NOBODY;
    };
  }
}
