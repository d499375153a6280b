package io.quorate.spring;

import io.quorate.xa.branch.Ballot;
import io.quorate.xa.branch.Branch;
import io.quorate.xa.branch.BranchId;
import io.quorate.xa.branch.Finish;
import io.quorate.xa.branch.OnePhase;
import io.quorate.xa.branch.Resource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A resource whose branches write lines, which are there once they are committed. */
final class Notebook implements Resource<Notebook.Page> {
  private final String name;
  private final List<String> lines = new ArrayList<>();
  private Finish atCommit = Finish.DONE;

  Notebook(String name) {
    this.name = name;
  }

  /** What is committed. */
  synchronized List<String> lines() {
    return List.copyOf(lines);
  }

  /** It does the opposite of what it is told, from now on. */
  synchronized void contradict() {
    atCommit = Finish.OTHERWISE;
  }

  /** What one transaction writes. */
  final class Page implements Branch {
    private final BranchId id;
    private final List<String> written = new ArrayList<>();

    Page(BranchId id) {
      this.id = id;
    }

    void write(String line) {
      written.add(line);
    }

    @Override
    public BranchId id() {
      return id;
    }

    @Override
    public CompletableFuture<Ballot> prepare() {
      return CompletableFuture.completedFuture(
          written.contains("bad")
              ? Ballot.no(new IllegalArgumentException("a bad line"))
              : Ballot.yes(""));
    }

    @Override
    public CompletableFuture<OnePhase> commitOnePhase() {
      return prepare()
          .thenApply(ballot -> {
            Throwable refusal = ballot.reason();
            if (refusal != null) {
              return OnePhase.aborted(refusal);
            }
            keep();
            return OnePhase.committed();
          });
    }

    @Override
    public CompletableFuture<Finish> commit() {
      return CompletableFuture.completedFuture(keep());
    }

    private Finish keep() {
      synchronized (Notebook.this) {
        if (atCommit == Finish.DONE) {
          lines.addAll(written);
        }
        return atCommit;
      }
    }

    @Override
    public CompletableFuture<Finish> abort() {
      return CompletableFuture.completedFuture(Finish.DONE);
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public CompletableFuture<String> check() {
    return CompletableFuture.completedFuture("notebook " + name);
  }

  @Override
  public Page begin(BranchId id) {
    return new Page(id);
  }

  @Override
  public CompletableFuture<List<BranchId>> prepared(long domain) {
    return CompletableFuture.completedFuture(List.of());
  }

  @Override
  public CompletableFuture<Finish> commit(BranchId id, String evidence) {
    return CompletableFuture.completedFuture(Finish.DONE);
  }

  @Override
  public CompletableFuture<Finish> abort(BranchId id) {
    return CompletableFuture.completedFuture(Finish.DONE);
  }
}
