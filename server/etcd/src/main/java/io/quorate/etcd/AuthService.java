package io.quorate.etcd;

import com.google.protobuf.Message;
import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import io.quorate.grpc.Call;
import io.quorate.grpc.ServiceRegistry;
import io.quorate.grpc.Status;
import io.quorate.grpc.StatusCode;
import io.quorate.grpc.StatusException;
import io.quorate.kv.AuthDisableRequest;
import io.quorate.kv.AuthEnableRequest;
import io.quorate.kv.AuthRequest;
import io.quorate.kv.AuthState;
import io.quorate.kv.KvError;
import io.quorate.kv.KvFailure;
import io.quorate.kv.KvResult;
import io.quorate.kv.KvValidator;
import io.quorate.kv.PasswordHash;
import io.quorate.kv.Permission;
import io.quorate.kv.Principal;
import io.quorate.kv.Role;
import io.quorate.kv.RoleAddRequest;
import io.quorate.kv.RoleDeleteRequest;
import io.quorate.kv.RoleGrantPermissionRequest;
import io.quorate.kv.RoleRevokePermissionRequest;
import io.quorate.kv.User;
import io.quorate.kv.UserAddRequest;
import io.quorate.kv.UserChangePasswordRequest;
import io.quorate.kv.UserDeleteRequest;
import io.quorate.kv.UserGrantRoleRequest;
import io.quorate.kv.UserRevokeRoleRequest;
import io.quorate.node.Barrier;
import io.quorate.node.Refusal;
import io.quorate.node.Replica;
import io.quorate.node.Reply;
import io.quorate.protocol.etcdserverpb.AuthDisableResponse;
import io.quorate.protocol.etcdserverpb.AuthEnableResponse;
import io.quorate.protocol.etcdserverpb.AuthRoleAddRequest;
import io.quorate.protocol.etcdserverpb.AuthRoleAddResponse;
import io.quorate.protocol.etcdserverpb.AuthRoleDeleteRequest;
import io.quorate.protocol.etcdserverpb.AuthRoleDeleteResponse;
import io.quorate.protocol.etcdserverpb.AuthRoleGetRequest;
import io.quorate.protocol.etcdserverpb.AuthRoleGetResponse;
import io.quorate.protocol.etcdserverpb.AuthRoleGrantPermissionRequest;
import io.quorate.protocol.etcdserverpb.AuthRoleGrantPermissionResponse;
import io.quorate.protocol.etcdserverpb.AuthRoleListResponse;
import io.quorate.protocol.etcdserverpb.AuthRoleRevokePermissionRequest;
import io.quorate.protocol.etcdserverpb.AuthRoleRevokePermissionResponse;
import io.quorate.protocol.etcdserverpb.AuthStatusResponse;
import io.quorate.protocol.etcdserverpb.AuthUserAddRequest;
import io.quorate.protocol.etcdserverpb.AuthUserAddResponse;
import io.quorate.protocol.etcdserverpb.AuthUserChangePasswordRequest;
import io.quorate.protocol.etcdserverpb.AuthUserChangePasswordResponse;
import io.quorate.protocol.etcdserverpb.AuthUserDeleteRequest;
import io.quorate.protocol.etcdserverpb.AuthUserDeleteResponse;
import io.quorate.protocol.etcdserverpb.AuthUserGetRequest;
import io.quorate.protocol.etcdserverpb.AuthUserGetResponse;
import io.quorate.protocol.etcdserverpb.AuthUserGrantRoleRequest;
import io.quorate.protocol.etcdserverpb.AuthUserGrantRoleResponse;
import io.quorate.protocol.etcdserverpb.AuthUserListResponse;
import io.quorate.protocol.etcdserverpb.AuthUserRevokeRoleRequest;
import io.quorate.protocol.etcdserverpb.AuthUserRevokeRoleResponse;
import io.quorate.protocol.etcdserverpb.AuthenticateRequest;
import io.quorate.protocol.etcdserverpb.AuthenticateResponse;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * {@code etcdserverpb.Auth}: users, roles, whether they matter, and the tokens by which callers are
 * recognised.
 *
 * <p>A password is hashed before anything is proposed, and the request that brought it is let go:
 * no log, no trace and no error ever has it. Used on the replica's loop.
 */
final class AuthService {
  private static final Status NO_PASSWORD =
      Status.of(
          StatusCode.UNKNOWN,
          "auth: authentication failed, password was given for no password user");
  private static final Status TOO_LONG =
      Status.of(StatusCode.UNKNOWN, "bcrypt: password length exceeds 72 bytes");

