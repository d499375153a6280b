/**
 * Load against any etcd v3 endpoint, and what came of it.
 *
 * <p><b>Owns</b> the load generator behind {@code quorate bench}, its histograms and reports, and
 * the comparison of two servers in one run.
 *
 * <p><b>Never</b> measures itself more than it must: requests are encoded once and patched in
 * place, one thread does all, and nothing is allocated for a call but what reading its response
 * takes.
 *
 * <p><b>Invariants</b>: a latency is counted from when a call was due, not from when there was room
 * for it; what failed is counted by kind and never as a latency; nothing of the warm-up is counted.
 *
 * <p><b>Start</b> with {@link io.quorate.bench.Load}, then {@code Main}; the comparison is {@code
 * Compare}.
 */
@NullMarked
package io.quorate.bench;

import org.jspecify.annotations.NullMarked;
