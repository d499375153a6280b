package io.quorate.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Stories of the protocol, each a file that a person can read: commands and the whole trace of what
 * they bring about. {@code -Dtraces.rewrite} writes the traces anew, to be reviewed as a diff.
 */
final class TracesTest {
  private static final Path FOLDER = Path.of("src/test/resources/traces");

  @TestFactory
  Stream<DynamicTest> each_story_goes_as_it_is_told() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      List<Path> stories = files.filter(f -> f.toString().endsWith(".txt")).sorted().toList();
      assertThat(stories).isNotEmpty();
      return stories.stream().map(f -> DynamicTest.dynamicTest(title(f), () -> check(f)));
    }
  }

  /** The depth at which the exhaustive check would find this one is out of its reach. */
  @Test
  void a_core_that_drops_what_agrees_behind_a_snapshot_is_found_by_the_story_of_it()
      throws IOException {
    String story = Files.readString(FOLDER.resolve("a_snapshot_keeps_what_agrees_behind_it.txt"));
    SafetyRules wrong =
        new SafetyRules() {
          @Override
          boolean keepsSuffix(long localTerm, long snapshotTerm) {
            return false;
          }
        };
    assertThatThrownBy(() -> Script.play(story, wrong))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("last=3 expected, found 2");
  }

  /** The exhaustive check doesn't get that far either: a change, two leaders, and a lost end. */
  @Test
  void a_core_that_counts_on_all_but_those_left_out_is_found_by_the_story_of_it()
      throws IOException {
    String story =
        Files.readString(
            FOLDER.resolve("whom_a_change_leaves_out_is_asked_too_where_all_must_agree.txt"));
    SafetyRules wrong =
        new SafetyRules() {
          @Override
          long[] ofFormerVoters(long[] formers) {
            return new long[0];
          }
        };
    assertThatThrownBy(() -> Script.play(story, wrong))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("term=1 expected");
  }

  private static String title(Path file) {
    return file.getFileName().toString().replace(".txt", "").replace('_', ' ');
  }

  private static void check(Path file) {
    try {
      String told = Files.readString(file);
      String played = Script.play(told);
      if (System.getProperty("traces.rewrite") != null) {
        Files.writeString(file, played);
      } else {
        assertThat(played).as("%s; -Dtraces.rewrite writes it anew", file).isEqualTo(told);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
