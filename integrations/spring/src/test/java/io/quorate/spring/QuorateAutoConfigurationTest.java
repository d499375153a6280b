package io.quorate.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.EmbeddedNode;
import io.quorate.MemberConfig;
import io.quorate.Quorate;
import io.quorate.client.QuorateClient;
import io.quorate.xa.Transactions;
import io.quorate.xa.jta.JakartaTransactions;
import jakarta.transaction.UserTransaction;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.annotation.Transactional;

/** What Spring Boot makes of resources and properties. */
@Timeout(value = 30, unit = TimeUnit.SECONDS)
class QuorateAutoConfigurationTest {
  @TempDir private static Path directory;
  private static EmbeddedNode node;

  private final ApplicationContextRunner application =
      new ApplicationContextRunner()
          .withConfiguration(
              AutoConfigurations.of(
                  QuorateAutoConfiguration.class,
                  QuorateTransactionsAutoConfiguration.class,
                  TransactionAutoConfiguration.class));

  @BeforeAll
  static void start() {
    node = Quorate.node(MemberConfig.alone(directory.resolve("data"))).start();
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  /** An application with two resources, and a service that writes in both. */
  @Configuration(proxyBeanMethods = false)
  static class Application {
    @Bean(destroyMethod = "")
    QuorateClient client() {
      return node.client();
    }

    @Bean
    Notebook left() {
      return new Notebook("left");
    }

    @Bean
    Notebook right() {
      return new Notebook("right");
    }

    @Bean
    Writer writer(Transactions transactions, Notebook left, Notebook right) {
      return new Writer(transactions, left, right);
    }
  }

  /** Writes in both. */
  static class Writer {
    private final Transactions transactions;
    private final Notebook left;
    private final Notebook right;

    Writer(Transactions transactions, Notebook left, Notebook right) {
      this.transactions = transactions;
      this.left = left;
      this.right = right;
    }

    @Transactional
    public void write(String line) {
      transactions.current().orElseThrow().enlist(left).write("fine");
      transactions.current().orElseThrow().enlist(right).write(line);
    }
  }

  /** Shows that a transactional method is one transaction over all resources that are beans. */
  @Test
  void a_transactional_method_is_atomic_over_all_resources() {
    application
        .withUserConfiguration(Application.class)
        .withPropertyValues("quorate.xa.domain=boot")
        .run(context -> {
          Writer writer = context.getBean(Writer.class);
          writer.write("good");
          assertThatThrownBy(() -> writer.write("bad")).hasMessageContaining("a bad line");
          assertThat(context.getBean("left", Notebook.class).lines()).containsExactly("fine");
          assertThat(context.getBean("right", Notebook.class).lines()).containsExactly("good");
          assertThat(context).hasSingleBean(PlatformTransactionManager.class);
          assertThat(context.getBean(UserTransaction.class))
              .isInstanceOf(JakartaTransactions.class);
        });
  }

  /** Shows that the domain is the application's name, or has to be said. */
  @Test
  void the_domain_has_to_be_known() {
    application
        .withUserConfiguration(Application.class)
        .withPropertyValues("spring.application.name=shop")
        .run(context -> assertThat(context).hasNotFailed());
    application
        .withUserConfiguration(Application.class)
        .run(context ->
            assertThat(context)
                .getFailure()
                .hasStackTraceContaining("set quorate.xa.domain, or spring.application.name"));
  }

  /** Shows that an application without resources gets a client, and nothing else. */
  @Test
  void without_resources_there_is_only_a_client() {
    application
        .withPropertyValues("quorate.endpoints=localhost:1,localhost:2", "quorate.timeout=3s")
        .run(context -> {
          assertThat(context).hasSingleBean(QuorateClient.class);
          assertThat(context.getBean(QuorateClient.class).options().timeout()).hasSeconds(3);
          assertThat(context).doesNotHaveBean(Transactions.class);
          assertThat(context).doesNotHaveBean(PlatformTransactionManager.class);
        });
  }

  /** Shows that each property is described for editors, under its name. */
  @Test
  void properties_are_described() throws IOException {
    try (InputStream file =
        Objects.requireNonNull(
            getClass().getResourceAsStream("/META-INF/spring-configuration-metadata.json"))) {
      String described = new String(file.readAllBytes(), StandardCharsets.UTF_8);
      for (String each :
          new String[] {
            "endpoints",
            "user",
            "password",
            "timeout",
            "xa.domain",
            "xa.timeout",
            "xa.session-ttl",
            "xa.recovery-period"
          }) {
        assertThat(described).contains("\"quorate." + each + "\"");
      }
      assertThat(described.split("\"description\"", -1))
          .hasSize(
              QuorateProperties.class.getRecordComponents().length
                  - 1
                  + QuorateProperties.Xa.class.getRecordComponents().length
                  + 1);
    }
  }
}
