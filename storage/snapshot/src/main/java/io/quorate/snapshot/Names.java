package io.quorate.snapshot;

/** Which names a file of a snapshot may have: none that could lead out of its directory. */
final class Names {
  /** The manifest's own name beside the files, once all of them are there. */
  static final String MANIFEST = "SNAPSHOT";

  /** Its name until then. */
  static final String MANIFEST_PARTIAL = "SNAPSHOT.part";

  private static final int LENGTH_MAX = 128;

  private Names() {}

  /**
   * One part of a path, of harmless characters, not hidden, and not a name that we use ourselves.
   */
  static boolean isSafe(String name) {
    if (name.isEmpty()
        || name.length() > LENGTH_MAX
        || name.charAt(0) == '.'
        || name.regionMatches(true, 0, MANIFEST, 0, MANIFEST.length())) {
      return false;
    }
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean harmless =
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || c == '.'
              || c == '-'
              || c == '_';
      if (!harmless) {
        return false;
      }
    }
    return true;
  }
}
