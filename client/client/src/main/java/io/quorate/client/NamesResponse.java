package io.quorate.client;

import java.util.List;

/** Names of users or of roles. */
public record NamesResponse(Header header, List<String> names) {}
