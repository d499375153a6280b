package io.quorate.kv;

/** Makes a role that allows nothing. The one named {@code root} allows everything. */
public record RoleAddRequest(String role) implements AuthRequest {}
