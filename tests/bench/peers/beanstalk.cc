// The peer: beanstalkd with its log on disk, synced on every write, with two worker processes and one client, all
// speaking its protocol by hand and pipelined. Starts and ends its own server on a free port.
//
//     bench_beanstalk [throughput] [latency] --data DIR   with --seconds S --window W --batch B --samples N
//
// beanstalkd knows no results: the worker puts the result into a second tube and then deletes the job; the client
// reserves and deletes it there.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "tests/bench/measure/child.h"
#include "tests/bench/measure/measure.h"
#include "tests/bench/measure/numbered.h"
#include "tests/bench/measure/scratch.h"
#include "tests/bench/peers/beanstalk_wire.h"

namespace {

using namespace forkmill::bench;
using beanstalk::Answer;
using beanstalk::Connection;
using beanstalk::Taker;

constexpr const char* kJobs = "jobs";
constexpr const char* kResults = "results";

struct Options {
  std::vector<std::string> what{"throughput", "latency"};
  std::string server = "beanstalkd";
  std::string name = "beanstalkd";  // prefix of the figures
  std::string data;
  double seconds = 3;
  double warm_up = 1;
  std::uint64_t window =
      1'000;  // beanstalkd handles one write at a time; more in flight would only lengthen the warm-up
  int batch = 64;
  int workers = 2;
  int samples = 500;
};

int failed(const std::exception& error) {
  std::fprintf(stderr, "bench_beanstalk: %s\n", error.what());
  return 1;
}

// Echoes until it is ended.
int serve(int port, int batch) try {
  Connection server{port};
  server.use(kResults);
  server.watch_only(kJobs);
  for (Taker taker{server, batch};;) {
    taker.ask();
    server.exchange();
    while (const auto answer = server.receive()) {
      if (answer->kind == Answer::Kind::reserved) {
        server.put(answer->body);
        server.remove(answer->id);
      }
      if (answer->kind == Answer::Kind::reserved || answer->kind == Answer::Kind::timed_out) taker.answered();
    }
  }
} catch (const std::exception& error) {
  return failed(error);
}

// Two connections, because one that waits for a result takes no jobs.
class Submitter {
 public:
  Submitter(int port, int batch) : jobs_{port}, results_{port}, taker_{results_, batch} {
    jobs_.use(kJobs);
    results_.watch_only(kResults);
  }

  void submit() { jobs_.put(tally_.next()); }
  // Waits until at least one more job is inserted and has its result.
  void collect() {
    for (const auto before = complete(); complete() == before;) {
      taker_.ask();
      exchange();
      while (const auto answer = jobs_.receive()) inserted_ += answer->kind == Answer::Kind::inserted;
      while (const auto answer = results_.receive()) {
        if (answer->kind == Answer::Kind::reserved) {
          tally_.take(answer->body);
          results_.remove(answer->id);
        }
        if (answer->kind == Answer::Kind::reserved || answer->kind == Answer::Kind::timed_out) taker_.answered();
      }
    }
  }
  std::uint64_t complete() const { return std::min(inserted_, tally_.complete()); }
  std::uint64_t outstanding() const { return tally_.sent() - complete(); }
  void check() const { tally_.check(); }

 private:
  void exchange() { forkmill::bench::Connection::exchange_any({&jobs_.socket(), &results_.socket()}); }

  Connection jobs_;
  Connection results_;
  Taker taker_;
  Tally tally_;
  std::uint64_t inserted_ = 0;
};

void throughput(int port, const Options& options) {
  Submitter client{port, options.batch};
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

void latency(int port, const Options& options) {
  Submitter client{port, 1};
  measure_latency(options.name, options.samples / 10, options.samples, [&] {
    client.submit();
    client.collect();
  });
  client.check();
}

// Each measurement has a server of its own: connections of the other would take its results.
void with_server(const Options& options, int batch, void (*measure)(int port, const Options& options)) {
  const Scratch scratch{options.data};
  const int port = free_port();
  auto server =
      Child::program({options.server, "-l", "127.0.0.1", "-p", std::to_string(port), "-b", scratch.path(), "-f0"});
  wait_for_port(port, server);
  std::vector<Child> workers;
  workers.reserve(static_cast<std::size_t>(options.workers));
  for (int i = 0; i < options.workers; ++i) {
    workers.push_back(Child::function([&] { return serve(port, batch); }));
  }
  measure(port, options);
}

void run(const Options& options) {
  const auto wants = [&](const char* name) { return std::ranges::find(options.what, name) != options.what.end(); };
  if (wants("throughput")) with_server(options, options.batch, &throughput);
  if (wants("latency")) with_server(options, 1, &latency);
}

}  // namespace

int main(int argc, char** argv) try {
  Options options;
  CLI::App app{"beanstalkd beside forkmill: 64-byte echo jobs, one client, results back, every write synced"};
  app.add_option("what", options.what, "throughput, latency")->check(CLI::IsMember({"throughput", "latency"}));
  app.add_option("--server", options.server, "the beanstalkd program");
  app.add_option("--name", options.name, "prefix of the figures")->capture_default_str();
  app.add_option("--data", options.data, "where the new directory of the log is made");
  app.add_option("--seconds", options.seconds, "measuring time of the throughput")->capture_default_str();
  app.add_option("--warm-up", options.warm_up, "seconds before it")->capture_default_str();
  app.add_option("--window", options.window, "jobs outstanding")->capture_default_str();
  app.add_option("--batch", options.batch, "jobs that a connection reserves at a time")->capture_default_str();
  app.add_option("--workers", options.workers, "worker processes")->capture_default_str();
  app.add_option("--samples", options.samples, "round trips of the latency")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  require_disk(options.data);
  run(options);
  return 0;
} catch (const std::exception& error) {
  return failed(error);
}
