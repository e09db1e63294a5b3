// Offers: what the connected workers serve. Workers that serve the same queues and tasks share one offer. A queue that
// gets a task tells the offers that have it, not their workers: a thousand idle workers that are alike cost no more
// than one, and workers that do not have the task nothing.
//
// An offer notes the queues that may have a task for its workers. It is asked about these only, and forgets a queue
// that turns out to have none; the queue tells it when the next one comes. Matching walks the offers that are awake:
// those that have noted a queue, and have a worker that wants a task.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/core/tasks/task_types.h"
#include "proto/wire/session_messages.h"

namespace forkmill::broker {

class Queue;
struct Worker;

// The lines of the workers of one offer; the worker that has waited longest comes first.
enum class WorkerLine : std::uint8_t {
  none,  // wants no task, or may not be granted one
  idle,  // has an idle child
  busy,  // wants a task to have it at hand
};
constexpr std::size_t kLines = 3;

class Offer {
 public:
  struct Setup {
    std::vector<Queue*> queues;
    std::vector<proto::TaskInfo> tasks;
    bool takes_unknown = false;  // workers are granted tasks that no worker has (CoreOptions::grants_unknown)
    std::vector<Offer*>& awake;  // gets the offer when it wakes up; must outlive it
  };
  // Tells each queue that it is in this offer.
  explicit Offer(Setup setup);
  ~Offer();
  Offer(const Offer&) = delete;
  Offer& operator=(const Offer&) = delete;

  const std::vector<Queue*>& queues() const { return setup_.queues; }
  // Whether the workers have the task. Looked up once for each generation of the type's number.
  bool serves(const TaskTypes& types, TaskTypeId type) const {
    const bool is_known =
        type < served_.size() && served_[type].is_known && served_[type].generation == types.generation(type);
    return is_known ? served_[type].is_served : look_up(types, type);
  }
  bool may_take(const TaskTypes& types, TaskTypeId type) const { return setup_.takes_unknown || serves(types, type); }
  // Whether the workers have a task of this name, with any signature.
  bool has_name(std::string_view name) const;
  // Adds the signatures with which the workers have the task.
  void add_signatures(std::string_view name, std::set<std::string_view>& signatures) const;

  // ---- Queues that may have a task; a queue is named by its place in queues()
  void note(std::size_t place);
  void note_all();
  void forget(std::size_t place);
  // Returns the place of the first noted queue from `place` on, and from the beginning after the last one. None: no
  // queue is noted.
  std::optional<std::size_t> next_noted(std::size_t place) const;

  // ---- Workers
  using Workers = std::list<Worker*>;
  const Workers& line(WorkerLine line) const { return lines_[static_cast<std::size_t>(line)]; }
  Workers::iterator add(Worker& worker);
  // Moves a worker to the end of another line, or of its own.
  void move(Workers::iterator worker, WorkerLine from, WorkerLine to);
  void remove(Workers::iterator worker, WorkerLine from) { line_of(from).erase(worker); }
  bool has_workers() const;
  // Whether it should be asked for a task.
  bool is_awake() const {
    return noted_count_ > 0 && !(line(WorkerLine::idle).empty() && line(WorkerLine::busy).empty());
  }

 private:
  friend class Offers;

  // Whether the workers have the tasks of a type, once that was looked up for this generation of the type's number.
  struct Served {
    std::uint32_t generation = 0;
    bool is_known = false;
    bool is_served = false;
  };

  bool look_up(const TaskTypes& types, TaskTypeId type) const;
  Workers& line_of(WorkerLine line) { return lines_[static_cast<std::size_t>(line)]; }
  void list_if_awake();

  Setup setup_;
  mutable std::vector<Served> served_;  // by type
  std::vector<std::uint64_t> noted_;    // a bit for each queue
  std::size_t noted_count_ = 0;
  std::array<Workers, kLines> lines_;
  bool is_listed_ = false;  // in Setup::awake
};

// QueueOffers: the offers that have one queue.
class QueueOffers {
 public:
  void add(Offer& offer, std::size_t place);
  void remove(const Offer& offer);

  // Call when the queue has got a task of the type: each offer whose workers could take it notes the queue.
  void tell(const TaskTypes& types, TaskTypeId type);
  // Call when tasks of any type may be next that were not before.
  void tell_all();
  // Returns whether workers of the queue have a task of this name, with any signature.
  bool has_name(std::string_view name) const;
  // Returns the signatures with which they have it, such as "f64(f64), i32(i32)"; not all of them if they are very
  // long.
  std::string signatures(std::string_view name) const;
  // Call when an offer has forgotten the queue.
  void note_forgotten() { told_.reset(); }

 private:
  struct Place {
    Offer* offer;
    std::size_t place;
  };
  struct Told {
    TaskTypeId type;
    std::uint32_t generation;
    friend bool operator==(Told, Told) = default;
  };

  std::vector<Place> offers_;
  std::optional<Told> told_;  // all offers that could take a task of this type have noted the queue
};

class Offers {
 public:
  explicit Offers(bool takes_unknown) : takes_unknown_{takes_unknown} {}

  // Returns the offer of workers that serve this. `queues`: those that `info` names, in the same order.
  Offer& find_or_make(const proto::WorkerInfo& info, std::vector<Queue*> queues);
  // Drops the offer of workers that serve this if it has no workers.
  void drop_if_unused(const proto::WorkerInfo& info);

  // Lets each offer look at all of its queues again.
  void note_all();
  // Returns the offers that are awake, and some that were.
  const std::vector<Offer*>& awake() const { return awake_; }
  // Removes those from awake() that are not awake any longer.
  void drop_asleep();

 private:
  static std::string key_of(const proto::WorkerInfo& info);

  bool takes_unknown_;
  std::vector<Offer*> awake_;
  std::map<std::string, std::unique_ptr<Offer>> offers_;  // by what they have
};

}  // namespace forkmill::broker
