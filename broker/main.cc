// forkmill-broker: see --help.
#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>

#include "broker/loop.h"
#include "broker/options.h"
#include "broker/store/memory_store.h"

namespace {

using namespace forkmill;

// Before any thread is made: only the loop's signalfd takes them.
void block_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

std::string store_name(proto::Env& env) {
  char text[17];
  std::snprintf(text, sizeof text, "%016lx", static_cast<unsigned long>(env.random()));
  return std::string{"memory-"} + text;
}

}  // namespace

int main(int argc, char** argv) {
  broker::ProgramOptions options;
  if (const auto code = broker::read_options(argc, argv, options)) return *code;
  block_signals();
  try {
    auto log = proto::make_logger("broker", options.log);
    proto::RealEnv env;
    broker::Loop loop{options, std::make_unique<broker::MemoryStore>(store_name(env)), log};
    for (const std::string& endpoint : loop.endpoints()) log->info("listening on {}", endpoint);
    log->info("tasks are kept in memory only: they end with this process");
    return loop.run();
  } catch (const std::invalid_argument& error) {
    std::cerr << "forkmill-broker: " << error.what() << "\n";
    return 2;
  } catch (const std::exception& error) {
    std::cerr << "forkmill-broker: " << error.what() << "\n";
    return 1;
  }
}
