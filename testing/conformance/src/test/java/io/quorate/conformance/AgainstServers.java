package io.quorate.conformance;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.ArgumentsProvider;
import org.junit.jupiter.params.provider.ArgumentsSource;
import org.junit.jupiter.params.support.AnnotationConsumer;
import org.junit.jupiter.params.support.ParameterDeclarations;

/**
 * Runs the cases of a class against etcd, and against Quorate as soon as it serves what they need;
 * its constructor takes the {@link Subject}.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ParameterizedClass(name = "{0}")
@ArgumentsSource(AgainstServers.Subjects.class)
@interface AgainstServers {
  /** What the cases need beside the keyspace. */
  Feature[] value() default {};

  /** Who serves all that is needed. */
  final class Subjects implements ArgumentsProvider, AnnotationConsumer<AgainstServers> {
    private Feature[] needed = {};

    @Override
    public void accept(AgainstServers annotation) {
      needed = annotation.value();
    }

    @Override
    public Stream<? extends Arguments> provideArguments(
        ParameterDeclarations parameters, ExtensionContext context) {
      return Arrays.stream(Subject.values())
          .filter(subject -> Arrays.stream(needed).allMatch(feature -> feature.isServedBy(subject)))
          .map(Arguments::of);
    }
  }
}
