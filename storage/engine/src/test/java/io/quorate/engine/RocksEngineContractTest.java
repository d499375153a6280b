package io.quorate.engine;

import java.nio.file.Path;

/** The contract, kept by RocksDB. */
class RocksEngineContractTest extends EngineContractTest {
  @Override
  Worlds.World world(Path root) {
    return Worlds.rocks(root);
  }

  @Override
  int scripts() {
    return 4;
  }
}
