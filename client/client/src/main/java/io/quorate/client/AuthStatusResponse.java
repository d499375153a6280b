package io.quorate.client;

/**
 * Whether authentication is on.
 *
 * @param authRevision rises with each change of users, roles and permissions
 */
public record AuthStatusResponse(Header header, boolean enabled, long authRevision) {}
