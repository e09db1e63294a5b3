#include "broker/core/peers/child_clients.h"

#include <algorithm>

namespace forkmill::broker {

void ChildClients::add(Client& client, std::uint64_t worker, std::uint32_t pid) {
  remove(client);
  client.child_of = worker;
  if (worker != 0) clients_[{worker, pid}].push_back(client.handle);
}

void ChildClients::remove(const Client& client) {
  const auto home = clients_.find({client.child_of, client.session.pid});
  if (home == clients_.end()) return;
  std::erase(home->second, client.handle);
  if (home->second.empty()) clients_.erase(home);
}

const std::vector<ClientHandle>& ChildClients::in_child(std::uint64_t worker, std::uint32_t pid) const {
  static const std::vector<ClientHandle> none;
  const auto home = worker == 0 ? clients_.end() : clients_.find({worker, pid});
  return home == clients_.end() ? none : home->second;
}

std::vector<ClientHandle> ChildClients::in_children_of(std::uint64_t worker) const {
  std::vector<ClientHandle> all;
  for (auto home = clients_.lower_bound({worker, 0}); home != clients_.end() && home->first.first == worker; ++home)
    all.insert(all.end(), home->second.begin(), home->second.end());
  return all;
}

void ChildClients::note_gone(std::uint64_t worker, std::uint32_t pid, Instant until) {
  constexpr std::size_t kMaxGone = 4096;
  gone_.push_back({worker, pid, until});
  if (gone_.size() > kMaxGone) gone_.pop_front();
}

bool ChildClients::is_gone(std::uint64_t worker, std::uint32_t pid, Instant now) {
  while (!gone_.empty() && gone_.front().until <= now) gone_.pop_front();
  return worker != 0 && std::any_of(gone_.begin(), gone_.end(),
                                    [&](const GoneChild& child) { return child.worker == worker && child.pid == pid; });
}

}  // namespace forkmill::broker
