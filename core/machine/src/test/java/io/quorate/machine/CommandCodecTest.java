package io.quorate.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import io.quorate.base.QuorateException;
import io.quorate.kv.AuthDisableRequest;
import io.quorate.kv.AuthEnableRequest;
import io.quorate.kv.AuthenticateRequest;
import io.quorate.kv.CompactRequest;
import io.quorate.kv.Compare;
import io.quorate.kv.DeleteRangeRequest;
import io.quorate.kv.EmptyOp;
import io.quorate.kv.KvOp;
import io.quorate.kv.KvRequest;
import io.quorate.kv.PasswordHash;
import io.quorate.kv.Permission;
import io.quorate.kv.Principal;
import io.quorate.kv.PutRequest;
import io.quorate.kv.RangeRequest;
import io.quorate.kv.RoleAddRequest;
import io.quorate.kv.RoleDeleteRequest;
import io.quorate.kv.RoleGrantPermissionRequest;
import io.quorate.kv.RoleRevokePermissionRequest;
import io.quorate.kv.SortOrder;
import io.quorate.kv.SortTarget;
import io.quorate.kv.TxnRequest;
import io.quorate.kv.UserAddRequest;
import io.quorate.kv.UserChangePasswordRequest;
import io.quorate.kv.UserDeleteRequest;
import io.quorate.kv.UserGrantRoleRequest;
import io.quorate.kv.UserRevokeRoleRequest;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CommandCodecTest {
  private static final HexFormat HEX = HexFormat.of();
  private static final String HEAD = "01" + "8000000000000001" + "03" + "ac02";

  private static Bytes b(String text) {
    return Bytes.utf8(text);
  }

  private static String hex(KvRequest request) {
    return HEX.formatHex(CommandCodec.encode(0x8000000000000001L, 3, 300, request).toArray());
  }

  /** Bytes that are in logs: if this fails, members of two versions don't understand each other. */
  @Test
  void version_1_is_these_bytes() {
    assertThat(hex(PutRequest.of(b("a"), b("xyz")))).isEqualTo(HEAD + "0200" + "0161" + "0378797a");
    assertThat(hex(new PutRequest(b("a"), Bytes.EMPTY, -2, true, true, true)))
        .isEqualTo(HEAD + "020f" + "0161" + "00" + "fffffffffffffffe");
    assertThat(hex(new DeleteRangeRequest(b("a"), b("b"), true)))
        .isEqualTo(HEAD + "0301" + "0161" + "0162");
    assertThat(hex(RangeRequest.one(b("a")))).isEqualTo(HEAD + "0100" + "0161" + "00" + "0000");
    assertThat(
            hex(
                new RangeRequest(
                    b("a"),
                    b("b"),
                    10,
                    -1,
                    SortOrder.DESCEND,
                    SortTarget.VALUE,
                    true,
                    true,
                    1,
                    2,
                    3,
                    64)))
        .isEqualTo(HEAD + "010f" + "0161" + "0162" + "1401" + "0204" + "020406" + "8001");
    assertThat(hex(new CompactRequest(5, true))).isEqualTo(HEAD + "0501" + "0a");
    assertThat(
            hex(
                new TxnRequest(
                    List.of(
                        Compare.number(b("a"), Compare.Target.MOD, Compare.Result.EQUAL, 7),
                        Compare.value(b("a"), Compare.Result.NOT_EQUAL, b("v"))),
                    List.of(PutRequest.of(b("a"), b("1"))),
                    List.of(RangeRequest.one(b("a")), DeleteRangeRequest.one(b("c"))))))
        .isEqualTo(
            HEAD
                + "0400"
                + ("02" + "0200" + "0161" + "00" + "0e" + "0303" + "0161" + "00" + "00" + "0176")
                + ("01" + "0200" + "0161" + "0131")
                + ("02" + "0100" + "0161" + "00" + "0000" + "0300" + "0163" + "00"));
  }

  /** Bytes of version 1 that say for whom a command is, and of what concerns users. */
  @Test
  void principals_and_what_concerns_users_are_these_bytes() {
    KvRequest put = PutRequest.of(b("a"), b("x"));
    Bytes forUser = CommandCodec.encode(0x8000000000000001L, 3, 300, new Principal("bo", 200), put);
    assertThat(HEX.formatHex(forUser.toArray()))
        .isEqualTo(HEAD + "14" + "02626f" + "c801" + "0200" + "0161" + "0178");
    Bytes forMember = CommandCodec.encode(0x8000000000000001L, 3, 300, Principal.MEMBER, put);
    assertThat(HEX.formatHex(forMember.toArray()))
        .isEqualTo(HEAD + "15" + "0200" + "0161" + "0178");
    PasswordHash hash = new PasswordHash(b("$2a"));
    assertThat(hex(new AuthEnableRequest())).isEqualTo(HEAD + "1600");
    assertThat(hex(new AuthDisableRequest())).isEqualTo(HEAD + "1700");
    assertThat(hex(new AuthenticateRequest("u", 300, b("d"))))
        .isEqualTo(HEAD + "1800" + "0175" + "ac02" + "0164");
    assertThat(hex(new UserAddRequest("u", true, PasswordHash.NONE)))
        .isEqualTo(HEAD + "1900" + "0175" + "01" + "00");
    assertThat(hex(new UserAddRequest("u", false, hash)))
        .isEqualTo(HEAD + "1900" + "0175" + "00" + "03243261");
    assertThat(hex(new UserDeleteRequest("u"))).isEqualTo(HEAD + "1a00" + "0175");
    assertThat(hex(new UserChangePasswordRequest("u", hash)))
        .isEqualTo(HEAD + "1b00" + "0175" + "03243261");
    assertThat(hex(new UserGrantRoleRequest("u", "r"))).isEqualTo(HEAD + "1c00" + "0175" + "0172");
    assertThat(hex(new UserRevokeRoleRequest("u", "r"))).isEqualTo(HEAD + "1d00" + "0175" + "0172");
    assertThat(hex(new RoleAddRequest("r"))).isEqualTo(HEAD + "1e00" + "0172");
    assertThat(hex(new RoleDeleteRequest("r"))).isEqualTo(HEAD + "1f00" + "0172");
    Permission permission = new Permission(Permission.Type.READ_WRITE, b("a"), b("b"));
    assertThat(hex(new RoleGrantPermissionRequest("r", permission)))
        .isEqualTo(HEAD + "2000" + "0172" + "02" + "0161" + "0162");
    assertThat(hex(new RoleRevokePermissionRequest("r", b("a"), Bytes.EMPTY)))
        .isEqualTo(HEAD + "2100" + "0172" + "0161" + "00");
  }

  @Test
  void every_command_comes_back_as_it_was() {
    Commands commands = new Commands(1);
    for (int i = 0; i < 20_000; i++) {
      Command command = commands.next();
      Bytes payload = CommandCodec.encode(command);
      assertThat(CommandCodec.decode(payload)).isEqualTo(command);
      assertThat(CommandCodec.member(payload)).isEqualTo(command.proposal().member());
      assertThat(CommandCodec.life(payload)).isEqualTo(command.proposal().life());
      assertThat(CommandCodec.sequence(payload)).isEqualTo(command.proposal().sequence());
    }
  }

  @Test
  void a_command_within_a_larger_array_reads_the_same() {
    Command command = new Commands(2).next();
    byte[] payload = CommandCodec.encode(command).toArray();
    byte[] frame = new byte[payload.length + 20];
    System.arraycopy(payload, 0, frame, 9, payload.length);
    assertThat(CommandCodec.decode(Bytes.wrap(frame, 9, payload.length))).isEqualTo(command);
  }

  @Test
  void a_command_that_is_cut_off_or_too_long_is_refused() {
    Commands commands = new Commands(3);
    for (int i = 0; i < 300; i++) {
      Bytes payload = CommandCodec.encode(commands.next());
      for (int length = 0; length < payload.length(); length++) {
        Bytes cut = payload.slice(0, length);
        assertThatThrownBy(() -> CommandCodec.decode(cut))
            .isInstanceOf(QuorateException.Corrupt.class);
      }
      byte[] longer = new byte[payload.length() + 1];
      payload.copyTo(longer, 0);
      assertThatThrownBy(() -> CommandCodec.decode(Bytes.wrap(longer)))
          .isInstanceOf(QuorateException.Corrupt.class)
          .hasMessageContaining("after the request");
    }
  }

  /** Bytes that decode at all must be the only form of what they decode to. */
  @Test
  void damaged_commands_are_refused_or_mean_exactly_what_they_say() {
    Random random = new Random(4);
    Commands commands = new Commands(4);
    int decoded = 0;
    for (int i = 0; i < 60_000; i++) {
      byte[] bytes = CommandCodec.encode(commands.next()).toArray();
      for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
        bytes[random.nextInt(Math.min(bytes.length, 60))] = (byte) random.nextInt(256);
      }
      Bytes payload = Bytes.wrap(bytes);
      try {
        Command command = CommandCodec.decode(payload);
        decoded++;
        if (payload.length() < 200) {
          assertThat(CommandCodec.decode(CommandCodec.encode(command))).isEqualTo(command);
        }
      } catch (QuorateException.Corrupt expected) {
        assertThat(expected).hasMessageContaining("the group must stop");
      }
    }
    assertThat(decoded).isPositive();
  }

  @Test
  void a_list_that_claims_more_than_there_is_takes_no_memory() {
    byte[] claim = HEX.parseHex(HEAD + "0400" + "00" + "ffffffff07");
    assertThatThrownBy(() -> CommandCodec.decode(Bytes.wrap(claim)))
        .isInstanceOf(QuorateException.Corrupt.class)
        .hasMessageContaining("longer than the bytes that are left");
  }

  @Test
  void another_version_is_refused_by_name() {
    byte[] newer = CommandCodec.encode(new Commands(5).next()).toArray();
    newer[0] = 2;
    assertThatThrownBy(() -> CommandCodec.decode(Bytes.wrap(newer)))
        .isInstanceOf(QuorateException.Corrupt.class)
        .hasMessageContaining("format 2");
    assertThatThrownBy(() -> CommandCodec.decode(Bytes.EMPTY))
        .isInstanceOf(QuorateException.Corrupt.class);
  }

  @Test
  void transactions_nest_to_the_limit_in_both_directions() {
    KvOp deep = PutRequest.of(b("a"), b("b"));
    for (int i = 0; i < Limits.TXN_DEPTH_MAX; i++) {
      deep = new TxnRequest(List.of(), List.of(deep), List.of());
    }
    Bytes payload = CommandCodec.encode(1, 1, 1, deep);
    assertThat(CommandCodec.decode(payload).request()).isEqualTo(deep);
    TxnRequest deeper = new TxnRequest(List.of(), List.of(deep), List.of());
    assertThatThrownBy(() -> CommandCodec.encode(1, 1, 1, deeper))
        .isInstanceOf(IllegalArgumentException.class);
    String nest = "0400" + "00" + "01";
    byte[] endless = HEX.parseHex(HEAD + nest.repeat(10_000));
    assertThatThrownBy(() -> CommandCodec.decode(Bytes.wrap(endless)))
        .isInstanceOf(QuorateException.Corrupt.class)
        .hasMessageContaining("too deep");
  }

  @Test
  void what_the_validator_refuses_for_its_form_is_never_encoded() {
    assertThatThrownBy(() -> CommandCodec.encode(1, 1, 1, new EmptyOp()))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
