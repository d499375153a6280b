package io.quorate.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The command line as bytes. Java decodes arguments by the locale, which loses bytes that are no
 * text in it (all but ASCII under {@code LANG=C}); Linux still has them as they were.
 */
final class RawArguments {
  private static final Path COMMAND_LINE = Path.of("/proc/self/cmdline");

  private RawArguments() {}

  /** The same arguments, one character a byte. */
  static String[] of(String[] decoded) {
    if (allAscii(decoded)) {
      return decoded;
    }
    try {
      List<String> all = split(Files.readAllBytes(COMMAND_LINE));
      List<String> last = all.subList(Math.max(0, all.size() - decoded.length), all.size());
      if (fits(last, decoded)) {
        return last.toArray(String[]::new);
      }
    } catch (IOException _) {
      // Not on Linux: what Java decoded has to do.
    }
    String[] encoded = new String[decoded.length];
    for (int i = 0; i < decoded.length; i++) {
      encoded[i] =
          new String(decoded[i].getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }
    return encoded;
  }

  static List<String> split(byte[] commandLine) {
    List<String> parts = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < commandLine.length; i++) {
      if (commandLine[i] == 0) {
        parts.add(new String(commandLine, start, i - start, StandardCharsets.ISO_8859_1));
        start = i + 1;
      }
    }
    return parts;
  }

  /** Whether these can be the same arguments: the launcher may have put some together. */
  private static boolean fits(List<String> raw, String[] decoded) {
    if (raw.size() != decoded.length) {
      return false;
    }
    for (int i = 0; i < decoded.length; i++) {
      if (isAscii(decoded[i]) && !decoded[i].equals(raw.get(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean allAscii(String[] texts) {
    for (String text : texts) {
      if (!isAscii(text)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isAscii(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) >= 0x80) {
        return false;
      }
    }
    return true;
  }
}
