package io.quorate.admin;

import io.netty.handler.codec.http.HttpResponseStatus;
import io.quorate.node.ReplicaStatus;

/**
 * {@code /debug/vars}: what etcd's page of that name tells and a JVM has as well. The command line
 * isn't told: whoever may ask for health need not know it.
 */
final class DebugVars {
  private DebugVars() {}

  static Page page(ReplicaStatus status) {
    ProcessFigures process = ProcessFigures.now();
    return Page.json(
        HttpResponseStatus.OK,
        """
        {
        "file_descriptor_limit": %d,
        "memstats": {"HeapAlloc":%d,"HeapSys":%d,"NumGC":%d},
        "raft.status": {"id":"%x","term":%d,"commit":%d,"applied":%d,"lead":"%x","raftState":"%s"}
        }
        """
            .formatted(
                process.openFilesMax(),
                process.heapBytes(),
                process.heapBytesMax(),
                process.collections(),
                status.member(),
                status.term(),
                status.commitIndex(),
                status.appliedIndex(),
                status.leader(),
                status.isLeader()
                    ? "StateLeader"
                    : status.leader() == 0 ? "StateCandidate" : "StateFollower"));
  }
}
