package io.quorate.client;

/**
 * What came of a downgrade's request.
 *
 * @param version the cluster's
 */
public record DowngradeResponse(Header header, String version) {}
