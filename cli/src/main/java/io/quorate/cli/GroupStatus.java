package io.quorate.cli;

import io.quorate.events.group.PartitionStatus;
import java.util.List;

/** How far a group of consumers is. */
record GroupStatus(String group, List<PartitionStatus> partitions) {}
