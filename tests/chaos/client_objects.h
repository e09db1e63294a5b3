// ObjectLoad: uses, in one thread of a client, named objects that all clients share, and records every operation in a
// journal: locks whose tokens guard a file, queues, semaphores, barriers, counters and cells in dicts. Every few
// seconds (kObjectPeriod) other objects are used, so that the history of each is short enough to be checked.
//
// Threads: used by one thread. Errors: step() records errors of the broker in the journal and does not throw them.
#pragma once

#include <forkmill/dict.h>
#include <forkmill/queue.h>
#include <forkmill/sync.h>

#include <functional>
#include <optional>
#include <string>

#include "tests/chaos/journal.h"
#include "tests/sim/world/random.h"

namespace forkmill::chaos {

class ObjectLoad {
 public:
  // `who`: a name that no other ObjectLoad has. `folder`: holds the guarded files.
  ObjectLoad(Client& client, Journal& journal, std::uint64_t seed, std::string who, std::string folder);

  // Visits one of the objects: one use, such as acquire and release.
  void step();
  // Reads what is left in queues and dicts, the units of semaphores, and whether locks are held, for every period
  // since `from` (microseconds).
  void read_rest(std::int64_t from);

 private:
  using Answer = std::string;  // "ok NUMBER VALUE…", or an error's name

  void use_lock();
  void use_semaphore();
  void use_barrier();
  void use_queue();
  void use_lent();
  void put_one(Queue<std::string>& queue, std::chrono::milliseconds limit);
  void use_counter();
  void use_cell();
  void guard(std::int64_t token);
  std::uint64_t begin(const std::string& words);
  // Performs an operation and records its answer. Returns the error's code, if there was an error.
  std::optional<Errc> ask(const std::string& words, const std::function<Answer()>& what);
  std::string name(const char* kind) const;
  ObjectOptions durable() const { return ObjectOptions{client_}.durable(); }
  std::chrono::milliseconds wait();
  void hold();
  std::string unique();

  Client& client_;
  Journal& journal_;
  sim::Random random_;
  const std::string who_;
  const std::string folder_;
  std::int64_t period_ = 0;
  std::uint64_t values_ = 0;
  std::uint64_t asked_ = 0;
};

}  // namespace forkmill::chaos
