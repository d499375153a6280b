package io.quorate.etcd;

import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Collects what is logged under a name, until it is closed. */
final class LogLines implements AutoCloseable {
  private final Logger logger;
  private final Handler handler;

  private LogLines(Logger logger, Handler handler) {
    this.logger = logger;
    this.handler = handler;
    logger.addHandler(handler);
  }

  static LogLines of(String name, List<String> lines) {
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord record) {
            lines.add(record.getMessage());
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    return new LogLines(Logger.getLogger(name), handler);
  }

  @Override
  public void close() {
    logger.removeHandler(handler);
  }
}
