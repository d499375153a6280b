package io.quorate.client.http;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import java.util.ArrayList;
import java.util.Hashtable;
import java.util.List;
import java.util.Locale;
import javax.naming.Context;
import javax.naming.NameNotFoundException;
import javax.naming.NamingEnumeration;
import javax.naming.NamingException;
import javax.naming.directory.Attribute;
import javax.naming.directory.InitialDirContext;
import org.jspecify.annotations.Nullable;

/**
 * The members of a cluster as its domain's SRV records name them (RFC 2782), as etcd's clients look
 * for them: {@code _etcd-client-ssl._tcp.DOMAIN} inside TLS, {@code _etcd-client._tcp.DOMAIN} in
 * plaintext. Priorities and weights aren't looked at: all members are equal.
 *
 * <pre>{@code
 * List<String> members = SrvRecords.endpoints("example.com", "", false);
 * QuorateClient client = QuorateClient.connect(ClientOptions.DEFAULT, tls, members);
 * }</pre>
 */
public final class SrvRecords {
  private static final String FACTORY = "com.sun.jndi.dns.DnsContextFactory";

  private SrvRecords() {}

  /**
   * Asks the platform's name servers; waits for their answer.
   *
   * @param name of one cluster among several of the domain: {@code
   *     _etcd-client-ssl-NAME._tcp.DOMAIN}; empty for the only one
   * @param plaintextToo whether members that are named in plaintext are used as well: records
   *     aren't signed, and who forges them must not lead a client out of TLS
   * @return endpoints with {@code https://} or {@code http://}, in no particular order; never empty
   * @throws QuorateException.Rejected with {@link ErrorCode#NOT_FOUND} if there are no such records
   * @throws QuorateException.Unavailable if no name server could be asked
   */
  public static List<String> endpoints(String domain, String name, boolean plaintextToo) {
    return endpoints(domain, name, plaintextToo, "");
  }

  /**
   * @param nameServer as {@code dns://host:port}; empty for the platform's
   */
  static List<String> endpoints(
      String domain, String name, boolean plaintextToo, String nameServer) {
    String service = name.isEmpty() ? "" : "-" + name;
    List<String> found = new ArrayList<>();
    QuorateException failure =
        find("_etcd-client-ssl" + service + "._tcp." + domain, "https", nameServer, found);
    if (plaintextToo) {
      QuorateException plain =
          find("_etcd-client" + service + "._tcp." + domain, "http", nameServer, found);
      failure = failure == null ? plain : failure;
    }
    if (found.isEmpty() && failure != null) {
      throw failure;
    }
    if (found.isEmpty()) {
      throw QuorateException.of(
          ErrorCode.NOT_FOUND, "no SRV records of members are found under " + domain);
    }
    return found;
  }

  // What keeps one kind of records from being had is of no account if there are others: it is
  // returned. JNDI takes nothing but a Hashtable; its DNS provider answers with texts, and makes no
  // objects.
  @SuppressWarnings({"JdkObsolete", "BanJNDI"})
  private static @Nullable QuorateException find(
      String record, String scheme, String nameServer, List<String> into) {
    Hashtable<String, String> settings = new Hashtable<>();
    settings.put(Context.INITIAL_CONTEXT_FACTORY, FACTORY);
    if (!nameServer.isEmpty()) {
      settings.put(Context.PROVIDER_URL, nameServer);
    }
    try {
      InitialDirContext dns = new InitialDirContext(settings);
      try {
        Attribute records = dns.getAttributes(record, new String[] {"SRV"}).get("SRV");
        if (records != null) {
          NamingEnumeration<?> all = records.getAll();
          while (all.hasMore()) {
            into.add(endpoint(scheme, String.valueOf(all.next())));
          }
        }
      } finally {
        dns.close();
      }
    } catch (NameNotFoundException e) {
      // Not every domain has both kinds.
    } catch (NamingException e) {
      return QuorateException.of(
          ErrorCode.UNREACHABLE,
          "SRV records of " + record + " can't be had: " + e.getMessage(),
          e);
    }
    return null;
  }

  /** Of {@code priority weight port host.}. */
  private static String endpoint(String scheme, String record) {
    String[] fields = record.trim().split("\\s+", -1);
    if (fields.length != 4) {
      throw QuorateException.of(ErrorCode.UNREACHABLE, "not an SRV record: " + record);
    }
    String host = fields[3].toLowerCase(Locale.ROOT);
    return scheme
        + "://"
        + (host.endsWith(".") ? host.substring(0, host.length() - 1) : host)
        + ":"
        + fields[2];
  }
}
