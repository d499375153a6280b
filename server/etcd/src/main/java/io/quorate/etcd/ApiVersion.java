package io.quorate.etcd;

/** The version of the etcd API that is spoken here: what clients are told and decide by. */
public final class ApiVersion {
  /** The server's version. */
  public static final String SERVER = "3.6.14";

  /** The version that all members of the cluster have agreed on. */
  public static final String CLUSTER = "3.6.0";

  /** The version of the storage. */
  public static final String STORAGE = "3.6.0";

  private ApiVersion() {}
}
