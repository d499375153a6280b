package io.quorate.system;

import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;

/** Prints what the members of a failing test have logged. */
public final class PrintLogs implements BeforeEachCallback, TestExecutionExceptionHandler {
  private static final int LINES_MAX = 60;

  @Override
  public void beforeEach(ExtensionContext context) {
    ServerProcess.forgetLogs();
  }

  @Override
  public void handleTestExecutionException(ExtensionContext context, Throwable failure)
      throws Throwable {
    System.err.println(
        context.getDisplayName()
            + " failed\n"
            + ServerProcess.logsOfThisTest(LINES_MAX)
            + Store.logsOfShared(LINES_MAX));
    throw failure;
  }
}
