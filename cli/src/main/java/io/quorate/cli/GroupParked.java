package io.quorate.cli;

import io.quorate.events.group.ParkedEvent;
import java.util.List;

/** What a group of consumers couldn't handle. */
record GroupParked(String group, List<ParkedEvent> events) {}
