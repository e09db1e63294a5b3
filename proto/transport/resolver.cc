#include "proto/transport/resolver.h"

#include <netdb.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "proto/os/signals_blocked.h"
#include "proto/os/wakeup.h"

namespace forkmill::proto {

Addresses look_up(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int code = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (code != 0) return {{}, code == EAI_SYSTEM ? std::strerror(errno) : ::gai_strerror(code)};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list{found, &::freeaddrinfo};
  Addresses addresses;
  for (const auto* each = found; each != nullptr; each = each->ai_next) {
    std::array<char, NI_MAXHOST> text{};
    if (::getnameinfo(each->ai_addr, each->ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) != 0)
      continue;
    addresses.numeric.push_back(each->ai_family == AF_INET6 ? "[" + std::string{text.data()} + "]" : text.data());
  }
  if (addresses.numeric.empty()) addresses.error = "no address that can be connected to";
  return addresses;
}

struct Resolver::Shared {
  explicit Shared(LookUp how) : look_up{std::move(how)} {}

  const LookUp look_up;
  std::atomic<int> under_way{0};
  std::atomic<bool> answered{false};
  std::mutex mutex;  // guards the members below
  std::uint64_t newest = 0;
  Addresses addresses;
  Wakeup wakeup;

  void run(std::uint64_t number, const std::string& host) {
    Addresses found;
    try {
      found = look_up(host);
    } catch (const std::exception& error) {
      found.error = error.what();
    }
    deliver(number, std::move(found));
    --under_way;
  }

  void deliver(std::uint64_t number, Addresses found) {
    const std::lock_guard lock{mutex};
    if (number < newest) return;
    newest = number;
    addresses = std::move(found);
    answered = true;
    wakeup.signal();
  }
};

Resolver::Resolver(std::string host, LookUp look_up)
    : host_{std::move(host)}, shared_{std::make_shared<Shared>(std::move(look_up))} {}
Resolver::~Resolver() = default;

void Resolver::ask() {
  if (shared_->under_way == kMax) return;
  ++shared_->under_way;
  const SignalsBlocked blocked;
  try {
    std::thread{[shared = shared_, number = ++asked_, host = host_] { shared->run(number, host); }}.detach();
  } catch (const std::exception& error) {
    --shared_->under_way;
    shared_->deliver(asked_, {{}, error.what()});
  }
}

std::optional<Addresses> Resolver::answer() {
  if (!answered()) return std::nullopt;
  const std::lock_guard lock{shared_->mutex};
  shared_->answered = false;
  shared_->wakeup.clear();
  return std::exchange(shared_->addresses, {});
}

bool Resolver::answered() const { return shared_->answered; }
int Resolver::fd() const { return shared_->wakeup.fd(); }

}  // namespace forkmill::proto
