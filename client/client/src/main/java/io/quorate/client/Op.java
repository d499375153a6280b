package io.quorate.client;

/** What can be done to the store, alone or as a part of a transaction. */
public sealed interface Op permits Put, Range, Delete, Txn {}
