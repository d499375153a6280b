package io.quorate.simulator;

import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** While a class's worlds live, nothing is logged: what members log there nobody reads. */
public final class QuietLogs implements BeforeAllCallback, AfterAllCallback {
  /** Held, or its level would be forgotten with it. */
  private static final Logger ALL = Logger.getLogger("");

  private static final Level BEFORE = ALL.getLevel();

  @Override
  public void beforeAll(ExtensionContext context) {
    ALL.setLevel(Level.OFF);
  }

  @Override
  public void afterAll(ExtensionContext context) {
    ALL.setLevel(BEFORE);
  }
}
