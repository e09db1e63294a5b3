// The peer: NATS JetStream as a work queue with file storage, two worker processes and one client, all speaking its
// protocol by hand and pipelined. Starts and ends its own server on a free port.
//
//     bench_jetstream [throughput] [latency] --data DIR   with --core-result --seconds S --window W --batch B --samples
//     N
//
// A task is published to a stream with work-queue retention, and its acknowledgement awaited; the workers pull it from
// one shared consumer, and acknowledge it. The result is published to a second stream, whose acknowledgement is awaited
// before the task's is sent, and which the client reads by a push consumer that asks for no acknowledgements; or, with
// --core-result, it is a plain message to the client, which no store sees.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/bench/measure/child.h"
#include "tests/bench/measure/measure.h"
#include "tests/bench/measure/numbered.h"
#include "tests/bench/measure/scratch.h"
#include "tests/bench/peers/nats_wire.h"

namespace {

using namespace forkmill::bench;
using nats::Connection;

constexpr const char* kTasks = "tasks";
constexpr const char* kResults = "results";
constexpr const char* kClientResults = "_INBOX.client.results";
constexpr const char* kClientStored = "_INBOX.client.stored";
enum Subscription { kOnTask = 1, kOnStored = 2, kOnResult = 3 };

struct Options {
  std::vector<std::string> what{"throughput", "latency"};
  std::string server = "nats-server";
  std::string name = "jetstream";  // prefix of the figures
  std::string data;
  bool core_result = false;
  double seconds = 3;
  double warm_up = 1;
  std::uint64_t window = 10'000;
  std::size_t batch = 256;
  int workers = 2;
  int samples = 5'000;
};

void make_streams(int port, const Options& options) {
  Connection server{port};
  server.request("$JS.API.STREAM.CREATE.TASKS",
                 R"({"name":"TASKS","subjects":["tasks"],"retention":"workqueue","storage":"file","num_replicas":1,)"
                 R"("max_consumers":-1,"max_msgs":-1,"max_bytes":-1,"discard":"old"})");
  server.request(
      "$JS.API.CONSUMER.DURABLE.CREATE.TASKS.WORKERS",
      R"({"stream_name":"TASKS","config":{"durable_name":"WORKERS","deliver_policy":"all",)"
      R"("ack_policy":"explicit","ack_wait":60000000000,"replay_policy":"instant","max_ack_pending":100000}})");
  if (options.core_result) return;
  server.request("$JS.API.STREAM.CREATE.RESULTS",
                 R"({"name":"RESULTS","subjects":["results"],"retention":"limits","storage":"file","num_replicas":1,)"
                 R"("max_consumers":-1,"max_msgs":-1,"max_bytes":-1,"discard":"old"})");
}

// Once the client listens there.
void deliver_results_to_client(Connection& server) {
  server.request("$JS.API.CONSUMER.DURABLE.CREATE.RESULTS.CLIENT",
                 R"({"stream_name":"RESULTS","config":{"durable_name":"CLIENT","deliver_policy":"all",)"
                 R"("deliver_subject":"_INBOX.client.results","ack_policy":"none","replay_policy":"instant"}})");
}

// Pulls, echoes and acknowledges until it is ended.
class Worker {
 public:
  Worker(int port, int number, const Options& options)
      : server_{port}, options_{options}, inbox_{"_INBOX.worker" + std::to_string(number)} {
    server_.subscribe(inbox_ + ".tasks", kOnTask);
    server_.subscribe(inbox_ + ".stored.*", kOnStored);
  }
  void run() {
    for (;;) {
      pull();
      server_.exchange();
      while (const auto message = server_.receive()) {
        message->subscription == kOnTask ? task(*message) : stored(*message);
      }
    }
  }

 private:
  // Half a batch whenever half of one has come, so that the server always has a request to answer.
  void pull() {
    const auto half = std::max<std::size_t>(1, options_.batch / 2);
    while (asked_ + half <= std::max(half, options_.batch)) {
      server_.publish("$JS.API.CONSUMER.MSG.NEXT.TASKS.WORKERS", R"({"batch":)" + std::to_string(half) + "}",
                      inbox_ + ".tasks");
      asked_ += half;
    }
  }
  void task(const nats::Message& task) {
    if (!task.headers.empty()) throw std::runtime_error{"nats-server: " + std::string{task.headers}};
    --asked_;
    if (options_.core_result) {
      server_.publish(kClientResults, task.payload);
      server_.publish(task.reply, "+ACK");
      return;
    }
    if (free_.empty()) {
      free_.push_back(held_.size());
      held_.emplace_back();
    }
    const auto slot = free_.back();
    free_.pop_back();
    held_[slot] = task.reply;
    server_.publish(kResults, task.payload, inbox_ + ".stored." + std::to_string(slot));
  }
  // The result is safe: now the task may go.
  void stored(const nats::Message& answer) {
    server_.expect_stored(answer);
    std::size_t slot = 0;
    const auto text = answer.subject.substr(answer.subject.rfind('.') + 1);
    std::from_chars(text.data(), text.data() + text.size(), slot);
    server_.publish(held_.at(slot), "+ACK");
    free_.push_back(slot);
  }

