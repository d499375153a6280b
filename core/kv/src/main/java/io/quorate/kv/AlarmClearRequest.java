package io.quorate.kv;

/**
 * Takes an alarm back. A client's word ends it, whoever raised it; a member's only what the member
 * raised, so that what a client raised stays. One that isn't raised is no error.
 *
 * @param member whom it is about
 * @param kind what was wrong
 * @param byMember whether the member itself takes it back
 */
public record AlarmClearRequest(long member, AlarmKind kind, boolean byMember)
    implements AlarmRequest {}
