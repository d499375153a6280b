package io.quorate.kv;

/**
 * An alarm that is raised, for one member.
 *
 * @param member whom it is about
 * @param kind what is wrong
 * @param byClient whether a client raised it: then it stays until one takes it back
 * @param byMember whether the member raised it by itself: then the member takes it back as well
 */
public record Alarm(long member, AlarmKind kind, boolean byClient, boolean byMember) {}
