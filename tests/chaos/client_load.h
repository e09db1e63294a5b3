// Load: submits the tasks of one client of the ring, attaches to tasks, cancels tasks, and records in a journal how
// they end. The client's seed decides what a task is: short ones in bulk, and now and then one that is long, ignores
// requests to stop, kills its child, is large, delayed, limited in time, under a key that other clients use as well,
// in a process of its own, or to be run at most once.
//
// Threads: one thread calls all members; callbacks of the client record how futures end.
#pragma once

#include <forkmill/client.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "tests/chaos/journal.h"
#include "tests/sim/world/random.h"

namespace forkmill::chaos {

class Load {
 public:
  struct Kinds {
    bool durable_only = false;  // no task is kept in memory only
    bool spread = false;        // a part of the tasks goes to kSpreadQueue
  };
  // `ids`: path of a file of task ids. All clients append to it and read from it, to attach to each other's tasks.
  Load(Client& client, Journal& journal, std::uint64_t seed, std::string ids, Kinds kinds);

  // Submits some tasks; sometimes cancels a task or attaches to one. Does nothing while enough tasks are outstanding.
  void step();
  // Submits `count` short tasks at once, which start after `delay`.
  void wave(int count, std::chrono::milliseconds delay);
  void attach(const TaskId& id);
  // Records which tasks have been accepted since the last call, and drops the futures that have ended.
  void look();
  bool wave_accepted() const { return wave_accepted_; }  // at the last look()
  // Number of futures whose end has not been seen.
  std::size_t outstanding() const;
  // Blocks until another future ends, or for `at_most`.
  void wait(std::chrono::milliseconds at_most);

 private:
  struct Watched {
    Future<std::string> future;
    std::uint64_t number;
    bool accepted = false;
  };
  using Maker = std::function<Future<std::string>(const Submitter&)>;

  SubmitOptions draw_options();
  void bulk(const SubmitOptions& options, int count);
  void odd_one();
  void under_key();
  void process();
  void large();
  void submit(const char* kind, const SubmitOptions& options, const Maker& make, const std::string& tail = {});
  // `tail`: how the value must end, after the part that names the attempt; nullopt: not known.
  void watch(Future<std::string> future, std::uint64_t number, const std::optional<std::string>& tail);
  void cancel_one();
  void attach_to_another();
  void tell_others(const TaskId& id) const;
  int between(int least, int most);

  Client& client_;
  Journal& journal_;
  sim::Random random_;
  const Kinds kinds_;
  const std::string ids_;
  std::vector<Watched> watched_;
  std::uint64_t begun_ = 0;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t ended_ = 0;     // guarded by mutex_
  std::uint64_t wave_end_ = 0;  // number of the wave's last future
  bool wave_accepted_ = true;
};

}  // namespace forkmill::chaos
