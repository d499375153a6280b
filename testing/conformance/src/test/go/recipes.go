package main

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"go.etcd.io/etcd/clientv3"
	"go.etcd.io/etcd/clientv3/concurrency"
	"go.etcd.io/etcd/clientv3/leasing"
	"go.etcd.io/etcd/clientv3/mirror"
	"go.etcd.io/etcd/clientv3/namespace"
	"go.etcd.io/etcd/clientv3/naming/endpoints"
	"go.etcd.io/etcd/clientv3/ordering"
	recipe "go.etcd.io/etcd/contrib/recipes"
)

func (s *suite) session() {
	own := s.newSession(concurrency.WithTTL(6))
	s.put("a", "1", clientv3.WithLease(own.Lease()))
	another := s.newSession(concurrency.WithLease(own.Lease()))
	equal(another.Lease(), own.Lease())
	check(own.Close())
	equal(s.get("a").Count, 0)
	closes(own.Done())
	closes(another.Done())
}

func (s *suite) mutex() {
	inside, entered := int32(0), 0
	together(5, func(int) {
		session := s.newSession()
		mutex := concurrency.NewMutex(session, s.key("m"))
		for round := 0; round < 3; round++ {
			check(mutex.Lock(s.ctx))
			equal(atomic.AddInt32(&inside, 1), 1)
			entered++
			owner := must(s.client.Txn(s.ctx).If(mutex.IsOwner()).Then(clientv3.OpPut(s.key("o"), "")).Commit())
			expect(owner.Succeeded, "the holder is not the owner")
			atomic.AddInt32(&inside, -1)
			check(mutex.Unlock(s.ctx))
		}
		check(session.Close())
	})
	equal(entered, 15)

	// Whoever gives up waiting leaves the queue; whoever's session ends, the lock.
	holder, waiter := s.newSession(), s.newSession()
	check(concurrency.NewMutex(holder, s.key("m")).Lock(s.ctx))
	short, cancel := context.WithTimeout(s.ctx, 200*time.Millisecond)
	expect(concurrency.NewMutex(waiter, s.key("m")).Lock(short) != nil, "two hold a lock")
	cancel()
	equal(s.get("m/", clientv3.WithPrefix()).Count, 1)
	locked := make(chan error, 1)
	go func() { locked <- concurrency.NewMutex(waiter, s.key("m")).Lock(s.ctx) }()
	check(holder.Close())
	check(receive(locked))
	check(waiter.Close())
}

func (s *suite) election() {
	session := s.newSession()
	first := concurrency.NewElection(session, s.key("e"))
	_, err := first.Leader(s.ctx)
	refused(err, concurrency.ErrElectionNoLeader)
	observed := first.Observe(s.ctx)
	check(first.Campaign(s.ctx, "one"))
	seen := receive(observed)
	equal(values(&seen), "one")
	check(first.Proclaim(s.ctx, "two"))
	seen = receive(observed)
	equal(values(&seen), "two")
	resumed := concurrency.ResumeElection(session, s.key("e"), first.Key(), first.Rev())
	check(resumed.Proclaim(s.ctx, "three"))

	other := s.newSession()
	next := concurrency.NewElection(other, s.key("e"))
	won := make(chan error, 1)
	go func() { won <- next.Campaign(s.ctx, "next") }()
	check(resumed.Resign(s.ctx))
	check(receive(won))
	equal(values(must(next.Leader(s.ctx))), "next")
	refused(first.Proclaim(s.ctx, "late"), concurrency.ErrElectionNotLeader)
	for values(&seen) != "next" {
		seen = receive(observed)
	}
	check(session.Close())
	check(other.Close())
}

