package io.quorate.cli;

import io.quorate.base.Bytes;
import io.quorate.base.wire.ProtoWriter;
import io.quorate.client.AlarmResponse;
import io.quorate.client.AuthStatusResponse;
import io.quorate.client.DeleteResponse;
import io.quorate.client.Event;
import io.quorate.client.Header;
import io.quorate.client.KeyValue;
import io.quorate.client.LeaseGrantResponse;
import io.quorate.client.LeaseKeepAliveResponse;
import io.quorate.client.LeaseLeasesResponse;
import io.quorate.client.LeaseTimeToLiveResponse;
import io.quorate.client.MemberAddResponse;
import io.quorate.client.MemberListResponse;
import io.quorate.client.NamesResponse;
import io.quorate.client.PutResponse;
import io.quorate.client.RangeResponse;
import io.quorate.client.RoleGetResponse;
import io.quorate.client.TxnResponse;
import io.quorate.client.WatchResponse;
import java.io.PrintStream;
import java.util.function.Supplier;

/**
 * {@code -w protobuf}: the message as the member sent it; of leases only its header, and of a watch
 * the events, as etcdctl has it.
 */
final class ProtobufPrinter implements Printer {
  private final PrintStream out;
  private final Supplier<Bytes> answer;

  /**
   * Prints messages.
   *
   * @param answer the last one that a member sent
   */
  ProtobufPrinter(PrintStream out, Supplier<Bytes> answer) {
    this.out = out;
    this.answer = answer;
  }

  @Override
  public String format() {
    return "protobuf";
  }

  @Override
  public void put(PutResponse response) {
    write(answer.get());
  }

  /** Not as it came: what is printed may be an event, put into a read's shape. */
  @Override
  public void range(RangeResponse response, RangeStyle style) {
    ProtoWriter message = new ProtoWriter(256);
    header(message, 1, response.header());
    response.kvs().forEach(kv -> keyValue(message, 2, kv));
    write(message.flag(3, response.more()).number(4, response.count()).toBytes());
  }

  @Override
  public void delete(DeleteResponse response) {
    write(answer.get());
  }

  @Override
  public void txn(TxnResponse response) {
    write(answer.get());
  }

  @Override
  public void watch(WatchResponse response) {
    for (Event event : response.events()) {
      ProtoWriter message = new ProtoWriter(256);
      message.number(1, event.kind().number());
      keyValue(message, 2, event.kv());
      if (event.prevKv() != null) {
        keyValue(message, 3, event.prevKv());
      }
      write(message.toBytes());
    }
  }

  @Override
  public void leaseGrant(LeaseGrantResponse response) {
    headerOnly(response.header());
  }

  @Override
  public void leaseKeepAlive(LeaseKeepAliveResponse response) {
    headerOnly(response.header());
  }

  @Override
  public void leaseTimeToLive(LeaseTimeToLiveResponse response, boolean keys) {
    headerOnly(response.header());
  }

  @Override
  public void leases(LeaseLeasesResponse response) {
    headerOnly(response.header());
  }

  @Override
  public void done(Header header, String words) {
    write(answer.get());
  }

  @Override
  public void alarms(AlarmResponse response) {
    write(answer.get());
  }

  @Override
  public void memberList(MemberListResponse response) {
    write(answer.get());
  }

  @Override
  public void memberChanged(MemberListResponse response, String words) {
    write(answer.get());
  }

  @Override
  public void memberAdded(MemberAddResponse response, String words) {
    write(answer.get());
  }

  @Override
  public void authStatus(AuthStatusResponse response) {
    write(answer.get());
  }

  @Override
  public void userGet(String user, NamesResponse response) {
    write(answer.get());
  }

  @Override
  public void userList(NamesResponse response) {
    write(answer.get());
  }

  @Override
  public void roleGet(String role, RoleGetResponse response) {
    write(answer.get());
  }

  @Override
  public void roleList(NamesResponse response) {
    write(answer.get());
  }

  private void headerOnly(Header header) {
    ProtoWriter message = new ProtoWriter(64);
    fields(message, header);
    write(message.toBytes());
  }

  private static void header(ProtoWriter message, int field, Header header) {
    int mark = message.open(field);
    fields(message, header);
    message.close(mark);
  }

  private static void fields(ProtoWriter message, Header header) {
    message
        .number(1, header.clusterId())
        .number(2, header.memberId())
        .number(3, header.revision())
        .number(4, header.raftTerm());
  }

  private static void keyValue(ProtoWriter message, int field, KeyValue kv) {
    int mark = message.open(field);
    message
        .bytes(1, kv.key())
        .number(2, kv.createRevision())
        .number(3, kv.modRevision())
        .number(4, kv.version())
        .bytes(5, kv.value())
        .number(6, kv.lease());
    message.close(mark);
  }

  private void write(Bytes message) {
    out.write(message.array(), message.arrayOffset(), message.length());
  }
}
