package io.quorate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Shows that members and clusters get the numbers that etcd gives them. */
class IdentityTest {
  /** The ids that every default etcd of one member prints when it starts. */
  @Test
  void a_default_member_has_the_ids_that_etcd_gives_it() {
    long member = Identity.memberId(List.of("http://localhost:2380"), "etcd-cluster");
    assertThat(Long.toHexString(member)).isEqualTo("8e9e05c52164694d");
    assertThat(Long.toHexString(Identity.clusterId(List.of(member)))).isEqualTo("cdf818194e3a8c32");
  }

  /** The order in which URLs and members are listed doesn't matter; the token does. */
  @Test
  void ids_depend_on_what_is_listed_and_not_on_its_order() {
    List<String> urls = List.of("http://a:1", "http://b:2");
    long member = Identity.memberId(urls, "t");
    assertThat(Identity.memberId(urls.reversed(), "t")).isEqualTo(member);
    assertThat(Identity.memberId(urls, "u")).isNotEqualTo(member);
    List<Long> ids = List.of(-1L, 1L, Long.MIN_VALUE, 7L);
    assertThat(Identity.clusterId(ids.reversed())).isEqualTo(Identity.clusterId(ids));
    assertThat(Identity.clusterId(ids.subList(1, 4))).isNotEqualTo(Identity.clusterId(ids));
  }
}
