package io.quorate.server;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import org.junit.jupiter.api.Test;

/** Shows that a record is known by how its line begins. */
class LogLineTest {
  /**
   * Whatever a client says, in a message or in what an exception says, begins no line of its own.
   */
  @Test
  void hazard_32_no_text_begins_a_line_of_its_own() {
    String forged = "\nts=2026-01-01 level=info msg=\"all is well\"\r\nts=x\u000bts=y";
    LoggerContext context = new LoggerContext();
    LoggingEvent event =
        new LoggingEvent(
            "",
            context.getLogger("io.quorate.Test"),
            Level.ERROR,
            "key=" + forged,
            new IllegalStateException(forged, new RuntimeException(forged)),
            new Object[0]);
    assertThat(new LogLine().doLayout(event).split("\\R", -1))
        .filteredOn(line -> line.startsWith("ts="))
        .hasSize(1);
  }
}
