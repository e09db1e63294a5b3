// AttemptTable: everything that the worker has been granted and has not answered, by serial and by grant. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "proto/wire/messages.h"
#include "worker/rules/stop_escalation.h"

namespace forkmill::worker {

// A serial names one attempt within the life of one link. No other attempt ever gets the same; 0 is none.
struct Attempt {
  Attempt(proto::GrantedTask&& its_task, std::uint32_t its_handler, proto::Instant now)
      : task{std::move(its_task)}, handler{its_handler}, granted_at{now} {}

  proto::GrantedTask task;
  std::uint32_t handler;  // index into the registry
  proto::Instant granted_at;
  std::optional<std::uint32_t> slot;  // place of its child; empty: the attempt waits for a child
  StopEscalation escalation;
};

class AttemptTable {
 public:
  // Returns the new attempt's serial. The grant must not be there already.
  std::uint64_t add(proto::Instant now, proto::GrantedTask&& task, std::uint32_t handler);

  // Null: none. Pointers stay valid until the attempt is removed.
  Attempt* find(std::uint64_t serial);
  const Attempt* find(std::uint64_t serial) const;
  // The attempt must be there.
  Attempt& at(std::uint64_t serial);
  const Attempt& at(std::uint64_t serial) const;
  // The attempt under this grant, or 0.
  std::uint64_t serial_of(const proto::Grant& grant) const;

  // The grant belongs to this worker no longer: another attempt may come under the same grant.
  void disown(const proto::Grant& grant) { by_grant_.erase(grant); }
  void remove(std::uint64_t serial);
  void clear();

  // Grants of all attempts but the abandoned ones.
  std::vector<proto::Grant> grants() const;
  template <class F>
  void for_each(F&& f) {
    for (auto& [serial, attempt] : by_serial_) f(serial, attempt);
  }
  std::size_t size() const { return by_serial_.size(); }
  bool empty() const { return by_serial_.empty(); }

 private:
  std::uint64_t last_serial_ = 0;
  std::unordered_map<std::uint64_t, Attempt> by_serial_;
  std::unordered_map<proto::Grant, std::uint64_t> by_grant_;
};

}  // namespace forkmill::worker
