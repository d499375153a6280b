package io.quorate.client;

import io.quorate.base.ErrorCode;

/**
 * Why a watch can't go on.
 *
 * @param code {@link ErrorCode#REVISION_COMPACTED} for a gap behind which {@link WatchListener#gap}
 *     didn't go on: read the keys anew, and watch from the revision behind that of the read
 * @param reason in words
 * @param compactRevision of a gap, where what is still there begins; else 0
 * @param header of the answer that ended it
 */
public record WatchEnd(ErrorCode code, String reason, long compactRevision, Header header) {}
