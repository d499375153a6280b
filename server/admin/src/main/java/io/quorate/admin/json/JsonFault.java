package io.quorate.admin.json;

/** What is wrong with a JSON text, for whoever sent it. An answer, so without a stack trace. */
public final class JsonFault extends Exception {
  private static final long serialVersionUID = 1L;

  JsonFault(String message) {
    super(message, null, false, false);
  }
}
