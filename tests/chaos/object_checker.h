// ObjectChecker: reads what the ring's clients have recorded about named objects into the simulator's ObjectHistory,
// which holds the rules, and adds rules for semaphores, whose tokens programs do not see, and for the files that locks
// guard.
#pragma once

#include <forkmill/errc.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/chaos/journal.h"
#include "tests/sim/objects/object_history.h"

namespace forkmill::chaos {

// Returns the code of that name; Errc::unknown if there is none.
Errc errc_named(std::string_view name);

class ObjectChecker {
 public:
  explicit ObjectChecker(const Journals& journals);
  // Returns a text for each violation.
  std::vector<std::string> check();
  std::uint64_t operations() const { return operations_; }

 private:
  using Words = std::vector<std::string_view>;
  struct Open {  // an operation without an answer so far
    sim::Cookie cookie = 0;
    sim::Role role = sim::Role::lock;
    proto::Verb verb = proto::Verb::open;
    std::int64_t began = 0;
  };
  struct Hold {  // a unit of a semaphore that was held; times in microseconds
    std::int64_t from = 0;
    std::int64_t until = 0;
  };

  void learn_objects();
  void take(const Entry& entry);
  void asked(std::int64_t when, const Words& words);
  void answered(std::int64_t when, const Words& words);
  void of_semaphore(const Entry& entry, const Words& words);
  void answer_of_semaphore(const Entry& entry, const Words& words);
  void guarded(const Words& words);
  void check_units();
  void close();
  std::int64_t number_of(std::string_view operation);

  const Journals& journals_;
  sim::Options options_;
  std::map<std::string, std::size_t, std::less<>> index_;  // by name of the object
  std::unique_ptr<sim::World> world_;
  std::unique_ptr<sim::ObjectHistory> history_;
  std::map<std::string, Open, std::less<>> open_;
  std::map<std::string, std::int64_t, std::less<>> numbers_;  // by operation
  std::map<std::string, std::uint64_t, std::less<>> clients_;
  std::map<std::string, std::pair<std::string, std::string>, std::less<>> units_open_;  // operation → semaphore, verb
  std::map<std::string, Hold, std::less<>> holding_;                                    // by thread
  std::map<std::string, std::vector<Hold>, std::less<>> holds_;                         // by semaphore
  std::map<std::string, std::int64_t, std::less<>> written_;                            // by guarded file
  std::vector<std::string> complaints_;
  std::uint64_t operations_ = 0;
};

}  // namespace forkmill::chaos
