// AttemptLogs: the logs of the attempts in hand, and of those that have ended and whose last output is still on its
// way. An attempt that prints nothing costs nothing here. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/ids.h"
#include "worker/ipc/child_messages.h"
#include "worker/ipc/control_records.h"
#include "worker/rules/logs/log_sending.h"
#include "worker/rules/logs/output_split.h"

namespace forkmill::worker {

class AttemptLogs {
 public:
  // An attempt in hand.
  struct Attempt {
    proto::Grant grant;
    const std::string* queue = nullptr;
  };
  // Returns the attempt with that serial; none: it is not in hand, the broker has abandoned it,
  // or its arguments came sealed: what it prints may hold secrets.
  using Find = std::function<std::optional<Attempt>(std::uint64_t serial)>;

  explicit AttemptLogs(Find find) : attempt_{std::move(find)} {}

  // ---- What children say. `child` may be one that is not known: then the call has no effect.
  void spawned(ChildKey child) {
    if (child.slot >= children_.size()) children_.resize(std::size_t{child.slot} + 1);
    children_[child.slot] = Child{child, {}};
  }
  void handle(ChildKey child, const OutputEnds& mark);
  void handle(ChildKey child, const ChildLog& line);
  // Call before the attempt leaves the table.
  void handle(ChildKey child, const ChildResult& result);
  // source, from: see OutputSplit. running: see there.
  void printed(ChildKey child, proto::LogSource source, std::uint64_t from, std::string_view text,
               std::uint64_t running);
  // Call before the attempts leave the table. running: the attempt that the child ran.
  void died(ChildKey child, std::uint64_t running);

  // ---- What becomes of attempts
  // Whether LOGS of the attempt will still come.
  bool follow(std::uint64_t serial) const { return notes_.is_open(serial); }
  void discard(std::uint64_t serial) { notes_.discard(serial); }

  LogSending& notes() { return notes_; }
  const LogSending& notes() const { return notes_; }

 private:
  struct Child {
    ChildKey key;
    OutputSplit split;
  };

  Child* find(ChildKey child);
  // Returns whether the attempt has a log now.
  bool open(std::uint64_t serial);
  void carry_on(Child& child);

  Find attempt_;
  LogSending notes_;
  std::vector<std::optional<Child>> children_;  // by slot
};

}  // namespace forkmill::worker
