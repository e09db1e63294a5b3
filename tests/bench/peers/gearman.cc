// The peer: gearmand with worker processes and clients of ours, all speaking its protocol by hand and pipelined, since
// libgearman is slower than the server. Starts and ends its own server on a free port.
//
//     bench_gearman [throughput] [latency] [mixed] [memory]   with --prefetch K --threads T and those of echo.h
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "tests/bench/measure/child.h"
#include "tests/bench/measure/echo.h"
#include "tests/bench/peers/gearman_wire.h"

namespace {

using namespace forkmill::bench;
using gearman::Connection;
using gearman::Type;

constexpr const char* kFunction = "echo";

struct Options : EchoOptions {
  std::string server = "gearmand";
  int prefetch = 1;
  int threads = 4;  // gearmand's own default
  std::size_t tasks = 1'000'000;
};

// Echoes until the server goes. `prefetch` grabs are under way at any time; as the protocol asks, a worker that finds
// nothing says that it sleeps and is woken by a NOOP.
int serve(int port, int prefetch) try {
  Connection server{port};
  server.queue(Type::can_do, kFunction);
  const auto grab = [&] {
    for (int i = 0; i < prefetch; ++i) server.queue(Type::grab_job);
    return prefetch;
  };
  for (int grabs = grab();;) {
    server.exchange();
    while (auto packet = server.receive()) {
      if (packet->type == Type::job_assign) {
        auto body = packet->body;
        const auto handle = gearman::take_argument(body);
        gearman::take_argument(body);  // the function's name
        work_on(body);
        server.queue(Type::work_complete, handle, body);
        server.queue(Type::grab_job);
      } else if (packet->type == Type::no_job && --grabs == 0) {
        server.queue(Type::pre_sleep);
      } else if (packet->type == Type::noop && grabs == 0) {
        grabs = grab();
      }
    }
  }
} catch (const std::exception&) {
  return 0;
}

class Client final : public EchoClient {
 public:
  explicit Client(int port) : server_{port} {}
  void submit(std::string_view payload) override { server_.queue(Type::submit_job, kFunction, "", payload); }
  void collect(const Take& take) override {
    for (bool came = false; !came;) {
      server_.exchange();
      while (auto packet = server_.receive()) {
        if (packet->type != Type::work_complete) continue;
        auto body = packet->body;
        gearman::take_argument(body);  // the handle
        take(body);
        came = true;
      }
    }
  }
  // Waits until the server has created a job.
  void await_created() {
    for (;;) {
      while (auto packet = server_.receive()) {
        if (packet->type == Type::job_created) return;
      }
      server_.exchange();
    }
  }

 private:
  Connection server_;
};

// Jobs that wait, since no worker is there.
void measure_memory(int port, pid_t server, const Options& options) {
  Client client{port};
  const auto before = memory_of(server);
  for (std::size_t i = 0; i < options.tasks; ++i) {
    client.submit(payload_for(i, options.bytes));
    if (i >= 1'000) client.await_created();
  }
  for (std::size_t i = 0; i < std::min<std::size_t>(options.tasks, 1'000); ++i) client.await_created();
  const auto grown = static_cast<double>(memory_of(server).rss_kib - before.rss_kib) * 1024;
  report(options.name + ".server_bytes_per_task", grown / static_cast<double>(options.tasks));
}

void run(const Options& options) {
  const int port = free_port();
  auto server = Child::program({options.server, "--listen=127.0.0.1", "--port=" + std::to_string(port),
                                "--threads=" + std::to_string(options.threads), "--log-file=none"});
  wait_for_port(port, server);
  if (options.wants("memory")) return measure_memory(port, server.pid(), options);
  std::vector<Child> workers;
  std::vector<pid_t> pids;
  for (int i = 0; i < options.workers; ++i) {
    workers.push_back(Child::function([&] { return serve(port, options.prefetch); }));
    pids.push_back(workers.back().pid());
  }
  measure_echo(
      options, [&](int) { return std::make_unique<Client>(port); }, parts_of(server.pid(), pids));
}

}  // namespace

int main(int argc, char** argv) try {
  Options options;
  options.name = "gearmand";
  CLI::App app{"gearmand beside forkmill: echo jobs, results back"};
  add_echo_options(app, options, {"memory"});
  app.add_option("--server", options.server, "the gearmand program");
  app.add_option("--prefetch", options.prefetch, "jobs a worker asks for ahead")->capture_default_str();
  app.add_option("--threads", options.threads, "I/O threads of gearmand")->capture_default_str();
  app.add_option("--tasks", options.tasks, "jobs of memory")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  run(options);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_gearman: %s\n", error.what());
  return 1;
}
