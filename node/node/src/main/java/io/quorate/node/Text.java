package io.quorate.node;

/** Words that came from elsewhere, on their way into our log. */
final class Text {
  private static final int CHARS_MAX = 400;

  private Text() {}

  /** The words as a part of one line: nothing in them may look like a line of ours. */
  static String line(String words) {
    String text = words.length() > CHARS_MAX ? words.substring(0, CHARS_MAX) + "…" : words;
    return text.replaceAll("\\p{Cntrl}", "?");
  }
}
