package io.quorate.kv;

/** Takes a role from a user that has it. */
public record UserRevokeRoleRequest(String user, String role) implements AuthRequest {}
