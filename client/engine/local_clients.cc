#include "client/engine/local_clients.h"

#include <forkmill/default_client.h>

#include <chrono>

#include "client/engine/engine.h"

namespace forkmill {

namespace client {

namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 5s;  // for the broker to take the last tasks of a client

}  // namespace

// Never destroyed: clients that are closed at the program's end still use it.
LocalClients& LocalClients::instance() {
  static auto* one = new LocalClients;
  return *one;
}

void LocalClients::set_endpoint(const std::string& endpoint) {
  const std::lock_guard hold{mutex_};
  endpoint_ = endpoint;
}

void LocalClients::add(const Engine& engine, const std::string& endpoint) {
  std::string failure;
  {
    const std::lock_guard hold{mutex_};
    if (endpoint != endpoint_) return;
    engines_.push_back(engine);
    failure = failure_;
  }
  if (!failure.empty()) engine_of(engine).fail(failure);
}

void LocalClients::remove(const Engine& engine) {
  {
    const std::lock_guard hold{mutex_};
    if (std::erase_if(engines_, [&](const Engine& one) { return one.get() == engine.get(); }) == 0) return;
  }
  engine_of(engine).tasks().deliver(std::chrono::steady_clock::now() + kPatience);
}

void LocalClients::deliver() {
  std::vector<Engine> engines;
  {
    const std::lock_guard hold{mutex_};
    engines = engines_;
  }
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  for (const Engine& engine : engines) engine_of(engine).tasks().deliver(deadline);
}

void LocalClients::fail(const std::string& text) {
  std::vector<Engine> engines;
  {
    const std::lock_guard hold{mutex_};
    failure_ = text;
    engines = engines_;
  }
  for (const Engine& engine : engines) engine_of(engine).fail(text);
}

}  // namespace client

namespace detail {

void fail_local_clients(const std::string& why) { client::LocalClients::instance().fail(why); }
void deliver_local_tasks() { client::LocalClients::instance().deliver(); }

}  // namespace detail
}  // namespace forkmill
