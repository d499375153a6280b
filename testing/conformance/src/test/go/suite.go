// What Go's clientv3 does, and what is built on it, against any server of the API:
// suite HOST:PORT PART... Each part ends the program with a failure if it doesn't find what it
// expects, and touches only keys under a prefix of its own.
package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"

	"go.etcd.io/etcd/clientv3"
	"go.etcd.io/etcd/clientv3/concurrency"
	"go.uber.org/zap"
)

// Nothing here takes long; whoever waits for longer waits in vain.
const patience = 60 * time.Second

var parts = map[string]func(*suite){
	"KV":          (*suite).kv,
	"TXN":         (*suite).txn,
	"WATCH":       (*suite).watch,
	"LEASE":       (*suite).lease,
	"MAINTENANCE": (*suite).maintenance,
	"AUTH":        (*suite).auth,
	"SESSION":     (*suite).session,
	"MUTEX":       (*suite).mutex,
	"ELECTION":    (*suite).election,
	"STM":         (*suite).stm,
	"LEASING":     (*suite).leasing,
	"NAMESPACE":   (*suite).namespace,
	"ORDERING":    (*suite).ordering,
	"MIRROR":      (*suite).mirror,
	"NAMING":      (*suite).naming,
	"QUEUES":      (*suite).queues,
	"BARRIERS":    (*suite).barriers,
	"RWMUTEX":     (*suite).rwmutex,
}

// The part that is running.
var running string

// A suite is one part's view of the server.
type suite struct {
	endpoint string
	client   *clientv3.Client
	ctx      context.Context
	prefix   string
}

func main() {
	for _, name := range os.Args[2:] {
		running = name
		part, known := parts[name]
		expect(known, "no such part")
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		s := &suite{
			endpoint: os.Args[1],
			ctx:      ctx,
			prefix:   fmt.Sprintf("go-%s-%d/", strings.ToLower(name), time.Now().UnixNano()),
		}
		s.client = s.connect("", "")
		overdue := time.AfterFunc(patience+5*time.Second, func() { expect(false, "hangs") })
		part(s)
		overdue.Stop()
		s.client.Close()
		cancel()
	}
}

// connect makes another client, of a user unless the name is empty.
func (s *suite) connect(user, password string) *clientv3.Client {
	return must(clientv3.New(s.config(user, password)))
}

func (s *suite) config(user, password string) clientv3.Config {
	quiet := zap.NewProductionConfig() // what is refused is expected to be
	quiet.Level = zap.NewAtomicLevelAt(zap.FatalLevel)
	return clientv3.Config{
		Endpoints:   []string{s.endpoint},
		DialTimeout: 10 * time.Second,
		Username:    user,
		Password:    password,
		LogConfig:   &quiet,
	}
}

func (s *suite) key(name string) string { return s.prefix + name }

func (s *suite) put(name, value string, opts ...clientv3.OpOption) *clientv3.PutResponse {
	return must(s.client.Put(s.ctx, s.key(name), value, opts...))
}

func (s *suite) get(name string, opts ...clientv3.OpOption) *clientv3.GetResponse {
	return must(s.client.Get(s.ctx, s.key(name), opts...))
}

// newSession keeps a lease alive under what a part owns.
func (s *suite) newSession(opts ...concurrency.SessionOption) *concurrency.Session {
	return must(concurrency.NewSession(s.client, opts...))
}

// values are those of an answer, in its order, with blanks between.
func values(response *clientv3.GetResponse) string {
	var all []string
	for _, kv := range response.Kvs {
		all = append(all, string(kv.Value))
	}
	return strings.Join(all, " ")
}

// together runs a function for each number below n at once, and waits for all.
func together(n int, run func(i int)) {
	var wait sync.WaitGroup
	for i := 0; i < n; i++ {
		wait.Add(1)
		go func(i int) {
			defer wait.Done()
			run(i)
		}(i)
	}
	wait.Wait()
}

// receive takes from a channel, which must have something in time.
func receive[T any](from <-chan T) T {
	select {
	case value, open := <-from:
		expect(open, "closed, instead of a value")
		return value
	case <-time.After(patience):
		expect(false, "nothing comes")
	}
	panic("unreachable")
}

// closes waits for the end of a channel.
func closes[T any](channel <-chan T) {
	select {
	case value, open := <-channel:
		expect(!open, "%v, instead of the end", value)
	case <-time.After(patience):
		expect(false, "does not end")
	}
}

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	expect(err == nil, "%v", err)
}

func equal[T comparable](actual, expected T) {
	expect(actual == expected, "%v, expected %v", actual, expected)
}

// refused checks that a call failed with an error that the client knows by its text.
func refused(actual, expected error) {
	expect(actual == expected, "%v, expected %v", actual, expected)
}

// expect ends the program, and says where, unless all is well.
func expect(good bool, format string, args ...interface{}) {
	if good {
		return
	}
	fmt.Fprintf(os.Stderr, running+": "+format+"\n", args...)
	for depth := 1; ; depth++ {
		_, file, line, known := runtime.Caller(depth)
		if !known {
			break
		}
		fmt.Fprintf(os.Stderr, "  %s:%d\n", file, line)
	}
	os.Exit(1)
}