  private final Replica replica;
  private final Admission admission;
  private final Messages messages;
  private final Passwords passwords;
  private final Tokens tokens;
  private final AuditLog audit;
  private final int passwordLengthMin;

  AuthService(
      Replica replica,
      Admission admission,
      Messages messages,
      Passwords passwords,
      Tokens tokens,
      AuditLog audit,
      int passwordLengthMin) {
    this.replica = replica;
    this.admission = admission;
    this.messages = messages;
    this.passwords = passwords;
    this.tokens = tokens;
    this.audit = audit;
    this.passwordLengthMin = passwordLengthMin;
  }

  void register(ServiceRegistry registry) {
    String auth = "/etcdserverpb.Auth/";
    registry
        .unary(auth + "AuthEnable", this::enable)
        .unary(auth + "AuthDisable", this::disable)
        .unary(auth + "AuthStatus", this::status)
        .unary(auth + "Authenticate", this::authenticate)
        .unary(auth + "UserAdd", this::addUser)
        .unary(auth + "UserGet", this::getUser)
        .unary(auth + "UserList", this::listUsers)
        .unary(auth + "UserDelete", this::deleteUser)
        .unary(auth + "UserChangePassword", this::changePassword)
        .unary(auth + "UserGrantRole", this::grantRole)
        .unary(auth + "UserRevokeRole", this::revokeRole)
        .unary(auth + "RoleAdd", this::addRole)
        .unary(auth + "RoleGet", this::getRole)
        .unary(auth + "RoleList", this::listRoles)
        .unary(auth + "RoleDelete", this::deleteRole)
        .unary(auth + "RoleGrantPermission", this::grantPermission)
        .unary(auth + "RoleRevokePermission", this::revokePermission);
  }

  // ---- recognising -----------------------------------------------------------------------------

  private void authenticate(Call call, Bytes message) {
    begin(call);
    AuthenticateRequest request = Messages.read(AuthenticateRequest.parser(), message);
    whenRead(call, () -> authenticate(call, request.getName(), request.getPassword()));
  }

  /** Whoever asks learns nothing of whether there is such a user: neither from what, nor when. */
  private void authenticate(Call call, String name, String password) {
    AuthState state = replica.authorizer().state();
    if (!state.enabled()) {
      throw EtcdError.AUTH_NOT_ENABLED.asException();
    }
    User user = state.user(name);
    if (user != null && user.noPassword()) {
      notRecognised(call, name, NO_PASSWORD);
      return;
    }
    PasswordHash hash = user == null ? null : user.password();
    String asked = name.substring(0, Math.min(name.length(), Limits.AUTH_NAME_LENGTH_MAX));
    passwords.check(
        call,
        password,
        hash,
        right -> {
          if (!right || user == null) {
            notRecognised(call, asked, EtcdError.AUTH_FAILED.status());
          } else {
            issue(call, user);
          }
        });
  }

  private void issue(Call call, User user) {
    tokens.issue(
        user,
        new Tokens.Receiver() {
          @Override
          public void issued(String token) {
            audit.asked(call, new Principal(user.name(), 0), "", Status.OK);
            call.reply(
                Messages.bytes(
                    AuthenticateResponse.newBuilder()
                        .setHeader(messages.header())
                        .setToken(token)
                        .build()));
          }

          @Override
          public void refused(Status why) {
            notRecognised(call, user.name(), why);
          }
        });
  }

  private void notRecognised(Call call, String name, Status why) {
    audit.refused(call, name, why);
    call.complete(why);
  }

  // ---- whether it matters ----------------------------------------------------------------------

  private void enable(Call call, Bytes message) {
    begin(call);
    change(
        call,
        "",
        new AuthEnableRequest(),
        () -> AuthEnableResponse.newBuilder().setHeader(messages.header()).build());
  }

  private void disable(Call call, Bytes message) {
    begin(call);
    change(
        call,
        "",
        new AuthDisableRequest(),
        () -> AuthDisableResponse.newBuilder().setHeader(messages.header()).build());
  }

  private void status(Call call, Bytes message) {
    begin(call);
    whenRead(
        call,
        () -> {
          admission.administrator(call);
          AuthState state = replica.authorizer().state();
          call.reply(
              Messages.bytes(
                  AuthStatusResponse.newBuilder()
                      .setHeader(messages.header())
                      .setEnabled(state.enabled())
                      .setAuthRevision(state.revision())
                      .build()));
        });
  }

