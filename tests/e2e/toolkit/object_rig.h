// A broker and two clients of it, as two programs would have them, and programs of their own that can be killed.
#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <forkmill/client.h>
#include <forkmill/manager.h>
#include <forkmill/pipe.h>
#include <forkmill/queue.h>
#include <forkmill/sync.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "tests/e2e/client/broker_process.h"
#include "tests/eventually.h"

namespace forkmill::tests {

using namespace std::chrono_literals;

// The errors' code, or ok when nothing was thrown.
template <class F>
Errc code_of(F&& f) {
  try {
    f();
    return Errc::ok;
  } catch (const Error& error) {
    return error.code();
  }
}

// A program that does one thing with one object, says so by the event "ready", and stays (object_peer.cc).
class Peer {
 public:
  Peer(const BrokerProcess& broker, std::vector<std::string> words) {
    words.insert(words.begin(), {FORKMILL_PEER_PROGRAM, broker.endpoint()});
    std::vector<char*> argv;
    argv.reserve(words.size() + 1);
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::execv(argv[0], argv.data());
      ::_exit(127);
    }
  }
  ~Peer() { end(SIGKILL); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  void end(int with_signal) {
    if (pid_ <= 0) return;
    ::kill(pid_, with_signal);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

 private:
  pid_t pid_ = -1;
};

struct Rig {
  explicit Rig(std::vector<std::string> broker_arguments = {}) : broker{std::move(broker_arguments)} {}

  BrokerProcess broker;
  Client a{broker.endpoint()};
  Client b{broker.endpoint()};

  Peer peer(std::vector<std::string> words) { return Peer{broker, std::move(words)}; }
  void wait_ready() { REQUIRE(Event{"ready", a}.wait(30s)); }

  // Returns the handle that the other client decodes when this one sends it.
  template <class H>
  H at_b(const H& handle) {
    const detail::ClientScope scope{ObjectOptions{b}.engine().get()};
    return unpack_value<H>(pack_value(handle));
  }
};

inline auto now() { return std::chrono::steady_clock::now(); }

}  // namespace forkmill::tests
