package io.quorate.architecture;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.Attributes;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeElement;
import java.lang.classfile.MethodModel;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.instruction.ConstantInstruction;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.LineNumber;
import java.lang.classfile.instruction.MonitorInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDesc;
import java.lang.constant.DirectMethodHandleDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.reflect.AccessFlag;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Reads class files and finds each use of something that is {@linkplain Ban banned}: calls,
 * constructors, fields, monitors, and methods named by reference.
 *
 * <p>It works on what the compiler wrote, so an import under another name, a static import or a
 * lambda hides nothing. It doesn't follow calls into libraries: a room may only use the libraries
 * that {@link Room} gives it, and the deterministic rooms have none.
 */
final class Scan {
  /** The use that a {@code synchronized} block or method is reported as. */
  static final String SYNCHRONIZED = "synchronized";

  /** The use that a {@code finalize} method is reported as. */
  static final String FINALIZER = "finalize";

  /**
   * The use that {@code hashCode()} is reported as when its result may differ from run to run: on
   * {@code Object}, an enum, an array, or a record or class that hashes one of those.
   */
  static final String IDENTITY_HASH = "identity hash";

  private final Map<String, ClassModel> classes = new HashMap<>();
  private final Map<String, Optional<Ban>> bans = new HashMap<>();

  private Scan() {}

  /** One use of something banned. */
  record Finding(String type, String method, String file, int line, Ban ban, String use) {
    @Override
    public String toString() {
      return "%s.%s(%s:%d) uses %s [%s: %s]"
          .formatted(type, method, file, line, use, ban, ban.instead());
    }
  }

  /** All banned uses in the class files at the given places, in the order of the places. */
  static List<Finding> of(Collection<URI> classFiles) {
    Scan scan = new Scan();
    List<ClassModel> models = classFiles.stream().map(Scan::parse).toList();
    models.forEach(model -> scan.classes.put(name(model.thisClass().asSymbol()), model));
    List<Finding> findings = new ArrayList<>();
    models.forEach(model -> scan.scan(model, findings));
    return findings;
  }

  private static ClassModel parse(URI classFile) {
    try (InputStream in = classFile.toURL().openStream()) {
      return ClassFile.of().parse(in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void scan(ClassModel model, List<Finding> findings) {
    String type = name(model.thisClass().asSymbol());
    String file =
        model
            .findAttribute(Attributes.sourceFile())
            .map(attribute -> attribute.sourceFile().stringValue())
            .orElse("?");
    for (MethodModel method : model.methods()) {
      String name = method.methodName().stringValue();
      List<Use> uses = new ArrayList<>();
      if (method.flags().has(AccessFlag.SYNCHRONIZED)) {
        uses.add(new Use(SYNCHRONIZED, 0));
      }
      if (name.equals("finalize") && method.methodTypeSymbol().parameterCount() == 0) {
        uses.add(new Use(FINALIZER, 0));
      }
      method.code().ifPresent(code -> collect(code.elementList(), name, uses));
      for (Use use : uses) {
        bans.computeIfAbsent(use.what, Ban::on)
            .ifPresent(ban -> findings.add(new Finding(type, name, file, use.line, ban, use.what)));
      }
    }
  }

  private void collect(List<CodeElement> code, String method, List<Use> uses) {
    int line = 0;
    for (CodeElement element : code) {
      switch (element) {
        case LineNumber number -> line = number.line();
        case InvokeInstruction call -> {
          ClassDesc owner = call.owner().asSymbol();
          uses.add(new Use(use(owner, call.name().stringValue(), call.typeSymbol()), line));
          if (isHashCode(call.name().stringValue(), call.typeSymbol())
              && !method.equals("hashCode")
              && hashesIdentity(owner, 0)) {
            uses.add(new Use(IDENTITY_HASH, line));
          }
        }
        case FieldInstruction field ->
            uses.add(
                new Use(name(field.owner().asSymbol()) + "." + field.name().stringValue(), line));
        case InvokeDynamicInstruction call -> {
          for (ConstantDesc argument : call.bootstrapArgs()) {
            collect(argument, line, uses);
          }
        }
        case ConstantInstruction.LoadConstantInstruction constant ->
            collect(constant.constantValue(), line, uses);
        case MonitorInstruction _ -> uses.add(new Use(SYNCHRONIZED, line));
        default -> {
          // Nothing that names a member.
        }
      }
    }
  }

  /** A method named by reference, as in {@code HashMap::new}. */
  private void collect(ConstantDesc constant, int line, List<Use> uses) {
    if (constant instanceof DirectMethodHandleDesc handle) {
      switch (handle.kind()) {
        case GETTER, SETTER, STATIC_GETTER, STATIC_SETTER ->
            uses.add(new Use(name(handle.owner()) + "." + handle.methodName(), line));
        default -> {
          MethodTypeDesc type = MethodTypeDesc.ofDescriptor(handle.lookupDescriptor());
          uses.add(new Use(use(handle.owner(), handle.methodName(), type), line));
          if (isHashCode(handle.methodName(), type) && hashesIdentity(handle.owner(), 0)) {
            uses.add(new Use(IDENTITY_HASH, line));
          }
        }
      }
    }
  }

  private static boolean isHashCode(String name, MethodTypeDesc type) {
    return name.equals("hashCode") && type.descriptorString().equals("()I");
  }

  private boolean hashesIdentity(ClassDesc type, int depth) {
    if (type.isArray()) {
      return true;
    }
    if (name(type).equals("java.lang.Object") || name(type).equals("java.lang.Enum")) {
      return true;
    }
    ClassModel model = classes.get(name(type));
    if (model == null || model.flags().has(AccessFlag.INTERFACE) || depth > 8) {
      return false;
    }
    Optional<ClassDesc> parent = model.superclass().map(ClassEntry::asSymbol);
    if (parent.map(Scan::name).filter("java.lang.Record"::equals).isPresent()) {
      return model
          .findAttribute(Attributes.record())
          .map(attribute ->
              attribute.components().stream()
                  .anyMatch(part -> hashesIdentity(part.descriptorSymbol(), depth + 1)))
          .orElse(false);
    }
    boolean hashesItself =
        model.methods().stream()
            .anyMatch(
                method -> isHashCode(method.methodName().stringValue(), method.methodTypeSymbol()));
    return !hashesItself && parent.map(up -> hashesIdentity(up, depth + 1)).orElse(false);
  }

  private static String use(ClassDesc owner, String member, MethodTypeDesc type) {
    return name(owner)
        + "."
        + member
        + type.parameterList().stream().map(Scan::name).collect(Collectors.joining(",", "(", ")"));
  }

  private static String name(ClassDesc type) {
    if (type.isArray()) {
      return name(type.componentType()) + "[]";
    }
    if (type.isPrimitive()) {
      return type.displayName();
    }
    String descriptor = type.descriptorString();
    return descriptor.substring(1, descriptor.length() - 1).replace('/', '.');
  }

  private record Use(String what, int line) {}
}
