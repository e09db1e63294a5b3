// Faults of the resources that programs depend on: the network, the disk, descriptors.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <stdexcept>

#include "tests/chaos/faults.h"
#include "tests/processes.h"

namespace forkmill::chaos {

namespace {

bool listens(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  const bool answered = ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(socket);
  return answered;
}

// Connections to the broker that send nothing.
class Crowd {
 public:
  Crowd(std::uint16_t port, std::size_t size) {
    const sockaddr_in address = loopback(port);
    for (std::size_t i = 0; i < size; ++i) {
      sockets_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      // A connection in progress counts as made; a refused one makes the crowd smaller.
      (void)::connect(sockets_.back(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    }
  }
  ~Crowd() {
    for (const int socket : sockets_) ::close(socket);
  }
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

 private:
  std::vector<int> sockets_;
};

}  // namespace

// ---- The network ----------------------------------------------------------------------------------------------------

Member& Faults::some_proxied() {
  std::vector<Member*> some;
  for (auto& member : cluster_.members())
    if (member.is_proxied()) some.push_back(&member);
  return *some[random_.below(some.size())];
}

Ongoing Faults::swallow(bool up, bool down) {
  Member& member = some_proxied();
  const auto how_long = span(1000, 6000);
  silence(member, how_long + kSessionTimeout);
  for (Proxy* proxy : member.proxies) proxy->swallow(up, down);
  return {now_us() + how_long, [proxies = member.proxies] {
            for (Proxy* proxy : proxies) proxy->heal();
          }};
}

void Faults::add_network() {
  add("connection cut", [this] {
    Member& member = some_proxied();
    silence(member, kSessionTimeout);
    member.cut();
    return once();
  });
  add("connection reset", [this] {
    Member& member = some_proxied();
    silence(member, kSessionTimeout);
    for (Proxy* proxy : member.proxies) proxy->reset();
    return once();
  });
  add("half-open, nothing passes", [this] { return swallow(true, true); });
  add("half-open, nothing to the broker", [this] { return swallow(true, false); });
  add("half-open, nothing from the broker", [this] { return swallow(false, true); });
  const FarMachine* far = cluster_.far();
  const auto from_afar = [this](std::int64_t how_long) {
    cluster_.out_of_reach(2, now_us(), now_us() + how_long + kSessionTimeout);
    return now_us() + how_long;
  };
  add(
      "cable unplugged",
      [this, far, from_afar] {
        far->plug(false);
        return Ongoing{from_afar(span(500, 7000)), [far] { far->plug(true); }};
      },
      far == nullptr ? kNotRoot : "");
  add(
      "packets lost",
      [this, far, from_afar] {
        far->lose(random_.chance(0.3) ? 0.5 : 0.1);
        return Ongoing{from_afar(span(2000, 6000)), [far] { far->lose(0); }};
      },
      far == nullptr         ? kNotRoot
      : far->loses_packets() ? ""
                             : "this kernel, or iptables, cannot drop packets at random");
}

// ---- The disk -------------------------------------------------------------------------------------------------------

// Shrinks the disk until `leave` bytes are free.
Ongoing Faults::fill_disk(std::uint64_t leave) {
  if (disk_filled_ || !shrink_disk(cluster_.data_folder(), leave)) return {};
  disk_filled_ = true;
  const auto how_long = span(1000, 3000);
  constexpr std::int64_t kPatience = 60'000'000;
  cluster_.excuse_broker(now_us() + kPatience);
  cluster_.out_of_reach(0, now_us(), now_us() + how_long + kSessionTimeout);
  return {now_us() + how_long, [this] {
            if (!resize_disk(cluster_.data_folder(), Cluster::kDiskBytes))
              throw std::runtime_error{"the disk of the broker cannot be made larger again"};
            disk_filled_ = false;
          }};
}

void Faults::add_disk() {
  const std::string why = cluster_.own_disk() ? "" : cluster_.database() ? "the tasks are in a database" : kNotRoot;
  constexpr std::uint64_t kUnderReserve = 8 << 20;
  add(
      "disk nearly full", [this] { return fill_disk(kUnderReserve); }, why);
  add(
      "disk full", [this] { return fill_disk(0); }, why);
}

// ---- Descriptors ----------------------------------------------------------------------------------------------------

// A process keeps the descriptors that it has open, and can open at most about three more.
Ongoing Faults::starve(pid_t pid) {
  const std::size_t open = pid == 0 ? 0 : open_descriptors(pid);
  if (open == 0) return {};
  constexpr std::size_t kAsBefore = 1 << 16;
  tests::limit_descriptors(pid, open + random_.below(4));
  return {now_us() + span(1500, 4000), [pid] { tests::limit_descriptors(pid, kAsBefore); }};
}

Ongoing Faults::crowd(std::size_t connections) {
  auto held = std::make_shared<Crowd>(cluster_.port(), connections);
  return {now_us() + span(1500, 4000), [held]() mutable { held.reset(); }};
}

void Faults::add_descriptors() {
  // Each of these programs has finished its start: one that lacks descriptors while it starts reports that and exits,
  // as it should.
  add("broker out of descriptors", [this] {
    if (!listens(cluster_.port())) return Ongoing{};
    Ongoing starving = starve(cluster_.broker().pid());
    if (!starving.end) return starving;
    cluster_.out_of_reach(0, now_us(), starving.until + kSessionTimeout);
    return Ongoing{starving.until, [end = starving.end, crowd = crowd(30)] {
                     crowd.end();
                     end();
                   }};
  });
  add("link out of descriptors", [this] {
    Member& worker = some_worker();
    Ongoing starving = starve(part_of(worker, "forkmill-link"));
    if (!starving.end) return starving;
    silence(worker, starving.until - now_us() + kSessionTimeout);
    worker.cut();  // the link has to connect again
    return starving;
  });
  add("supervisor out of descriptors", [this] {
    Member& worker = some_worker();
    if (part_of(worker, "forkmill-child") == 0) return Ongoing{};
    Ongoing starving = starve(worker.program.pid());
    if (starving.end) kill(part_of(worker, "forkmill-child"));  // the supervisor has to start another child
    return starving;
  });
  add("crowd of idle connections", [this] { return crowd(400); });
}

}  // namespace forkmill::chaos
