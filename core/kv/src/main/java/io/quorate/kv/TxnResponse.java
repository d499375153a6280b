package io.quorate.kv;

import java.util.List;

/**
 * A transaction was carried out, in one branch or the other.
 *
 * @param revision for the header; 0 if nested
 * @param succeeded whether all conditions held
 * @param responses one for each step of the branch that ran, in order
 */
public record TxnResponse(long revision, boolean succeeded, List<KvResponse> responses)
    implements KvResponse {}
