package io.quorate.tls;

import io.netty.util.NetUtil;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import javax.naming.NamingException;
import javax.naming.directory.Attribute;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import org.jspecify.annotations.Nullable;

/**
 * Whom a certificate names. Hosts are taken from its subject alternative names only, addresses as
 * addresses and names as names (RFC 6125): no name server is asked, a common name is never taken
 * for a host, and names of other kinds, however many, mean nothing.
 */
public final class SubjectNames {
  private static final int DNS = 2;
  private static final int ADDRESS = 7;

  private SubjectNames() {}

  /** Whether the certificate names this host: an address, or a name. */
  public static boolean cover(X509Certificate certificate, String host) {
    byte[] address = NetUtil.createByteArrayFromIpAddressString(host);
    String name = canonical(host);
    for (List<?> each : alternatives(certificate)) {
      boolean covers =
          address == null
              ? each.get(0).equals(DNS) && matches(canonical((String) each.get(1)), name)
              : each.get(0).equals(ADDRESS)
                  && Arrays.equals(
                      address, NetUtil.createByteArrayFromIpAddressString((String) each.get(1)));
      if (covers) {
        return true;
      }
    }
    return false;
  }

  /** The hosts that it names, for messages. */
  public static List<String> hosts(X509Certificate certificate) {
    List<String> hosts = new ArrayList<>();
    for (List<?> each : alternatives(certificate)) {
      if (each.get(0).equals(DNS) || each.get(0).equals(ADDRESS)) {
        hosts.add((String) each.get(1));
      }
    }
    return hosts;
  }

  /** Its common name; null if it has none. The last one, should there be several, as in Go. */
  public static @Nullable String commonName(X509Certificate certificate) {
    try {
      String found = null;
      for (Rdn part : new LdapName(certificate.getSubjectX500Principal().getName()).getRdns()) {
        Attribute cn = part.toAttributes().get("CN");
        if (cn != null && cn.get() instanceof String text) {
          found = text;
        }
      }
      return found;
    } catch (NamingException e) {
      return null;
    }
  }

  private static Collection<List<?>> alternatives(X509Certificate certificate) {
    try {
      Collection<List<?>> names = certificate.getSubjectAlternativeNames();
      return names == null ? List.of() : names;
    } catch (CertificateParsingException e) {
      return List.of();
    }
  }

  /** A star stands for one whole label, the first, of a name below a domain of two or more. */
  private static boolean matches(String pattern, String name) {
    if (!pattern.startsWith("*.")) {
      return !pattern.isEmpty() && pattern.equals(name);
    }
    String domain = pattern.substring(1);
    int dot = name.indexOf('.');
    return domain.indexOf('.', 1) > 0 && dot > 0 && name.substring(dot).equals(domain);
  }

  private static String canonical(String host) {
    String lower = host.toLowerCase(Locale.ROOT);
    return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
  }
}
