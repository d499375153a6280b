package io.quorate.kv;

/**
 * Raises an alarm; if it is raised already, it is from now on also by who asks.
 *
 * @param member whom it is about, in the cluster or not
 * @param kind what is wrong
 * @param byMember whether the member itself found it; otherwise a client says so
 */
public record AlarmRaiseRequest(long member, AlarmKind kind, boolean byMember)
    implements AlarmRequest {}
