package io.quorate.client;

/**
 * An alarm of one member.
 *
 * @param memberId unsigned; 0 for all members, where an alarm is switched off
 */
public record AlarmMember(long memberId, Type alarm) {

  /** What is wrong. */
  public enum Type {
    /** All kinds, where alarms are switched off. */
    NONE(0),
    /** The store has reached its quota. */
    NOSPACE(1),
    /** Members differ. */
    CORRUPT(2);

    private final int number;

    Type(int number) {
      this.number = number;
    }

    /** Its number on the wire. */
    public int number() {
      return number;
    }
  }
}
