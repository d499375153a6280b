/**
 * PostgreSQL and MariaDB servers that belong to one test run, from the packages of the system.
 *
 * <p><b>Owns</b> their data directories, their ports on loopback and their processes: how they are
 * made, killed, paused and started again, and that nothing of them is left.
 *
 * <p><b>Never</b> touches a server that the system runs, and never lets go of durability: data is
 * synced as in production, since what is lost at a kill is what the tests ask about.
 *
 * <p><b>Invariants</b>: a server ends, and its directory goes, with the JVM that started it,
 * however that ends; after {@link io.quorate.databases.Database#kill} none of its processes is
 * left; a server that is started again has the same directory and the same port.
 *
 * <p><b>Start</b> with {@link io.quorate.databases.Databases}, if one server will do for all tests
 * of a JVM, and with {@link io.quorate.databases.Database}, if it is to be killed. How processes
 * are held is {@code Keeper}.
 */
@NullMarked
package io.quorate.databases;

import org.jspecify.annotations.NullMarked;
