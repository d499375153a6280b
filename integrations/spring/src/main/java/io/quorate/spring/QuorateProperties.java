package io.quorate.spring;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What an application says of the store, and of its transactions.
 *
 * @param endpoints members of the cluster, as {@link io.quorate.client.QuorateClient#connect} takes
 *     them
 * @param user who the client is; null if members needn't know
 * @param password of the user
 * @param timeout by when a call to the store must have ended
 * @param xa of transactions over several databases
 */
@ConfigurationProperties("quorate")
public record QuorateProperties(
    @DefaultValue("localhost:2379") List<String> endpoints,
    @Nullable String user,
    @Nullable String password,
    @DefaultValue("10s") Duration timeout,
    @DefaultValue Xa xa) {

  /** Without the password, which would be in logs otherwise. */
  @Override
  public String toString() {
    return "QuorateProperties[endpoints=%s, user=%s, timeout=%s, xa=%s]"
        .formatted(endpoints, user, timeout, xa);
  }

  /**
   * Of transactions over several databases.
   *
   * @param domain of all processes that finish each other's transactions; the application's name if
   *     it is null
   * @param timeout how long a transaction may take, if nothing else is said
   * @param sessionTtl how long after a process was last heard of others take over what it has left
   * @param recoveryPeriod how often resources are looked through when nothing seems to be left
   */
  public record Xa(
      @Nullable String domain,
      @DefaultValue("60s") Duration timeout,
      @DefaultValue("15s") Duration sessionTtl,
      @DefaultValue("10s") Duration recoveryPeriod) {}
}
