package io.quorate.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code completion}: a script that completes commands and options in a shell. */
@Command(
    name = "completion",
    description = "Generates the completion script for bash or zsh",
    footer = {
      "",
      "Examples:",
      "  source <(quorate completion bash)",
      "  quorate completion zsh > _quorate"
    })
final class CompletionCommand implements Callable<Integer> {
  private final Session session;
  private final CommandLine root;

  @Parameters(arity = "0..1", paramLabel = "bash|zsh", description = "which shell")
  String shell = "bash";

  CompletionCommand(Session session, CommandLine root) {
    this.session = session;
    this.root = root;
  }

  @Override
  public Integer call() {
    if (!shell.equals("bash") && !shell.equals("zsh")) {
      throw new UsageError("no completion for " + shell + ", only for bash and zsh");
    }
    session.out().print(AutoComplete.bash("quorate", root)); // works in zsh as well, and says how
    session.out().write('\n');
    return ExitCodes.OK;
  }
}
