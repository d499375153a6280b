package io.quorate.kv;

/**
 * From here on everybody may do everything, and no token is good any more; without effect if it is
 * so already.
 */
public record AuthDisableRequest() implements AuthRequest {}
