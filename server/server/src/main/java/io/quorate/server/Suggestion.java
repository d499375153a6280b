package io.quorate.server;

import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** The nearest known word to one that isn't known. */
final class Suggestion {
  private Suggestion() {}

  /**
   * The known word with the fewest single-letter edits from {@code word}, or null if none is near
   * enough to have been meant.
   */
  static @Nullable String nearest(String word, Collection<String> known) {
    String best = null;
    int bestEdits = Math.max(2, word.length() / 3) + 1;
    for (String candidate : known) {
      int edits = edits(word, candidate);
      if (edits < bestEdits) {
        best = candidate;
        bestEdits = edits;
      }
    }
    return best;
  }

  private static int edits(String a, String b) {
    int[] above = new int[b.length() + 1];
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      above[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int change = above[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(change, 1 + Math.min(above[j], row[j - 1]));
      }
      int[] swap = above;
      above = row;
      row = swap;
    }
    return above[b.length()];
  }
}