  Connection server_;
  const Options& options_;
  std::string inbox_;
  std::size_t asked_ = 0;
  std::vector<std::string> held_;  // where to acknowledge the tasks whose results are being stored
  std::vector<std::size_t> free_;
};

int failed(const std::exception& error) {
  std::fprintf(stderr, "bench_jetstream: %s\n", error.what());
  return 1;
}

int serve(int port, int number, const Options& options) try {
  Worker{port, number, options}.run();
  return 0;
} catch (const std::exception& error) {
  return failed(error);
}

class Submitter {
 public:
  Submitter(int port, const Options& options) : server_{port} {
    server_.subscribe(kClientResults, kOnResult);
    server_.subscribe(kClientStored, kOnStored);
    if (!options.core_result) deliver_results_to_client(server_);
  }

  void submit() { server_.publish(kTasks, tally_.next(), kClientStored); }
  // Waits until at least one more task is stored and has its result.
  void collect() {
    for (const auto before = complete(); complete() == before;) {
      server_.exchange();
      while (const auto message = server_.receive()) {
        if (message->subscription == kOnStored) {
          server_.expect_stored(*message);
          ++stored_;
        } else {
          tally_.take(message->payload);
        }
      }
    }
  }
  std::uint64_t complete() const { return std::min(stored_, tally_.complete()); }
  std::uint64_t outstanding() const { return tally_.sent() - complete(); }
  void check() const { tally_.check(); }

 private:
  Connection server_;
  Tally tally_;
  std::uint64_t stored_ = 0;
};

void throughput(Submitter& client, const Options& options) {
  Meter meter{Seconds{options.warm_up}, Seconds{options.seconds}};
  while (!meter.done()) {
    const auto before = client.complete();
    while (client.outstanding() < options.window) client.submit();
    client.collect();
    meter.add(client.complete() - before);
  }
  meter.report_as(options.name);
  while (client.outstanding() > 0) client.collect();
  client.check();
}

void latency(Submitter& client, const Options& options) {
  measure_latency(options.name, options.samples / 10, options.samples, [&] {
    client.submit();
    client.collect();
  });
  client.check();
}

void run(const Options& options) {
  const Scratch scratch{options.data};
  const int port = free_port();
  auto server = Child::program({options.server, "--addr", "127.0.0.1", "--port", std::to_string(port), "--jetstream",
                                "--store_dir", scratch.path("store"), "--log", scratch.path("log")});
  wait_for_port(port, server);
  make_streams(port, options);
  std::vector<Child> workers;
  workers.reserve(static_cast<std::size_t>(options.workers));
  for (int i = 0; i < options.workers; ++i) {
    workers.push_back(Child::function([&, i] { return serve(port, i, options); }));
  }
  const auto wants = [&](const char* name) { return std::ranges::find(options.what, name) != options.what.end(); };
  Submitter client{port, options};
  if (wants("throughput")) throughput(client, options);
  if (wants("latency")) latency(client, options);
}

}  // namespace

int main(int argc, char** argv) try {
  Options options;
  CLI::App app{"NATS JetStream beside forkmill: 64-byte echo tasks, one client, results back, stored in files"};
  app.add_option("what", options.what, "throughput, latency")->check(CLI::IsMember({"throughput", "latency"}));
  app.add_option("--server", options.server, "the nats-server program");
  app.add_option("--name", options.name, "prefix of the figures")->capture_default_str();
  app.add_option("--data", options.data, "where the new directory of the store is made");
  app.add_flag("--core-result", options.core_result, "results are plain messages, not stored");
  app.add_option("--seconds", options.seconds, "measuring time of the throughput")->capture_default_str();
  app.add_option("--warm-up", options.warm_up, "seconds before it")->capture_default_str();
  app.add_option("--window", options.window, "tasks outstanding")->capture_default_str();
  app.add_option("--batch", options.batch, "tasks that a worker asks for ahead")->capture_default_str();
  app.add_option("--workers", options.workers, "worker processes")->capture_default_str();
  app.add_option("--samples", options.samples, "round trips of the latency")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  require_disk(options.data);
  run(options);
  return 0;
} catch (const std::exception& error) {
  return failed(error);
}
