package io.quorate.kv;

/**
 * From here on, who isn't recognised may do nothing. There must be a user {@code root} that has the
 * role {@code root}; without effect if it is so already.
 */
public record AuthEnableRequest() implements AuthRequest {}
