package io.quorate.server;

import io.quorate.server.Flag.Standing;

/** The text of {@code --help}. */
final class Help {
  private Help() {}

  static String text() {
    StringBuilder text =
        new StringBuilder(
            """
            Usage: quorate server [flags]

            One member of a cluster that speaks the etcd v3 API. Flags and ETCD_ variables are those
            of etcd; a flag on the command line wins over its variable. A --config-file is taken in
            the place of both.

            """);
    for (Flag flag : Flags.all()) {
      if (flag.standing() == Standing.MEANT) {
        String preset = flag.preset().isEmpty() ? "" : " (" + flag.preset() + ")";
        text.append("  --%-30s %s%s%n".formatted(flag.name(), flag.note(), preset));
      }
    }
    text.append(
        """

        Other flags of etcd 3.4 to 3.6 are accepted and said to have no effect, or refused if
        leaving them out would do less than was asked.

        Examples:
          quorate server --data-dir /var/lib/quorate
          quorate server --listen-client-urls https://10.0.0.1:2379 --cert-file a.pem --key-file a.key \\
              --trusted-ca-file clients-ca.pem
          quorate server --name a --initial-cluster a=http://10.0.0.1:2380,b=http://10.0.0.2:2380 \\
              --listen-peer-urls http://10.0.0.1:2380 --listen-client-urls http://10.0.0.1:2379
        """);
    return text.toString();
  }
}
