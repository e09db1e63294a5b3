#include <doctest/doctest.h>
#include <forkmill/errc.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <vector>

#include "proto/os/descriptor.h"
#include "proto/os/memory.h"
#include "proto/os/real_env.h"
#include "proto/os/waiter.h"
#include "proto/transport/dealer.h"
#include "proto/transport/errors.h"
#include "proto/transport/router.h"
#include "tests/processes.h"

namespace transport_test {

using namespace forkmill;
using namespace forkmill::proto;
using namespace std::chrono_literals;

namespace {

// Waits for both sockets until `done`, for ten seconds at most.
bool wait_until(Router& router, Dealer& dealer, const std::function<bool()>& done) {
  Waiter waiter;
  waiter.add(router.fd(), 1);
  waiter.add(dealer.fd(), 2);
  RealEnv env;
  const Instant deadline = env.now().steady + 10s;
  while (!done()) {
    const bool pending = router.pending();
    if (dealer.pending() || pending) continue;
    if (env.now().steady > deadline) return false;
    waiter.wait(100ms);
  }
  return true;
}

// Leaves this process `left` descriptors.
class Shortage {
 public:
  explicit Shortage(std::size_t left) {
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
    REQUIRE(tests::limit_descriptors(::getpid(), 200));
    for (int fd = ::dup(STDIN_FILENO); fd >= 0; fd = ::dup(STDIN_FILENO)) taken_.push_back(fd);
    for (; left > 0; --left) {
      ::close(taken_.back());
      taken_.pop_back();
    }
  }
  ~Shortage() {
    for (const int fd : taken_) ::close(fd);
    ::setrlimit(RLIMIT_NOFILE, &before_);
  }
  Shortage(const Shortage&) = delete;
  Shortage& operator=(const Shortage&) = delete;

 private:
  rlimit before_{};
  std::vector<int> taken_;
};

// A connection to a port of this process, which speaks ZMTP by hand.
class HandPeer {
 public:
  explicit HandPeer(const std::string& endpoint) : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1))));
    REQUIRE(::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    const int on = 1;
    ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const timeval patience{10, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    std::string greeting{"\xFF\0\0\0\0\0\0\0\1\x7F\3\1NULL", 16};
    greeting.resize(64, '\0');
    send(greeting + std::string{"\4\x1C\5READY\xBSocket-Type\0\0\0\6DEALER", 2 + 28});
    receive(64);
    receive(static_cast<std::size_t>(receive(2)[1]));
  }

  void send(const std::string& bytes) {
    REQUIRE(::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
  }
  // Waits until ZeroMQ has read all that was sent.
  void wait_until_read() {
    if (!other_end_) other_end_ = find_other_end();
    REQUIRE(other_end_);
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    for (int unread = 1; unread > 0; ::sched_yield()) {
      REQUIRE(::ioctl(*other_end_, FIONREAD, &unread) == 0);
      REQUIRE(std::chrono::steady_clock::now() < deadline);
    }
  }

 private:
  std::string receive(std::size_t size) {
    std::string bytes(size, '\0');
    REQUIRE(::recv(socket_.get(), bytes.data(), size, MSG_WAITALL) == static_cast<ssize_t>(size));
    return bytes;
  }
  // The descriptor that ZeroMQ has accepted.
  std::optional<int> find_other_end() const {
    sockaddr_in own{};
    socklen_t size = sizeof own;
    REQUIRE(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&own), &size) == 0);
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    for (; std::chrono::steady_clock::now() < deadline; ::sched_yield()) {
      for (int fd = 3; fd < 1024; ++fd) {
        sockaddr_in peer{};
        size = sizeof peer;
        if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) == 0 && peer.sin_family == AF_INET &&
            peer.sin_port == own.sin_port)
          return fd;
      }
    }
    return std::nullopt;
  }

  Descriptor socket_;
  std::optional<int> other_end_;
};

}  // namespace

TEST_CASE("small messages that wait to be received take little memory, also when each was read alone") {
  constexpr std::size_t kMessages = 2000;
  constexpr std::size_t kBytes = 60;
  Router router;
  HandPeer peer{router.bind("tcp://127.0.0.1:*")};
  const std::string frame = std::string{'\0', static_cast<char>(kBytes)} + std::string(kBytes, 'x');
  peer.send(frame);
  peer.wait_until_read();
  const auto before = resident_memory();
  for (std::size_t i = 1; i < kMessages; ++i) {
    peer.send(frame);
    peer.wait_until_read();
  }
  CHECK(resident_memory() - before < kMessages * 2048);
  std::size_t received = 0;
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (received < kMessages && std::chrono::steady_clock::now() < deadline)
    router.receive() ? static_cast<void>(++received) : static_cast<void>(router.pending());
  CHECK(received == kMessages);
}

