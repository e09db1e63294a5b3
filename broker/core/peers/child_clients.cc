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
  if (gone_.size() >= kMaxGone) return;
  std::size_t& of_worker = gone_of_[worker];
  if (of_worker >= kMaxGoneOfWorker) return;
  ++of_worker;
  ++gone_children_[{worker, pid}];
  gone_.push_back({worker, pid, until});
}

bool ChildClients::is_gone(std::uint64_t worker, std::uint32_t pid, Instant now) {
  const auto count_down = [](auto& counts, const auto& key) {
    const auto found = counts.find(key);
    if (--found->second == 0) counts.erase(found);
  };
  for (; !gone_.empty() && gone_.front().until <= now; gone_.pop_front()) {
    count_down(gone_of_, gone_.front().worker);
    count_down(gone_children_, std::pair{gone_.front().worker, gone_.front().pid});
  }
  return worker != 0 && gone_children_.contains({worker, pid});
}

}  // namespace forkmill::broker
