package io.quorate.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject.Kind;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** What documents show: Java is compiled against the class path of the tests. */
public final class Snippets {
  private Snippets() {}

  /** The snippets of a language in a document, by its path from the repository's root. */
  public static List<String> of(String document, String language) throws IOException {
    return Pattern.compile("```" + language + "\n(.*?)```", Pattern.DOTALL)
        .matcher(text(document))
        .results()
        .map(match -> match.group(1))
        .toList();
  }

  /** All of a file, by its path from the repository's root. */
  public static String text(String file) throws IOException {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.exists(folder.resolve("core/base/pom.xml"))) {
      folder = Objects.requireNonNull(folder.getParent(), "not inside the repository");
    }
    return Files.readString(folder.resolve(file));
  }

  /**
   * Compiles a class, and loads it.
   *
   * @param folder where it is compiled to
   */
  public static Class<?> compile(String name, String source, Path folder) throws Exception {
    return compile(Map.of(name, source), folder).loadClass(name);
  }

  /**
   * Compiles classes that know each other.
   *
   * @param sources by the classes' names
   * @param folder where they are compiled to
   */
  public static ClassLoader compile(Map<String, String> sources, Path folder) throws Exception {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter complaints = new StringWriter();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      List<String> options =
          List.of(
              "-d",
              folder.toString(),
              "-proc:none",
              "-classpath",
              System.getProperty("java.class.path"));
      List<Source> all = new ArrayList<>();
      sources.forEach((name, source) -> all.add(new Source(name, source)));
      boolean compiled = compiler.getTask(complaints, files, null, options, null, all).call();
      assertThat(compiled).as("%s\n%s", complaints, sources).isTrue();
    }
    URL[] there = {folder.toUri().toURL()};
    return new URLClassLoader(there, Snippets.class.getClassLoader());
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
