#include "proto/transport/connection_table.h"

#include <sys/socket.h>

#include <algorithm>
#include <utility>

namespace forkmill::proto {

namespace {

constexpr std::size_t kMaxDescriptors = 64 * 1024;  // connections with a higher descriptor are refused
constexpr std::uint64_t kSmall = 64ULL * 1024;      // a connection may have this waiting in any case
constexpr std::uint64_t kSmallOfPeer = 1024ULL * 1024;
// With less in all, the largest payload would never arrive: its sender would be ended each time.
constexpr std::uint64_t kLeastTotal = 2ULL * limits::kMaxPayload;

// Whether a connection may have that much waiting, when all together have `total`. When that is much, those with little
// of it go on, and strangers are the first to end.
bool may_keep(const ConnectionLimits& limits, bool stranger, std::uint64_t waiting, std::uint64_t total) {
  if (waiting > (stranger ? limits.stranger_cost : limits.peer_cost)) return false;
  if (total > limits.total_cost && waiting > kSmallOfPeer) return false;
  if (!stranger) return true;
  return total <= limits.total_cost / 4 || (waiting <= kSmall && total <= limits.total_cost / 2);
}

}  // namespace

ConnectionLimits ConnectionLimits::for_process(std::size_t descriptors, std::uint64_t memory) {
  ConnectionLimits limits;
  limits.total_cost = std::clamp(memory / 4, kLeastTotal, limits.total_cost);
  const std::size_t kept_back = std::min<std::size_t>(64, descriptors / 4);
  limits.connections = std::max<std::size_t>(8, std::min(descriptors, kMaxDescriptors) - kept_back);
  return limits;
}

// `meter` belongs to ZeroMQ's thread. `open`, `stranger` and `address` change under the mutex, and so does `ended` for
// each connection that takes the place.
struct ConnectionTable::Connection {
  std::atomic<bool> open{false};
  std::atomic<std::uint32_t> generation{0};
  std::atomic<std::uint64_t> arrived{0};   // cost
  std::atomic<std::uint64_t> received{0};  // cost
  std::atomic<std::uint64_t> peer{0};      // PeerId; 0: no message was received from it
  std::atomic<bool> stranger{true};
  std::atomic<std::int64_t> stranger_since{0};
  std::shared_ptr<std::atomic<bool>> ended;  // by this table: what still comes is not delivered
  FrameMeter meter;
  std::string address;

