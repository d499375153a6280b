package io.quorate.client;

import io.quorate.base.Bytes;
import java.util.function.Function;

/** A method of the API: its full name, and how its response is read. */
record Rpc<T>(String method, Function<Bytes, T> decode) {}
