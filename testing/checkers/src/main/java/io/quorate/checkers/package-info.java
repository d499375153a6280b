/**
 * Judges what transactions did: a history goes in, and out comes which isolation levels it may
 * still have been run at, with every proof to the contrary told in words.
 *
 * <p><b>Owns</b> histories of transactions and three ways to judge them. {@link
 * io.quorate.checkers.Checker} trusts nothing but what clients saw; its method is Elle's (Kingsbury
 * and Alvaro, "Elle: Inferring Isolation Anomalies from Experimental Observations", VLDB 2020),
 * after the dependency graphs of Adya's thesis (1999). {@link io.quorate.checkers.RevisionReplay}
 * trusts the revisions that a store tells, and replays them. {@link io.quorate.checkers.BankCheck}
 * adds up. They are used beside each other: a store may tell wrong revisions consistently, and a
 * black box doesn't see phantoms.
 *
 * <p><b>Never</b> runs transactions, reads a clock, starts a thread or draws a number: the same
 * history gets the same verdict, word for word. It knows no store and no client.
 *
 * <p><b>Invariants</b>: what is called an anomaly is one, whatever the transactions of unknown
 * outcome did; a search that was cut short never ends in "valid"; time and memory grow with the
 * history and its concurrency, not with their square.
 *
 * <p><b>Start</b> with {@link io.quorate.checkers.HistoryRecorder} and {@link
 * io.quorate.checkers.Checker}; how the judgement is made: {@link io.quorate.checkers.ListAppend}
 * turns a history into a {@link io.quorate.checkers.Graph}, in which {@link
 * io.quorate.checkers.CycleSearch} looks for cycles. What each anomaly means is told at {@link
 * io.quorate.checkers.AnomalyType}, what the levels are at {@link io.quorate.checkers.Level}.
 */
@NullMarked
package io.quorate.checkers;

import org.jspecify.annotations.NullMarked;
