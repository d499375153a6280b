package io.quorate.cli;

import io.quorate.base.Bytes;
import io.quorate.client.DeleteResponse;
import io.quorate.client.KeyValue;
import io.quorate.client.MemberListResponse;
import io.quorate.client.OpResponse;
import io.quorate.client.PutResponse;
import io.quorate.client.RangeResponse;
import io.quorate.client.TxnResponse;
import java.io.PrintStream;
import java.util.List;

/** {@code -w simple}: what a person reads, and a shell's pipe. */
final class SimplePrinter implements Printer {
  private final PrintStream out;
  private final PrintStream err;
  private final boolean hex;

  SimplePrinter(PrintStream out, PrintStream err, boolean hex) {
    this.out = out;
    this.err = err;
    this.hex = hex;
  }

  @Override
  public void put(PutResponse response) {
    line("OK");
    if (response.prevKv() != null) {
      pair(response.prevKv());
    }
  }

  @Override
  public void range(RangeResponse response, RangeStyle style) {
    switch (style) {
      case COUNT_ONLY -> line(Long.toString(response.count()));
      case VALUES_ONLY -> {
        for (KeyValue kv : response.kvs()) {
          line(kv.value());
        }
      }
      case PAIRS -> {
        for (KeyValue kv : response.kvs()) {
          pair(kv);
        }
      }
    }
  }

  @Override
  public void delete(DeleteResponse response) {
    line(Long.toString(response.deleted()));
    for (KeyValue kv : response.prevKvs()) {
      pair(kv);
    }
  }

  @Override
  public void txn(TxnResponse response) {
    line(response.succeeded() ? "SUCCESS" : "FAILURE");
    for (OpResponse part : response.responses()) {
      line("");
      switch (part) {
        case PutResponse put -> put(put);
        case RangeResponse range -> range(range, RangeStyle.PAIRS);
        case DeleteResponse delete -> delete(delete);
        case TxnResponse txn -> txn(txn);
      }
    }
  }

  @Override
  public void memberList(MemberListResponse response) {
    for (List<String> row : Rows.members(response)) {
      line(String.join(", ", row));
    }
  }

  @Override
  public void endpointStatus(List<EndpointStatus> statuses) {
    for (EndpointStatus status : statuses) {
      line(String.join(", ", Rows.status(status)));
    }
  }

  @Override
  public void endpointHealth(List<EndpointHealth> healths) {
    for (EndpointHealth one : healths) {
      if (one.health()) {
        line(one.endpoint() + " is healthy: successfully committed proposal: took = " + one.took());
      } else {
        err.print(
            one.endpoint() + " is unhealthy: failed to commit proposal: " + one.error() + "\n");
      }
    }
  }

  private void pair(KeyValue kv) {
    line(kv.key());
    line(kv.value());
  }

  private void line(Bytes bytes) {
    if (hex) {
      StringBuilder text = new StringBuilder(bytes.length() * 4);
      for (int i = 0; i < bytes.length(); i++) {
        text.append("\\x")
            .append(Character.forDigit((bytes.at(i) >> 4) & 0xf, 16))
            .append(Character.forDigit(bytes.at(i) & 0xf, 16));
      }
      line(text.toString());
    } else {
      out.write(bytes.array(), bytes.arrayOffset(), bytes.length());
      out.write('\n');
    }
  }

  private void line(String text) {
    out.print(text);
    out.write('\n');
  }
}
