package io.quorate.node;

import io.quorate.engine.RowView;
import io.quorate.kv.KvReader;

/** A replica's state at one moment. */
record CapturedView(KvReader reader, RowView rows) implements Replica.View {
  @Override
  public void close() {
    rows.close();
  }
}
