package io.quorate.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringWriter;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject.Kind;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the README shows is what happens. */
class ReadmeTest {
  private static final String README = Repository.read(Repository.root().resolve("README.md"));

  @TempDir private Path folder;

  /** Compiles each Java snippet as it stands, but for where it keeps its data, and runs it. */
  @Test
  void snippets_compile_and_run() throws Exception {
    List<String> snippets =
        Pattern.compile("```java\n(.*?)```", Pattern.DOTALL)
            .matcher(README)
            .results()
            .map((MatchResult match) -> match.group(1))
            .toList();
    assertThat(snippets).isNotEmpty();
    for (int i = 0; i < snippets.size(); i++) {
      String data = folder.resolve("data" + i).toString();
      String snippet =
          snippets
              .get(i)
              .replace("\"data\"", "\"" + data + "\"")
              .replaceAll("System\\.out\\.println\\((.*)\\);", "printed = $1;");
      assertThat(run("Snippet" + i, snippet)).isEqualTo("hello");
    }
  }

  /** Shows that every file that the README and its neighbours link to is there. */
  @Test
  void links_inside_the_repository_lead_somewhere() {
    for (String name :
        List.of(
            "README.md",
            "ARCHITECTURE.md",
            "CONTRIBUTING.md",
            "STYLE.md",
            "CHANGELOG.md",
            "SECURITY.md",
            "docs/decisions/README.md")) {
      Path file = Repository.root().resolve(name);
      assertThat(
              Pattern.compile("]\\((?!http)([^)#]+)")
                  .matcher(Repository.read(file))
                  .results()
                  .map(match -> match.group(1)))
          .as(name)
          .allMatch(target -> Files.exists(file.resolveSibling(target)));
    }
  }

  private String run(String name, String snippet) throws Exception {
    String source =
        """
        import io.quorate.*;
        import io.quorate.client.*;
        import java.nio.file.Path;
        public class %s implements java.util.concurrent.Callable<String> {
          public String call() throws Exception {
            String printed = "";
            %s
            return printed;
          }
        }
        """
            .formatted(name, snippet);
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter complaints = new StringWriter();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      boolean compiled =
          compiler
              .getTask(
                  complaints,
                  files,
                  null,
                  List.of(
                      "-d",
                      folder.toString(),
                      "-proc:none",
                      "-classpath",
                      System.getProperty("java.class.path")),
                  null,
                  List.of(new Source(name, source)))
              .call();
      assertThat(compiled).as(complaints.toString()).isTrue();
    }
    try (URLClassLoader loader =
        new URLClassLoader(new URL[] {folder.toUri().toURL()}, getClass().getClassLoader())) {
      Object instance = loader.loadClass(name).getDeclaredConstructor().newInstance();
      return String.valueOf(((Callable<?>) instance).call());
    }
  }

  private static final class Source extends SimpleJavaFileObject {
    private final String text;

    Source(String name, String text) {
      super(URI.create("string:///" + name + ".java"), Kind.SOURCE);
      this.text = text;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return text;
    }
  }
}
