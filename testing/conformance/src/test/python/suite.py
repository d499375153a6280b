"""What Debian's python3-etcd3 does, against any server of the API: suite.py HOST PORT PART...

Each part is a feature that the server has; it ends with 0 if all of them pass. Its locks aren't
tried: with the tenacity that Debian has beside it they fail before they call anything.
"""
import sys
import uuid

import etcd3

host, port, parts = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
client = etcd3.client(host=host, port=port, timeout=30)
prefix = "python-%s/" % uuid.uuid4()


def key(name):
    return prefix + name


def kv():
    assert client.get(key("none")) == (None, None)
    client.put(key("a"), "1")
    client.put(key("b"), b"\x00\xff")
    value, meta = client.get(key("a"))
    assert value == b"1" and meta.version == 1 and meta.mod_revision == meta.create_revision
    assert [value for value, _ in client.get_prefix(prefix)] == [b"1", b"\x00\xff"]
    newest = client.get_prefix(prefix, sort_order="descend", sort_target="mod")
    assert [meta.key for _, meta in newest] == [key("b").encode(), key("a").encode()]
    assert [meta.key for _, meta in client.get_range(key("b"), key("c"))] == [key("b").encode()]
    assert client.put(key("a"), "2", prev_kv=True).prev_kv.value == b"1"
    assert client.replace(key("a"), "2", "3")
    assert not client.replace(key("a"), "2", "4")
    assert client.put_if_not_exists(key("c"), "1")
    assert not client.put_if_not_exists(key("c"), "2")
    compare, do = client.transactions, client.transactions
    succeeded, responses = client.transaction(
        compare=[compare.value(key("a")) == "3", compare.version(key("a")) > 0],
        success=[do.put(key("t"), "1"), do.get(key("t"))],
        failure=[do.delete(key("a"))],
    )
    assert succeeded and responses[1][0][0] == b"1"
    assert client.delete(key("a"))
    assert not client.delete(key("a"))
    assert client.delete_prefix(prefix).deleted == 3
    assert client.status().version.startswith("3.")
    assert len(list(client.members)) == 1


def watch():
    events, cancel = client.watch_prefix(prefix)
    client.put(key("a"), "1")
    client.delete(key("a"))
    first, second = next(events), next(events)
    assert isinstance(first, etcd3.events.PutEvent) and first.value == b"1"
    assert isinstance(second, etcd3.events.DeleteEvent)
    cancel()


def lease():
    granted = client.lease(60)
    client.put(key("leased"), "x", lease=granted)
    assert granted.granted_ttl == 60 and granted.remaining_ttl > 50
    assert list(granted.keys) == [key("leased").encode()]
    assert next(iter(granted.refresh())).TTL == 60
    granted.revoke()
    assert client.get(key("leased"))[0] is None


suite = {"KV": kv, "WATCH": watch, "LEASE": lease}
for part in parts:
    suite[part]()
    print(part, "passed", flush=True)
client.close()