  // ---- users -----------------------------------------------------------------------------------

  private void addUser(Call call, Bytes message) {
    begin(call);
    AuthUserAddRequest request = Messages.read(AuthUserAddRequest.parser(), message);
    String name = request.getName();
    Supplier<Message> answer =
        () -> AuthUserAddResponse.newBuilder().setHeader(messages.header()).build();
    if (request.getOptions().getNoPassword()) {
      change(call, name, new UserAddRequest(name, true, PasswordHash.NONE), answer);
      return;
    }
    validate(new UserAddRequest(name, false, PasswordHash.NONE));
    hashed(
        call,
        request.getPassword(),
        hash -> change(call, name, new UserAddRequest(name, false, hash), answer));
  }

  private void changePassword(Call call, Bytes message) {
    begin(call);
    AuthUserChangePasswordRequest request =
        Messages.read(AuthUserChangePasswordRequest.parser(), message);
    String name = request.getName();
    hashed(
        call,
        request.getPassword(),
        hash ->
            change(
                call,
                name,
                new UserChangePasswordRequest(name, hash),
                () ->
                    AuthUserChangePasswordResponse.newBuilder()
                        .setHeader(messages.header())
                        .build()));
  }

  private void hashed(Call call, String password, java.util.function.Consumer<PasswordHash> then) {
    if (password.codePointCount(0, password.length()) < passwordLengthMin) {
      throw Status.of(
              StatusCode.INVALID_ARGUMENT,
              "quorate: a password has at least "
                  + passwordLengthMin
                  + " characters (--password-length-min)")
          .asException();
    }
    if (password.getBytes(java.nio.charset.StandardCharsets.UTF_8).length > Passwords.BYTES_MAX) {
      throw TOO_LONG.asException();
    }
    passwords.hash(call, password, then);
  }

  private void getUser(Call call, Bytes message) {
    begin(call);
    String name = Messages.read(AuthUserGetRequest.parser(), message).getName();
    whenRead(
        call,
        () -> {
          refuseIf(replica.authorizer().maySeeUser(admission.principal(call), name));
          User user = replica.authorizer().state().user(name);
          if (user == null) {
            throw EtcdError.USER_NOT_FOUND.asException();
          }
          call.reply(
              Messages.bytes(
                  AuthUserGetResponse.newBuilder()
                      .setHeader(messages.header())
                      .addAllRoles(user.roles())
                      .build()));
        });
  }

  private void listUsers(Call call, Bytes message) {
    begin(call);
    whenRead(
        call,
        () -> {
          admission.administrator(call);
          AuthUserListResponse.Builder answer =
              AuthUserListResponse.newBuilder().setHeader(messages.header());
          replica.authorizer().state().users().forEach(user -> answer.addUsers(user.name()));
          call.reply(Messages.bytes(answer.build()));
        });
  }

  private void deleteUser(Call call, Bytes message) {
    begin(call);
    String name = Messages.read(AuthUserDeleteRequest.parser(), message).getName();
    change(
        call,
        name,
        new UserDeleteRequest(name),
        () -> AuthUserDeleteResponse.newBuilder().setHeader(messages.header()).build());
  }

  private void grantRole(Call call, Bytes message) {
    begin(call);
    AuthUserGrantRoleRequest request = Messages.read(AuthUserGrantRoleRequest.parser(), message);
    change(
        call,
        request.getUser() + "+" + request.getRole(),
        new UserGrantRoleRequest(request.getUser(), request.getRole()),
        () -> AuthUserGrantRoleResponse.newBuilder().setHeader(messages.header()).build());
  }

  private void revokeRole(Call call, Bytes message) {
    begin(call);
    AuthUserRevokeRoleRequest request = Messages.read(AuthUserRevokeRoleRequest.parser(), message);
    change(
        call,
        request.getName() + "-" + request.getRole(),
        new UserRevokeRoleRequest(request.getName(), request.getRole()),
        () -> AuthUserRevokeRoleResponse.newBuilder().setHeader(messages.header()).build());
  }

  // ---- roles -----------------------------------------------------------------------------------

  private void addRole(Call call, Bytes message) {
    begin(call);
    String name = Messages.read(AuthRoleAddRequest.parser(), message).getName();
    change(
        call,
        name,
        new RoleAddRequest(name),
        () -> AuthRoleAddResponse.newBuilder().setHeader(messages.header()).build());
  }

