package io.quorate.client;

import java.util.List;

/** Alarms that are on, or were changed. */
public record AlarmResponse(Header header, List<AlarmMember> alarms) {}
