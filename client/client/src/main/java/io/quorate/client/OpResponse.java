package io.quorate.client;

/** What an {@link Op} within a transaction brought. */
public sealed interface OpResponse permits PutResponse, RangeResponse, DeleteResponse, TxnResponse {
  /** Of a part of a transaction only the revision is set. */
  Header header();
}
