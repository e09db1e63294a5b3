#include "proto/transport/connection_table.h"

#include <sys/socket.h>

#include <algorithm>
#include <utility>

namespace forkmill::proto {

namespace {

constexpr std::size_t kMaxDescriptors = 64 * 1024;  // connections with a higher descriptor are refused
constexpr std::uint64_t kSmall = 64ULL * 1024;      // a connection may have this waiting in any case
constexpr std::uint64_t kSmallOfPeer = 1024ULL * 1024;

}  // namespace

ConnectionLimits ConnectionLimits::for_descriptors(std::size_t descriptors) {
  ConnectionLimits limits;
  const std::size_t kept_back = std::min<std::size_t>(64, descriptors / 4);
  limits.connections = std::max<std::size_t>(8, std::min(descriptors, kMaxDescriptors) - kept_back);
  return limits;
}

// `meter` belongs to ZeroMQ's thread. `open`, `stranger` and `address` change under the mutex.
struct ConnectionTable::Connection {
  std::atomic<bool> open{false};
  std::atomic<std::uint32_t> generation{0};
  std::atomic<std::uint64_t> arrived{0};   // cost
  std::atomic<std::uint64_t> received{0};  // cost
  std::atomic<std::uint64_t> peer{0};      // PeerId; 0: no message was received from it
  std::atomic<bool> stranger{true};
  std::atomic<bool> ended{false};  // by this table: what still comes is not delivered
  std::atomic<std::int64_t> stranger_since{0};
  FrameMeter meter;
  std::string address;

