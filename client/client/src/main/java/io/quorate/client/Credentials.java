package io.quorate.client;

/**
 * Who the client is. Exchanged for a token with the first call, and again when the token is no
 * longer taken.
 */
public record Credentials(String user, String password) {
  /** Never says the password. */
  @Override
  public String toString() {
    return "Credentials[" + user + "]";
  }
}
