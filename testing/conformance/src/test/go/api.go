package main

import (
	"context"
	"fmt"
	"io"

	"go.etcd.io/etcd/clientv3"
	"go.etcd.io/etcd/etcdserver/api/v3rpc/rpctypes"
)

func (s *suite) kv() {
	all := clientv3.WithPrefix()
	equal(s.get("none").Count, 0)
	s.put("a", "1")
	s.put("b", "\x00\xff")
	last := s.put("c", "3").Header.Revision
	equal(values(s.get("", all)), "1 \x00\xff 3")
	equal(values(s.get("b", clientv3.WithRange(s.key("c")))), "\x00\xff")
	equal(values(s.get("b", clientv3.WithRange(clientv3.GetPrefixRangeEnd(s.prefix)))), "\x00\xff 3")
	equal(values(s.get("", clientv3.WithFirstCreate()...)), "1")
	equal(values(s.get("", clientv3.WithLastRev()...)), "3")
	equal(values(s.get("", clientv3.WithLastKey()...)), "3")
	equal(len(s.get("", all, clientv3.WithCountOnly()).Kvs), 0)
	page := s.get("", all, clientv3.WithLimit(2))
	expect(page.More && page.Count == 3 && len(page.Kvs) == 2, "%v", page)
	equal(len(s.get("a", clientv3.WithKeysOnly()).Kvs[0].Value), 0)
	equal(values(s.get("", all, clientv3.WithMinModRev(last))), "3")
	equal(values(s.get("", all, clientv3.WithMaxCreateRev(last-2))), "1")
	equal(values(s.get("a", clientv3.WithSerializable())), "1")

	equal(string(s.put("a", "2", clientv3.WithPrevKV()).PrevKv.Value), "1")
	equal(values(s.get("a", clientv3.WithRev(last))), "1")
	s.put("a", "", clientv3.WithIgnoreValue())
	equal(values(s.get("a")), "2")
	_, err := s.client.Put(s.ctx, s.key("none"), "", clientv3.WithIgnoreLease())
	refused(err, rpctypes.ErrKeyNotFound)
	_, err = s.client.Put(s.ctx, "", "1")
	refused(err, rpctypes.ErrEmptyKey)
	_, err = s.client.Put(s.ctx, s.key("big"), string(make([]byte, 1600*1024)))
	refused(err, rpctypes.ErrRequestTooLarge)
	_, err = s.client.Get(s.ctx, s.key("a"), clientv3.WithRev(last+1000000))
	refused(err, rpctypes.ErrFutureRev)

	gone := must(s.client.Delete(s.ctx, s.prefix, all, clientv3.WithPrevKV()))
	equal(gone.Deleted, 3)
	equal(string(gone.PrevKvs[1].Key), s.key("b"))
	must(s.client.Compact(s.ctx, gone.Header.Revision, clientv3.WithCompactPhysical()))
	_, err = s.client.Get(s.ctx, s.key("a"), clientv3.WithRev(last))
	refused(err, rpctypes.ErrCompacted)
	_, err = s.client.Compact(s.ctx, gone.Header.Revision)
	refused(err, rpctypes.ErrCompacted)
}

func (s *suite) txn() {
	key := s.key("k")
	create := func() bool {
		return must(s.client.Txn(s.ctx).
			If(clientv3.Compare(clientv3.CreateRevision(key), "=", 0)).
			Then(clientv3.OpPut(key, "1")).
			Else(clientv3.OpGet(key)).
			Commit()).Succeeded
	}
	expect(create(), "the key is new")
	expect(!create(), "the key is there")
	answer := must(s.client.Txn(s.ctx).
		If(
			clientv3.Compare(clientv3.Value(key), "<", "2"),
			clientv3.Compare(clientv3.Version(s.prefix).WithPrefix(), "=", 1),
			clientv3.Compare(clientv3.LeaseValue(key), "=", 0)).
		Then(
			clientv3.OpPut(key, "2"),
			clientv3.OpTxn(
				[]clientv3.Cmp{clientv3.Compare(clientv3.ModRevision(key), ">", 0)},
				[]clientv3.Op{clientv3.OpGet(key), clientv3.OpPut(s.key("l"), "1")},
				nil)).
		Commit())
	inner := answer.Responses[1].GetResponseTxn()
	equal(string(inner.Responses[0].GetResponseRange().Kvs[0].Value), "2")
	equal(s.get("l").Kvs[0].ModRevision, answer.Header.Revision)

	_, err := s.client.Txn(s.ctx).
		Then(clientv3.OpPut(key, "1"), clientv3.OpDelete(s.prefix, clientv3.WithPrefix())).Commit()
	refused(err, rpctypes.ErrDuplicateKey)
	many := make([]clientv3.Op, 129)
	for i := range many {
		many[i] = clientv3.OpPut(s.key(fmt.Sprint(i)), "")
	}
	_, err = s.client.Txn(s.ctx).Then(many...).Commit()
	refused(err, rpctypes.ErrTooManyOps)
}

