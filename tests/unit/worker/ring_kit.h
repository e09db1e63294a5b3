// Two ends of one shared area, as link and child have them, and an ear for what the child says.
#pragma once

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string>
#include <variant>
#include <vector>

#include "proto/os/descriptor.h"
#include "worker/ipc/child_end.h"
#include "worker/ipc/link_end.h"

namespace forkmill::worker::test {

// Keeps all that a child says.
struct Ear {
  struct Result {
    std::uint64_t serial;
    std::string payload;
  };

  // Reads everything that is there. Returns false if the child's memory is damaged.
  bool read(LinkEnd& link) {
    while (const auto message = link.receive()) std::visit([this](const auto& one) { hear(one); }, *message);
    return !link.damaged();
  }

  void hear(const ChildBorn&) { ++born; }
  void hear(const ChildOutputMark&) { ++marks; }
  void hear(const ChildResult& result) { results.push_back({result.serial, std::string{result.payload}}); }
  void hear(const ChildProgress& said) {
    progress.push_back(std::to_string(said.fraction).substr(0, 4) + " " + std::string{said.note});
  }
  void hear(const ChildLog& log) { logs.emplace_back(log.text); }

  int born = 0;
  int marks = 0;
  std::vector<Result> results;
  std::vector<std::string> progress;
  std::vector<std::string> logs;
};

inline TaskHead task_head(std::uint64_t serial) {
  TaskHead head{};
  head.serial = serial;
  head.attempt = 1;
  return head;
}

// The child's answer to a task: its arguments again.
inline void say_echo(ChildEnd& end, const StartedTask& task) {
  ResultHead head{};
  head.serial = task.head.serial;
  const std::array<std::string_view, 2> pieces{bytes_of(head), task.arguments};
  end.say(kResultRecord, pieces);
}

struct Pair {
  Pair() : memory{SharedArea::create()}, link{SharedArea::map(memory.get())} {}

  // The link's wait: until the child has said something, or the deadline has passed.
  bool wait(int timeout_ms = 20'000) {
    bool rung = true;
    if (link.doze()) {
      pollfd entry{bell.reader(), POLLIN, 0};
      rung = ::poll(&entry, 1, timeout_ms) == 1;
      if (rung) Bell::clear(bell.reader());
    }
    link.wake();
    return rung;
  }

  proto::Descriptor memory;
  Bell bell;
  LinkEnd link;
};

}  // namespace forkmill::worker::test
