package io.quorate.client;

/**
 * An alarm of one member.
 *
 * @param memberId unsigned; 0 for all members, where an alarm is switched off
 */
public record AlarmMember(long memberId, Type alarm) {

  /** What is wrong; the order is that of the wire's numbers. */
  public enum Type {
    /** All kinds, where alarms are switched off. */
    NONE,
    /** The store has reached its quota. */
    NOSPACE,
    /** Members differ. */
    CORRUPT
  }
}
