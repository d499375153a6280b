package io.quorate.admin;

import io.netty.buffer.ByteBuf;
import java.util.function.Consumer;

/** A request for a {@link Page}; no page wants a body, and one that comes along is dropped. */
final class PageExchange implements Exchange {
  private static final int BODY_BYTES_MAX = 64 * 1024;

  private final HttpAnswer answer;
  private final Consumer<Consumer<Page>> page;

  /**
   * An exchange.
   *
   * @param page makes the page when it is asked to, and gives it from any thread
   */
  PageExchange(HttpAnswer answer, Consumer<Consumer<Page>> page) {
    this.answer = answer;
    this.page = page;
  }

  @Override
  public long bodyBytesMax() {
    return BODY_BYTES_MAX;
  }

  @Override
  public void body(ByteBuf part) {}

  @Override
  public void bodyEnd() {
    page.accept(made -> answer.loop().execute(() -> answer.give(made)));
  }
}
