package io.quorate.tls;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What TLS is made from, for those who listen, those who dial, or members, which do both. All files
 * are PEM.
 *
 * @param own what to show others; null for a client that shows nothing
 * @param dialling what to show whom we dial, if it is something else than {@code own}
 * @param authorities whose certificates are believed; null for those that the Java platform
 *     believes
 * @param revocations which certificates aren't any more; null for none
 * @param certificatesDemanded whether who dials must show a certificate that is believed
 * @param allowedNames common names that may dial; empty for any
 * @param allowedHosts hosts of which a certificate must name one to be let in; empty for any
 * @param serverCheck how the certificate of whom we dial is looked at
 * @param algorithms what is negotiated
 */
public record TlsSettings(
    @Nullable Files own,
    @Nullable Files dialling,
    @Nullable Path authorities,
    @Nullable Path revocations,
    boolean certificatesDemanded,
    List<String> allowedNames,
    List<String> allowedHosts,
    ServerCheck serverCheck,
    Algorithms algorithms) {

  /** A certificate, with what leads to its authority behind it, and the key to it. */
  public record Files(Path certificate, Path key) {}

  /** How the certificate of a server is looked at by who dials it. */
  public enum ServerCheck {
    /** It is believed, and names the host. */
    HOST,
    /** As that, by a subject alternative name; nothing else is taken for one. */
    HOST_STRICTLY,
    /** Not at all: whoever is in between can read and change everything. */
    NONE
  }

  /**
   * What is negotiated.
   *
   * @param protocols the versions, {@code TLSv1.2} and {@code TLSv1.3}
   * @param cipherSuites of TLS 1.2, by the names of the standard; empty for what Java thinks right.
   *     Those of TLS 1.3 are all good ones and not chosen from.
   */
  public record Algorithms(List<String> protocols, List<String> cipherSuites) {
    /** Both versions, all suites. */
    public static final Algorithms STANDARD =
        new Algorithms(List.of("TLSv1.3", "TLSv1.2"), List.of());

    /** Copies the lists. */
    public Algorithms {
      protocols = List.copyOf(protocols);
      cipherSuites = List.copyOf(cipherSuites);
    }
  }

  /** Copies the lists. */
  public TlsSettings {
    allowedNames = List.copyOf(allowedNames);
    allowedHosts = List.copyOf(allowedHosts);
  }

  /** For a listener that shows this and asks for nothing. */
  public static TlsSettings listening(Path certificate, Path key) {
    return new TlsSettings(
        new Files(certificate, key),
        null,
        null,
        null,
        false,
        List.of(),
        List.of(),
        ServerCheck.HOST,
        Algorithms.STANDARD);
  }

  /** For a client that believes these authorities, or Java's if it is null. */
  public static TlsSettings dialling(@Nullable Path authorities) {
    return new TlsSettings(
        null,
        null,
        authorities,
        null,
        false,
        List.of(),
        List.of(),
        ServerCheck.HOST,
        Algorithms.STANDARD);
  }

  /** The same, demanding certificates that these authorities signed. */
  public TlsSettings demanding(Path authority, @Nullable Path revoked) {
    return new TlsSettings(
        own,
        dialling,
        authority,
        revoked,
        true,
        allowedNames,
        allowedHosts,
        serverCheck,
        algorithms);
  }

  /** The same, showing a certificate. */
  public TlsSettings showing(Path certificate, Path key) {
    return new TlsSettings(
        new Files(certificate, key),
        dialling,
        authorities,
        revocations,
        certificatesDemanded,
        allowedNames,
        allowedHosts,
        serverCheck,
        algorithms);
  }

  /** The same, looking at servers in another way. */
  public TlsSettings checking(ServerCheck check) {
    return new TlsSettings(
        own,
        dialling,
        authorities,
        revocations,
        certificatesDemanded,
        allowedNames,
        allowedHosts,
        check,
        algorithms);
  }

  /** The same, taking only such certificates. */
  public TlsSettings allowing(List<String> names, List<String> hosts) {
    return new TlsSettings(
        own,
        dialling,
        authorities,
        revocations,
        certificatesDemanded,
        names,
        hosts,
        serverCheck,
        algorithms);
  }

  /** The same, negotiating something else. */
  public TlsSettings negotiating(Algorithms other) {
    return new TlsSettings(
        own,
        dialling,
        authorities,
        revocations,
        certificatesDemanded,
        allowedNames,
        allowedHosts,
        serverCheck,
        other);
  }

  /** Every file that it is made from. */
  List<Path> files() {
    List<Path> files = new ArrayList<>();
    for (Files each : new @Nullable Files[] {own, dialling}) {
      if (each != null) {
        files.add(each.certificate());
        files.add(each.key());
      }
    }
    for (Path each : new @Nullable Path[] {authorities, revocations}) {
      if (each != null) {
        files.add(each);
      }
    }
    return files;
  }
}
