package io.quorate.etcd;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import io.quorate.base.Bytes;
import io.quorate.grpc.SchemaFile;
import io.quorate.protocol.etcdserverpb.Rpc;
import io.quorate.protocol.events.StreamsOuterClass;
import io.quorate.protocol.grpc.health.v1.HealthProto;
import io.quorate.protocol.v3electionpb.V3Election;
import io.quorate.protocol.v3lockpb.V3Lock;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** The files in which the API is written down, for tools that ask a server what it speaks. */
public final class ApiSchema {
  private ApiSchema() {}

  /** All files of the API and of gRPC's health service, with those that they import. */
  public static List<SchemaFile> files() {
    SortedMap<String, SchemaFile> files = new TreeMap<>();
    for (FileDescriptor file :
        List.of(
            Rpc.getDescriptor(),
            V3Lock.getDescriptor(),
            V3Election.getDescriptor(),
            StreamsOuterClass.getDescriptor(),
            HealthProto.getDescriptor())) {
      add(file, files);
    }
    return List.copyOf(files.values());
  }

  private static void add(FileDescriptor file, SortedMap<String, SchemaFile> files) {
    if (files.containsKey(file.getFullName())) {
      return;
    }
    List<String> symbols = new ArrayList<>();
    for (ServiceDescriptor service : file.getServices()) {
      symbols.add(service.getFullName());
      service.getMethods().forEach(method -> symbols.add(method.getFullName()));
    }
    file.getMessageTypes().forEach(type -> addSymbols(type, symbols));
    file.getEnumTypes().forEach(type -> addSymbols(type, symbols));
    files.put(
        file.getFullName(),
        new SchemaFile(
            file.getFullName(),
            file.getDependencies().stream().map(FileDescriptor::getFullName).toList(),
            symbols,
            Bytes.wrap(file.toProto().toByteArray())));
    file.getDependencies().forEach(imported -> add(imported, files));
  }

  private static void addSymbols(Descriptor type, List<String> symbols) {
    symbols.add(type.getFullName());
    type.getFields().forEach(field -> symbols.add(field.getFullName()));
    type.getNestedTypes().forEach(nested -> addSymbols(nested, symbols));
    type.getEnumTypes().forEach(nested -> addSymbols(nested, symbols));
  }

  private static void addSymbols(EnumDescriptor type, List<String> symbols) {
    symbols.add(type.getFullName());
    type.getValues().forEach(value -> symbols.add(value.getFullName()));
  }
}
