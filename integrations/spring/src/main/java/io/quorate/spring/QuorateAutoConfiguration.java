package io.quorate.spring;

import io.quorate.client.ClientObserver;
import io.quorate.client.ClientOptions;
import io.quorate.client.Credentials;
import io.quorate.client.QuorateClient;
import io.quorate.xa.Transactions;
import io.quorate.xa.TransactionsBuilder;
import io.quorate.xa.branch.Resource;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;

/**
 * A client of the store, and transactions over all beans that are a {@link Resource}; if there are
 * any. Each gives way to a bean of the application's own. Whoever needs TLS defines the client.
 */
@AutoConfiguration
@EnableConfigurationProperties(QuorateProperties.class)
public class QuorateAutoConfiguration {
  /** Its observers are all beans that are one. */
  @Bean
  @ConditionalOnMissingBean
  QuorateClient quorateClient(QuorateProperties properties, ObjectProvider<ClientObserver> heard) {
    ClientOptions options = ClientOptions.DEFAULT.timeout(properties.timeout());
    if (properties.user() != null) {
      String password = properties.password();
      options =
          options.credentials(new Credentials(properties.user(), password == null ? "" : password));
    }
    for (ClientObserver each : heard.orderedStream().toList()) {
      options = options.observer(each);
    }
    return QuorateClient.connect(options, null, properties.endpoints());
  }

  /** Begins as soon as the store can be reached, and each resource was found fit. */
  @Bean
  @ConditionalOnMissingBean
  @ConditionalOnBean(Resource.class)
  Transactions quorateXaTransactions(
      QuorateClient client,
      QuorateProperties properties,
      Environment environment,
      ObjectProvider<Resource<?>> resources) {
    QuorateProperties.Xa xa = properties.xa();
    TransactionsBuilder builder =
        Transactions.builder(client, domain(xa, environment))
            .timeout(xa.timeout())
            .sessionTtl(xa.sessionTtl())
            .recoveryPeriod(xa.recoveryPeriod());
    resources.orderedStream().forEach(builder::resource);
    return builder.open();
  }

  private static String domain(QuorateProperties.Xa xa, Environment environment) {
    String domain = xa.domain() != null ? xa.domain() : name(environment);
    if (domain == null || domain.isEmpty()) {
      throw new IllegalStateException(
          "set quorate.xa.domain, or spring.application.name: the name under which all processes of"
              + " this application finish each other's transactions");
    }
    return domain;
  }

  @SuppressWarnings("NullAway") // null if it isn't set
  private static String name(Environment environment) {
    return environment.getProperty("spring.application.name");
  }
}
