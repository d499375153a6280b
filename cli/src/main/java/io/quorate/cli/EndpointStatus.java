package io.quorate.cli;

import io.quorate.client.StatusResponse;

/** What one endpoint said of itself. */
record EndpointStatus(String endpoint, StatusResponse status) {}
