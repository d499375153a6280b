package io.quorate.etcd;

import com.google.protobuf.ByteString;
import io.quorate.base.Bytes;
import io.quorate.kv.Permission;
import org.jspecify.annotations.Nullable;

/** Permissions as the API tells them. */
final class AuthMessages {
  /** What the role {@code root} is said to allow, whatever was granted to it. */
  static final io.quorate.protocol.authpb.Permission EVERYTHING =
      io.quorate.protocol.authpb.Permission.newBuilder()
          .setPermType(io.quorate.protocol.authpb.Permission.Type.READWRITE)
          .setRangeEnd(ByteString.copyFrom(new byte[1]))
          .build();

  private AuthMessages() {}

  static io.quorate.protocol.authpb.Permission of(Permission permission) {
    return io.quorate.protocol.authpb.Permission.newBuilder()
        .setPermType(
            switch (permission.type()) {
              case READ -> io.quorate.protocol.authpb.Permission.Type.READ;
              case WRITE -> io.quorate.protocol.authpb.Permission.Type.WRITE;
              case READ_WRITE -> io.quorate.protocol.authpb.Permission.Type.READWRITE;
            })
        .setKey(ByteString.copyFrom(permission.key().asByteBuffer()))
        .setRangeEnd(ByteString.copyFrom(permission.rangeEnd().asByteBuffer()))
        .build();
  }

  /** Null if it allows something that doesn't exist. */
  static @Nullable Permission read(io.quorate.protocol.authpb.Permission permission) {
    Permission.Type type =
        switch (permission.getPermType()) {
          case READ -> Permission.Type.READ;
          case WRITE -> Permission.Type.WRITE;
          case READWRITE -> Permission.Type.READ_WRITE;
          case UNRECOGNIZED -> null;
        };
    return type == null
        ? null
        : new Permission(type, bytes(permission.getKey()), bytes(permission.getRangeEnd()));
  }

  static Bytes bytes(ByteString text) {
    return Bytes.wrap(text.toByteArray());
  }
}
