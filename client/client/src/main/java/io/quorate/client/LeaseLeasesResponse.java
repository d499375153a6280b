package io.quorate.client;

import java.util.List;

/** All leases that a member knows. */
public record LeaseLeasesResponse(Header header, List<Long> ids) {}