TEST_CASE("messages and their answers arrive, with large payloads") {
  Router router;
  Dealer dealer{router.bind("tcp://127.0.0.1:*")};
  std::optional<Dealer::LinkEvent> up;
  REQUIRE(wait_until(router, dealer, [&] { return (up = dealer.link_event()).has_value(); }));
  CHECK(*up == Dealer::LinkEvent::up);

  Submit submit;
  submit.tasks.resize(1);
  submit.tasks[0].payload = Payload::copy(std::string(1'000'000, 'x'));
  const Envelope sent{{SessionId{1}, MessageSeq{1}}, submit};
  REQUIRE(dealer.send(sent));
  std::optional<Router::Incoming> arrived;
  REQUIRE(wait_until(router, dealer, [&] { return (arrived = router.receive()).has_value(); }));
  REQUIRE(arrived->envelope.ok());
  CHECK(arrived->envelope.value() == sent);

  const Envelope answer{{SessionId{1}, MessageSeq{1}},
                        Results{{{TaskId{}, {OutcomeKind::succeeded, {}, "", submit.tasks[0].payload, {}}}}}};
  REQUIRE(router.send(arrived->peer, answer));
  std::optional<Result<Envelope>> back;
  REQUIRE(wait_until(router, dealer, [&] { return (back = dealer.receive()).has_value(); }));
  REQUIRE(back->ok());
  CHECK(back->value() == answer);
}

TEST_CASE("a new connection is a new peer, and the old peer is unreachable") {
  Router router;
  Dealer dealer{router.bind("ipc://@forkmill-test-" + std::to_string(::getpid()))};
  std::vector<PeerId> peers;
  const auto arrived = [&] {
    if (auto incoming = router.receive()) peers.push_back(incoming->peer);
    return !peers.empty();
  };
  dealer.send({{}, Heartbeat{}});
  REQUIRE(wait_until(router, dealer, arrived));
  const PeerId first = peers.back();
  peers.clear();
  dealer.reconnect();
  dealer.send({{}, Heartbeat{}});
  REQUIRE(wait_until(router, dealer, arrived));
  CHECK(peers.back() != first);
  CHECK_FALSE(router.send(PeerId{first.value() + 1000}, {{}, Heartbeat{}}));
}

TEST_CASE("a dealer of several endpoints goes on to one that answers, and further when that is gone or silent") {
  const std::string name = "ipc://@forkmill-list-" + std::to_string(::getpid());
  const std::string closed = "tcp://127.0.0.1:1";
  auto first = std::make_unique<Router>();
  Router second;
  const auto endpoints = closed + "," + first->bind(name + "-1") + "," + second.bind(name + "-2");
  Dealer dealer{endpoints};
  const auto comes_to = [&](Router& router) {
    return wait_until(router, dealer, [&] {
      while (const auto event = dealer.link_event())
        if (*event == Dealer::LinkEvent::up) dealer.send({{}, Heartbeat{}});
      return router.receive().has_value();
    });
  };
  CHECK(comes_to(*first));
  first.reset();
  CHECK(comes_to(second));
  first = std::make_unique<Router>();
  first->bind(name + "-1");
  dealer.reconnect();  // the second one is silent
  CHECK(comes_to(*first));
}

TEST_CASE("finish() returns when all sent messages have left") {
  Router router;
  const auto endpoint = router.bind("tcp://127.0.0.1:*");
  for (int i = 0; i < 50; ++i) {
    Dealer dealer{endpoint};
    REQUIRE(wait_until(router, dealer, [&] { return dealer.link_event().has_value(); }));
    REQUIRE(dealer.send({{}, Goodbye{Errc::ok, "bye"}}));
    dealer.finish();
    Waiter waiter;
    waiter.add(router.fd(), 1);
    std::optional<Router::Incoming> arrived;
    while (!(arrived = router.receive())) {
      if (!router.pending()) REQUIRE_FALSE(waiter.wait(10s).empty());
    }
    CHECK(std::holds_alternative<Goodbye>(arrived->envelope.value().message));
  }
}

TEST_CASE("errors of a port in use and of an invalid endpoint say what to do") {
  Router router;
  const std::string endpoint = router.bind("tcp://127.0.0.1:*");
  Router second;
  const auto text = [](const std::function<void()>& action) -> std::string {
    try {
      action();
    } catch (const TransportError& error) {
      return error.what();
    }
    return "";
  };
  CHECK(text([&] { second.bind(endpoint); }).find("the address is in use") != std::string::npos);
  CHECK(text([&] { second.bind("tcp:/x"); }).find("not an endpoint") != std::string::npos);
  CHECK(text([&] { Dealer dealer{"nonsense"}; }).find("tcp://HOST:PORT") != std::string::npos);
}

