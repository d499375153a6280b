package io.quorate.kv;

/** Deletes a role, and takes it from all users; {@code root} only while authentication is off. */
public record RoleDeleteRequest(String role) implements AuthRequest {}
