package io.quorate.testkit;

/** What a partition can cut off: a member, or a process of the application. */
public sealed interface Host permits ClusterMember, ClientProcess {
  /** What it is called in reports: {@code m1}, {@code m2}… for members. */
  String name();
}
