package io.quorate.events;

import java.util.UUID;

/**
 * Which event it is, among all of all stores: its append, and its place in that.
 *
 * @param append the append's id, which its caller chose
 * @param index of the event among all of that append, from 0 on
 */
public record EventId(UUID append, int index) {
  @Override
  public String toString() {
    return append + ":" + index;
  }
}