  std::uint64_t waiting() const { return arrived - std::min<std::uint64_t>(arrived, received); }
};

std::atomic<ConnectionTable*> ConnectionTable::installed_{nullptr};

ConnectionTable::ConnectionTable(ConnectionLimits limits) : limits_{limits} {}
ConnectionTable::~ConnectionTable() = default;

ConnectionTable::Slots::Slots() : by_fd_{std::make_unique<std::unique_ptr<Connection>[]>(kMaxDescriptors)} {}
ConnectionTable::Slots::~Slots() = default;

ConnectionTable::Connection& ConnectionTable::Slots::make(int fd) {
  auto& place = by_fd_[static_cast<std::size_t>(fd)];
  if (place == nullptr) place = std::make_unique<Connection>();
  if (fd > highest_) highest_.store(fd, std::memory_order_release);
  return *place;
}

void ConnectionTable::install(ConnectionLimits limits) {
  installed_.store(new ConnectionTable{limits}, std::memory_order_release);  // ZeroMQ's thread may use it to the end
}

ConnectionTable::Connection* ConnectionTable::Slots::find(int fd) const {
  return fd < 0 || fd > highest_.load(std::memory_order_acquire) ? nullptr : by_fd_[static_cast<std::size_t>(fd)].get();
}

ConnectionTable::Connection* ConnectionTable::Slots::find(const Place& place) const {
  Connection* found = find(place.fd);
  return found != nullptr && found->open && found->generation == place.generation ? found : nullptr;
}

bool ConnectionTable::accepted(int fd, const std::string& address, Instant now) {
  if (fd < 0 || static_cast<std::size_t>(fd) >= kMaxDescriptors) return false;
  const std::lock_guard lock{mutex_};
  const auto counts = counts_.of(address);
  if (counts_.all() >= limits_.connections || counts.all >= limits_.of_address()) {
    if (counts.strangers > 0) evict_stranger(&address);  // makes room for the next one
    return false;
  }
  if (counts.strangers >= limits_.strangers_of_address())
    evict_stranger(&address);
  else if (counts_.strangers() >= limits_.strangers())
    evict_stranger(nullptr);
  Connection& place = slots_.make(fd);
  place.meter = {};
  place.arrived = place.received = 0;
  place.peer = 0;
  place.ended = std::make_shared<std::atomic<bool>>(false);
  place.address = address;
  place.stranger = true;
  place.stranger_since = now.count();
  ++place.generation;
  place.open = true;
  counts_.add(address);
  return true;
}

// Ends the stranger that came first, among those of that address if one is given.
void ConnectionTable::evict_stranger(const std::string* address) {
  int found = -1;
  for (int fd = 0; fd <= slots_.highest(); ++fd) {
    const Connection* one = slots_.find(fd);
    if (one == nullptr || !one->open || !one->stranger || *one->ended) continue;
    if (address != nullptr && one->address != *address) continue;
    if (found < 0 || one->stranger_since < slots_.find(found)->stranger_since) found = fd;
  }
  if (found >= 0) end(found, *slots_.find(found));
}

// ZeroMQ sees the end of the connection, and closes it.
void ConnectionTable::end(int fd, Connection& connection) {
  if (!connection.ended->exchange(true)) ::shutdown(fd, SHUT_RDWR);
}

bool ConnectionTable::arrived(int fd, std::span<const unsigned char> bytes) {
  Connection* one = slots_.find(fd);
  if (one == nullptr || !one->open) return true;
  if (*one->ended) return false;
  const bool follows = one->meter.follow(bytes);
  const std::uint64_t cost = one->meter.cost();
  backlog_.arrived(static_cast<std::int64_t>(cost - one->arrived.exchange(cost)));
  if (follows && may_keep(limits_, one->stranger, one->waiting(), backlog_.total())) return true;
  *one->ended = true;
  return false;
}

void ConnectionTable::closed(int fd) {
  Connection* one = slots_.find(fd);
  if (one == nullptr || !one->open) return;
  const std::lock_guard lock{mutex_};
  one->open = false;
  backlog_.closed(one->waiting());
  counts_.remove(one->address, one->stranger);
}

// The descriptor may be that of a later connection by now: then the later one's own first message corrects that.
ConnectionTable::Place ConnectionTable::bind(int fd, PeerId peer) {
  Connection* one = slots_.find(fd);
  if (one == nullptr || !one->open) return {};
  const std::lock_guard lock{mutex_};
  if (!one->open) return {};
  one->peer = peer.value();
  return {fd, one->generation, one->ended};
}

void ConnectionTable::welcome(const Place& place) {
  Connection* one = slots_.find(place);
  if (one == nullptr || !one->stranger) return;
  const std::lock_guard lock{mutex_};
  if (slots_.find(place) == one) set_stranger(*one, false, Instant{0});
}

void ConnectionTable::set_stranger(Connection& connection, bool stranger, Instant now) {
  connection.stranger = stranger;
  connection.stranger_since = now.count();
  counts_.set_stranger(connection.address, stranger);
}

void ConnectionTable::received(const Place& place, std::uint64_t cost) {
  if (Connection* one = slots_.find(place)) {
    one->received += cost;
    backlog_.received(cost);
  } else {
    backlog_.received_from_closed(cost);
  }
}

void ConnectionTable::cut(const Place& place) {
  const std::lock_guard lock{mutex_};
  if (Connection* one = slots_.find(place)) end(place.fd, *one);
}

bool ConnectionTable::is_open(const Place& place) const { return slots_.find(place) != nullptr; }

void ConnectionTable::sweep(Instant now, const std::function<bool(PeerId)>& has_session, bool idle) {
  if (idle) backlog_.forget_closed();
  const std::lock_guard lock{mutex_};
  const bool paused = now - std::exchange(last_sweep_, now) > limits_.hello_time / 2;
  std::int64_t waiting = 0;
  for (int fd = 0; fd <= slots_.highest(); ++fd) {
    Connection* one = slots_.find(fd);
    if (one == nullptr || !one->open) continue;
    waiting += static_cast<std::int64_t>(one->waiting());
    const bool stranger = one->peer == 0 || !has_session(PeerId{one->peer});
    if (stranger != one->stranger) set_stranger(*one, stranger, now);
    if (paused) one->stranger_since = now.count();
    if (stranger && now - Instant{one->stranger_since} > limits_.hello_time) end(fd, *one);
  }
  if (idle) backlog_.correct(waiting);
}

}  // namespace forkmill::proto
