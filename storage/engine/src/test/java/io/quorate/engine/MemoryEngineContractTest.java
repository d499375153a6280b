package io.quorate.engine;

import java.nio.file.Path;

/** The contract, kept in memory. */
class MemoryEngineContractTest extends EngineContractTest {
  @Override
  Worlds.World world(Path root) {
    return Worlds.memory();
  }

  @Override
  int scripts() {
    return 20;
  }
}
