package io.quorate.kv;

/** What can be asked of users, roles and authentication, and changes them. */
public sealed interface AuthRequest extends KvRequest
    permits AuthEnableRequest,
        AuthDisableRequest,
        AuthenticateRequest,
        UserAddRequest,
        UserDeleteRequest,
        UserChangePasswordRequest,
        UserGrantRoleRequest,
        UserRevokeRoleRequest,
        RoleAddRequest,
        RoleDeleteRequest,
        RoleGrantPermissionRequest,
        RoleRevokePermissionRequest {}
