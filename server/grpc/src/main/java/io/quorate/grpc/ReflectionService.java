package io.quorate.grpc;

import io.quorate.base.Bytes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * gRPC's server reflection, by which tools learn what a server offers: {@code grpc.reflection.v1}
 * and, word for word the same, {@code v1alpha}. It tells of the services of a registry and of the
 * files that it was given; it knows no schema of its own.
 */
public final class ReflectionService {
  private static final String V1 = "grpc.reflection.v1";
  private static final String V1_ALPHA = "grpc.reflection.v1alpha";
  private static final String METHOD = ".ServerReflection/ServerReflectionInfo";

  private static final int HOST = 1;
  private static final int BY_FILE = 3;
  private static final int BY_SYMBOL = 4;
  private static final int BY_EXTENSION = 5;
  private static final int EXTENSIONS_OF = 6;
  private static final int SERVICES = 7;

  private static final int VALID_HOST = 1;
  private static final int ORIGINAL_REQUEST = 2;
  private static final int FILE_ANSWER = 4;
  private static final int EXTENSIONS_ANSWER = 5;
  private static final int SERVICES_ANSWER = 6;
  private static final int ERROR_ANSWER = 7;

  private final ServiceRegistry registry;
  private final SortedMap<String, SchemaFile> byName = new TreeMap<>();
  private final SortedMap<String, SchemaFile> bySymbol = new TreeMap<>();

  /** Tells of these services and files. */
  public ReflectionService(ServiceRegistry registry, Collection<SchemaFile> files) {
    this.registry = registry;
    for (SchemaFile file : files) {
      byName.put(file.name(), file);
      file.symbols().forEach(symbol -> bySymbol.put(symbol, file));
    }
  }

  /** Registers the method in both versions. */
  public void register() {
    registry.streaming("/" + V1 + METHOD, Conversation::new);
    registry.streaming("/" + V1_ALPHA + METHOD, Conversation::new);
  }

  private Bytes answer(Bytes request) {
    Question question = new Question();
    WireMessage.read(request, question::take);
    WireMessage answer = new WireMessage();
    if (!question.host.isEmpty()) {
      answer.text(VALID_HOST, question.host);
    }
    answer.bytes(ORIGINAL_REQUEST, request);
    String asked = question.text;
    switch (question.kind) {
      case BY_FILE -> files(answer, byName.get(asked), "file not found: " + asked);
      case BY_SYMBOL -> files(answer, bySymbol.get(asked), "symbol not found: " + asked);
      case BY_EXTENSION -> error(answer, StatusCode.NOT_FOUND, "extension not found");
      case EXTENSIONS_OF -> {
        if (bySymbol.containsKey(asked)) { // it is known, and nothing extends it
          answer.bytes(EXTENSIONS_ANSWER, new WireMessage().text(1, asked).encoded());
        } else {
          error(answer, StatusCode.NOT_FOUND, "type not found: " + asked);
        }
      }
      case SERVICES -> {
        WireMessage services = new WireMessage();
        for (String service : registry.services()) {
          services.bytes(1, new WireMessage().text(1, service).encoded());
        }
        answer.bytes(SERVICES_ANSWER, services.encoded());
      }
      default -> error(answer, StatusCode.INVALID_ARGUMENT, "nothing was asked for");
    }
    return answer.encoded();
  }

  /** A file and all that it needs, itself first. */
  private void files(WireMessage answer, @Nullable SchemaFile asked, String notFound) {
    if (asked == null) {
      error(answer, StatusCode.NOT_FOUND, notFound);
      return;
    }
    TreeSet<String> met = new TreeSet<>(List.of(asked.name()));
    List<SchemaFile> told = new ArrayList<>(List.of(asked));
    WireMessage files = new WireMessage();
    for (int i = 0; i < told.size(); i++) {
      files.bytes(1, told.get(i).descriptor());
      for (String name : told.get(i).imports()) {
        SchemaFile imported = byName.get(name);
        if (imported != null && met.add(name)) {
          told.add(imported);
        }
      }
    }
    answer.bytes(FILE_ANSWER, files.encoded());
  }

  private static void error(WireMessage answer, StatusCode code, String message) {
    answer.bytes(
        ERROR_ANSWER, new WireMessage().number(1, code.number()).text(2, message).encoded());
  }

  /** A request, read; of several questions in one the last counts. */
  private static final class Question {
    private String host = "";
    private int kind;
    private String text = "";

    void take(int field, Bytes value) {
      switch (field) {
        case HOST -> host = WireMessage.text(value);
        case BY_FILE, BY_SYMBOL, EXTENSIONS_OF, SERVICES -> {
          kind = field;
          text = WireMessage.text(value);
        }
        case BY_EXTENSION -> kind = field;
        default -> {}
      }
    }
  }

  /** One stream of questions, each answered before the next is read if the client is slow. */
  private final class Conversation implements StreamListener {
    private final Call call;

    Conversation(Call call) {
      this.call = call;
    }

    @Override
    public void onMessage(Bytes message) {
      call.send(answer(message));
      if (!call.isReady()) {
        call.pause();
      }
    }

    @Override
    public void onReady() {
      call.resume();
    }

    @Override
    public void onHalfClose() {
      call.complete(Status.OK);
    }
  }
}
