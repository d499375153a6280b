// What npm's etcd3 does, against any server of the API: node suite.mjs HOST:PORT PART...
// Each part is a feature that the server has; it ends with 0 if all of them pass.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { createRequire } from 'node:module';
import path from 'node:path';

const [endpoint, ...parts] = process.argv.slice(2);
// The packages lie where the test has installed them, not beside this file.
const require = createRequire(pathToFileURL(path.join(process.cwd(), 'index.js')));
const { Etcd3, EtcdLockFailedError, EtcdAuthenticationFailedError, EtcdPermissionDeniedError } =
  require('etcd3');

const client = new Etcd3({ hosts: endpoint });
const fresh = () => client.namespace(`node-${randomUUID()}/`);
const text = (kv) => kv.value.toString();

/** The next `count` events of this name, each as its arguments. */
const take = (emitter, name, count) =>
  new Promise((resolve, reject) => {
    const events = [];
    emitter.on('error', reject);
    emitter.on(name, (...event) => {
      if (events.push(event) === count) resolve(events);
    });
  });

const suite = {
  async KV() {
    const ns = fresh();
    assert.equal(await ns.get('none').string(), null);
    await ns.put('a').value('1');
    await ns.put('b').value(Buffer.from([0, 255]));
    await ns.put('c').value(3);
    assert.equal(await ns.get('a').string(), '1');
    assert.deepEqual(await ns.get('b').buffer(), Buffer.from([0, 255]));
    assert.equal(await ns.get('c').number(), 3);
    assert.deepEqual(await ns.getAll().keys(), ['a', 'b', 'c']);
    assert.equal(await ns.getAll().count(), 3);
    assert.deepEqual(await ns.getAll().sort('Mod', 'Descend').limit(1).keys(), ['c']);
    assert.deepEqual(await ns.getAll().prefix('a').strings(), { a: '1' });
    assert.deepEqual(await ns.getAll().inRange({ start: 'b', end: 'c' }).keys(), ['b']);
    const put = await ns.put('a').value('2').getPrevious();
    assert.equal(text(put), '1');
    const { header } = await ns.get('a').exec();
    await ns.put('a').value('3');
    assert.equal(await ns.get('a').revision(header.revision).string(), '2');
    assert.equal(await ns.get('a').serializable(true).string(), '3');
    assert.ok(await ns.get('a').exists());
    await ns.put('a').touch();
    assert.equal((await ns.get('a').exec()).kvs[0].version, '4');

    const made = await ns.if('new', 'Create', '==', 0).then(ns.put('new').value('1')).commit();
    assert.ok(made.succeeded);
    const other = await ns
      .if('new', 'Create', '==', 0)
      .then(ns.put('new').value('2'))
      .else(ns.get('new'))
      .commit();
    assert.ok(!other.succeeded);
    assert.equal(text(other.responses[0].response_range.kvs[0]), '1');
    assert.ok((await ns.if('a', 'Value', '!=', 'x').and('a', 'Version', '>', 3).commit()).succeeded);

    assert.equal((await ns.delete().key('a').getPrevious())[0].value.toString(), '3');
    assert.equal((await ns.delete().all()).deleted, '3');
    assert.equal(await ns.getAll().count(), 0);

    const many = await Promise.all(
      Array.from({ length: 200 }, (_, i) => ns.put(`k${i}`).value(i)));
    assert.equal(new Set(many.map((each) => each.header.revision)).size, 200);
  },

  async STM() {
    const ns = fresh();
    await ns.put('n').value(0);
    for (const isolation of [0, 1, 2, 3]) {
      const rounds = Array.from({ length: 5 }, () =>
        ns.stm({ isolation: isolation, retries: 50 }).transact(async (tx) => {
          const n = await tx.get('n').number();
          await tx.put('n').value(n + 1);
        }));
      await Promise.all(rounds);
    }
    // The two weaker isolations may lose updates, the two stronger ones may not.
    assert.ok((await ns.get('n').number()) >= 10);
    const before = await ns.get('n').number();
    await Promise.all(
      Array.from({ length: 10 }, () =>
        ns.stm({ isolation: 0, retries: 100 }).transact(async (tx) =>
          tx.put('n').value((await tx.get('n').number()) + 1))));
    assert.equal(await ns.get('n').number(), before + 10);
  },

  async WATCH() {
    const ns = fresh();
    const watcher = await ns.watch().prefix('').withPreviousKV().create();
    const puts = take(watcher, 'put', 3);
    const deletes = take(watcher, 'delete', 1);
    const start = (await ns.put('a').value('1')).header.revision;
    await ns.put('a').value('2');
    await ns.delete().key('a');
    await ns.put('b').value('3');
    const [first, second, third] = await puts;
    assert.equal(text(first[0]), '1');
    assert.equal(text(second[1]), '1');
    assert.equal(text(third[0]), '3');
    const [[gone, previous]] = await deletes;
    assert.equal(gone.key.toString().endsWith('a'), true);
    assert.equal(text(previous), '2');
    await watcher.cancel();

    const history = ns.watch().key('a').startRevision(start).only('put').watcher();
    const replayed = await take(history, 'put', 2);
    assert.deepEqual(replayed.map(([kv]) => text(kv)), ['1', '2']);
    await history.cancel();
  },

  async LEASE() {
    const ns = fresh();
    const lease = ns.lease(60);
    const id = await lease.grant();
    await lease.put('leased').value('x');
    assert.equal((await ns.get('leased').exec()).kvs[0].lease, id);
    assert.equal((await lease.keepaliveOnce()).TTL, '60');
    await lease.revoke();
    assert.equal(await ns.get('leased').string(), null);

    const short = ns.lease(2, { autoKeepAlive: false });
    await short.put('short').value('x');
    const renewed = ns.lease(2);
    await renewed.put('renewed').value('x');
    while ((await ns.get('short').string()) !== null);
    assert.equal(await ns.get('renewed').string(), 'x');
    await renewed.revoke();
  },

  async LOCKS() {
    const ns = fresh();
    const lock = await ns.lock('mutex').ttl(10).acquire();
    await assert.rejects(ns.lock('mutex').acquire(), EtcdLockFailedError);
    await lock.release();
    assert.equal(await ns.lock('mutex').do(() => 'done'), 'done');

    const election = ns.election('leader', 10);
    const observer = await election.observe();
    const first = election.campaign('first');
    await first.wait();
    while (observer.leader() !== 'first') await once(observer, 'change');
    assert.equal(await election.leader(), 'first');
    await first.proclaim('still first');
    while (observer.leader() !== 'still first') await once(observer, 'change');
    const second = election.campaign('second');
    await first.resign();
    await second.wait();
    while (observer.leader() !== 'second') await once(observer, 'change');
    await observer.cancel();
    await second.resign();
  },

  async AUTH() {
    const root = await client.user('root').create('root');
    await client.role('root').create().catch(() => {});
    await root.addRole('root');
    const role = await client.role('reader').create();
    await role.grant({ permission: 'Read', range: client.range({ prefix: 'r/' }) });
    const user = await client.user('reader').create('pw');
    await user.addRole(role);
    assert.deepEqual((await user.roles()).map((each) => each.name), ['reader']);
    assert.equal((await role.permissions()).length, 1);
    await client.auth.authEnable();
    const as = (username, password) => new Etcd3({ hosts: endpoint, auth: { username, password } });
    const admin = as('root', 'root');
    try {
      await admin.put('r/a').value('1');
      const reader = as('reader', 'pw');
      assert.equal(await reader.get('r/a').string(), '1');
      await assert.rejects(reader.put('r/a').value('2'), EtcdPermissionDeniedError);
      reader.close();
      const stranger = as('reader', 'wrong');
      await assert.rejects(stranger.get('r/a').string(), EtcdAuthenticationFailedError);
      stranger.close();
    } finally {
      await admin.auth.authDisable();
      admin.close();
    }
    await user.delete();
    await role.delete();
    await root.delete();
  },
};

for (const part of parts) {
  await suite[part]();
  console.log(`${part} passed`);
}
client.close();
