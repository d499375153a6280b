package io.quorate.xa;

import io.quorate.base.Bytes;
import io.quorate.xa.branch.BranchId;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * Where in the store things are known of the transactions of one domain.
 *
 * <pre>
 * quorate/xa/DOMAIN/
 *   id                      its create revision tells this domain from all others
 *   res/NAME                which database a resource's name means
 *   inc/LEASE               an incarnation lives; its create revision, C, is its number
 *   life/C                  something of C may be found; see {@link LifeRecord}
 *   known/C/PERIOD          the transactions of C in that period are known; see {@link Period}
 *   dec/C/SEQUENCE          what C decided; see {@link DecisionRecord}
 *   hist/C/CHUNK            which were committed by all; see {@link History}
 *   heur/C/SEQUENCE/NAME    a resource did otherwise, until somebody acknowledges it
 *   ask/C/SEQUENCE/NAME     a branch that a person has to decide
 * </pre>
 *
 * Numbers are 16 hexadecimal digits, so that keys sort as they do.
 */
final class DomainKeys {
  static final String ROOT = "quorate/xa/";

  private static final HexFormat HEX = HexFormat.of();
  private static final int DIGITS = 16;

  private final String prefix;

  DomainKeys(String domain) {
    prefix = ROOT + domain + "/";
  }

  Bytes id() {
    return key("id");
  }

  Bytes resource(String name) {
    return key("res/" + name);
  }

  Bytes incarnations() {
    return key("inc/");
  }

  Bytes incarnation(long lease) {
    return key("inc/" + number(lease));
  }

  Bytes lives() {
    return key("life/");
  }

  Bytes life(long incarnation) {
    return key("life/" + number(incarnation));
  }

  Bytes knowns() {
    return key("known/");
  }

  Bytes knowns(long incarnation) {
    return key("known/" + number(incarnation) + "/");
  }

  Bytes known(long incarnation, long period) {
    return key("known/" + number(incarnation) + "/" + number(period));
  }

  Bytes decisions() {
    return key("dec/");
  }

  Bytes decisions(long incarnation) {
    return key("dec/" + number(incarnation) + "/");
  }

  Bytes decision(long incarnation, long sequence) {
    return key("dec/" + number(incarnation) + "/" + number(sequence));
  }

  Bytes history(long incarnation, long chunk) {
    return key("hist/" + number(incarnation) + "/" + number(chunk));
  }

  Bytes heuristics() {
    return key("heur/");
  }

  Bytes heuristics(long incarnation, long sequence) {
    return key("heur/" + number(incarnation) + "/" + number(sequence) + "/");
  }

  Bytes heuristic(long incarnation, long sequence, String resource) {
    return key("heur/" + number(incarnation) + "/" + number(sequence) + "/" + resource);
  }

  Bytes questions() {
    return key("ask/");
  }

  Bytes questions(long incarnation, long sequence) {
    return key("ask/" + number(incarnation) + "/" + number(sequence) + "/");
  }

  Bytes question(long incarnation, long sequence, String resource) {
    return key("ask/" + number(incarnation) + "/" + number(sequence) + "/" + resource);
  }

  private Bytes key(String rest) {
    return Bytes.wrap((prefix + rest).getBytes(StandardCharsets.UTF_8));
  }

  /**
   * What names of a domain's branches begin with: no other domain has it, be it of the same name in
   * another store, or in this one after all of this one's keys were deleted.
   *
   * @param created the create revision of {@link #id}
   */
  static long hash(long clusterId, long created) {
    return BranchId.hash(number(clusterId) + "/" + created);
  }

  /** The number that a key ends with. */
  static long lastNumber(Bytes key) {
    String text = key.toUtf8();
    return HexFormat.fromHexDigitsToLong(text, text.length() - DIGITS, text.length());
  }

  /** The number before the one that a key ends with. */
  static long numberBeforeLast(Bytes key) {
    String text = key.toUtf8();
    int end = text.length() - DIGITS - 1;
    return HexFormat.fromHexDigitsToLong(text, end - DIGITS, end);
  }

  static String number(long number) {
    return HEX.toHexDigits(number);
  }
}
