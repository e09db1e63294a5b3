// The peer: NATS core. Clients publish tasks to a subject with their inbox as the reply subject, worker processes are
// one queue group, the results are plain messages to the inbox. The protocol is spoken by hand and pipelined. Nothing
// is queued or acknowledged: a task that is sent while no worker listens, or to a worker that dies, is lost. Starts and
// ends its own server on a free port.
//
//     bench_nats [throughput] [latency] [mixed]   with the options of echo.h
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "tests/bench/measure/child.h"
#include "tests/bench/measure/echo.h"
#include "tests/bench/peers/nats_wire.h"
#include "tests/eventually.h"

namespace {

using namespace forkmill::bench;
using nats::Connection;

constexpr const char* kTasks = "tasks";
constexpr int kSubscription = 1;
constexpr int kReadySubscription = 2;

struct Options : EchoOptions {
  std::string server = "nats-server";
};

int failed(const std::exception& error) {
  std::fprintf(stderr, "bench_nats: %s\n", error.what());
  return 1;
}

// Echoes until the server goes.
int serve(int port, int number) try {
  Connection server{port};
  server.subscribe(kTasks, kSubscription, "workers");
  server.subscribe("ready." + std::to_string(number), kReadySubscription);
  for (;;) {
    server.exchange();
    while (const auto message = server.receive()) {
      if (message->payload.size() >= kEchoBytes) work_on(message->payload);
      server.publish(message->reply, message->payload);
    }
  }
} catch (const std::exception&) {
  return 0;
}

// Waits until the worker has subscribed: the server does not keep tasks for it.
void await_worker(Connection& server, int number) {
  const auto answers = [&] {
    try {
      server.request("ready." + std::to_string(number), "ready");
      return true;
    } catch (const std::exception&) {
      return false;
    }
  };
  if (!forkmill::tests::eventually(answers, std::chrono::seconds{10})) throw std::runtime_error{"a worker is missing"};
}

class Client final : public EchoClient {
 public:
  Client(int port, int number) : server_{port}, inbox_{"_INBOX.client" + std::to_string(number)} {
    server_.subscribe(inbox_, kSubscription);
    server_.flush();
  }
  void submit(std::string_view payload) override { server_.publish(kTasks, payload, inbox_); }
  void collect(const Take& take) override {
    for (bool came = false; !came;) {
      server_.exchange();
      while (const auto message = server_.receive()) {
        take(message->payload);
        came = true;
      }
    }
  }

 private:
  Connection server_;
  std::string inbox_;
};

void run(const Options& options) {
  const int port = free_port();
  auto server =
      Child::program({options.server, "--addr", "127.0.0.1", "--port", std::to_string(port), "--log", "/dev/null"});
  wait_for_port(port, server);
  std::vector<Child> workers;
  std::vector<pid_t> pids;
  Connection setup{port};
  for (int i = 0; i < options.workers; ++i) {
    workers.push_back(Child::function([&, i] { return serve(port, i); }));
    pids.push_back(workers.back().pid());
  }
  for (int i = 0; i < options.workers; ++i) await_worker(setup, i);
  measure_echo(
      options, [&](int number) { return std::make_unique<Client>(port, number); }, parts_of(server.pid(), pids));
}

}  // namespace

int main(int argc, char** argv) try {
  Options options;
  options.name = "nats";
  CLI::App app{"NATS core beside forkmill: echo tasks to a queue group, results back"};
  add_echo_options(app, options);
  app.add_option("--server", options.server, "the nats-server program");
  CLI11_PARSE(app, argc, argv);
  run(options);
  return 0;
} catch (const std::exception& error) {
  return failed(error);
}
