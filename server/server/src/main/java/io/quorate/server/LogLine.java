package io.quorate.server;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.LayoutBase;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** One event as {@code ts=… level=… from=… msg="…"}; a stack trace indented behind it. */
final class LogLine extends LayoutBase<ILoggingEvent> {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  @Override
  public String doLayout(ILoggingEvent event) {
    String logger = event.getLoggerName();
    StringBuilder line = new StringBuilder(160);
    line.append("ts=").append(TIME.format(Instant.ofEpochMilli(event.getTimeStamp())));
    line.append(" level=").append(event.getLevel().toString().toLowerCase(Locale.ROOT));
    line.append(" from=").append(logger, logger.lastIndexOf('.') + 1, logger.length());
    line.append(" msg=\"");
    quote(event.getFormattedMessage(), line);
    line.append("\"\n");
    IThrowableProxy thrown = event.getThrowableProxy();
    if (thrown != null) {
      for (String each : ThrowableProxyUtil.asString(thrown).split("\\R", -1)) {
        if (!each.isEmpty()) {
          line.append("  ");
          quote(each.strip(), line);
          line.append('\n');
        }
      }
    }
    return line.toString();
  }

  /** Nothing that a peer or a client says can begin a line of its own. */
  private static void quote(String text, StringBuilder line) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"') {
        line.append("\\\"");
      } else if (c == '\n') {
        line.append("\\n");
      } else if (c < 0x20 || c == 0x7f) {
        line.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      } else {
        line.append(c);
      }
    }
  }
}
