package io.quorate.grpc;

import io.quorate.base.Bytes;
import java.util.List;

/**
 * A {@code .proto} file, as {@link ReflectionService} tells of it.
 *
 * @param name its path, as others import it
 * @param imports the paths that it imports
 * @param symbols the full names of all that it declares: services, methods, messages, their fields,
 *     enums and their values
 * @param descriptor an encoded {@code google.protobuf.FileDescriptorProto}
 */
public record SchemaFile(
    String name, List<String> imports, List<String> symbols, Bytes descriptor) {
  /** A file. */
  public SchemaFile {
    imports = List.copyOf(imports);
    symbols = List.copyOf(symbols);
  }
}
