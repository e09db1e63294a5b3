// Named objects as users have them: real broker in memory, the public client API, beside bare ZeroMQ.
//
//     bench_toolkit [sync] [stream] [waiters] [objects] [handover]   with --samples N --items N ... (--help)
#include <forkmill/client.h>
#include <forkmill/manager.h>
#include <forkmill/queue.h>
#include <forkmill/sync.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <functional>
#include <map>
#include <msgpack.hpp>
#include <stdexcept>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "tests/bench/forkmill/cluster.h"
#include "tests/bench/measure/child.h"
#include "tests/bench/measure/measure.h"

namespace {

using namespace forkmill::bench;
using namespace std::chrono_literals;

struct Options {
  std::vector<std::string> what{"sync", "stream", "waiters", "objects", "handover"};
  Programs programs;
  std::string data;
  int samples = 5'000;
  int rounds = 5;
  std::size_t items = 1'000'000;
  std::size_t batch = 1'000;
  std::size_t waiters = 10'000;
  std::size_t objects = 10'000;
};

double microseconds(Clock::duration time) { return std::chrono::duration<double, std::micro>(time).count(); }
double milliseconds(Clock::duration time) { return std::chrono::duration<double, std::milli>(time).count(); }

// ---- Uncontended lock and queue, beside two round trips of bare ZeroMQ
// ------------------------------------------------

int echo(int port) try {
  zmq::context_t context;
  zmq::socket_t socket{context, zmq::socket_type::rep};
  socket.bind("tcp://127.0.0.1:" + std::to_string(port));
  for (;;) {
    zmq::message_t message;
    static_cast<void>(socket.recv(message));
    socket.send(std::move(message), zmq::send_flags::none);
  }
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_toolkit: echo: %s\n", error.what());
  return 1;
}

template <class F>
void sample(std::vector<double>& taken, int samples, F&& round) {
  for (int i = 0; i < samples / 10; ++i) round();
  for (int i = 0; i < samples; ++i) {
    const auto start = Clock::now();
    round();
    taken.push_back(microseconds(Clock::now() - start));
  }
}

void sync(const Cluster& cluster, const Options& options) {
  const int port = free_port();
  auto server = Child::function([port] { return echo(port); });
  wait_for_port(port, server);
  zmq::context_t context;
  zmq::socket_t socket{context, zmq::socket_type::req};
  socket.set(zmq::sockopt::linger, 0);
  socket.connect("tcp://127.0.0.1:" + std::to_string(port));
  forkmill::Client client{cluster.endpoint()};
  forkmill::Lock lock{"bench:lock", client};
  forkmill::Queue<std::string> queue{"bench:queue", 0, client};
  const std::string payload(kEchoBytes, 'x');
  std::map<std::string, std::vector<double>> taken;
  const int samples = std::max(1, options.samples / options.rounds);
  for (int i = 0; i < options.rounds; ++i) {  // in turns: what else the machine does meets all of them
    sample(taken["toolkit.floor"], samples, [&] {
      for (int trip = 0; trip < 2; ++trip) {
        socket.send(zmq::buffer(payload), zmq::send_flags::none);
        zmq::message_t reply;
        static_cast<void>(socket.recv(reply));
      }
    });
    sample(taken["toolkit.lock"], samples, [&] {
      lock.acquire();
      lock.release();
    });
    sample(taken["toolkit.queue"], samples, [&] {
      queue.put(payload);
      if (queue.get() != payload) throw std::runtime_error{"another item came out"};
    });
  }
  for (auto& [name, times] : taken) {
    const auto result = quantiles(std::move(times));
    report(name + ".p50_us", result.p50);
    report(name + ".p99_us", result.p99);
  }
}

// ---- One producer, one consumer -------------------------------------------------------------------------------------

int consume(const std::string& endpoint, std::size_t items) try {
  forkmill::Client client{endpoint};
  forkmill::Queue<std::string> queue{"bench:stream", 50'000, client};
  forkmill::Event ready{"bench:ready", client};
  forkmill::Event done{"bench:done", client};
  ready.set();
  for (std::size_t next = 0; next < items;) {
    for (const std::string& item : queue.get_many(4096))
      if (item.size() != kEchoBytes || std::stoull(item) != next++) throw std::runtime_error{"an item out of order"};
  }
  done.set();
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_toolkit: consumer: %s\n", error.what());
  return 1;
}

void stream(const Cluster& cluster, const Options& options) {
  auto consumer = Child::function([&] { return consume(cluster.endpoint(), options.items); });
  forkmill::Client client{cluster.endpoint()};
  forkmill::Queue<std::string> queue{"bench:stream", 50'000, client};
  forkmill::Event ready{"bench:ready", client};
  forkmill::Event done{"bench:done", client};
  if (!ready.wait(10s)) throw std::runtime_error{"the consumer does not begin"};
  const auto start = Clock::now();
  std::vector<std::string> batch;
  for (std::size_t i = 0; i < options.items; ++i) {
    batch.push_back(std::to_string(i));
    batch.back().resize(kEchoBytes, ' ');
    if (batch.size() < options.batch && i + 1 < options.items) continue;
    queue.put_many(batch);
    batch.clear();
  }
  if (!done.wait(60s)) throw std::runtime_error{"the consumer does not come to the end"};
  report("toolkit.items_per_s", static_cast<double>(options.items) / (milliseconds(Clock::now() - start) / 1e3));
}

// ---- Many waiters, many objects -------------------------------------------------------------------------------------

std::size_t waiting_for(forkmill::Client& client, const std::string& name) {
  const auto body = client.query({.kind = forkmill::QueryKind::object, .argument = name, .filter = {}}).get();
  const auto handle = msgpack::unpack(body.bytes.data(), body.bytes.size());
  const auto map = handle.get().as<std::map<std::string, msgpack::object>>();
  return map.at("object").as<std::map<std::string, msgpack::object>>().at("waiting").as<std::size_t>();
}

void waiters(const Cluster& cluster, const Options& options) {
  constexpr std::size_t kClients = 10;
  std::vector<std::unique_ptr<forkmill::Client>> clients;
  std::vector<forkmill::Future<bool>> futures;
  for (std::size_t i = 0; i < kClients; ++i) clients.push_back(std::make_unique<forkmill::Client>(cluster.endpoint()));
  for (std::size_t i = 0; i < options.waiters; ++i)
    futures.push_back(forkmill::Event{"bench:start", *clients[i % kClients]}.wait_async());
  forkmill::Client starter{cluster.endpoint()};
  while (waiting_for(starter, "bench:start") < options.waiters) {
  }
  forkmill::Event start{"bench:start", starter};
  const auto from = Clock::now();
  start.set();
  for (auto& future : futures)
    if (!future.get()) throw std::runtime_error{"a waiter was not woken"};
  report("toolkit.waiters_ms", milliseconds(Clock::now() - from));
}

void objects(const Cluster& cluster, const Options& options) {
  forkmill::Client client{cluster.endpoint()};
  forkmill::Lock first{"bench:object", client};
  const auto before = memory_of(cluster.broker_pid()).rss_kib;
  for (std::size_t i = 0; i < options.objects; ++i) {
    const std::string name = "bench:object:" + std::to_string(i);
    switch (i % 4) {
      case 0:
        forkmill::Lock{name, client}.acquire();
        break;
      case 1:
        forkmill::Queue<int>{name, 0, client}.put(1);
        break;
      case 2:
        forkmill::Event{name, client}.set();
        break;
      default:
        forkmill::Dict<std::string, int>{name, client}.set("key", 1);
        break;
    }
  }
  report("toolkit.objects_mib", static_cast<double>(memory_of(cluster.broker_pid()).rss_kib - before) / 1024);
}

// ---- A holder that is killed ----------------------------------------------------------------------------------------

int hold(const std::string& endpoint) try {
  forkmill::Client client{endpoint};
  forkmill::Lock lock{"bench:handover", client};
  lock.acquire();
  forkmill::Event{"bench:held", client}.set();
  for (;;) ::pause();
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_toolkit: holder: %s\n", error.what());
  return 1;
}

void handover(const Cluster& cluster) {
  auto holder = Child::function([&] { return hold(cluster.endpoint()); });
  forkmill::Client client{cluster.endpoint()};
  if (!forkmill::Event{"bench:held", client}.wait(10s)) throw std::runtime_error{"no client holds the lock"};
  const auto from = Clock::now();
  holder.kill();
  forkmill::Lock lock{"bench:handover", client};
  lock.acquire();
  report("toolkit.handover_s", milliseconds(Clock::now() - from) / 1e3);
}

// In a process of its own: it forks, and only a process without threads may.
void apart(const std::function<void()>& part) {
  const int status = Child::function([&] {
                       try {
                         part();
                         return 0;
                       } catch (const std::exception& error) {
                         std::fprintf(stderr, "bench_toolkit: %s\n", error.what());
                         return 1;
                       }
                     }).wait();
  if (status != 0) throw std::runtime_error{"a part failed"};
}

void run(const Options& options) {
  const auto wants = [&](const char* name) { return std::ranges::find(options.what, name) != options.what.end(); };
  const Cluster cluster{options.programs, options.data};
  if (wants("sync")) apart([&] { sync(cluster, options); });
  if (wants("stream")) apart([&] { stream(cluster, options); });
  if (wants("waiters")) apart([&] { waiters(cluster, options); });
  if (wants("objects")) apart([&] { objects(cluster, options); });
  if (wants("handover")) apart([&] { handover(cluster); });
}

}  // namespace

int main(int argc, char** argv) try {
  Options options;
  CLI::App app{"Locks, queues and other named objects: what they cost"};
  app.add_option("what", options.what, "sync, stream, waiters, objects, handover")
      ->check(CLI::IsMember({"sync", "stream", "waiters", "objects", "handover"}));
  app.add_option("--samples", options.samples, "round trips of each kind")->capture_default_str();
  app.add_option("--rounds", options.rounds, "turns in which they are taken")->capture_default_str();
  app.add_option("--items", options.items, "items from one producer to one consumer")->capture_default_str();
  app.add_option("--batch", options.batch, "items in one put")->capture_default_str();
  app.add_option("--waiters", options.waiters, "who wait for one event")->capture_default_str();
  app.add_option("--objects", options.objects, "named objects")->capture_default_str();
  app.add_option("--data", options.data, "where a store is made; none: in memory");
  app.add_option("--broker", options.programs.broker, "the program")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  run(options);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_toolkit: %s\n", error.what());
  return 1;
}
