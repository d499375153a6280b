package io.quorate.client;

import java.util.List;

/**
 * A transaction was carried out.
 *
 * @param succeeded whether all comparisons held
 * @param responses what each operation of the branch that ran brought, in its order
 */
public record TxnResponse(Header header, boolean succeeded, List<OpResponse> responses)
    implements OpResponse {}
