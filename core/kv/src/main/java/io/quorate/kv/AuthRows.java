package io.quorate.kv;

import io.quorate.base.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The rows of users, roles and the state of authentication.
 *
 * <pre>
 * 'A'        format, flags (1: enabled), revision(8), revision from which on tokens count(8)
 * 'U' name   format, flags (1: no password), since(8), hash, number of roles, their names
 * 'P' name   format, number of permissions, of each: type(1), key, range end
 * </pre>
 *
 * <p>Numbers without a width are varints; byte strings and texts are a varint of their length and
 * their bytes.
 */
final class AuthRows {
  private static final int ON = 1;

  private AuthRows() {}

  /** What the row of the state says. */
  record Head(boolean enabled, long revision, long tokensFrom) {}

  static byte[] stateRow() {
    return new byte[] {RowFormat.AUTH};
  }

  static byte[] userRow(String name) {
    return named(RowFormat.USER, name);
  }

  static byte[] roleRow(String name) {
    return named(RowFormat.ROLE, name);
  }

  static byte[] encode(Head head) {
    byte[] value = new byte[2 + 2 * Long.BYTES];
    value[0] = RowFormat.FORMAT;
    value[1] = (byte) (head.enabled() ? ON : 0);
    RowFormat.setLong(value, 2, head.revision());
    RowFormat.setLong(value, 2 + Long.BYTES, head.tokensFrom());
    return value;
  }

  static Head decodeHead(byte[] row, byte[] value) {
    Reader in = new Reader(row, value);
    Head head = new Head(in.flag(), in.number(), in.number());
    in.end();
    if (head.revision() < 1 || head.tokensFrom() < 0 || head.tokensFrom() > head.revision()) {
      throw RowFormat.damaged("the revisions of authentication make no sense", row);
    }
    return head;
  }

  static byte[] encode(User user) {
    List<byte[]> roles = user.roles().stream().map(AuthRows::utf8).toList();
    int length =
        2 + Long.BYTES + lengthOf(user.password().text()) + RowFormat.varintLength(roles.size());
    for (byte[] role : roles) {
      length += RowFormat.varintLength(role.length) + role.length;
    }
    byte[] value = new byte[length];
    value[0] = RowFormat.FORMAT;
    value[1] = (byte) (user.noPassword() ? ON : 0);
    RowFormat.setLong(value, 2, user.since());
    int at = put(value, 2 + Long.BYTES, user.password().text());
    at = RowFormat.putVarint(value, at, roles.size());
    for (byte[] role : roles) {
      at = put(value, at, Bytes.wrap(role));
    }
    return value;
  }

  static User decodeUser(byte[] row, byte[] value) {
    Reader in = new Reader(row, value);
    boolean noPassword = in.flag();
    long since = in.number();
    PasswordHash password = new PasswordHash(in.bytes());
    List<String> roles = new ArrayList<>();
    for (long left = in.count(); left > 0; left--) {
      roles.add(in.bytes().toUtf8());
    }
    in.end();
    return new User(nameOf(row), noPassword, password, roles, since);
  }

  static byte[] encode(Role role) {
    int length = 1 + RowFormat.varintLength(role.permissions().size());
    for (Permission each : role.permissions()) {
      length += 1 + lengthOf(each.key()) + lengthOf(each.rangeEnd());
    }
    byte[] value = new byte[length];
    value[0] = RowFormat.FORMAT;
    int at = RowFormat.putVarint(value, 1, role.permissions().size());
    for (Permission each : role.permissions()) {
      value[at++] = code(each.type());
      at = put(value, at, each.key());
      at = put(value, at, each.rangeEnd());
    }
    return value;
  }

  static Role decodeRole(byte[] row, byte[] value) {
    Reader in = new Reader(row, value);
    List<Permission> permissions = new ArrayList<>();
    for (long left = in.count(); left > 0; left--) {
      permissions.add(new Permission(in.type(), in.bytes(), in.bytes()));
    }
    in.end();
    return new Role(nameOf(row), permissions);
  }

  private static byte code(Permission.Type type) {
    return switch (type) {
      case READ -> 0;
      case WRITE -> 1;
      case READ_WRITE -> 2;
    };
  }

  private static byte[] named(byte family, String name) {
    byte[] text = utf8(name);
    byte[] row = new byte[1 + text.length];
    row[0] = family;
    System.arraycopy(text, 0, row, 1, text.length);
    return row;
  }

  private static String nameOf(byte[] row) {
    return new String(row, 1, row.length - 1, StandardCharsets.UTF_8);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static int lengthOf(Bytes bytes) {
    return RowFormat.varintLength(bytes.length()) + bytes.length();
  }

  private static int put(byte[] value, int at, Bytes bytes) {
    return bytes.copyTo(value, RowFormat.putVarint(value, at, bytes.length()));
  }

  /** Reads a value from front to back, and nothing past its end. */
  private static final class Reader {
    private final byte[] row;
    private final byte[] value;
    private int at = 1;

    Reader(byte[] row, byte[] value) {
      this.row = row;
      this.value = value;
      RowFormat.formatByte(row, value);
    }

    boolean flag() {
      int flags = octet();
      if ((flags & ~ON) != 0) {
        throw RowFormat.damaged("it has flags that nobody set", row);
      }
      return flags != 0;
    }

    Permission.Type type() {
      return switch (octet()) {
        case 0 -> Permission.Type.READ;
        case 1 -> Permission.Type.WRITE;
        case 2 -> Permission.Type.READ_WRITE;
        default -> throw RowFormat.damaged("there is no such permission", row);
      };
    }

    long number() {
      need(Long.BYTES);
      long number = RowFormat.getLong(value, at);
      at += Long.BYTES;
      return number;
    }

    Bytes bytes() {
      int length = count();
      Bytes bytes = Bytes.wrap(value, at, length);
      at += length;
      return bytes;
    }

    /** How many there are of something that takes a byte at the least. */
    int count() {
      long count = 0;
      for (int shift = 0; shift < Integer.SIZE; shift += 7) {
        int group = octet();
        count |= (long) (group & 0x7f) << shift;
        if (group < 0x80) {
          need(count);
          return (int) count;
        }
      }
      throw RowFormat.damaged("a number is too long", row);
    }

    void end() {
      if (at != value.length) {
        throw RowFormat.damaged("there is more than it should have", row);
      }
    }

    private int octet() {
      need(1);
      return value[at++] & 0xff;
    }

    private void need(long bytes) {
      if (value.length - at < bytes) {
        throw RowFormat.damaged("it is cut off", row);
      }
    }
  }
}