  std::uint64_t waiting() const { return arrived - std::min<std::uint64_t>(arrived, received); }
};

std::atomic<ConnectionTable*> ConnectionTable::installed_{nullptr};

ConnectionTable::ConnectionTable(ConnectionLimits limits)
    : limits_{limits}, by_fd_{std::make_unique<std::unique_ptr<Connection>[]>(kMaxDescriptors)} {}
ConnectionTable::~ConnectionTable() = default;

void ConnectionTable::install(ConnectionLimits limits) {
  installed_.store(new ConnectionTable{limits}, std::memory_order_release);  // ZeroMQ's thread may use it to the end
}

ConnectionTable::Connection* ConnectionTable::find(int fd) const {
  return fd < 0 || fd > highest_.load(std::memory_order_acquire) ? nullptr : by_fd_[static_cast<std::size_t>(fd)].get();
}

ConnectionTable::Connection* ConnectionTable::find(Place place) const {
  Connection* found = find(place.fd);
  return found != nullptr && found->open && found->generation == place.generation ? found : nullptr;
}

bool ConnectionTable::accepted(int fd, const std::string& address, Instant now) {
  if (fd < 0 || static_cast<std::size_t>(fd) >= kMaxDescriptors) return false;
  const std::lock_guard lock{mutex_};
  Counts& counts = addresses_[address];
  if (connections_ >= limits_.connections || counts.all >= limits_.of_address()) {
    if (counts.strangers > 0) evict_stranger(&address);  // makes room for the next one
    if (counts.all == 0) addresses_.erase(address);
    return false;
  }
  if (counts.strangers >= limits_.strangers_of_address())
    evict_stranger(&address);
  else if (strangers_ >= limits_.strangers())
    evict_stranger(nullptr);
  auto& place = by_fd_[static_cast<std::size_t>(fd)];
  if (place == nullptr) place = std::make_unique<Connection>();
  if (fd > highest_) highest_.store(fd, std::memory_order_release);
  place->meter = {};
  place->arrived = place->received = 0;
  place->peer = 0;
  place->ended = false;
  place->address = address;
  place->stranger = true;
  place->stranger_since = now.count();
  ++place->generation;
  place->open = true;
  ++counts.all;
  ++counts.strangers;
  ++connections_;
  ++strangers_;
  return true;
}

// Ends the stranger that came first, among those of that address if one is given.
void ConnectionTable::evict_stranger(const std::string* address) {
  int found = -1;
  for (int fd = 0; fd <= highest_; ++fd) {
    const Connection* one = find(fd);
    if (one == nullptr || !one->open || !one->stranger || one->ended) continue;
    if (address != nullptr && one->address != *address) continue;
    if (found < 0 || one->stranger_since < find(found)->stranger_since) found = fd;
  }
  if (found >= 0) end(found, *find(found));
}

// ZeroMQ sees the end of the connection, and closes it.
void ConnectionTable::end(int fd, Connection& connection) {
  if (!connection.ended.exchange(true)) ::shutdown(fd, SHUT_RDWR);
}

bool ConnectionTable::arrived(int fd, std::span<const unsigned char> bytes) {
  Connection* one = find(fd);
  if (one == nullptr || !one->open) return true;
  if (one->ended) return false;
  const bool follows = one->meter.follow(bytes);
  const std::uint64_t cost = one->meter.cost();
  waiting_ += static_cast<std::int64_t>(cost - one->arrived.exchange(cost));
  if (follows && may_keep(*one, one->waiting())) return true;
  one->ended = true;
  return false;
}

// When all connections together have much waiting, those with little of it go on, and strangers are the first to end.
bool ConnectionTable::may_keep(const Connection& connection, std::uint64_t waiting) const {
  const bool stranger = connection.stranger;
  if (waiting > (stranger ? limits_.stranger_cost : limits_.peer_cost)) return false;
  const auto total = static_cast<std::uint64_t>(std::max<std::int64_t>(0, waiting_ + left_behind_));
  if (total > limits_.total_cost && waiting > kSmallOfPeer) return false;
  if (!stranger) return true;
  return total <= limits_.total_cost / 4 || (waiting <= kSmall && total <= limits_.total_cost / 2);
}

void ConnectionTable::closed(int fd) {
  Connection* one = find(fd);
  if (one == nullptr || !one->open) return;
  const std::lock_guard lock{mutex_};
  one->open = false;
  const auto waiting = static_cast<std::int64_t>(one->waiting());
  waiting_ -= waiting;
  left_behind_ += waiting;
  const auto counts = addresses_.find(one->address);
  if (one->stranger) {
    --strangers_;
    --counts->second.strangers;
  }
  --connections_;
  if (--counts->second.all == 0) addresses_.erase(counts);
}

// The descriptor may be that of a later connection by now: then the later one's own first message corrects that.
ConnectionTable::Place ConnectionTable::bind(int fd, PeerId peer) {
  Connection* one = find(fd);
  if (one == nullptr || !one->open) return {};
  one->peer = peer.value();
  return {fd, one->generation};
}

void ConnectionTable::welcome(Place place) {
  Connection* one = find(place);
  if (one == nullptr || !one->stranger) return;
  const std::lock_guard lock{mutex_};
  if (find(place) == one) set_stranger(*one, false, Instant{0});
}

void ConnectionTable::set_stranger(Connection& connection, bool stranger, Instant now) {
  connection.stranger = stranger;
  connection.stranger_since = now.count();
  Counts& counts = addresses_[connection.address];
  strangers_ += stranger ? 1 : -1;
  counts.strangers += stranger ? 1 : -1;
}

void ConnectionTable::received(Place place, std::uint64_t cost) {
  if (Connection* one = find(place)) {
    one->received += cost;
    waiting_ -= static_cast<std::int64_t>(cost);
  } else {
    left_behind_ -= static_cast<std::int64_t>(cost);
  }
}

void ConnectionTable::cut(Place place) {
  const std::lock_guard lock{mutex_};
  if (Connection* one = find(place)) end(place.fd, *one);
}

bool ConnectionTable::is_open(Place place) const { return find(place) != nullptr; }

void ConnectionTable::sweep(Instant now, const std::function<bool(PeerId)>& has_session, bool idle) {
  if (idle) left_behind_ = 0;  // an unfinished message is gone with its connection
  const std::lock_guard lock{mutex_};
  const bool paused = now - std::exchange(last_sweep_, now) > limits_.hello_time / 2;
  std::int64_t waiting = 0;
  for (int fd = 0; fd <= highest_; ++fd) {
    Connection* one = find(fd);
    if (one == nullptr || !one->open) continue;
    waiting += static_cast<std::int64_t>(one->waiting());
    const bool stranger = one->peer == 0 || !has_session(PeerId{one->peer});
    if (stranger != one->stranger) set_stranger(*one, stranger, now);
    if (paused) one->stranger_since = now.count();
    if (stranger && now - Instant{one->stranger_since} > limits_.hello_time) end(fd, *one);
  }
  if (idle) waiting_ = waiting;
}

}  // namespace forkmill::proto
