package io.quorate.server;

import io.quorate.admin.HttpAccess;
import io.quorate.tls.TlsSettings;
import io.quorate.tls.TlsSettings.Algorithms;
import io.quorate.tls.TlsSettings.Files;
import io.quorate.tls.TlsSettings.ServerCheck;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who is let in, and inside of what, as the flags say; etcd's flags with etcd's meaning. Two things
 * are stricter. What would have no effect, such as a revocation list without authorities, is
 * refused. And a member's certificate must name one of the hosts of its peer URLs, in both
 * directions and without asking a name server; lists of allowed names or hosts take the place of
 * that.
 *
 * @param clients TLS on https client and HTTP URLs; null if there are none
 * @param peers TLS between members; null for plaintext
 * @param peersNameTheirHosts whether who dials must show a certificate for the member's own host
 * @param made certificates that are to be made if they aren't there
 * @param http who may speak HTTP in plaintext
 * @param notices what is not as it may seem, in a line each
 */
record Security(
    @Nullable TlsSettings clients,
    @Nullable TlsSettings peers,
    boolean peersNameTheirHosts,
    List<Made> made,
    HttpAccess http,
    List<String> notices) {

  /** Two suites had other names when Go first had them. */
  private static final Map<String, String> OLD_SUITE_NAMES =
      Map.of(
          "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305",
          "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305",
          "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256");

  private static final long VALID_YEARS_MAX = 100;

  /**
   * A certificate that vouches for itself.
   *
   * @param folder where it lies, with its key and nothing else
   * @param hosts what it names
   */
  record Made(Path folder, List<String> hosts, Duration validFor) {
    Files files() {
      return new Files(folder.resolve("cert.pem"), folder.resolve("key.pem"));
    }
  }

  /** Copies the lists. */
  Security {
    made = List.copyOf(made);
    notices = List.copyOf(notices);
  }

  /**
   * Reads the flags.
   *
   * @param clientUrls where clients are listened for, in gRPC or HTTP
   * @throws UsageException if they contradict each other; the message names the flag
   */
  static Security of(
      Settings settings, Path dataDir, List<Endpoint> clientUrls, List<Endpoint> peerUrls)
      throws UsageException {
    return new Reader(settings, dataDir).read(clientUrls, peerUrls);
  }

  /** Reads one side after the other. */
  private static final class Reader {
    private final Settings settings;
    private final Path dataDir;
    private final List<Made> made = new ArrayList<>();
    private final List<String> notices = new ArrayList<>();

    Reader(Settings settings, Path dataDir) {
      this.settings = settings;
      this.dataDir = dataDir;
    }

    Security read(List<Endpoint> clientUrls, List<Endpoint> peerUrls) throws UsageException {
      Algorithms algorithms = algorithms();
      TlsSettings clients = side("", clientUrls, algorithms);
      if (peerUrls.stream().map(Endpoint::tls).distinct().count() > 1) {
        throw new UsageException(
            "--listen-peer-urls has both http and https: members talk to all others in one way");
      }
      TlsSettings peers = side("peer-", peerUrls, algorithms);
      boolean namesGiven =
          settings.on("peer-skip-client-san-verification")
              || settings.on("experimental-peer-skip-client-san-verification")
              || !list("peer-cert-allowed-cn").isEmpty()
              || !list("peer-cert-allowed-hostname").isEmpty();
      if (peers != null && !peers.certificatesDemanded()) {
        notices.add(
            "members aren't asked for certificates: whoever reaches the peer port can be one;"
                + " see --peer-trusted-ca-file");
      }
      return new Security(
          clients,
          peers,
          peers != null && peers.certificatesDemanded() && !namesGiven,
          made,
          new HttpAccess(list("host-whitelist"), origins()),
          notices);
    }

    /** TLS of one side; null if none of its URLs wants it. */
    private @Nullable TlsSettings side(String side, List<Endpoint> urls, Algorithms algorithms)
        throws UsageException {
      boolean peers = !side.isEmpty();
      Files given = files(side + "cert-file", side + "key-file");
      Path authorities = path(side + "trusted-ca-file");
      Path revoked = path(peers ? "peer-crl-file" : "client-crl-file");
      List<String> names = peers ? list("peer-cert-allowed-cn") : List.of();
      String hostsFlag = peers ? "peer-cert-allowed-hostname" : "client-cert-allowed-hostname";
      List<String> hosts = list(hostsFlag);
      if (!names.isEmpty() && !hosts.isEmpty()) {
        throw new UsageException(
            "--peer-cert-allowed-cn and --peer-cert-allowed-hostname exclude each other");
      }
      if (authorities == null) {
        require(!settings.on(side + "client-cert-auth"), side + "client-cert-auth", side);
        require(revoked == null, peers ? "peer-crl-file" : "client-crl-file", side);
        require(names.isEmpty(), "peer-cert-allowed-cn", side);
        require(hosts.isEmpty(), hostsFlag, side);
      }
      Files dialling = peers ? files("peer-client-cert-file", "peer-client-key-file") : null;
      List<Endpoint> inside = urls.stream().filter(Endpoint::tls).toList();
      if (given != null || authorities != null) {
        for (Endpoint url : urls) {
          if (!url.tls()) {
            notices.add(
                url
                    + " is plaintext: --"
                    + side
                    + "cert-file and --"
                    + side
                    + "trusted-ca-file have no effect on it");
          }
        }
      }
      if (inside.isEmpty()) {
        return null;
      }
      boolean self = given == null && settings.on(side + "auto-tls");
      if (given == null && !self) {
        throw new UsageException(
            "%s needs a certificate: --%scert-file and --%skey-file, or --%sauto-tls"
                .formatted(inside.getFirst(), side, side, side));
      }
      return new TlsSettings(
          self ? made(peers ? "peer" : "client", inside) : given,
          dialling,
          authorities,
          revoked,
          authorities != null,
          names,
          hosts,
          self ? ServerCheck.NONE : peers ? ServerCheck.HOST_STRICTLY : ServerCheck.HOST,
          algorithms);
    }

    private static void require(boolean absent, String flag, String side) throws UsageException {
      if (!absent) {
        throw new UsageException(
            "--%s needs --%strusted-ca-file: the authorities whose certificates are believed"
                .formatted(flag, side));
      }
    }

    /** Where etcd keeps those that it makes. */
    private Files made(String side, List<Endpoint> urls) throws UsageException {
      long years = settings.number("self-signed-cert-validity");
      if (years < 1 || years > VALID_YEARS_MAX) {
        throw new UsageException(
            "--self-signed-cert-validity is between 1 and %d years, not %d"
                .formatted(VALID_YEARS_MAX, years));
      }
      List<String> hosts = urls.stream().map(Endpoint::host).distinct().toList();
      Path folder = dataDir.resolve("fixtures").resolve(side);
      made.add(new Made(folder, hosts, Duration.ofDays(365 * years)));
      return made.getLast().files();
    }

    private Algorithms algorithms() throws UsageException {
      List<String> versions = List.of("TLS1.2", "TLS1.3");
      int min = version("tls-min-version", versions, 0);
      int max = version("tls-max-version", versions, 1);
      if (min > max) {
        throw new UsageException("--tls-min-version is above --tls-max-version");
      }
      List<String> suites =
          list("cipher-suites").stream()
              .map(name -> OLD_SUITE_NAMES.getOrDefault(name, name))
              .toList();
      if (min == 1 && !suites.isEmpty()) {
        throw new UsageException(
            "--cipher-suites chooses among those of TLS 1.2, which --tls-min-version excludes");
      }
      List<String> protocols = new ArrayList<>();
      for (int i = max; i >= min; i--) {
        protocols.add(i == 1 ? "TLSv1.3" : "TLSv1.2");
      }
      return new Algorithms(protocols, suites);
    }

    private int version(String flag, List<String> versions, int preset) throws UsageException {
      String text = settings.text(flag);
      int found = text.isEmpty() ? preset : versions.indexOf(text);
      if (found < 0) {
        throw new UsageException("--" + flag + " is TLS1.2 or TLS1.3, not \"" + text + "\"");
      }
      return found;
    }

    private List<String> origins() throws UsageException {
      if (settings.text("cors").isEmpty()) { // where etcd lets everybody in
        return HttpAccess.STANDARD.origins();
      }
      List<String> origins = list("cors");
      return origins.contains("*")
          ? origins
          : Endpoint.list("cors", String.join(",", origins)).stream().map(Endpoint::url).toList();
    }

    private @Nullable Files files(String certificate, String key) throws UsageException {
      Path first = path(certificate);
      Path second = path(key);
      if (first == null && second == null) {
        return null;
      }
      if (first == null || second == null) {
        throw new UsageException("--" + certificate + " and --" + key + " go together");
      }
      return new Files(first, second);
    }

    private @Nullable Path path(String flag) {
      String text = settings.text(flag);
      return text.isEmpty() ? null : Path.of(text);
    }

    private List<String> list(String flag) {
      String text = settings.text(flag);
      return text.isEmpty() ? List.of() : List.of(text.split(",", -1));
    }
  }
}
