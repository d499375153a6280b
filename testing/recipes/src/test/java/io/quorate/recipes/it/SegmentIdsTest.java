package io.quorate.recipes.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.recipes.ids.SegmentIds;
import io.quorate.system.Store;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Numbers from segments: each once, whoever takes them. */
@ParameterizedClass(name = "{0}")
@EnumSource(Store.class)
@Timeout(60)
class SegmentIdsTest extends RecipeCase {
  SegmentIdsTest(Store store) {
    super(store, "segments");
  }

  @Test
  void one_process_counts_from_one_on() {
    SegmentIds ids = SegmentIds.of(client, name, 10);
    for (long i = 1; i <= 35; i++) {
      assertThat(ids.nextId()).isEqualTo(i);
    }
  }

  @Test
  void another_process_goes_on_behind_what_is_taken() {
    SegmentIds first = SegmentIds.of(client, name, 100);
    SegmentIds second = SegmentIds.of(client, name, 7);
    assertThat(first.nextId()).isEqualTo(1);
    assertThat(second.nextId()).isEqualTo(101);
    assertThat(first.nextId()).isEqualTo(2);
    assertThat(SegmentIds.of(client, name, 1).nextId()).isGreaterThan(107);
  }

  @Test
  void threads_of_several_processes_never_get_the_same() throws Exception {
    List<SegmentIds> processes =
        List.of(SegmentIds.of(client, name, 3), SegmentIds.of(client, name, 50));
    Set<Long> all = ConcurrentHashMap.newKeySet();
    List<Thread> threads = new ArrayList<>();
    List<Throwable> failures = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      SegmentIds ids = processes.get(i % 2);
      Thread thread =
          new Thread(() -> {
            for (int j = 0; j < 200; j++) {
              assertThat(all.add(ids.nextId())).isTrue();
            }
          });
      thread.setUncaughtExceptionHandler((of, why) -> failures.add(why));
      threads.add(thread);
      thread.start();
    }
    for (Thread each : threads) {
      each.join();
    }
    assertThat(failures).isEmpty();
    assertThat(all).hasSize(1_200);
  }

  @Test
  void what_is_no_number_and_the_end_of_all_numbers_are_told() {
    client.kv().put("quorate/segments/" + name, Long.toString(Long.MAX_VALUE - 5));
    assertThatThrownBy(() -> SegmentIds.of(client, name, 10).nextId())
        .isInstanceOf(QuorateException.Rejected.class)
        .hasMessageContaining("no more numbers");
    client.kv().put("quorate/segments/" + name, "many");
    assertThatThrownBy(() -> SegmentIds.of(client, name, 10).nextId())
        .satisfies(e -> assertThat(ErrorCode.DATA_DAMAGED.isOf(e)).isTrue())
        .hasMessageContaining("many");
    assertThatThrownBy(() -> SegmentIds.of(client, name, 0))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
