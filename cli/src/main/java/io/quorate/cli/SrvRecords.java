package io.quorate.cli;

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

/** Endpoints as a domain's SRV records name them: {@code _etcd-client(-ssl)._tcp.DOMAIN}. */
final class SrvRecords {
  private SrvRecords() {}

  static List<String> endpoints(String domain, String name, boolean plaintextToo) {
    String service = name.isEmpty() ? "" : "-" + name;
    List<String> found = new ArrayList<>();
    find("_etcd-client-ssl" + service + "._tcp." + domain, "https", found);
    if (plaintextToo) {
      find("_etcd-client" + service + "._tcp." + domain, "http", found);
    }
    if (found.isEmpty()) {
      throw new Failure(ExitCodes.FAILED, "no SRV records of members are found under " + domain);
    }
    return found;
  }

  // JNDI takes nothing but a Hashtable; its DNS provider answers with texts, and makes no objects.
  @SuppressWarnings({"JdkObsolete", "BanJNDI"})
  private static void find(String record, String scheme, List<String> into) {
    Hashtable<String, String> settings = new Hashtable<>();
    settings.put(Context.INITIAL_CONTEXT_FACTORY, "com.sun.jndi.dns.DnsContextFactory");
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
    } catch (NameNotFoundException _) {
      // Not every domain has both kinds.
    } catch (NamingException e) {
      throw new Failure(
          ExitCodes.FAILED, "SRV records of " + record + " can't be had: " + e.getMessage());
    }
  }

  /** Of {@code priority weight port host.}. */
  static String endpoint(String scheme, String record) {
    String[] fields = record.trim().split("\\s+", -1);
    if (fields.length != 4) {
      throw new Failure(ExitCodes.FAILED, "not an SRV record: " + record);
    }
    String host = fields[3].toLowerCase(Locale.ROOT);
    return scheme
        + "://"
        + (host.endsWith(".") ? host.substring(0, host.length() - 1) : host)
        + ":"
        + fields[2];
  }
}
