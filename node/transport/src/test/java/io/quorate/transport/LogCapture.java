package io.quorate.transport;

import static java.util.concurrent.TimeUnit.SECONDS;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/** What a class logs from now on, for a test to wait for. */
final class LogCapture extends Handler implements AutoCloseable {
  private final Logger logger;
  private final BlockingQueue<String> messages = new LinkedBlockingQueue<>();

  private LogCapture(Logger logger) {
    this.logger = logger;
  }

  static LogCapture of(Class<?> type) {
    LogCapture capture = new LogCapture(Logger.getLogger(type.getName()));
    capture.logger.addHandler(capture);
    return capture;
  }

  /** Waits for a message with this text. */
  void await(String text) throws InterruptedException {
    @Nullable String message;
    do {
      message = messages.poll(20, SECONDS);
      if (message == null) {
        throw new AssertionError("nobody said: " + text);
      }
    } while (!message.contains(text));
  }

  @Override
  public void publish(LogRecord message) {
    messages.add(String.valueOf(message.getMessage()));
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    logger.removeHandler(this);
  }
}
