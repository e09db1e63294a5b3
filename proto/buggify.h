// Buggify: paths that are allowed and rare, which a simulation may take far more often (tests/sim/README.md). Outside
// of one none is ever forced; a build without tests, and every Release build, does not even ask.
#pragma once

#include <cstdint>

namespace forkmill::proto {

enum class Path : std::uint8_t {
  short_page,          // a line fetches one task at a time
  delayed_to_disk,     // a delayed task is put away although there is room
  results_to_disk,     // so is a result
  old_news_forgotten,  // what is out of date is looked through at once
  deadlines_swept,     // deadlines are swept at once
  acks_at_once,        // an acknowledgement does not wait for company
  full_for_now,        // a queue has no room, for once
  other_turn,          // another worker is first
  one_grant,           // messages that carry one of what they may carry many of
  one_result,
  one_submission,
  one_outcome,
  little_credit,  // a worker has no room for more, for once
  handed_back,    // a worker hands back what it could begin soon
  outcome_waits,  // outcomes go out the next time
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