TEST_CASE("the descriptor of a dealer with nothing to do tells when its connection is made, and when it ends") {
  std::optional<Router> router{std::in_place};
  Dealer dealer{router->bind("tcp://127.0.0.1:*")};
  Waiter waiter;
  waiter.add(dealer.fd(), 1);
  const auto next = [&] {
    for (;;) {
      if (const auto event = dealer.link_event()) return *event;
      if (!dealer.pending()) REQUIRE_FALSE(waiter.wait(10s).empty());
    }
  };
  CHECK(next() == Dealer::LinkEvent::up);
  CHECK_FALSE(dealer.link_event().has_value());
  CHECK_FALSE(dealer.pending());
  router.reset();
  CHECK(next() == Dealer::LinkEvent::down);
}

TEST_CASE("a dealer without a free descriptor reports that once, and connects when there is one") {
  Router router;
  const std::string endpoint = router.bind("tcp://127.0.0.1:*");
  std::optional<Shortage> shortage{std::in_place, 2};  // for the two that the wait needs
  Dealer dealer{endpoint};
  std::vector<Dealer::LinkEvent> events;
  const auto next = [&] {
    const auto event = dealer.link_event();
    if (event) events.push_back(*event);
    return event.has_value();
  };
  CHECK(dealer.pending());
  CHECK(next());
  CHECK_FALSE(dealer.pending());
  CHECK(dealer.why_stuck().find("Too many open files") != std::string::npos);
  CHECK_FALSE(dealer.send({{SessionId{1}, MessageSeq{1}}, Goodbye{}}));
  dealer.reconnect();  // the broker is silent
  CHECK_FALSE(dealer.receive().has_value());
  shortage.reset();
  CHECK(wait_until(router, dealer, next));
  CHECK(events == std::vector{Dealer::LinkEvent::stuck, Dealer::LinkEvent::up});
  CHECK(dealer.send({{SessionId{1}, MessageSeq{1}}, Goodbye{}}));
}

TEST_CASE("is_local_endpoint() knows endpoints that only this machine can reach") {
  for (const char* local :
       {"ipc:///tmp/x", "tcp://127.0.0.1:1", "tcp://127.9.9.9:*", "tcp://localhost:1", "tcp://[::1]:5"})
    CHECK(is_local_endpoint(local));
  for (const char* open :
       {"tcp://0.0.0.0:1", "tcp://*:1", "tcp://10.0.0.1:1", "tcp://[::]:5", "tcp://eth0:1", "tcp://127.example:1"})
    CHECK_FALSE(is_local_endpoint(open));
}

TEST_CASE("a path is bound once, and what is there and no socket of a dead program stays") {
  std::string folder = std::filesystem::temp_directory_path() / "forkmill-path-XXXXXX";
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  const std::string path = folder + "/broker";
  const auto refusal = [&](const std::string& endpoint) -> std::string {
    Router router;
    try {
      router.bind(endpoint);
    } catch (const TransportError& error) {
      return error.what();
    }
    return {};
  };
  {
    Router first;
    first.bind("ipc://" + path);
    Dealer dealer{"ipc://" + path};
    const std::string text = refusal("ipc://" + path);
    CHECK(text.find("(pid " + std::to_string(::getpid()) + ") listens there already") != std::string::npos);
    REQUIRE(wait_until(first, dealer, [&] { return dealer.link_event() == Dealer::LinkEvent::up; }));
  }
  // ZeroMQ deletes the path of a closed socket in a thread of its own: another path from here on.
  const std::string other = folder + "/other";
  SUBCASE("a file") {
    std::ofstream{other} << "precious";
    CHECK(refusal("ipc://" + other).find("a file is there, which is not deleted") != std::string::npos);
    std::string text;
    std::ifstream{other} >> text;
    CHECK(text == "precious");
  }
  SUBCASE("a folder") {
    std::filesystem::create_directory(other);
    CHECK(refusal("ipc://" + other).find("a folder is there") != std::string::npos);
  }
  SUBCASE("a symbolic link, even to nothing") {
    std::filesystem::create_symlink(folder + "/nowhere", other);
    CHECK(refusal("ipc://" + other).find("a symbolic link is there") != std::string::npos);
    CHECK(std::filesystem::is_symlink(other));
  }
  SUBCASE("a socket without a listener") {
    const Descriptor left{::socket(AF_UNIX, SOCK_STREAM, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    other.copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(left.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    CHECK(refusal("ipc://" + other).empty());
  }
  std::filesystem::remove_all(folder);
}

}  // namespace transport_test
