// The peer: gearmand with two worker processes and one client, all speaking its protocol by hand and pipelined, since
// libgearman is slower than the server. Starts and ends its own server on a free port.
//
//     bench_gearman [throughput] [latency]   with --seconds S --window W --prefetch K --threads T --samples N
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "tests/bench/child.h"
#include "tests/bench/gearman_wire.h"
#include "tests/bench/measure.h"
#include "tests/bench/numbered.h"

namespace {

using namespace forkmill::bench;
using gearman::Connection;
using gearman::Type;

constexpr const char* kFunction = "echo";

struct Options {
  std::vector<std::string> what{"throughput", "latency"};
  std::string server = "gearmand";
  std::string name = "gearmand";  // prefix of the figures
  double seconds = 3;
  double warm_up = 1;
  std::uint64_t window = 10'000;
  int prefetch = 1;
  int threads = 4;  // gearmand's own default
  int workers = 2;
  int samples = 5'000;
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

void submit(Connection& server, Tally& tally) { server.queue(Type::submit_job, kFunction, "", tally.next()); }

// Waits for at least one result.
void collect(Connection& server, Tally& tally) {
  for (const auto before = tally.complete(); tally.complete() == before;) {
    server.exchange();
    while (auto packet = server.receive()) {
      if (packet->type != Type::work_complete) continue;
      auto body = packet->body;
      gearman::take_argument(body);  // the handle
      tally.take(body);
    }
  }
}

void throughput(int port, const Options& options) {
  Connection server{port};
  Meter meter{Seconds{options.warm_up}, Seconds{options.seconds}};
  Tally tally;
  while (!meter.done()) {
    const auto before = tally.complete();
    while (tally.outstanding() < options.window) submit(server, tally);
    collect(server, tally);
    meter.add(tally.complete() - before);
  }
  meter.report_as(options.name);
  while (tally.outstanding() > 0) collect(server, tally);
  tally.check();
}

void latency(int port, const Options& options) {
  Connection server{port};
  Tally tally;
  measure_latency(options.name, options.samples / 10, options.samples, [&] {
    submit(server, tally);
    collect(server, tally);
  });
}

void run(const Options& options) {
  const int port = free_port();
  auto server = Child::program({options.server, "--listen=127.0.0.1", "--port=" + std::to_string(port),
                                "--threads=" + std::to_string(options.threads), "--log-file=none"});
  wait_for_port(port, server);
  std::vector<Child> workers;
  workers.reserve(static_cast<std::size_t>(options.workers));
  for (int i = 0; i < options.workers; ++i) {
    workers.push_back(Child::function([&] { return serve(port, options.prefetch); }));
  }
  const auto wants = [&](const char* name) { return std::ranges::find(options.what, name) != options.what.end(); };
  if (wants("throughput")) throughput(port, options);
  if (wants("latency")) latency(port, options);
}

}  // namespace

int main(int argc, char** argv) try {
  Options options;
  CLI::App app{"gearmand beside forkmill: 64-byte echo jobs, one client, results back"};
  app.add_option("what", options.what, "throughput, latency")->check(CLI::IsMember({"throughput", "latency"}));
  app.add_option("--server", options.server, "the gearmand program");
  app.add_option("--name", options.name, "prefix of the figures")->capture_default_str();
  app.add_option("--seconds", options.seconds, "measuring time of the throughput")->capture_default_str();
  app.add_option("--warm-up", options.warm_up, "seconds before it")->capture_default_str();
  app.add_option("--window", options.window, "jobs outstanding")->capture_default_str();
  app.add_option("--prefetch", options.prefetch, "jobs a worker asks for ahead")->capture_default_str();
  app.add_option("--threads", options.threads, "I/O threads of gearmand")->capture_default_str();
  app.add_option("--workers", options.workers, "worker processes")->capture_default_str();
  app.add_option("--samples", options.samples, "round trips of the latency")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  run(options);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_gearman: %s\n", error.what());
  return 1;
}
