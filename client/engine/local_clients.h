// LocalClients: the clients of this program whose broker is that of local://, which can end for good while they wait.
// Thread-safe.
#pragma once

#include <forkmill/detail/state.h>

#include <mutex>
#include <string>
#include <vector>

namespace forkmill::client {

class LocalClients {
 public:
  using Engine = detail::Ref<detail::Origin>;

  static LocalClients& instance();

  // Remembers the endpoint that local:// has.
  void set_endpoint(const std::string& endpoint);
  // Adds a client that was made for this endpoint, if the endpoint is that of local://. After fail(), the client ends
  // at once.
  void add(const Engine& engine, const std::string& endpoint);
  // Removes the client, which is about to be closed. Blocks until the broker has its tasks, a few seconds at most: it
  // runs them though the client is gone.
  void remove(const Engine& engine);
  // Blocks until the broker has the tasks of all clients, a few seconds at most.
  void deliver();
  // Ends everything that the clients wait for with Disconnected and this text, now and later.
  void fail(const std::string& text);

 private:
  std::mutex mutex_;
  std::string endpoint_;  // empty: local:// was not used
  std::string failure_;   // empty: fail() was not called
  std::vector<Engine> engines_;
};

}  // namespace forkmill::client
