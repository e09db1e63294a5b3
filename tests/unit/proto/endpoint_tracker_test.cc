// Brokers that are known by a name. The test sets the addresses of the name and runs the brokers.
#include <doctest/doctest.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "proto/os/real_env.h"
#include "proto/os/waiter.h"
#include "proto/transport/address_rotation.h"
#include "proto/transport/dealer.h"
#include "proto/transport/endpoint_tracker.h"
#include "proto/transport/resolver.h"
#include "proto/transport/router.h"

namespace endpoint_tracker_test {

using namespace forkmill;
using namespace forkmill::proto;
using namespace std::chrono_literals;

namespace {

// The addresses of a name. Lookups come from threads, some of which outlive the test.
class Name {
 public:
  void mean(Addresses addresses) const {
    const std::lock_guard lock{book_->mutex};
    book_->addresses = std::move(addresses);
  }
  LookUp look_up() const {
    return [book = book_](const std::string&) {
      const std::lock_guard lock{book->mutex};
      return book->addresses;
    };
  }

 private:
  struct Book {
    std::mutex mutex;
    Addresses addresses;
  };
  std::shared_ptr<Book> book_ = std::make_shared<Book>();
};

// Returns the next event of the link; none after twenty seconds without one.
std::optional<Dealer::LinkEvent> next_event(Dealer& dealer) {
  Waiter waiter;
  waiter.add(dealer.fd(), 1);
  RealEnv env;
  const Instant deadline = env.now().steady + 20s;
  while (env.now().steady < deadline) {
    if (auto event = dealer.link_event()) return event;
    while (dealer.receive()) continue;
    if (!dealer.pending()) waiter.wait(100ms);
  }
  return std::nullopt;
}

std::string port_of(const std::string& endpoint) { return endpoint.substr(endpoint.rfind(':') + 1); }

// Blocks lookups until it is opened.
class LookUpGate {
 public:
  void open() {
    const std::lock_guard lock{mutex_};
    open_ = true;
    changed_.notify_all();
  }
  void pass() {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

Addresses wait_for_answer(Resolver& resolver) {
  Waiter waiter;
  waiter.add(resolver.fd(), 1);
  while (!resolver.answered()) waiter.wait(100ms);
  return resolver.answer().value();
}

}  // namespace

TEST_CASE("a dealer finds a broker that has moved to another address") {
  Name name;
  name.mean({{"127.0.0.2"}, ""});
  auto router = std::make_unique<Router>();
  const auto port = port_of(router->bind("tcp://127.0.0.2:*"));
  Dealer dealer{"tcp://broker.test:" + port, name.look_up()};
  const int descriptor = dealer.fd();
  REQUIRE(next_event(dealer) == Dealer::LinkEvent::up);

  router = std::make_unique<Router>();
  router->bind("tcp://127.0.0.3:" + port);
  REQUIRE(next_event(dealer) == Dealer::LinkEvent::down);
  name.mean({{"127.0.0.3"}, ""});
  REQUIRE(next_event(dealer) == Dealer::LinkEvent::up);
  REQUIRE(dealer.send({{}, Heartbeat{}}));
  Waiter waiter;
  waiter.add(router->fd(), 1);
  std::optional<Router::Incoming> arrived;
  while (!(arrived = router->receive())) {
    if (!router->pending()) waiter.wait(100ms);
  }
  CHECK(arrived->envelope.ok());
  CHECK(dealer.fd() == descriptor);
}

TEST_CASE("several addresses take turns, after a refusal and after a reconnect()") {
  Name name;
  Router router;
  const auto port = port_of(router.bind("tcp://127.0.0.4:*"));
  name.mean({{"127.0.0.2", "127.0.0.3", "127.0.0.4"}, ""});
  Dealer dealer{"tcp://broker.test:" + port, name.look_up()};
  REQUIRE(next_event(dealer) == Dealer::LinkEvent::up);
  dealer.reconnect();  // ends the turn of a silent address, but the others refuse
  CHECK(next_event(dealer) == Dealer::LinkEvent::up);
}

TEST_CASE("a dealer connects to IPv6 addresses") {
  Router router;
  std::string endpoint;
  try {
    endpoint = router.bind("tcp://[::1]:*");
  } catch (const std::exception& error) {
    MESSAGE("skipped: " << error.what());
    return;
  }
  Name name;
  name.mean({{"127.0.0.2", "[::1]"}, ""});
  Dealer dealer{"tcp://broker.test:" + port_of(endpoint), name.look_up()};
  CHECK(next_event(dealer) == Dealer::LinkEvent::up);
}

TEST_CASE("names of a list that cannot be looked up are each reported once, until one has an address") {
  Name name;
  name.mean({{}, "no such name"});
  std::atomic<int> lookups{0};
  Router router;
  const auto port = port_of(router.bind("tcp://127.0.0.2:*"));
  Dealer dealer{"tcp://one.test:" + port + ",tcp://two.test:" + port, [&, find = name.look_up()](const auto& host) {
                  ++lookups;
                  return find(host);
                }};
  std::vector<std::string> reports;
  Waiter waiter;
  waiter.add(dealer.fd(), 1);
  while (lookups < 6) {
    while (dealer.link_event() == Dealer::LinkEvent::stuck) reports.push_back(dealer.why_stuck());
    if (!dealer.pending()) waiter.wait(100ms);
  }
  REQUIRE(reports.size() == 2);
  CHECK(reports[0] == "the name one.test cannot be looked up: no such name");
  CHECK(reports[1] == "the name two.test cannot be looked up: no such name");
  name.mean({{"127.0.0.2"}, ""});
  CHECK(next_event(dealer) == Dealer::LinkEvent::up);
}

TEST_CASE("a name without an address is reported once, and tried until it has one") {
  Name name;
  name.mean({{}, "no such name"});
  Router router;
  const auto port = port_of(router.bind("tcp://127.0.0.2:*"));
  Dealer dealer{"tcp://broker.test:" + port, name.look_up()};
  REQUIRE(next_event(dealer) == Dealer::LinkEvent::stuck);
  CHECK(dealer.why_stuck() == "the name broker.test cannot be looked up: no such name");
  CHECK_FALSE(dealer.send({{}, Heartbeat{}}));
  name.mean({{"127.0.0.2"}, ""});
  CHECK(next_event(dealer) == Dealer::LinkEvent::up);
}

TEST_CASE("a hanging lookup blocks nothing, and its late result is dropped") {
  const auto gate = std::make_shared<LookUpGate>();
  const auto count = std::make_shared<std::atomic<int>>(0);
  Resolver resolver{"broker.test", [=](const std::string&) -> Addresses {
                      const int number = ++*count;
                      if (number == 1) gate->pass();
                      return {{"127.0.0." + std::to_string(number)}, ""};
                    }};
  resolver.ask();
  while (*count == 0) std::this_thread::yield();
  resolver.ask();
  CHECK(wait_for_answer(resolver).numeric == std::vector<std::string>{"127.0.0.2"});
  gate->open();
  resolver.ask();
  CHECK(wait_for_answer(resolver).numeric == std::vector<std::string>{"127.0.0.3"});
}

TEST_CASE("hanging lookups are bounded, and a destructor does not wait for them") {
  const auto gate = std::make_shared<LookUpGate>();
  const auto count = std::make_shared<std::atomic<int>>(0);
  {
    Resolver resolver{"broker.test", [=](const std::string&) -> Addresses {
                        ++*count;
                        gate->pass();
                        return {};
                      }};
    for (int i = 0; i < Resolver::kMax + 3; ++i) resolver.ask();
    while (*count < Resolver::kMax) std::this_thread::yield();
    CHECK_FALSE(resolver.answered());
  }
  CHECK(*count == Resolver::kMax);
  gate->open();
}

TEST_CASE("look_up() finds the addresses of localhost, and says why another name has none") {
  const auto here = look_up("localhost");
  CHECK(std::find(here.numeric.begin(), here.numeric.end(), "127.0.0.1") != here.numeric.end());
  const auto nowhere = look_up("no.such.host.invalid");
  CHECK(nowhere.numeric.empty());
  CHECK_FALSE(nowhere.error.empty());
}

TEST_CASE("only names of hosts are looked up") {
  for (const char* named : {"tcp://broker:7117", "tcp://broker.example.org:1", "tcp://a_b-c:2", "tcp://1and1.com:80"})
    CHECK_MESSAGE(EndpointTracker::to(named, look_up) != nullptr, named);
  for (const char* plain : {"tcp://127.0.0.1:7117", "tcp://localhost:7117", "tcp://[::1]:7117", "ipc:///tmp/x",
                            "tcp://broker", "tcp://:7117", "tcp://broker:", "tcp:broker:1", "nonsense", ""})
    CHECK_MESSAGE(EndpointTracker::to(plain, look_up) == nullptr, plain);
}

TEST_CASE("addresses of a name take turns, and the one that is tried stays while the name has it") {
  AddressRotation addresses{"7117"};
  CHECK(addresses.endpoint().empty());
  CHECK(!addresses.move_on());
  CHECK(addresses.replace({"192.0.2.1", "192.0.2.2"}));
  CHECK(addresses.endpoint() == "tcp://192.0.2.1:7117");
  CHECK(addresses.move_on());
  CHECK(addresses.endpoint() == "tcp://192.0.2.2:7117");
  CHECK(!addresses.replace({"192.0.2.3", "192.0.2.2"}));
  CHECK(addresses.endpoint() == "tcp://192.0.2.2:7117");
  CHECK(addresses.move_on());
  CHECK(addresses.endpoint() == "tcp://192.0.2.3:7117");
  CHECK(addresses.replace({"192.0.2.4"}));
  CHECK(addresses.endpoint() == "tcp://192.0.2.4:7117");
  CHECK(!addresses.move_on());
}

TEST_CASE("an address is not tried twice before a lookup because all have refused") {
  AddressRotation addresses{"7117"};
  addresses.replace({"192.0.2.1", "192.0.2.2", "192.0.2.3"});
  CHECK(addresses.count_refusal());
  CHECK(addresses.count_refusal());
  CHECK(!addresses.count_refusal());
  addresses.replace({"192.0.2.1", "192.0.2.2", "192.0.2.3"});
  CHECK(addresses.count_refusal());
}

}  // namespace endpoint_tracker_test
