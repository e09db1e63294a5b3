// Fills the queue of a running broker: submits tasks that no worker runs, and ends when the broker has all of them. Or
// fills its history: with --run, workers run the tasks, and it ends when all have succeeded.
//
//     bench_fill --broker ENDPOINT --tasks N [--run]
#include <forkmill/client.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "tests/bench/forkmill/accepted.h"
#include "tests/bench/forkmill/tasks.h"
#include "tests/bench/measure/numbered.h"

namespace {

using namespace forkmill::bench;

constexpr std::size_t kChunk = 5'000;

// Waits for the results of all but the last `leave` tasks.
void await_results(Futures& futures, std::size_t leave) {
  while (futures.size() > leave) {
    static_cast<void>(std::move(futures.front()).get());
    futures.pop_front();
  }
}

void fill(const std::string& broker, std::size_t tasks, bool run) {
  forkmill::ClientOptions settings;
  settings.endpoint = broker;
  settings.max_outstanding = tasks;
  forkmill::Client client{settings};
  Futures futures;
  for (std::size_t done = 0; done < tasks;) {
    std::vector<std::string> payloads;
    while (done < tasks && payloads.size() < kChunk) payloads.push_back(payload_for(done++));
    for (auto& future : client.map(kEcho, payloads)) futures.push_back(std::move(future));
    const auto leave = done < tasks ? 10 * kChunk : 0;
    run ? await_results(futures, leave) : await_accepted(futures, leave);
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Fills the queue of a broker"};
  std::string broker;
  std::size_t tasks = 1'000'000;
  app.add_option("--broker", broker, "Endpoint of the broker")->required();
  app.add_option("--tasks", tasks, "How many tasks");
  bool run = false;
  app.add_flag("--run", run, "Wait until workers have run them");
  CLI11_PARSE(app, argc, argv);
  try {
    fill(broker, tasks, run);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_fill: %s\n", error.what());
    return 1;
  }
}
