package io.quorate.kv;

/**
 * A step of a transaction that says nothing: on the wire, a {@code RequestOp} without content. It
 * exists to be refused by {@link KvValidator}, in its turn among the other steps.
 */
public record EmptyOp() implements KvOp {}
