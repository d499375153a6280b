/**
 * Spring's transactions, over several databases and the store.
 *
 * <p><b>Owns</b> what Spring's propagations, time-outs and synchronizations mean for {@link
 * io.quorate.xa.Transactions}, and what Spring Boot makes of properties and of beans that are
 * resources.
 *
 * <p><b>Never</b> makes a data source or a resource: which databases take part, the application
 * says, by beans of type {@link io.quorate.xa.branch.Resource}.
 *
 * <p><b>Invariants</b>: what {@code @Transactional} works in is what {@link
 * io.quorate.xa.Transactions#current} and Jakarta Transactions see; what an application defines
 * itself isn't configured.
 *
 * <p><b>Start</b> with {@link io.quorate.spring.QuorateTransactions}. Works with Spring Boot 4 and
 * Spring 7.
 */
@NullMarked
package io.quorate.spring;

import org.jspecify.annotations.NullMarked;
