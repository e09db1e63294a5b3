// Trace: folds everything that happens into one number, on which two runs of a seed must agree. A verbose trace also
// prints a line for each event.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "proto/wire/messages.h"
#include "tests/sim/world/random.h"

namespace forkmill::sim {

class Trace {
 public:
  explicit Trace(bool verbose) : verbose_{verbose} {}

  void note(Instant now, std::string_view who, std::string_view what) {
    fold(static_cast<std::uint64_t>(now.count()));
    fold(who);
    fold(what);
    ++lines_;
    if (verbose_) print(now, who, what);
  }
  // A message as it left or arrived. `bytes` is its envelope on the wire.
  void message(Instant now, std::string_view who, std::string_view arrow, const proto::Envelope& envelope,
               std::string_view bytes);

  bool verbose() const { return verbose_; }
  std::uint64_t hash() const { return hash_; }
  // The number of lines that a person would have to read.
  std::uint64_t lines() const { return lines_; }
  std::uint64_t messages() const { return messages_; }

 private:
  static void print(Instant now, std::string_view who, std::string_view what);
  void fold(std::uint64_t number) { hash_ = (hash_ ^ number) * 0x100000001B3ULL + (hash_ >> 29); }
  void fold(std::string_view bytes);

  bool verbose_;
  std::uint64_t lines_ = 0;
  std::uint64_t messages_ = 0;
  std::uint64_t hash_ = 0xCBF29CE484222325ULL;
};

// Describes a message for people: "SUBMIT 3 tasks …1f 20".
std::string describe(const proto::Envelope& envelope);
// The last four digits: enough to tell the tasks of one simulation apart.
std::string brief(const TaskId& id);

}  // namespace forkmill::sim
