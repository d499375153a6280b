package io.quorate.kv;

/** Gives a user a role; without effect if it has it already. */
public record UserGrantRoleRequest(String user, String role) implements AuthRequest {}
