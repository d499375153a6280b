package io.quorate.databases;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A small shell between this JVM and a server, which takes orders through a pipe. When the pipe
 * closes, by {@link #close} or because the JVM is no more, it kills the server and deletes its
 * directory.
 *
 * <p>A signal at the parent's death can't do that for a JVM: the kernel sends it when the
 * <em>thread</em> ends that started the process. The shell has one thread only, so its own children
 * are told by such a signal in case that it is killed itself.
 *
 * <p>Confined to one thread at a time.
 */
final class Keeper implements AutoCloseable {
  /**
   * Arguments: the directory, then the server's command line. Every order is answered with the
   * server's process id, 0 for none. A stopped server can't start another process, so that it is
   * stopped before its children are counted. Children that were killed are adopted by whoever
   * adopts here, and may stay zombies: those hold nothing. But a segment of shared memory outlives
   * a PostgreSQL that was killed, and the system has room for 4,096; its file of process ids names
   * it.
   */
  private static final String SCRIPT =
      """
      directory=$1
      shift
      server=0
      family() { echo "$server $(cat "/proc/$server/task/$server/children")"; }
      await_end() {
        tries=0
        while read -r stat <"/proc/$1/stat" && [ "$tries" -lt 6000 ]; do
          case ${stat##*) } in [ZX]*) return ;; esac
          tries=$((tries + 1))
          sleep 0.005
        done
      }
      end() {
        [ "$server" -gt 0 ] || return
        kill -STOP "$server"
        all=$(family)
        kill -KILL $all
        for each in $all; do await_end "$each"; done
        wait "$server"
        server=0
      }
      exec 2>/dev/null
      while read -r order; do
        case $order in
          start) "$@" </dev/null >>"$directory/server.log" 2>&1 & server=$! ;;
          pause) [ "$server" -gt 0 ] && kill -STOP "$server" && kill -STOP $(family) ;;
          resume) [ "$server" -gt 0 ] && kill -CONT $(family) ;;
          kill) end ;;
        esac
        echo "$server"
      done
      end
      memory=$(sed -n '7s/.* //p' "$directory/postmaster.pid")
      [ -z "$memory" ] || ipcrm -m "$memory"
      rm -rf "$directory"
      """;

  private final Process shell;
  private final Writer orders;
  private final BufferedReader answers;

  private Keeper(Process shell) {
    this.shell = shell;
    orders = shell.outputWriter(StandardCharsets.UTF_8);
    answers = shell.inputReader(StandardCharsets.UTF_8);
  }

  /** Begins to keep a directory; the server isn't started yet. */
  static Keeper of(Path directory, List<String> commandLine) {
    // A session of its own: an interrupt from the terminal is for the JVM.
    List<String> command = new ArrayList<>(List.of("setsid", "sh", "-c", SCRIPT, "keeper"));
    command.add(directory.toString());
    command.addAll(commandLine);
    try {
      return new Keeper(
          new ProcessBuilder(command)
              .directory(directory.toFile())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts the server, which must not run, and returns its process id; waits for nothing. */
  long start() {
    return order("start");
  }

  /** Stops all of the server's processes where they are. */
  void pause() {
    var _ = order("pause");
  }

  /** Lets them go on. */
  void resume() {
    var _ = order("resume");
  }

  /** Kills all of the server's processes, if it runs, and waits until they are gone. */
  void kill() {
    var _ = order("kill");
  }

  private long order(String order) {
    try {
      orders.write(order + "\n");
      orders.flush();
      String answer = answers.readLine();
      if (answer == null) {
        throw new IllegalStateException("the shell that keeps the server has ended");
      }
      return Long.parseLong(answer);
    } catch (IOException e) {
      throw new UncheckedIOException("the shell that keeps the server has ended", e);
    }
  }

  @Override
  public void close() {
    try {
      orders.close();
      if (!shell.waitFor(Command.SECONDS_MAX, TimeUnit.SECONDS)) {
        throw new IllegalStateException("the server's directory is not deleted yet");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // it ends all the same
    }
  }
}
