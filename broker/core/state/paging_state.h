// PagingState: what the broker keeps in memory of tasks that are paged out, and of tasks that have been fetched.
#pragma once

#include <unordered_map>
#include <utility>
#include <vector>

#include "broker/core/tasks/paged_out_deadlines.h"
#include "broker/core/tasks/task.h"
#include "proto/ids.h"

namespace forkmill::broker {

struct PagingState {
  PagedOutDeadlines deadlines;       // deadlines of tasks on disk
  PagedOutDeadlines wall_deadlines;  // the same by the wall clock, which may be set
  std::unordered_map<proto::TaskSeq, std::vector<ClientHandle>> watchers;  // clients that wait for tasks on disk
  std::unordered_map<proto::TaskSeq, Task*> in_paged_out_part;  // resident tasks whose place in their lane is paged out
  std::size_t scheduled = 0;                                    // scheduled tasks in memory
  std::size_t fetched_early = 0;                                // scheduled tasks in memory that came from the disk
  // Tasks that were changed and paged out again: answers of the store to requests up to that ticket are out of date.
  std::unordered_map<proto::TaskSeq, std::uint64_t> outdated;
  // Clients, in these sessions, for which further results are fetched that they have asked for (Client::Attaching).
  std::vector<std::pair<ClientHandle, proto::SessionId>> attaching;
  // Clients, in these sessions, whose next messages have waited for the disk behind one that has been handled
  // (Client::behind), and are handled in the next round.
  std::vector<std::pair<ClientHandle, proto::SessionId>> behind;
  bool has_more_to_do() const { return !attaching.empty() || !behind.empty(); }

  // Finished tasks on disk that clients of their principal, or those that see all tasks, attach and have still to be
  // sent, and how often. Their time does not end meanwhile, since the client would be told that they are unknown: it
  // ends kHeldFor later, or later still.
  static constexpr proto::Instant kHeldFor = std::chrono::minutes{1};
  std::unordered_map<proto::TaskSeq, std::size_t> held;
  bool is_held(proto::TaskSeq seq) const { return !held.empty() && held.contains(seq); }
  void release(proto::TaskSeq seq) {
    const auto found = held.find(seq);
    if (found != held.end() && --found->second == 0) held.erase(found);
  }

  // Call when the task is in memory, and scheduled no longer.
  void no_longer_scheduled(Task& task) {
    --scheduled;
    if (task.paging.fetched_early) --fetched_early;
    task.paging.fetched_early = false;
  }
};

}  // namespace forkmill::broker
