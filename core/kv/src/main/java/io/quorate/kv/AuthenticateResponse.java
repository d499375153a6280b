package io.quorate.kv;

import io.quorate.base.Bytes;

/**
 * A token is known.
 *
 * @param revision the store's revision
 * @param holder who has it, recognised at this moment
 * @param tokenDigest as it was asked
 */
public record AuthenticateResponse(long revision, Principal holder, Bytes tokenDigest)
    implements KvResponse {}
