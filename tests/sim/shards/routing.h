// Routing: checks that tasks come to the shard on which their queue lives, and to no other one, and that the tasks of a
// queue on all shards are spread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "proto/session/shards.h"
#include "proto/wire/messages.h"
#include "tests/sim/world/world.h"

namespace forkmill::sim {

// Each function throws Violation.
class Routing {
 public:
  explicit Routing(std::uint32_t shards) : shards_{shards} {}

  // A client, in one of its lives, submits a task to a queue in that place.
  void submits(std::uint64_t client, const proto::Submission& task, const proto::QueuePlace& place);
  // A client was told that the task is taken in.
  void acknowledged(const TaskId& id) { tasks_.at(id).is_acknowledged = true; }
  bool is_safe(const TaskId& id) const { return tasks_.at(id).is_acknowledged; }
  // Whether the task is one of those that each shard gets in its turn.
  bool takes_turns(const TaskId& id) const {
    const Known& known = tasks_.at(id);
    return known.place.is_everywhere && known.key.empty();
  }
  // A message has come to the owner of a shard.
  void arrives(std::uint32_t shard, const proto::Envelope& envelope);
  // An owner of the shard that was deposed has run a round. While it does not know of its successor, it does not know
  // the tasks that this has taken in.
  void deposed_runs(std::uint32_t shard, Instant now) { deposed_ran_[shard] = now; }
  // Whether that was an owner of the shard to which the task has come. Any shard, if that is not known.
  bool has_deposed_run_since(const TaskId& id, Instant when) const;
  // A client that has submitted all of its tasks and has their outcomes.
  void check_spread(std::uint64_t client) const;

 private:
  struct Known {
    proto::QueuePlace place;
    std::string key;
    std::uint32_t shard = 0;  // where it has come first; 0: nowhere yet
    bool is_acknowledged = false;
  };
  void arrives(std::uint32_t shard, const proto::Submission& task);

  const std::uint32_t shards_;
  std::map<std::uint32_t, Instant> deposed_ran_;  // for the last time, by shard
  std::map<TaskId, Known> tasks_;
  std::map<std::uint64_t, std::vector<TaskId>> turns_;  // by client: its tasks that each shard gets in its turn
};

}  // namespace forkmill::sim
