#include <forkmill/default_client.h>

#include <forkmill/client.h>

#include <cstdlib>
#include <memory>
#include <mutex>
#include <utility>

#include "client/engine/fork_guard.h"
#include "client/engine/local_clients.h"
#include "client/futures/log.h"

namespace forkmill {

namespace {

struct Shared {
  std::mutex mutex;
  std::unique_ptr<Client> client;
  unsigned forks = 0;  // fork_count() when it was made
};

Shared& shared() {
  client::log();  // made first, so that the logger outlives the client
  static Shared one;
  return one;
}

std::mutex starter_mutex;
std::function<std::string()>& starter() {
  static std::function<std::string()> one;
  return one;
}

std::string configured_endpoint() {
  const char* broker = std::getenv("FORKMILL_BROKER");
  return broker != nullptr && *broker != '\0' ? broker : "local://";
}

}  // namespace

Client& default_client() {
  auto& one = shared();
  const std::unique_lock lock{one.mutex};
  const auto forks = client::fork_count();
  if (one.client && one.forks != forks) {
    [[maybe_unused]] auto* parents =
        one.client.release();  // leaked: its threads are the parent's, so it cannot be closed here
  }
  if (!one.client) {
    one.client = std::make_unique<Client>(configured_endpoint());
    one.forks = forks;
  }
  return *one.client;
}

namespace detail {

void set_local_starter(std::function<std::string()> start) {
  const std::unique_lock lock{starter_mutex};
  starter() = std::move(start);
}

std::string local_endpoint() {
  std::function<std::string()> start;
  {
    const std::unique_lock lock{starter_mutex};
    start = starter();
  }
  if (!start) {
    throw Error{Errc::bad_request,
                "there is no broker to use: put `forkmill::local_main(argc, argv);` on the first line of main and link "
                "forkmill::local, or set FORKMILL_BROKER to the endpoint of one"};
  }
  auto endpoint = start();
  client::LocalClients::instance().set_endpoint(endpoint);
  return endpoint;
}

}  // namespace detail
}  // namespace forkmill
