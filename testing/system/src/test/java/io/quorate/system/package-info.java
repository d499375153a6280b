/**
 * What crosses every module: real member processes, killed, paused, fed with nonsense, and compared
 * with a real etcd.
 *
 * <p><b>Owns</b> the processes it starts, their ports and their directories. What a run measures it
 * prints, one line a figure, and keeps in {@code target/system-figures.txt}.
 *
 * <p><b>Never</b> reaches into a member: whatever it knows, it knows from the client port, the log
 * lines and the exit code, as an operator would. It never waits for a time to pass where there is
 * an event to wait for.
 *
 * <p><b>Invariants</b>: every process ends with the test, also when the tests are interrupted;
 * every wait has a bound; a failing test prints the members' logs. The rounds are few unless {@code
 * -Dsystem.full=true} asks for all of them. The members run from the class path of the tests, or
 * from the launcher named by {@code -Dsystem.quorate=PATH}.
 *
 * <p><b>Start</b> with {@link io.quorate.system.ProcessCluster}, then {@link
 * io.quorate.system.DurabilityTest}.
 */
@NullMarked
package io.quorate.system;

import org.jspecify.annotations.NullMarked;
