package io.quorate.machine;

import static io.quorate.machine.CommandWriter.bytesLength;
import static io.quorate.machine.CommandWriter.varintLength;

import io.quorate.base.Bytes;
import io.quorate.kv.AuthDisableRequest;
import io.quorate.kv.AuthEnableRequest;
import io.quorate.kv.AuthRequest;
import io.quorate.kv.AuthenticateRequest;
import io.quorate.kv.PasswordHash;
import io.quorate.kv.Permission;
import io.quorate.kv.RoleAddRequest;
import io.quorate.kv.RoleDeleteRequest;
import io.quorate.kv.RoleGrantPermissionRequest;
import io.quorate.kv.RoleRevokePermissionRequest;
import io.quorate.kv.UserAddRequest;
import io.quorate.kv.UserChangePasswordRequest;
import io.quorate.kv.UserDeleteRequest;
import io.quorate.kv.UserGrantRoleRequest;
import io.quorate.kv.UserRevokeRoleRequest;

/** The part of {@link RequestCodec} that concerns users, roles and authentication. */
final class AuthCodec {
  static final int ENABLE = 22;
  static final int DISABLE = 23;
  static final int AUTHENTICATE = 24;
  static final int USER_ADD = 25;
  static final int USER_DELETE = 26;
  static final int USER_CHANGE_PASSWORD = 27;
  static final int USER_GRANT_ROLE = 28;
  static final int USER_REVOKE_ROLE = 29;
  static final int ROLE_ADD = 30;
  static final int ROLE_DELETE = 31;
  static final int ROLE_GRANT_PERMISSION = 32;
  static final int ROLE_REVOKE_PERMISSION = 33;

  private AuthCodec() {}

  static int kind(AuthRequest request) {
    return switch (request) {
      case AuthEnableRequest _ -> ENABLE;
      case AuthDisableRequest _ -> DISABLE;
      case AuthenticateRequest _ -> AUTHENTICATE;
      case UserAddRequest _ -> USER_ADD;
      case UserDeleteRequest _ -> USER_DELETE;
      case UserChangePasswordRequest _ -> USER_CHANGE_PASSWORD;
      case UserGrantRoleRequest _ -> USER_GRANT_ROLE;
      case UserRevokeRoleRequest _ -> USER_REVOKE_ROLE;
      case RoleAddRequest _ -> ROLE_ADD;
      case RoleDeleteRequest _ -> ROLE_DELETE;
      case RoleGrantPermissionRequest _ -> ROLE_GRANT_PERMISSION;
      case RoleRevokePermissionRequest _ -> ROLE_REVOKE_PERMISSION;
    };
  }

  /** Whether a kind of request is one of these. */
  static boolean isKind(int kind) {
    return kind >= ENABLE && kind <= ROLE_REVOKE_PERMISSION;
  }

  /** Bytes that {@link #write} takes. */
  static int length(AuthRequest request) {
    return switch (request) {
      case AuthEnableRequest _, AuthDisableRequest _ -> 0;
      case AuthenticateRequest authenticate ->
          textLength(authenticate.user())
              + varintLength(authenticate.since())
              + bytesLength(authenticate.tokenDigest());
      case UserAddRequest add -> textLength(add.name()) + 1 + bytesLength(add.password().text());
      case UserDeleteRequest delete -> textLength(delete.name());
      case UserChangePasswordRequest change ->
          textLength(change.name()) + bytesLength(change.password().text());
      case UserGrantRoleRequest grant -> textLength(grant.user()) + textLength(grant.role());
      case UserRevokeRoleRequest revoke -> textLength(revoke.user()) + textLength(revoke.role());
      case RoleAddRequest add -> textLength(add.role());
      case RoleDeleteRequest delete -> textLength(delete.role());
      case RoleGrantPermissionRequest grant ->
          textLength(grant.role())
              + 1
              + bytesLength(grant.permission().key())
              + bytesLength(grant.permission().rangeEnd());
      case RoleRevokePermissionRequest revoke ->
          textLength(revoke.role()) + bytesLength(revoke.key()) + bytesLength(revoke.rangeEnd());
    };
  }

