package io.quorate.kv;

/** The answer to a {@link ComputedRequest}; whoever made that one knows what is in it. */
public non-sealed interface ComputedResponse extends KvResponse {}
