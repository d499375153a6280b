package io.quorate.spring;

import io.quorate.xa.Transactions;
import io.quorate.xa.jta.JakartaTransactions;
import jakarta.transaction.TransactionManager;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/**
 * Where there are {@link Transactions}: Spring's transaction manager and Jakarta Transactions' over
 * them, each unless the application defines one.
 */
@AutoConfiguration(
    after = QuorateAutoConfiguration.class,
    beforeName = {
      // Spring Boot 4
      "org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration",
      "org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration",
      "org.springframework.boot.transaction.jta.autoconfigure.JtaAutoConfiguration",
      // Spring Boot 3
      "org.springframework.boot.autoconfigure.jdbc.DataSourceTransactionManagerAutoConfiguration",
      "org.springframework.boot.autoconfigure.transaction.TransactionAutoConfiguration",
      "org.springframework.boot.autoconfigure.transaction.jta.JtaAutoConfiguration"
    })
@ConditionalOnBean(Transactions.class)
public class QuorateTransactionsAutoConfiguration {
  /** Spring's. */
  @Bean
  @ConditionalOnMissingBean(org.springframework.transaction.TransactionManager.class)
  QuorateTransactions transactionManager(Transactions transactions) {
    return new QuorateTransactions(transactions);
  }

  /** Jakarta Transactions'. */
  @Bean
  @ConditionalOnMissingBean(TransactionManager.class)
  JakartaTransactions jakartaTransactionManager(Transactions transactions) {
    return new JakartaTransactions(transactions);
  }
}
