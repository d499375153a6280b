package io.quorate.client;

import java.util.List;

/** What a role permits. */
public record RoleGetResponse(Header header, List<Permission> permissions) {}
