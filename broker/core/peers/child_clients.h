// ChildClients: which clients live in which child processes of workers, and which of these processes have ended lately.
#pragma once

#include <deque>
#include <map>
#include <utility>
#include <vector>

#include "broker/core/state/client.h"

namespace forkmill::broker {

class ChildClients {
 public:
  // `worker`: the instance of the worker in whose child the client lives, or 0. It may have lived elsewhere before.
  void add(Client& client, std::uint64_t worker, std::uint32_t pid);
  void remove(const Client& client);
  const std::vector<ClientHandle>& in_child(std::uint64_t worker, std::uint32_t pid) const;
  // Returns the clients in all children of the worker.
  std::vector<ClientHandle> in_children_of(std::uint64_t worker) const;

  // Call when the child has ended. A HELLO that a client in it sent before may come until `until`, which never falls.
  // Of a worker that says so of very many, some are not noted.
  void note_gone(std::uint64_t worker, std::uint32_t pid, Instant until);
  bool is_gone(std::uint64_t worker, std::uint32_t pid, Instant now);

 private:
  struct GoneChild {
    std::uint64_t worker = 0;
    std::uint32_t pid = 0;
    Instant until{0};
  };

  // A worker may say of any number of processes that they have ended.
  static constexpr std::size_t kMaxGone = 64 * 1024;
  static constexpr std::size_t kMaxGoneOfWorker = 4096;

  std::map<std::pair<std::uint64_t, std::uint32_t>, std::vector<ClientHandle>> clients_;
  std::deque<GoneChild> gone_;                                                    // by rising `until`
  std::map<std::pair<std::uint64_t, std::uint32_t>, std::size_t> gone_children_;  // how often each is in `gone_`
  std::map<std::uint64_t, std::size_t> gone_of_;                                  // how many are, by worker
};

}  // namespace forkmill::broker
