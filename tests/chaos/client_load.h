// Load: the tasks that one client of the ring submits, attaches to and cancels, and its journal of what became of them.
// What a task is, is drawn from the client's seed: short ones in bulk, and now and then one that is long, deaf, deadly,
// large, delayed, limited in time, under a key that others use too, in a process of its own, or not to run twice.
//
// Threads: all members belong to one thread; the client's callbacks write the ends.
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
  // `ids`: a file of task ids that all clients add to and take from, for attaching to each other's tasks.
  Load(Client& client, Journal& journal, std::uint64_t seed, std::string ids);

  // Something, unless as much as a client wants is under way.
  void step();
  // So many short tasks at once, to start after a while.
  void wave(int count, std::chrono::milliseconds delay);
  void attach(const TaskId& id);
  // Writes down what has been accepted since, and forgets what has ended.
  void look();
  bool wave_accepted() const { return wave_accepted_; }  // when look() last looked
  // Whose end has not been seen.
  std::size_t outstanding() const;
  // For the next end, at most so long.
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
  // `tail`: what its value ends with, beside what names the attempt; empty: that is not known.
  void watch(Future<std::string> future, std::uint64_t number, const std::optional<std::string>& tail);
  void cancel_one();
  void attach_to_another();
  void tell_others(const TaskId& id) const;
  int between(int least, int most);

  Client& client_;
  Journal& journal_;
  sim::Random random_;
  const std::string ids_;
  std::vector<Watched> watched_;
  std::uint64_t begun_ = 0;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t ended_ = 0;     // guarded by mutex_
  std::uint64_t wave_end_ = 0;  // the last of it
  bool wave_accepted_ = true;
};

}  // namespace forkmill::chaos
