package io.quorate.server;

import io.quorate.server.Flag.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * etcd's {@code --config-file}: YAML (or JSON, which is YAML too) whose keys are the names of
 * flags, with two sections for certificates. Values are taken as they are written, so that a name
 * of digits stays one; a list is what a flag separates by commas; a duration may also be a number,
 * which is nanoseconds, as etcd has it. A key without a value isn't given.
 *
 * <p>A key that isn't known is said to be so, as it may be another version's; inside a section it
 * is refused, since it may be what keeps somebody out.
 */
final class ConfigFile {
  private static final String CLIENTS = "client-transport-security";
  private static final String PEERS = "peer-transport-security";

  private ConfigFile() {}

  /**
   * What the file gives, by flag.
   *
   * @param notices is told of keys without effect
   * @throws UsageException if the file can't be read, or isn't of this form
   */
  static Map<String, String> read(String file, List<String> notices) throws UsageException {
    TreeMap<String, String> values = new TreeMap<>();
    Node root = parse(file);
    if (root == null) {
      return values;
    }
    for (NodeTuple entry : mapping(file, "the whole", root)) {
      String key = text(file, "a key", entry.getKeyNode());
      Node value = entry.getValueNode();
      Flag flag = Flags.named(key);
      if (key.equals(CLIENTS) || key.equals(PEERS)) {
        readSection(file, key, value, values);
      } else if (flag != null) {
        put(file, flag, value, values);
      } else {
        notices.add("the key " + key + " of " + file + " is not known and has no effect");
      }
    }
    return values;
  }

  private static @Nullable Node parse(String file) throws UsageException {
    try {
      LoadSettings settings = LoadSettings.builder().setLabel(file).build();
      return new Compose(settings).composeString(Files.readString(Path.of(file))).orElse(null);
    } catch (IOException | InvalidPathException e) {
      throw new UsageException("--config-file: can't read " + file + ": " + e);
    } catch (YamlEngineException e) {
      throw new UsageException("--config-file: " + file + " isn't YAML: " + e.getMessage());
    }
  }

  private static void readSection(
      String file, String section, Node value, Map<String, String> values) throws UsageException {
    if (value.getTag().equals(Tag.NULL)) {
      return;
    }
    for (NodeTuple entry : mapping(file, section, value)) {
      String key = text(file, "a key of " + section, entry.getKeyNode());
      Optional<Flag> flag = section.equals(CLIENTS) ? ofClients(key) : ofPeers(key);
      if (flag.isEmpty()) {
        throw new UsageException(
            "--config-file: " + file + " has " + key + " in " + section + ", which isn't known");
      }
      put(file, flag.get(), entry.getValueNode(), values);
    }
  }

  private static Optional<Flag> ofClients(String key) {
    return switch (key) {
      case "cert-file",
          "key-file",
          "client-cert-auth",
          "trusted-ca-file",
          "auto-tls",
          "client-cert-file",
          "client-key-file" ->
          Optional.ofNullable(Flags.named(key));
      case "allowed-hostname", "allowed-cn" ->
          Optional.ofNullable(Flags.named("client-cert-" + key));
      default -> Optional.empty();
    };
  }

  private static Optional<Flag> ofPeers(String key) {
    return switch (key) {
      case "cert-file",
          "key-file",
          "client-cert-auth",
          "trusted-ca-file",
          "auto-tls",
          "client-cert-file",
          "client-key-file",
          "skip-client-san-verification" ->
          Optional.ofNullable(Flags.named("peer-" + key));
      case "allowed-hostname", "allowed-cn" -> Optional.ofNullable(Flags.named("peer-cert-" + key));
      default -> Optional.empty();
    };
  }

  private static void put(String file, Flag flag, Node node, Map<String, String> values)
      throws UsageException {
    String value;
    if (node instanceof SequenceNode list) {
      List<String> texts = new ArrayList<>();
      for (Node each : list.getValue()) {
        texts.add(text(file, flag.name(), each));
      }
      value = String.join(",", texts);
    } else {
      value = text(file, flag.name(), node);
    }
    if (flag.kind() == Kind.DURATION && node.getTag().equals(Tag.INT)) {
      value += "ns";
    }
    boolean empty = value.isEmpty() || node.getTag().equals(Tag.NULL);
    if (!empty && values.put(flag.name(), value) != null) {
      throw new UsageException("--config-file: " + file + " gives " + flag.name() + " twice");
    }
  }

  private static List<NodeTuple> mapping(String file, String what, Node node)
      throws UsageException {
    if (node instanceof MappingNode mapping) {
      return mapping.getValue();
    }
    throw new UsageException(
        "--config-file: " + what + " of " + file + " must be keys with values");
  }

  private static String text(String file, String what, Node node) throws UsageException {
    if (node instanceof ScalarNode scalar) {
      return scalar.getValue();
    }
    throw new UsageException("--config-file: " + what + " of " + file + " must be a plain value");
  }
}
