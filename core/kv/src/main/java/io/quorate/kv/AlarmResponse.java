package io.quorate.kv;

import java.util.List;

/**
 * What a change of alarms was about.
 *
 * @param revision the store's revision
 * @param alarms the alarm that is raised now, or that was taken back; none if there was none
 */
public record AlarmResponse(long revision, List<Alarm> alarms) implements KvResponse {
  /** Copies the list. */
  public AlarmResponse {
    alarms = List.copyOf(alarms);
  }
}
