// Buggify: lets a simulation take rare but allowed paths far more often (tests/sim/README.md). Outside of a simulation
// no path is forced; a build without tests, and every Release build, does not contain the question.
#pragma once

#include <cstdint>

namespace forkmill::proto {

enum class Path : std::uint8_t {
  short_page,          // a line fetches one task at a time
  delayed_to_disk,     // a delayed task is paged out although there is room
  results_to_disk,     // a result is paged out although there is room
  old_news_forgotten,  // outdated entries are looked through at once
  deadlines_swept,     // deadlines are swept at once
  acks_at_once,        // an acknowledgement does not wait for others
  full_for_now,        // a queue refuses a task although it has room
  other_turn,          // another worker is first
  one_grant,           // this and the next three: a message carries one record although more are at hand
  one_result,
  one_submission,
  one_outcome,
  one_of_a_list,    // as well, for answers, notes, revocations and signals
  little_credit,    // a worker gives no credit although it has room
  handed_back,      // a worker returns a grant that it could start soon
  outcome_waits,    // outcomes wait for the next flush
  names_forgotten,  // queues and numbers of task types that are not used are forgotten at once
  run_for_idle,     // a worker with an idle child gets a whole run of tasks, brief or not
  count,
};

#ifdef FORKMILL_MUTANTS
using PathChooser = bool (*)(Path);
inline constinit PathChooser path_chooser = nullptr;
inline bool buggify(Path path) { return path_chooser != nullptr && path_chooser(path); }
#else
constexpr bool buggify(Path) { return false; }
#endif

}  // namespace forkmill::proto
