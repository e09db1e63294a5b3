// ObjectLoad: what one thread of a client does with named objects that all clients share, and its journal of it: locks
// whose tokens guard a file, queues, semaphores, barriers, counters and cells in dicts. Every few seconds there are
// other objects, so that each has a history that is short enough to be looked through.
//
// Threads: belongs to one. Errors of the broker are answers; everything that can be thrown is written down.
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
  // `who`: nobody else has this name. `folder`: where the guarded files are.
  ObjectLoad(Client& client, Journal& journal, std::uint64_t seed, std::string who, std::string folder);

  // One visit to one of the objects.
  void step();
  // What is left in queues and dicts, and how many units semaphores have, for every period since `from`.
  void read_rest(std::int64_t from);

 private:
  using Answer = std::string;  // "ok a value…", or an error's name

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
  // Does it, and writes down what came of it; the error, if there was one.
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
