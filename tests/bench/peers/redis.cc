// The peer: Redis lists as a task queue, as the queues built on Redis use them. Clients LPUSH tasks, each with the name
// of the client's result list; workers pop them and LPUSH the result there; clients pop their results. The protocol is
// spoken by hand: commands leave in as few writes as the socket takes. Starts and ends its own server on a free port.
//
//     bench_redis [throughput] [latency] [mixed] [memory]   with --batch B, --data DIR and the options of echo.h
//
// --batch 1: workers and clients pop one element at a time (BRPOP), as queue libraries do. Above: up to B at a time
// (BLMPOP ... COUNT B). A popped task is lost with its worker in both. With --data, an append-only file that is synced
// before each answer (appendfsync always); else memory alone.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/measure/child.h"
#include "tests/bench/measure/echo.h"
#include "tests/bench/measure/scratch.h"
#include "tests/bench/peers/redis_wire.h"

namespace {

using namespace forkmill::bench;
using redis::Connection;

constexpr std::string_view kTasks = "tasks";
constexpr char kEndOfName = '\n';  // ends the name of the result list, with which a task begins

struct Options : EchoOptions {
  std::string server = "redis-server";
  std::string data;
  int batch = 1;
  std::size_t tasks = 1'000'000;
};

// Asks for up to `batch` elements of a list, and waits for them at the server.
void ask(Connection& server, std::string_view list, int batch) {
  if (batch == 1)
    server.command({"BRPOP", list, "0"});
  else
    server.command({"BLMPOP", "0", "1", list, "RIGHT", "COUNT", std::to_string(batch)});
}

// Echoes until the server goes.
int serve(int port, int batch) try {
  Connection server{port};
  ask(server, kTasks, batch);
  for (;;) {
    const auto reply = server.await();
    if (reply.strings.empty()) continue;  // the answer to an LPUSH
    for (std::size_t i = 1; i < reply.strings.size(); ++i) {
      const auto task = reply.strings[i];
      const auto end = task.find(kEndOfName);
      work_on(task.substr(end + 1));
      server.command({"LPUSH", task.substr(0, end), task.substr(end + 1)});
    }
    ask(server, kTasks, batch);
  }
} catch (const std::exception&) {
  return 0;
}

// Two connections, because one that waits for a result pushes no tasks.
class Client final : public EchoClient {
 public:
  Client(int port, int number, int batch)
      : tasks_{port}, results_{port}, list_{"results" + std::to_string(number)}, batch_{batch} {}

  void submit(std::string_view payload) override {
    task_.assign(list_).append(1, kEndOfName).append(payload);
    tasks_.command({"LPUSH", kTasks, task_});
  }
  void collect(const Take& take) override {
    if (!std::exchange(asked_, true)) ask(results_, list_, batch_);
    for (bool came = false; !came;) {
      forkmill::bench::Connection::exchange_any({&tasks_.socket(), &results_.socket()});
      while (tasks_.receive()) {
      }
      while (const auto reply = results_.receive()) {
        for (std::size_t i = 1; i < reply->strings.size(); ++i) take(reply->strings[i]);
        ask(results_, list_, batch_);
        came = true;
      }
    }
  }

 private:
  Connection tasks_;
  Connection results_;
  std::string list_;
  std::string task_;
  const int batch_;
  bool asked_ = false;
};

// Tasks that wait, since no worker is there.
void measure_memory(int port, pid_t server, const Options& options) {
  Connection client{port};
  const auto before = memory_of(server);
  for (std::size_t i = 0; i < options.tasks;) {
    const auto end = std::min(i + 1'000, options.tasks);
    const auto first = i;
    for (; i < end; ++i) client.command({"LPUSH", kTasks, payload_for(i, options.bytes)});
    for (auto n = first; n < end; ++n) client.await();
  }
  const auto grown = static_cast<double>(memory_of(server).rss_kib - before.rss_kib) * 1024;
  report(options.name + ".server_bytes_per_task", grown / static_cast<double>(options.tasks));
}

void run(const Options& options) {
  const Scratch scratch{options.data};
  const int port = free_port();
  std::vector<std::string> words{
      options.server, "--port",       std::to_string(port), "--bind",           "127.0.0.1", "--save", "",
      "--dir",        scratch.path(), "--logfile",          scratch.path("log")};
  if (!options.data.empty()) words.insert(words.end(), {"--appendonly", "yes", "--appendfsync", "always"});
  auto server = Child::program(words);
  wait_for_port(port, server);
  if (options.wants("memory")) return measure_memory(port, server.pid(), options);
  std::vector<Child> workers;
  std::vector<pid_t> pids;
  for (int i = 0; i < options.workers; ++i) {
    workers.push_back(Child::function([&] { return serve(port, options.batch); }));
    pids.push_back(workers.back().pid());
  }
  measure_echo(
      options, [&](int number) { return std::make_unique<Client>(port, number, options.batch); },
      parts_of(server.pid(), pids));
}

}  // namespace

int main(int argc, char** argv) try {
  Options options;
  options.name = "redis";
  CLI::App app{"Redis lists beside forkmill: echo tasks, results back"};
  add_echo_options(app, options, {"memory"});
  app.add_option("--server", options.server, "the redis-server program");
  app.add_option("--data", options.data, "where the new directory of a synced append-only file is made");
  app.add_option("--batch", options.batch, "elements popped at a time")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--tasks", options.tasks, "tasks of memory")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  if (!options.data.empty()) require_disk(options.data);
  run(options);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_redis: %s\n", error.what());
  return 1;
}
