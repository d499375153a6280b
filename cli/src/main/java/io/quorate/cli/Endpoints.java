package io.quorate.cli;

import io.quorate.client.Member;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;

/** Which endpoints a command asks, one by one. */
final class Endpoints {
  private Endpoints() {}

  /** Those of {@code --endpoints}, or those of every member that can be asked. */
  static List<String> of(Session session, boolean cluster) {
    if (!cluster) {
      return session.globals().endpointList();
    }
    List<String> all = new ArrayList<>();
    for (Member member : session.client().cluster().memberList().members()) {
      all.addAll(member.clientUrls());
    }
    return all;
  }

  static String words(CompletionException failure) {
    Throwable cause = failure.getCause();
    return String.valueOf(cause == null ? failure.getMessage() : cause.getMessage());
  }
}
