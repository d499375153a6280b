package io.quorate.server;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.slf4j.LoggerFactory;

/** Sends what the process logs where its operator wants it, one line of {@code key=value} each. */
final class Logging {
  private Logging() {}

  /**
   * Sets level and outputs.
   *
   * @throws UsageException if there is no such level
   */
  static void configure(String level, String outputs) throws UsageException {
    if (!(LoggerFactory.getILoggerFactory() instanceof LoggerContext context)) {
      return;
    }
    context.reset();
    Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    root.setLevel(level(level));
    context
        .getLogger("io.netty")
        .setLevel(level(level).isGreaterOrEqual(Level.WARN) ? level(level) : Level.WARN);
    for (String output : outputs.split(",", -1)) {
      root.addAppender(appender(context, output.strip()));
    }
  }

  /** Writes out what waits, at the end of the process. */
  static void stop() {
    if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
      context.stop();
    }
  }

  private static Appender<ILoggingEvent> appender(LoggerContext context, String output) {
    OutputStreamAppender<ILoggingEvent> appender;
    switch (output) {
      case "default", "stderr", "stdout", "" -> {
        ConsoleAppender<ILoggingEvent> console = new ConsoleAppender<>();
        console.setTarget(output.equals("stdout") ? "System.out" : "System.err");
        appender = console;
      }
      default -> {
        FileAppender<ILoggingEvent> file = new FileAppender<>();
        file.setFile(output);
        appender = file;
      }
    }
    LogLine layout = new LogLine();
    layout.setContext(context);
    layout.start();
    LayoutWrappingEncoder<ILoggingEvent> encoder = new LayoutWrappingEncoder<>();
    encoder.setContext(context);
    encoder.setCharset(StandardCharsets.UTF_8);
    encoder.setLayout(layout);
    encoder.start();
    appender.setContext(context);
    appender.setName(output);
    appender.setEncoder(encoder);
    appender.start();
    return appender;
  }

  private static Level level(String name) throws UsageException {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "debug" -> Level.DEBUG;
      case "info" -> Level.INFO;
      case "warn" -> Level.WARN;
      case "error", "dpanic", "panic", "fatal" -> Level.ERROR;
      default ->
          throw new UsageException(
              "--log-level is debug, info, warn, error, panic or fatal, not \"" + name + "\"");
    };
  }
}
