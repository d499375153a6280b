package io.quorate.machine;

import static io.quorate.machine.CommandWriter.bytesLength;
import static io.quorate.machine.CommandWriter.signedLength;
import static io.quorate.machine.CommandWriter.varintLength;

import io.quorate.base.Bytes;
import io.quorate.kv.Compare;
import java.util.ArrayList;
import java.util.List;

/**
 * The conditions of a transaction, version 1: target and result (one byte each), key, range end,
 * and the constant: a number, or of a value compare the number (nearly always 0) and the value.
 */
final class CompareCodec {
  private static final int UNRECOGNIZED = 0x7f;
  private static final int MIN_BYTES = 5;

  private CompareCodec() {}

  static int lengthOfAll(List<Compare> compares) {
    int length = varintLength(compares.size());
    for (Compare compare : compares) {
      length +=
          2
              + bytesLength(compare.key())
              + bytesLength(compare.rangeEnd())
              + signedLength(compare.number())
              + (hasValue(compare.target()) ? bytesLength(compare.value()) : 0);
    }
    return length;
  }

  static void writeAll(List<Compare> compares, CommandWriter out) {
    out.putVarint(compares.size());
    for (Compare compare : compares) {
      out.putByte(code(compare.target()));
      out.putByte(code(compare.result()));
      out.putBytes(compare.key());
      out.putBytes(compare.rangeEnd());
      out.putSigned(compare.number());
      if (hasValue(compare.target())) {
        out.putBytes(compare.value());
      }
    }
  }

  static List<Compare> readAll(CommandReader in) {
    int count = in.getCount(MIN_BYTES);
    List<Compare> compares = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      Compare.Target target = target(in);
      Compare.Result result = result(in);
      compares.add(
          new Compare(
              in.getBytes(),
              in.getBytes(),
              target,
              result,
              in.getSigned(),
              hasValue(target) ? in.getBytes() : Bytes.EMPTY));
    }
    return compares;
  }

  private static boolean hasValue(Compare.Target target) {
    return target == Compare.Target.VALUE;
  }

  private static int code(Compare.Target target) {
    return switch (target) {
      case VERSION -> 0;
      case CREATE -> 1;
      case MOD -> 2;
      case VALUE -> 3;
      case LEASE -> 4;
      case UNRECOGNIZED -> UNRECOGNIZED;
    };
  }

  private static Compare.Target target(CommandReader in) {
    int code = in.getByte();
    return switch (code) {
      case 0 -> Compare.Target.VERSION;
      case 1 -> Compare.Target.CREATE;
      case 2 -> Compare.Target.MOD;
      case 3 -> Compare.Target.VALUE;
      case 4 -> Compare.Target.LEASE;
      case UNRECOGNIZED -> Compare.Target.UNRECOGNIZED;
      default -> throw in.damaged("there is no compare target " + code);
    };
  }

  private static int code(Compare.Result result) {
    return switch (result) {
      case EQUAL -> 0;
      case GREATER -> 1;
      case LESS -> 2;
      case NOT_EQUAL -> 3;
      case UNRECOGNIZED -> UNRECOGNIZED;
    };
  }

  private static Compare.Result result(CommandReader in) {
    int code = in.getByte();
    return switch (code) {
      case 0 -> Compare.Result.EQUAL;
      case 1 -> Compare.Result.GREATER;
      case 2 -> Compare.Result.LESS;
      case 3 -> Compare.Result.NOT_EQUAL;
      case UNRECOGNIZED -> Compare.Result.UNRECOGNIZED;
      default -> throw in.damaged("there is no compare result " + code);
    };
  }
}
