// AttemptTable: everything that the worker has been granted and has not answered, by serial and by grant. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "proto/seal/task_seals.h"
#include "proto/wire/messages.h"
#include "worker/rules/number_index.h"
#include "worker/rules/stop_escalation.h"

namespace forkmill::worker {

// A serial names one attempt within the life of one link. No other attempt ever gets the same; 0 is none.
struct Attempt {
  Attempt(std::uint64_t its_serial, proto::GrantedTask&& its_task, std::uint32_t its_handler, proto::Instant now,
          std::unique_ptr<const proto::SealOrigin> its_seal)
      : serial{its_serial},
        task{std::move(its_task)},
        handler{its_handler},
        granted_at{now},
        seal{std::move(its_seal)} {}

  std::uint64_t serial;
  proto::GrantedTask task;
  std::uint32_t handler;  // index into the registry
  proto::Instant granted_at;
  std::optional<std::uint32_t> slot;  // place of its child; empty: the attempt waits for a child
  StopEscalation escalation;
  std::unique_ptr<const proto::SealOrigin> seal;  // null: the arguments came in the clear
};

class AttemptTable {
 public:
  // Returns the new attempt's serial. The grant must not be there already.
  std::uint64_t add(proto::Instant now, proto::GrantedTask&& task, std::uint32_t handler,
                    std::unique_ptr<const proto::SealOrigin> seal = nullptr);

  // Null: none. Pointers stay valid until the attempt is removed.
  Attempt* find(std::uint64_t serial);
  const Attempt* find(std::uint64_t serial) const;
  // The attempt must be there.
  Attempt& at(std::uint64_t serial);
  const Attempt& at(std::uint64_t serial) const;
  // The attempt under this grant, or 0.
  std::uint64_t serial_of(const proto::Grant& grant) const;

  // The grant belongs to this worker no longer: another attempt may come under the same grant.
  void disown(const proto::Grant& grant);
  void remove(std::uint64_t serial);
  void clear();

  // Grants of all attempts but the abandoned ones.
  std::vector<proto::Grant> grants() const;
  template <class F>
  void for_each(F&& f) {
    for (auto& attempt : attempts_)
      if (*attempt) f((*attempt)->serial, **attempt);
  }
  std::size_t size() const { return attempts_.size() - free_.size(); }
  bool empty() const { return size() == 0; }

 private:
  std::uint32_t index_of(std::uint64_t serial) const;
  std::uint32_t index_of(const proto::Grant& grant) const;

  std::uint64_t last_serial_ = 0;
  std::vector<std::unique_ptr<std::optional<Attempt>>> attempts_;  // places, which never move
  std::vector<std::uint32_t> free_;                                // indices of empty places in attempts_
  NumberIndex by_serial_;
  NumberIndex by_seq_;  // the sequence number of the grant
};

}  // namespace forkmill::worker
