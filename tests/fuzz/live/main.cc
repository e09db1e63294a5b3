// forkmill_live: runs a broker among peers that send anything, over TCP and over a Unix socket, for a given time from
// a given seed. Meanwhile an honest client must be served all the time. At the end the broker must be the one that was
// started, with no more descriptors and threads than before and hardly more memory.
#include <forkmill/client.h>
#include <forkmill/errors.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <thread>

#include "tests/e2e/client/broker_process.h"
#include "tests/e2e/client/fake_worker.h"
#include "tests/eventually.h"
#include "tests/fuzz/live/attacker.h"
#include "tests/weight.h"

namespace {

using namespace forkmill;
using namespace std::chrono_literals;
using tests::weigh;
using tests::Weight;
using Clock = std::chrono::steady_clock;

constexpr Task<std::string(std::string)> kEcho{"honest.echo"};

// An honest client with an honest worker; every answer must be right and come in time.
class Honest {
 public:
  explicit Honest(const std::string& endpoint) : worker_{endpoint, {"honest"}}, client_{endpoint} {
    worker_.on(kEcho, [](std::string text) { return text; });
    worker_.start();
    thread_ = std::thread{[this] { run(); }};
  }
  ~Honest() { stop(); }
  void stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
  }
  bool troubled() const { return troubled_; }
  const std::string& trouble() const { return trouble_; }  // after stop()
  std::uint64_t served() const { return served_; }

 private:
  void run() {
    constexpr auto kPatience = 20s;
    auto submitter = client_.with({.queue = "honest", .durability = forkmill::Durability::memory});
    while (!stopping_ && !troubled_) {
      const std::string text = "echo " + std::to_string(served_);
      try {
        if (submitter.submit(kEcho, text).get_for(kPatience) != text) trouble_ = "wrong answer to " + text;
      } catch (const std::exception& error) {
        trouble_ = error.what();
      }
      ++served_;
      troubled_ = !trouble_.empty();
    }
  }

  tests::FakeWorker worker_;
  Client client_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::uint64_t> served_{0};
  std::atomic<bool> troubled_{false};
  std::string trouble_;
  std::thread thread_;
};

std::vector<std::string> lines_of(const std::string& path) {
  std::vector<std::string> lines;
  std::ifstream file{path};
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

int complain(const std::string& what) {
  std::cerr << "live: " << what << "\n";
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Runs a broker among peers that send anything."};
  std::uint64_t seconds = 20;
  std::uint64_t seed = 1;
  app.add_option("--seconds", seconds, "How long to attack, in seconds");
  app.add_option("--seed", seed, "Seed of what is sent");
  CLI11_PARSE(app, argc, argv);

  const std::string announced =
      std::filesystem::temp_directory_path() / ("forkmill-live-" + std::to_string(::getpid()));
  tests::BrokerProcess broker{{"--listen", "tcp://127.0.0.1:*", "--insecure", "--announce", announced, "--heartbeat",
                               "200ms", "--session-timeout", "2s", "--queue-max-tasks", "1000", "--queue-max-bytes",
                               "4M", "--kept-results", "1000", "--dead-letters", "100", "--log-level", "off"}};
  std::vector<std::string> endpoints;
  if (!tests::eventually([&] { return (endpoints = lines_of(announced)).size() == 2; }, 60s))
    return complain("the broker has not started within 60 s");
  std::filesystem::remove(announced);

  Honest honest{broker.endpoint()};
  tests::eventually([&] { return honest.served() > 0; }, 20s);
  fuzz::Attacker attacker{seed, endpoints};
  const auto begin = Clock::now();
  // Memory is measured after a quarter of the time, when buffers have reached their size.
  while (Clock::now() < begin + std::chrono::seconds{seconds} / 4) attacker.attack();
  const Weight before = weigh(broker.pid());
  while (Clock::now() < begin + std::chrono::seconds{seconds} && !honest.troubled()) attacker.attack();
  honest.stop();
  if (!honest.trouble().empty()) return complain("the honest client was not served: " + honest.trouble());
  if (!broker.alive()) return complain("the broker has ended");
  // Sessions and connections of peers that have gone must end.
  constexpr std::size_t kOwn = 24 + 3;  // with the sockets of the authenticator and of the monitor of its refusals
  Weight after;
  const bool calm = tests::eventually(
      [&] {
        after = weigh(broker.pid());
        return after.descriptors <= kOwn && after.threads <= before.threads;
      },
      60s);
  std::cout << "seed " << seed << ": " << attacker.connections() << " connections, " << attacker.messages()
            << " messages; " << honest.served() << " honest tasks; broker: " << before.resident_kib << " KiB then "
            << after.resident_kib << " KiB, " << after.descriptors << " descriptors\n";
  if (!calm)
    return complain(std::to_string(after.descriptors) + " descriptors and " + std::to_string(after.threads) +
                    " threads are left");
  constexpr std::size_t kMoreKib = 64 * 1024;
  if (after.resident_kib > before.resident_kib + kMoreKib)
    return complain("the broker's memory has grown by more than 64 MiB");
  return 0;
}