func (s *suite) watch() {
	ctx, cancel := context.WithCancel(clientv3.WithRequireLeader(s.ctx))
	first := s.put("a", "1").Header.Revision
	history := s.client.Watch(ctx, s.prefix,
		clientv3.WithPrefix(), clientv3.WithRev(first), clientv3.WithPrevKV())
	gone := s.client.Watch(ctx, s.prefix, clientv3.WithPrefix(), clientv3.WithFilterPut())
	created := receive(s.client.Watch(ctx, s.key("b"), clientv3.WithCreatedNotify()))
	expect(created.Created, "%v", created)
	s.put("a", "2")
	must(s.client.Delete(s.ctx, s.key("a")))
	var seen []*clientv3.Event
	for len(seen) < 3 {
		seen = append(seen, receive(history).Events...)
	}
	expect(seen[0].IsCreate() && seen[1].IsModify(), "%v", seen)
	equal(seen[2].Type, clientv3.EventTypeDelete)
	equal(string(seen[2].PrevKv.Value), "2")
	equal(receive(gone).Events[0].Kv.ModRevision, first+2)

	// All that was asked for before was sent before.
	s.put("a", "3")
	check(s.client.RequestProgress(ctx))
	equal(string(receive(history).Events[0].Kv.Value), "3")
	progress := receive(history)
	expect(progress.IsProgressNotify() && progress.Header.Revision >= first+3, "%v", progress)

	// A revision that is longer than a message comes in parts, and the client puts nothing together.
	parts := s.client.Watch(ctx, s.key("large"),
		clientv3.WithPrefix(), clientv3.WithFragment(), clientv3.WithCreatedNotify())
	receive(parts)
	for i := 0; i < 3; i++ {
		s.put(fmt.Sprint("large", i), string(make([]byte, 1<<20)))
	}
	for count := 0; count < 3; count += len(receive(parts).Events) {
	}

	compacted := s.put("a", "4").Header.Revision
	must(s.client.Compact(s.ctx, compacted))
	late := receive(s.client.Watch(ctx, s.key("a"), clientv3.WithRev(first)))
	equal(late.CompactRevision, compacted)
	refused(late.Err(), rpctypes.ErrCompacted)
	cancel()
	for range history {
	}
}

func (s *suite) lease() {
	granted := must(s.client.Grant(s.ctx, 9))
	equal(granted.TTL, 9)
	s.put("a", "1", clientv3.WithLease(granted.ID))
	s.put("b", "1", clientv3.WithLease(granted.ID))
	left := must(s.client.TimeToLive(s.ctx, granted.ID, clientv3.WithAttachedKeys()))
	expect(left.TTL <= 9 && left.GrantedTTL == 9 && len(left.Keys) == 2, "%v", left)
	equal(must(s.client.KeepAliveOnce(s.ctx, granted.ID)).TTL, 9)
	listed := false
	for _, each := range must(s.client.Leases(s.ctx)).Leases {
		listed = listed || each.ID == granted.ID
	}
	expect(listed, "the lease is not listed")
	alive := must(s.client.KeepAlive(s.ctx, granted.ID))
	equal(receive(alive).TTL, 9)
	must(s.client.Revoke(s.ctx, granted.ID))
	equal(s.get("", clientv3.WithPrefix()).Count, 0)
	for range alive { // ends at the next renewal, which finds no lease
	}
	_, err := s.client.Revoke(s.ctx, granted.ID)
	refused(err, rpctypes.ErrLeaseNotFound)
	_, err = s.client.KeepAliveOnce(s.ctx, granted.ID)
	refused(err, rpctypes.ErrLeaseNotFound)
	equal(must(s.client.TimeToLive(s.ctx, granted.ID)).TTL, -1)

	// Many at once share one stream, and each is answered.
	together(50, func(int) {
		id := must(s.client.Grant(s.ctx, 60)).ID
		equal(receive(must(s.client.KeepAlive(s.ctx, id))).ID, id)
		must(s.client.Revoke(s.ctx, id))
	})

	short := must(s.client.Grant(s.ctx, 1))
	s.put("short", "1", clientv3.WithLease(short.ID))
	ended := receive(s.client.Watch(s.ctx, s.key("short"), clientv3.WithFilterPut()))
	equal(ended.Events[0].Type, clientv3.EventTypeDelete)
}

