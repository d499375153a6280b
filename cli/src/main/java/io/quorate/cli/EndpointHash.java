package io.quorate.cli;

import io.quorate.client.HashResponse;

/** The hash of one endpoint's keys. */
record EndpointHash(String endpoint, HashResponse hash) {}
