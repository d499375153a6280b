package io.quorate.simulator;

/** What becomes of a call to the disk. */
enum Strike {
  /** Nothing special. */
  NONE,
  /** The power goes in it. */
  POWER,
  /** It fails with an error of the device. */
  ERROR;

  /** Says for each call of a member to its disk what becomes of it. */
  interface Striker {
    Strike at(SimulatedDisk.Call call, String path);
  }
}