// stm moves amounts between accounts from many sides at once; the sum stays.
func (s *suite) stm() {
	const accounts, start = 5, 100
	for i := 0; i < accounts; i++ {
		s.put(strconv.Itoa(i), strconv.Itoa(start))
	}
	for _, level := range []concurrency.Isolation{
		concurrency.SerializableSnapshot, concurrency.Serializable, concurrency.RepeatableReads,
	} {
		together(8, func(worker int) {
			from, to := s.key(strconv.Itoa(worker%accounts)), s.key(strconv.Itoa((worker+1)%accounts))
			move := func(stm concurrency.STM) error {
				has, gets := must(strconv.Atoi(stm.Get(from))), must(strconv.Atoi(stm.Get(to)))
				stm.Put(from, strconv.Itoa(has-worker))
				stm.Put(to, strconv.Itoa(gets+worker))
				return nil
			}
			for round := 0; round < 4; round++ {
				must(concurrency.NewSTM(s.client, move,
					concurrency.WithIsolation(level), concurrency.WithPrefetch(from, to)))
			}
		})
		sum := 0
		for _, kv := range s.get("", clientv3.WithPrefix()).Kvs {
			sum += must(strconv.Atoi(string(kv.Value)))
		}
		equal(sum, accounts*start)
	}
	must(concurrency.NewSTM(s.client, func(stm concurrency.STM) error {
		expect(stm.Rev(s.key("0")) > 0 && stm.Rev(s.key("none")) == 0, "revisions")
		stm.Del(s.key("0"))
		return nil
	}))
	equal(s.get("0").Count, 0)
	_, err := concurrency.NewSTM(s.client, func(concurrency.STM) error { return context.Canceled })
	refused(err, context.Canceled)
}

// leasing: one client's cache gives way when another writes.
func (s *suite) leasing() {
	one, closeOne, err := leasing.NewKV(s.client, s.key("leases/"))
	check(err)
	other, closeOther, err := leasing.NewKV(s.client, s.key("leases/"))
	check(err)
	key := s.key("data/k")
	must(one.Put(s.ctx, key, "1"))
	equal(values(must(one.Get(s.ctx, key))), "1")
	equal(s.get("leases/", clientv3.WithPrefix()).Count, 1)
	equal(values(must(one.Get(s.ctx, key))), "1") // from its cache
	must(other.Put(s.ctx, key, "2"))
	equal(values(must(one.Get(s.ctx, key))), "2")
	swap := must(other.Txn(s.ctx).
		If(clientv3.Compare(clientv3.Value(key), "=", "2")).
		Then(clientv3.OpPut(key, "3"), clientv3.OpPut(s.key("data/l"), "1")).
		Commit())
	expect(swap.Succeeded, "the value was 2")
	together(8, func(i int) {
		kv := []clientv3.KV{one, other}[i%2]
		for round := 0; round < 5; round++ {
			must(kv.Put(s.ctx, key, fmt.Sprint(i)))
			must(kv.Get(s.ctx, key))
		}
	})
	expect(values(must(one.Get(s.ctx, key))) == values(must(other.Get(s.ctx, key))), "caches differ")
	equal(must(other.Delete(s.ctx, s.key("data/"), clientv3.WithPrefix())).Deleted, 2)
	equal(must(one.Get(s.ctx, key)).Count, 0)
	closeOne()
	closeOther()
}

func (s *suite) namespace() {
	kv := namespace.NewKV(s.client.KV, s.prefix)
	watcher := namespace.NewWatcher(s.client.Watcher, s.prefix)
	lease := namespace.NewLease(s.client.Lease, s.prefix)
	watched := watcher.Watch(s.ctx, "", clientv3.WithFromKey())
	id := must(lease.Grant(s.ctx, 60)).ID
	must(kv.Put(s.ctx, "a", "1", clientv3.WithLease(id)))
	equal(string(receive(watched).Events[0].Kv.Key), "a")
	equal(values(s.get("a")), "1")
	equal(string(must(kv.Get(s.ctx, "a", clientv3.WithFromKey())).Kvs[0].Key), "a")
	equal(string(must(lease.TimeToLive(s.ctx, id, clientv3.WithAttachedKeys())).Keys[0]), "a")
	answer := must(kv.Txn(s.ctx).
		If(clientv3.Compare(clientv3.CreateRevision("a").WithPrefix(), ">", 0)).
		Then(clientv3.OpDelete("", clientv3.WithFromKey(), clientv3.WithPrevKV())).
		Commit())
	equal(string(answer.Responses[0].GetResponseDeleteRange().PrevKvs[0].Key), "a")
	must(lease.Revoke(s.ctx, id))
	check(watcher.Close())
}

func (s *suite) ordering() {
	kv := ordering.NewKV(s.client.KV, func(op clientv3.Op, _ clientv3.OpResponse, before int64) error {
		return fmt.Errorf("%s was answered from before %d", op.KeyBytes(), before)
	})
	together(4, func(i int) {
		for round := 0; round < 10; round++ {
			must(kv.Put(s.ctx, s.key(fmt.Sprint(i)), fmt.Sprint(round)))
			equal(values(must(kv.Get(s.ctx, s.key(fmt.Sprint(i))))), fmt.Sprint(round))
		}
	})
	must(kv.Txn(s.ctx).Then(clientv3.OpGet(s.prefix, clientv3.WithPrefix())).Commit())
}

