package io.quorate.events;

import io.quorate.client.StreamsService;
import io.quorate.client.StreamsService.AppendResponse;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** By the members' own service, where they are Quorate's. */
final class ServiceWay implements AppendWay {
  private final StreamsService service;
  private final Layout layout;

  ServiceWay(StreamsService service, Layout layout) {
    this.service = service;
    this.layout = layout;
  }

  @Override
  public boolean findsEnds() {
    return true;
  }

  @Override
  public CompletableFuture<Outcome> attempt(Attempt attempt) {
    Append append = attempt.append();
    List<StreamsService.Part> parts = new ArrayList<>();
    int base = 0;
    for (Map.Entry<String, Append.Part> each : append.parts().entrySet()) {
      List<NewEvent> events = each.getValue().events();
      parts.add(
          new StreamsService.Part(
              each.getKey(),
              each.getValue().expected().asDemanded(),
              attempt.end(each.getKey()),
              events.size(),
              attempt.commit(events, base, -1).encode(),
              List.copyOf(each.getValue().tags())));
      base += events.size();
    }
    return service
        .appendAsync(
            new StreamsService.AppendRequest(
                layout.rootKey(),
                parts,
                append.isRemembered() ? append.id().toString() : "",
                append.conditions().stream().map(each -> condition(attempt, each)).toList(),
                append.compares(),
                append.ops()))
        .thenApply(response -> outcome(append, response));
  }

  private static StreamsService.Condition condition(Attempt attempt, Append.Condition condition) {
    Position clear = attempt.clear(condition);
    return new StreamsService.Condition(
        condition.query().asAsked(), clear.revision(), clear.index());
  }

  private static Outcome outcome(Append append, AppendResponse response) {
    long revision = response.header().revision();
    Map<String, Long> versions = new LinkedHashMap<>();
    Map<String, Behind> behind = new LinkedHashMap<>();
    int i = 0;
    for (String stream : append.parts().keySet()) {
      if (response.appended()) {
        versions.put(stream, response.versions().get(i));
      } else {
        StreamsService.Behind each = response.behind().get(i);
        behind.put(stream, new Behind(each.kvs(), each.more(), each.endIsThere()));
      }
      i++;
    }
    return new Outcome(
        revision,
        response.appended() ? versions : null,
        behind,
        response.done(),
        !response.requiredFailed(),
        response.unclear() == 0,
        response.matching());
  }
}