  static void write(AuthRequest request, CommandWriter out) {
    switch (request) {
      case AuthEnableRequest _, AuthDisableRequest _ -> {}
      case AuthenticateRequest authenticate -> {
        putText(authenticate.user(), out);
        out.putVarint(authenticate.since());
        out.putBytes(authenticate.tokenDigest());
      }
      case UserAddRequest add -> {
        putText(add.name(), out);
        out.putByte(add.noPassword() ? 1 : 0);
        out.putBytes(add.password().text());
      }
      case UserDeleteRequest delete -> putText(delete.name(), out);
      case UserChangePasswordRequest change -> {
        putText(change.name(), out);
        out.putBytes(change.password().text());
      }
      case UserGrantRoleRequest grant -> {
        putText(grant.user(), out);
        putText(grant.role(), out);
      }
      case UserRevokeRoleRequest revoke -> {
        putText(revoke.user(), out);
        putText(revoke.role(), out);
      }
      case RoleAddRequest add -> putText(add.role(), out);
      case RoleDeleteRequest delete -> putText(delete.role(), out);
      case RoleGrantPermissionRequest grant -> {
        putText(grant.role(), out);
        out.putByte(code(grant.permission().type()));
        out.putBytes(grant.permission().key());
        out.putBytes(grant.permission().rangeEnd());
      }
      case RoleRevokePermissionRequest revoke -> {
        putText(revoke.role(), out);
        out.putBytes(revoke.key());
        out.putBytes(revoke.rangeEnd());
      }
    }
  }

  static AuthRequest read(int kind, CommandReader in) {
    return switch (kind) {
      case ENABLE -> new AuthEnableRequest();
      case DISABLE -> new AuthDisableRequest();
      case AUTHENTICATE -> new AuthenticateRequest(in.getText(), in.getVarint(), in.getBytes());
      case USER_ADD -> new UserAddRequest(in.getText(), flag(in), new PasswordHash(in.getBytes()));
      case USER_DELETE -> new UserDeleteRequest(in.getText());
      case USER_CHANGE_PASSWORD ->
          new UserChangePasswordRequest(in.getText(), new PasswordHash(in.getBytes()));
      case USER_GRANT_ROLE -> new UserGrantRoleRequest(in.getText(), in.getText());
      case USER_REVOKE_ROLE -> new UserRevokeRoleRequest(in.getText(), in.getText());
      case ROLE_ADD -> new RoleAddRequest(in.getText());
      case ROLE_DELETE -> new RoleDeleteRequest(in.getText());
      case ROLE_GRANT_PERMISSION ->
          new RoleGrantPermissionRequest(
              in.getText(), new Permission(type(in), in.getBytes(), in.getBytes()));
      case ROLE_REVOKE_PERMISSION ->
          new RoleRevokePermissionRequest(in.getText(), in.getBytes(), in.getBytes());
      default -> throw in.damaged("there is no request about users of kind " + kind);
    };
  }

  private static int textLength(String text) {
    return bytesLength(Bytes.utf8(text));
  }

  private static void putText(String text, CommandWriter out) {
    out.putBytes(Bytes.utf8(text));
  }

  private static int code(Permission.Type type) {
    return switch (type) {
      case READ -> 0;
      case WRITE -> 1;
      case READ_WRITE -> 2;
    };
  }

  private static Permission.Type type(CommandReader in) {
    int code = in.getByte();
    return switch (code) {
      case 0 -> Permission.Type.READ;
      case 1 -> Permission.Type.WRITE;
      case 2 -> Permission.Type.READ_WRITE;
      default -> throw in.damaged("there is no permission " + code);
    };
  }

  private static boolean flag(CommandReader in) {
    int flag = in.getByte();
    if (flag != 0 && flag != 1) {
      throw in.damaged("it is neither so nor otherwise: " + flag);
    }
    return flag == 1;
  }
}
