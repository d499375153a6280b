package io.quorate.client;

import java.util.List;

/**
 * What a member says on a watch stream.
 *
 * @param header its revision is at least that of the last event
 * @param events all that one or several whole revisions did to the keys that are watched
 * @param compactRevision if the watch can't go on because history is gone: what is still there
 *     begins at this revision; else 0
 * @param cancelReason the member's words; may be empty
 */
public record WatchResponse(
    Header header,
    long watchId,
    boolean created,
    boolean canceled,
    long compactRevision,
    String cancelReason,
    boolean fragment,
    List<Event> events) {}
