/**
 * A world from a seed: whole members, their machines, the network between them and their clients,
 * in one thread and one time, with everything that can go wrong.
 *
 * <p><b>Owns</b> time, chance, disks, network, faults, clients, and the judgement on what happened.
 * The members are the classes that run in production, from the node down; only what {@link
 * io.quorate.node.Env} hands them is another.
 *
 * <p><b>Never</b> looks at a real clock, thread or random number while a world lives; never shares
 * anything between two worlds.
 *
 * <p><b>Invariants</b>: the same seed gives the same world, to the last event; a fault is planned
 * before the world begins, so that it can be left out; what is judged is judged against a second,
 * simpler telling of what must be.
 *
 * <p><b>Start</b> with {@link io.quorate.simulator.World}, then {@link
 * io.quorate.simulator.Observer} and {@link io.quorate.simulator.HistoryCheck}.
 */
@NullMarked
package io.quorate.simulator;

import org.jspecify.annotations.NullMarked;