func (s *suite) maintenance() {
	s.put("a", "1")
	status := must(s.client.Status(s.ctx, s.endpoint))
	equal(status.Leader, status.Header.MemberId)
	expect(status.DbSize > 0 && status.RaftIndex >= status.RaftAppliedIndex, "%v", status)
	members := must(s.client.MemberList(s.ctx)).Members
	equal(len(members), 1)
	equal(members[0].ID, status.Header.MemberId)
	check(s.client.Sync(s.ctx))
	must(s.client.MoveLeader(s.ctx, members[0].ID))
	one, other := must(s.client.HashKV(s.ctx, s.endpoint, 0)), must(s.client.HashKV(s.ctx, s.endpoint, 0))
	equal(one.Hash, other.Hash)
	must(s.client.Defragment(s.ctx, s.endpoint))
	equal(len(must(s.client.AlarmList(s.ctx)).Alarms), 0)
	equal(len(must(s.client.AlarmDisarm(s.ctx, &clientv3.AlarmMember{})).Alarms), 0)
	snapshot := must(s.client.Snapshot(s.ctx))
	equal(len(must(io.ReadAll(snapshot)))%512, 32) // a database in pages, and its hash
	check(snapshot.Close())
}

func (s *suite) auth() {
	must(s.client.RoleAdd(s.ctx, "root"))
	must(s.client.UserAdd(s.ctx, "root", "secret"))
	_, err := s.client.AuthEnable(s.ctx)
	refused(err, rpctypes.ErrRootRoleNotExist)
	must(s.client.UserGrantRole(s.ctx, "root", "root"))
	must(s.client.RoleAdd(s.ctx, "reader"))
	must(s.client.RoleGrantPermission(s.ctx, "reader", s.prefix,
		clientv3.GetPrefixRangeEnd(s.prefix), clientv3.PermissionType(clientv3.PermRead)))
	must(s.client.UserAdd(s.ctx, "ann", "ann's"))
	must(s.client.UserGrantRole(s.ctx, "ann", "reader"))
	_, err = s.client.RoleAdd(s.ctx, "reader")
	refused(err, rpctypes.ErrRoleAlreadyExist)
	must(s.client.AuthEnable(s.ctx))

	_, err = s.client.Get(s.ctx, s.prefix)
	refused(err, rpctypes.ErrUserEmpty)
	_, err = clientv3.New(s.config("ann", "root's"))
	refused(err, rpctypes.ErrAuthFailed)
	ann, root := s.connect("ann", "ann's"), s.connect("root", "secret")
	must(ann.Get(s.ctx, s.prefix, clientv3.WithPrefix()))
	_, err = ann.Put(s.ctx, s.key("a"), "1")
	refused(err, rpctypes.ErrPermissionDenied)
	watched := ann.Watch(s.ctx, s.prefix, clientv3.WithPrefix())
	denied := receive(ann.Watch(s.ctx, "elsewhere"))
	expect(denied.Canceled, "%v", denied)
	must(root.Put(s.ctx, s.key("a"), "1"))
	equal(len(receive(watched).Events), 1)
	equal(len(must(root.UserList(s.ctx)).Users), 2)
	equal(must(root.RoleGet(s.ctx, "reader")).Perm[0].PermType, clientv3.PermRead)
	must(root.UserRevokeRole(s.ctx, "ann", "reader"))
	_, err = ann.Get(s.ctx, s.prefix)
	refused(err, rpctypes.ErrPermissionDenied)
	must(root.UserChangePassword(s.ctx, "ann", "new"))
	s.connect("ann", "new").Close()
	must(root.AuthDisable(s.ctx))
	must(s.client.UserDelete(s.ctx, "ann"))
	must(s.client.RoleDelete(s.ctx, "reader"))
	must(s.client.UserDelete(s.ctx, "root"))
	must(s.client.RoleDelete(s.ctx, "root"))
	ann.Close()
	root.Close()
}