  private void getRole(Call call, Bytes message) {
    begin(call);
    String name = Messages.read(AuthRoleGetRequest.parser(), message).getRole();
    whenRead(
        call,
        () -> {
          refuseIf(replica.authorizer().maySeeRole(admission.principal(call), name));
          Role role = replica.authorizer().state().role(name);
          if (role == null) {
            throw EtcdError.ROLE_NOT_FOUND.asException();
          }
          AuthRoleGetResponse.Builder answer =
              AuthRoleGetResponse.newBuilder().setHeader(messages.header());
          if (name.equals(AuthState.ROOT)) {
            answer.addPerm(AuthMessages.EVERYTHING);
          } else {
            role.permissions().forEach(each -> answer.addPerm(AuthMessages.of(each)));
          }
          call.reply(Messages.bytes(answer.build()));
        });
  }

  private void listRoles(Call call, Bytes message) {
    begin(call);
    whenRead(
        call,
        () -> {
          admission.administrator(call);
          AuthRoleListResponse.Builder answer =
              AuthRoleListResponse.newBuilder().setHeader(messages.header());
          replica.authorizer().state().roles().forEach(role -> answer.addRoles(role.name()));
          call.reply(Messages.bytes(answer.build()));
        });
  }

  private void deleteRole(Call call, Bytes message) {
    begin(call);
    String name = Messages.read(AuthRoleDeleteRequest.parser(), message).getRole();
    change(
        call,
        name,
        new RoleDeleteRequest(name),
        () -> AuthRoleDeleteResponse.newBuilder().setHeader(messages.header()).build());
  }

  private void grantPermission(Call call, Bytes message) {
    begin(call);
    AuthRoleGrantPermissionRequest request =
        Messages.read(AuthRoleGrantPermissionRequest.parser(), message);
    if (!request.hasPerm()) {
      throw EtcdError.PERMISSION_NOT_GIVEN.asException();
    }
    Permission permission = AuthMessages.read(request.getPerm());
    if (permission == null) {
      throw EtcdError.INVALID_AUTH_MANAGEMENT.asException();
    }
    change(
        call,
        request.getName(),
        new RoleGrantPermissionRequest(request.getName(), permission),
        () -> AuthRoleGrantPermissionResponse.newBuilder().setHeader(messages.header()).build());
  }

  private void revokePermission(Call call, Bytes message) {
    begin(call);
    AuthRoleRevokePermissionRequest request =
        Messages.read(AuthRoleRevokePermissionRequest.parser(), message);
    change(
        call,
        request.getRole(),
        new RoleRevokePermissionRequest(
            request.getRole(),
            AuthMessages.bytes(request.getKey()),
            AuthMessages.bytes(request.getRangeEnd())),
        () -> AuthRoleRevokePermissionResponse.newBuilder().setHeader(messages.header()).build());
  }

  // ---- what all have in common -----------------------------------------------------------------

  private void begin(Call call) {
    admission.voter();
    admission.leaderIfAsked(call);
  }

  private static void validate(AuthRequest request) {
    refuseIf(KvValidator.validate(request, 0));
  }

  private void change(
      Call call, String subject, AuthRequest request, Supplier<? extends Message> answer) {
    validate(request);
    Principal by = admission.principal(call);
    admission.write(
        call,
        request,
        new Reply<KvResult>() {
          @Override
          public void done(KvResult result) {
            if (result instanceof KvFailure failure) {
              end(EtcdError.of(failure.error()).status());
            } else {
              audit.asked(call, by, subject, Status.OK);
              call.reply(Messages.bytes(answer.get()));
            }
          }

          @Override
          public void refused(Refusal why) {
            end(EtcdError.of(why).status());
          }

          private void end(Status why) {
            audit.asked(call, by, subject, why);
            call.complete(why);
          }
        });
  }

  /** Reads when everything is applied that was acknowledged before. */
  private void whenRead(Call call, Runnable read) {
    replica.readBarrier(
        new Barrier() {
          @Override
          public void passed() {
            Admission.within(call, read);
          }

          @Override
          public void refused(Refusal why) {
            call.complete(EtcdError.of(why).status());
          }
        });
  }

  private static void refuseIf(@Nullable KvError error) throws StatusException {
    if (error != null) {
      throw EtcdError.of(error).asException();
    }
  }
}