// mirror copies what there is, in pages, and then what happens.
func (s *suite) mirror() {
	const keys = 1500
	together(8, func(worker int) {
		for i := worker; i < keys; i += 8 {
			s.put(fmt.Sprintf("%04d", i), fmt.Sprint(i))
		}
	})
	syncer := mirror.NewSyncer(s.client, s.prefix, 0)
	base, failures := syncer.SyncBase(s.ctx)
	s.put("late", "1")
	copied := 0
	for page := range base {
		copied += len(page.Kvs)
	}
	for err := range failures {
		check(err)
	}
	equal(copied, keys)
	equal(string(receive(syncer.SyncUpdates(s.ctx)).Events[0].Kv.Key), s.key("late"))
}

func (s *suite) naming() {
	manager := must(endpoints.NewManager(s.client, s.key("service")))
	ctx, cancel := context.WithCancel(s.ctx)
	updates := must(manager.NewWatchChannel(ctx))
	check(manager.AddEndpoint(s.ctx, s.key("service/a"), endpoints.Endpoint{Addr: "127.0.0.1:1"}))
	equal(receive((<-chan []*endpoints.Update)(updates))[0].Endpoint.Addr, "127.0.0.1:1")
	equal(len(must(manager.List(s.ctx))), 1)
	check(manager.DeleteEndpoint(s.ctx, s.key("service/a")))
	equal(receive((<-chan []*endpoints.Update)(updates))[0].Op, endpoints.Delete)
	cancel()
}

func (s *suite) queues() {
	const each = 10
	queue := recipe.NewQueue(s.client, s.key("queue"))
	taken := make(chan string, 4*each)
	go together(2, func(int) {
		for i := 0; i < 2*each; i++ {
			taken <- must(queue.Dequeue())
		}
	})
	together(4, func(worker int) {
		for i := 0; i < each; i++ {
			check(queue.Enqueue(fmt.Sprintf("%d-%d", worker, i)))
		}
	})
	seen := map[string]bool{}
	for i := 0; i < 4*each; i++ {
		seen[receive(taken)] = true
	}
	equal(len(seen), 4*each)

	byPriority := recipe.NewPriorityQueue(s.client, s.key("by-priority"))
	for _, priority := range []uint16{5, 1, math.MaxUint16, 1} {
		check(byPriority.Enqueue(fmt.Sprint(priority), priority))
	}
	var order []string
	for i := 0; i < 4; i++ {
		order = append(order, must(byPriority.Dequeue()))
	}
	equal(strings.Join(order, " "), "1 1 5 65535")
}

func (s *suite) barriers() {
	barrier := recipe.NewBarrier(s.client, s.key("barrier"))
	check(barrier.Hold())
	expect(barrier.Hold() != nil, "held twice")
	waiting := make(chan error, 3)
	for i := 0; i < 3; i++ {
		go func() { waiting <- recipe.NewBarrier(s.client, s.key("barrier")).Wait() }()
	}
	select {
	case <-waiting:
		expect(false, "the barrier does not hold")
	case <-time.After(200 * time.Millisecond):
	}
	check(barrier.Release())
	for i := 0; i < 3; i++ {
		check(receive(waiting))
	}

	var inside int32
	together(3, func(int) {
		session := s.newSession()
		double := recipe.NewDoubleBarrier(session, s.key("double"), 3)
		atomic.AddInt32(&inside, 1)
		check(double.Enter())
		equal(atomic.LoadInt32(&inside), 3)
		check(double.Leave())
		check(session.Close())
	})
}

func (s *suite) rwmutex() {
	var readers, writers int32
	together(6, func(worker int) {
		session := s.newSession()
		for round := 0; round < 3; round++ {
			mutex := recipe.NewRWMutex(session, s.key("rw"))
			if worker < 2 {
				check(mutex.Lock())
				equal(atomic.AddInt32(&writers, 1), 1)
				equal(atomic.LoadInt32(&readers), 0)
				atomic.AddInt32(&writers, -1)
				check(mutex.Unlock())
			} else {
				check(mutex.RLock())
				atomic.AddInt32(&readers, 1)
				equal(atomic.LoadInt32(&writers), 0)
				atomic.AddInt32(&readers, -1)
				check(mutex.RUnlock())
			}
		}
		check(session.Close())
	})
}
