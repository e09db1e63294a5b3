#include "broker/door.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "broker/access_control.h"
#include "broker/audit_log.h"
#include "broker/loop_waiter.h"
#include "proto/os/output/logging.h"
#include "proto/os/real_env.h"
#include "proto/transport/router.h"
#include "proto/wire/codec.h"

namespace forkmill::broker {

namespace {

constexpr Instant kBetweenSweeps = std::chrono::seconds{1};
constexpr std::size_t kMessages = 256;  // a round

// Door: answers each HELLO with the map of the shards.
class Door {
 public:
  Door(const ProgramOptions& options, MapPipe& maps, std::shared_ptr<spdlog::logger> log)
      : options_{options},
        maps_{maps},
        log_{std::move(log)},
        audit_{options.audit, log_},
        access_control_{options, log_, audit_},
        waiter_{[this](uid_t sender) {
          proto::reopen_log(*log_);
          access_control_.reload(nullptr, env_.now(), sender);
          return heeds_hangup(options_);
        }} {
    map_.places.resize(options.sharding.shards);
    for (const std::string& endpoint : options.listen) endpoints_.push_back(router_.bind(endpoint));
    access_control_.invitations().set_endpoints(endpoints_);
    for (const int fd : router_.descriptors()) waiter_.watch(fd);
    if (const int fd = access_control_.invitations().fd(); fd >= 0) waiter_.watch(fd);
    waiter_.watch(maps_.fd());
  }

  const std::vector<std::string>& endpoints() const { return endpoints_; }

  int run() {
    for (;;) {
      if (auto map = maps_.receive()) map_.take(std::move(*map));
      const bool more = answer_all() == kMessages;
      const proto::Now now = env_.now();
      sweep(now.steady);
      access_control_.take_news(router_, nullptr, now);
      access_control_.tick(now, endpoints_);
      if (audit_.is_on()) audit_.flush(now.steady);
      const bool busy = router_.pending() || more;
      proto::flush_log(*log_);
      if (!waiter_.wait(busy ? Instant{0} : kBetweenSweeps)) return 0;
    }
  }

 private:
  std::size_t answer_all() {
    std::size_t count = 0;
    for (; count < kMessages; ++count) {
      auto incoming = router_.receive();
      if (!incoming) break;
      if (!access_control_.admits(router_, *incoming, env_.now()) || !incoming->envelope.ok()) continue;
      for (proto::Message& message : answers_of_door(map_, incoming->envelope.value()))
        router_.send(incoming->peer, {{}, std::move(message)});
    }
    return count;
  }

  void sweep(Instant now) {
    if (now - swept_at_ < kBetweenSweeps) return;
    swept_at_ = now;
    router_.sweep(now, [](proto::PeerId) { return false; });
  }

  const ProgramOptions& options_;
  MapPipe& maps_;
  const std::shared_ptr<spdlog::logger> log_;
  proto::RealEnv env_;
  AuditLog audit_;
  AccessControl access_control_;
  proto::Router router_{&access_control_.authenticator()};
  LoopWaiter waiter_;
  std::vector<std::string> endpoints_;
  ShardMap map_;
  Instant swept_at_{0};
};

[[noreturn]] void throw_system_error(const char* what) {
  throw std::system_error{errno, std::generic_category(), what};
}

constexpr std::size_t kMaxMap = 64 * 1024;  // bytes

}  // namespace

MapPipe::MapPipe() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0)
    throw_system_error("socketpair");
  reader_ = proto::Descriptor{ends[0]};
  writer_ = proto::Descriptor{ends[1]};
}

void MapPipe::send(const ShardMap& map) {
  const auto message =
      proto::encode({{}, proto::Moved{0, static_cast<std::uint32_t>(map.places.size()), map.version, map.places}});
  const std::string& bytes = message.envelope;
  static_cast<void>(::send(writer_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL));
}

std::optional<ShardMap> MapPipe::receive() {
  std::optional<ShardMap> last;
  std::string bytes(kMaxMap, '\0');
  for (;;) {
    const ssize_t size = ::recv(reader_.get(), bytes.data(), bytes.size(), 0);
    if (size <= 0) return last;
    auto envelope = proto::decode({bytes.data(), static_cast<std::size_t>(size)}, {});
    if (!envelope.ok()) continue;
    if (auto* moved = std::get_if<proto::Moved>(&envelope->message)) last = ShardMap{moved->version, moved->places};
  }
}

int run_door(const ProgramOptions& options, MapPipe& maps, const std::shared_ptr<spdlog::logger>& log,
             const std::function<void()>& opened) {
  Door door{options, maps, log};
  for (const std::string& endpoint : door.endpoints()) log->info("listening on {}", endpoint);
  opened();
  return door.run();
}

}  // namespace forkmill::broker
