package io.quorate.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The JSON gateway answers as a real etcd's does: one script to both, the same bytes from both.
 * Masked is what two clusters can't have in common (ids, terms). Failures are compared by what
 * etcd's versions share, code and message: etcd 3.4 tells them in other fields, and some with
 * another HTTP status, than 3.6, whose way is ours.
 */
@ExtendWith(PrintLogs.class)
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class GatewayTest {
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private static ProcessCluster etcd;
  private static ProcessCluster quorate;

  @BeforeAll
  static void start() {
    etcd = ProcessCluster.start(Program.ETCD, 1);
    quorate = ProcessCluster.start(Program.quorate(), 1);
  }

  @AfterAll
  static void stop() {
    for (ProcessCluster each : Arrays.asList(etcd, quorate)) {
      if (each != null) {
        each.close();
      }
    }
  }

  /** A request: the path below the gateway's prefix, and its body. */
  private record Step(String path, String body) {
    static Step of(String path, String body) {
      return new Step("/v3/" + path, body.replace('\'', '"'));
    }
  }

  /** Every path of the keyspace, in an order that leaves a trace of each. */
  private static List<Step> script() {
    String ab = "'key':'YQ==','range_end':'eg=='";
    return List.of(
        Step.of("kv/range", "{'key':'YQ=='}"),
        Step.of("kv/put", "{'key':'YQ==','value':'Yg=='}"),
        new Step("/v3beta/kv/put", "{\"key\":\"YQ==\",\"value\":\"+/8=\",\"prevKv\":true}"),
        Step.of("kv/put", "{'key':'Yg==','value':'','prev_kv':true,'zzz':{'a':[1,'}']}}"),
        Step.of("kv/range", "{'key':'YQ=='}"),
        Step.of("kv/range", "{" + ab + ",'limit':'1','sort_order':'DESCEND','sortTarget':1}"),
        Step.of("kv/range", "{" + ab + ",'limit':1,'keys_only':true,'serializable':true}"),
        Step.of("kv/range", "{" + ab + ",'count_only':true,'revision':null}"),
        Step.of("kv/range", "{'key':'AA==','rangeEnd':'AA==','revision':2} trailing"),
        Step.of("kv/range", "{'key':'YQ==','revision':'100'}"),
        Step.of("kv/range", "{}"),
        Step.of("kv/range", ""),
        Step.of(
            "kv/txn",
            "{'compare':[{'target':'MOD','result':'GREATER','key':'YQ==','mod_revision':'1'}],"
                + "'success':[{'requestRange':{'key':'YQ=='}},"
                + "{'request_put':{'key':'Yw==','value':'dg=='}},"
                + "{'request_delete_range':{'key':'Yg==','prev_kv':true}}]}"),
        Step.of(
            "kv/txn",
            "{'compare':[{'key':'YQ==','value':'bm8=','target':'VALUE'}],'failure':["
                + "{'request_txn':{'success':[{'request_range':{'key':'YQ=='}}]}}]}"),
        Step.of("kv/txn", "{'success':[{}]}"),
        Step.of("kv/txn", "{'success':null}"),
        Step.of(
            "kv/txn",
            "{'success':[{'request_put':{'key':'YQ=='}},{'request_put':{'key':'YQ=='}}]}"),
        Step.of("kv/deleterange", "{'key':'Yw==','prev_kv':true}"),
        Step.of("kv/deleterange", "{'key':'Yw=='}"),
        Step.of("kv/compaction", "{'revision':3}"),
        Step.of("kv/compaction", "{'revision':'3'}"),
        Step.of("kv/put", "{'key':'YQ==','ignore_value':true,'value':'eA=='}"),
        Step.of("kv/put", "{'key':'YQ==','lease':'77'}"),
        Step.of("kv/put", "{'key':'YQ==','value':'" + "QUJD".repeat(525_000) + "'}"),
        Step.of("kv/put", "{'key':'YQ==','value':'" + "QUJD".repeat(50_000) + "'}"),
        Step.of("kv/range", "{'key':'YQ=='}"),
        Step.of("kv/nothing", "{}"),
        Step.of("maintenance/defragment", "{}"),
        Step.of("cluster/member/list", "{}"));
  }

  @Test
  void one_script_gets_the_same_json_from_etcd_and_quorate() throws Exception {
    List<String> differences = new ArrayList<>();
    for (Step step : script()) {
      String theirs = ask(etcd, step);
      String ours = ask(quorate, step);
      if (!theirs.equals(ours)) {
        differences.add(
            step.path()
                + " "
                + shortened(step.body())
                + "\n  etcd:    "
                + shortened(theirs)
                + "\n  Quorate: "
                + shortened(ours));
      }
    }
    assertThat(differences).as(String.join("\n", differences)).isEmpty();
  }

  /** Leases by their paths, and by those that they had before; renewals as a stream. */
  @Test
  void leases_are_told_alike() throws Exception {
    List<Step> steps =
        List.of(
            Step.of("lease/grant", "{'TTL':'600','ID':'77'}"),
            Step.of("lease/grant", "{'TTL':600,'ID':77}"),
            Step.of("kv/put", "{'key':'bGVhc2Vk','lease':'77'}"),
            Step.of("lease/keepalive", "{'ID':77} {'ID':'78'}\n{'ID':79}"),
            Step.of("lease/timetolive", "{'ID':78,'keys':true}"),
            Step.of("lease/leases", "{}"),
            Step.of("kv/lease/leases", "{}"),
            Step.of("kv/lease/revoke", "{'ID':77}"),
            Step.of("lease/revoke", "{'ID':77}"),
            Step.of("kv/range", "{'key':'bGVhc2Vk'}"));
    for (Step step : steps) {
      assertThat(revisionless(ask(quorate, step)))
          .as(step.toString())
          .isEqualTo(revisionless(ask(etcd, step)));
    }
  }

  /** Locks and elections, in the order of one client. */
  @Test
  void locks_and_elections_are_told_alike() throws Exception {
    String leader = "'leader':{'name':'ZQ==','key':'ZS81NQ==','lease':'85','rev':";
    List<Step> steps =
        new ArrayList<>(
            List.of(
                Step.of("lease/grant", "{'TTL':'600','ID':'85'}"),
                Step.of("lease/grant", "{'TTL':'600','ID':'-85'}"),
                Step.of("lock/lock", "{'name':'bg==','lease':'85'}"),
                Step.of("lock/lock", "{'name':'bg==','lease':'85'}"),
                Step.of("lock/lock", "{'name':'bQ==','lease':-85}"),
                Step.of("lock/lock", "{'name':'bQ==','lease':'99'}"),
                Step.of("lock/unlock", "{'key':'bi81NQ=='}"),
                Step.of("lock/unlock", "{'key':'bi81NQ=='}"),
                Step.of("lock/unlock", "{}"),
                Step.of("election/leader", "{'name':'ZQ=='}"),
                Step.of("election/campaign", "{'name':'ZQ==','lease':'85','value':'MQ=='}"),
                Step.of("election/campaign", "{'name':'ZQ==','lease':'85','value':'Mg=='}"),
                Step.of("election/campaign", "{'name':'ZQ==','lease':'99'}"),
                Step.of("election/leader", "{'name':'ZQ=='}"),
                Step.of("election/proclaim", "{" + leader + "'1'},'value':'Mw=='}"),
                Step.of("election/proclaim", "{}"),
                Step.of("election/resign", "{}"),
                Step.of("election/resign", "{" + leader + "'1'}}"),
                Step.of("election/leader", "{'name':'ZQ=='}")));
    for (Step step : steps) {
      assertThat(revisionless(ask(quorate, step)))
          .as(step.toString())
          .isEqualTo(revisionless(ask(etcd, step)));
    }
    List<List<String>> seen = new ArrayList<>();
    for (ProcessCluster each : List.of(etcd, quorate)) {
      try (Stream<String> lines = lines(each, "/v3/election/observe", "{\"name\":\"ZQ==\"}")) {
        Iterator<String> line = lines.iterator();
        List<String> read = new ArrayList<>(List.of(revisionless(line.next())));
        ask(each, Step.of("election/campaign", "{'name':'ZQ==','lease':'85','value':'NA=='}"));
        read.add(revisionless(line.next()));
        ask(each, Step.of("lease/revoke", "{'ID':'85'}"));
        ask(each, Step.of("election/campaign", "{'name':'ZQ==','lease':'-85','value':'NQ=='}"));
        read.add(revisionless(line.next()));
        seen.add(read);
      }
    }
    assertThat(seen.get(1)).isEqualTo(seen.get(0));
    assertThat(seen.get(1).get(2)).contains("\"value\":\"NQ==\"");
  }

  private static Stream<String> lines(ProcessCluster cluster, String path, String body)
      throws IOException, InterruptedException {
    return HTTP.send(
            HttpRequest.newBuilder(uri(cluster, path))
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build(),
            HttpResponse.BodyHandlers.ofLines())
        .body();
  }

  /** A watch is a line for its creation and one for each of its changes, as long as one listens. */
  @Test
  void a_watch_streams_alike() throws Exception {
    List<List<String>> seen = new ArrayList<>();
    for (ProcessCluster each : List.of(etcd, quorate)) {
      String create = "{\"create_request\":{\"key\":\"dw==\",\"prev_kv\":true}}";
      try (Stream<String> lines = lines(each, "/v3/watch", create)) {
        Iterator<String> line = lines.iterator();
        List<String> read = new ArrayList<>(List.of(revisionless(line.next())));
        ask(each, Step.of("kv/put", "{'key':'dw==','value':'MQ=='}"));
        read.add(revisionless(line.next()));
        ask(each, Step.of("kv/deleterange", "{'key':'dw=='}"));
        read.add(revisionless(line.next()));
        seen.add(read);
      }
    }
    assertThat(seen.get(1)).isEqualTo(seen.get(0));
    assertThat(seen.get(1).get(2)).contains("\"type\":\"DELETE\"");
  }

  /** Without what depends on the other tests' order. */
  private static String revisionless(String json) {
    return json.replaceAll(
        "\"(\\w*revision|rev|cluster_id|member_id|raft_term)\":(\"\\d+\"|N)", "\"$1\":N");
  }

  /** A text that isn't JSON, or doesn't fit, is refused by both, in words of their own. */
  @Test
  void what_etcd_refuses_is_refused() throws Exception {
    for (String body :
        List.of("x", "[]", "{\"key\":1}", "{\"key\":\"!!\"}", "{\"limit\":\"abc\"}")) {
      for (ProcessCluster each : List.of(etcd, quorate)) {
        HttpResponse<String> answer = post(each, "/v3/kv/range", body);
        assertThat(answer.statusCode()).as(body).isEqualTo(400);
        assertThat(answer.body()).as(body).contains("\"code\":3");
      }
    }
  }

  /** The pages that monitoring asks for are there, with the names that it knows. */
  @Test
  void monitoring_finds_what_it_looks_for() throws Exception {
    ask(quorate, Step.of("kv/range", "{}"));
    String metrics = get(quorate, "/metrics");
    String theirs = get(etcd, "/metrics");
    for (String name :
        List.of(
            "etcd_server_has_leader",
            "etcd_server_is_leader",
            "etcd_server_leader_changes_seen_total",
            "etcd_server_proposals_committed_total",
            "etcd_server_proposals_applied_total",
            "etcd_server_proposals_pending",
            "etcd_server_quota_backend_bytes",
            "etcd_disk_wal_fsync_duration_seconds_count",
            "etcd_mvcc_db_total_size_in_bytes",
            "etcd_mvcc_db_total_size_in_use_in_bytes",
            "etcd_debugging_mvcc_current_revision",
            "etcd_debugging_mvcc_compact_revision",
            "etcd_network_client_grpc_received_bytes_total",
            "etcd_network_client_grpc_sent_bytes_total",
            "grpc_server_started_total{",
            "grpc_server_msg_received_total{",
            "grpc_server_msg_sent_total{",
            "grpc_server_handled_total{grpc_code=\"OK\",grpc_method=\"Range\","
                + "grpc_service=\"etcdserverpb.KV\",grpc_type=\"unary\"}",
            "process_resident_memory_bytes")) {
      assertThat(theirs).contains("\n" + name);
      assertThat(metrics).contains("\n" + name);
    }
    assertThat(metrics).contains("grpc_code=\"InvalidArgument\",grpc_method=\"Range\"");
    assertThat(get(quorate, "/health")).isEqualTo("{\"health\":\"true\",\"reason\":\"\"}");
    assertThat(get(quorate, "/readyz/linearizable_read")).isEqualTo("ok\n");
    assertThat(get(quorate, "/debug/vars")).contains("\"raftState\":\"StateLeader\"");
  }

  private static String ask(ProcessCluster cluster, Step step) throws Exception {
    HttpResponse<String> answer = post(cluster, step.path(), step.body());
    String body = answer.body();
    if (answer.statusCode() == 200) {
      return body.replaceAll("\"(cluster_id|member_id|ID|raft_term)\":\"\\d+\"", "\"$1\":N")
          .replaceAll("127\\.0\\.0\\.1:\\d+", "ADDRESS");
    }
    return answer.statusCode() == 404
        ? "404"
        : body.replaceAll("\"(error|details)\":(\"[^\"]*\"|\\[\\]),?", "")
            .replaceAll(".*?(\"message\":\"[^\"]*\").*", "$1");
  }

  private static HttpResponse<String> post(ProcessCluster cluster, String path, String body)
      throws IOException, InterruptedException {
    return HTTP.send(
        HttpRequest.newBuilder(uri(cluster, path))
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
  }

  private static String get(ProcessCluster cluster, String path) throws Exception {
    return HTTP.send(
            HttpRequest.newBuilder(uri(cluster, path)).build(),
            HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8))
        .body();
  }

  private static URI uri(ProcessCluster cluster, String path) {
    return URI.create("http://" + cluster.endpoint(0).replace("http://", "") + path);
  }

  private static String shortened(String text) {
    return text.length() > 400 ? text.substring(0, 400) + "..." : text;
  }
}
