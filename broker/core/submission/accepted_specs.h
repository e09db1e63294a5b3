// AcceptedSpecs: specs of tasks that were accepted lately, and what was found out about them. A client that submits
// tasks of many queues or names in turn has each of them checked once, and its tasks share their specs. A table with
// one place for each queue and name, more or less: a newer spec takes the place of an older one. Pure.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/core/state/client.h"
#include "proto/random.h"

namespace forkmill::broker {

class AcceptedSpecs {
 public:
  // Returns what is known of specs with the same queue and name; it may be about others. Valid until note().
  const AcceptedSpec& of(const proto::TaskSpec& spec) const { return entries_[place_of(spec)]; }

  // Specs that belong to one task are left out.
  void note(const AcceptedSpec& accepted) {
    const proto::TaskSpec& spec = *accepted.spec;
    if (!spec.options.key.empty() || !spec.options.headers.empty() || spec.owners_id) return;
    while (entries_.size() < kMax && of(spec).spec && !is_named_alike(*of(spec).spec, spec)) grow();
    entries_[place_of(spec)] = accepted;
  }

 private:
  static constexpr std::size_t kMax = 32 * 1024;  // entries

  static bool is_named_alike(const proto::TaskSpec& a, const proto::TaskSpec& b) {
    return a.queue == b.queue && a.name == b.name;
  }
  std::size_t place_of(const proto::TaskSpec& spec) const {
    const std::hash<std::string_view> hash{};
    return static_cast<std::size_t>(proto::mix64(hash(spec.queue) ^ proto::mix64(hash(spec.name)))) &
           (entries_.size() - 1);
  }
  void grow() {
    std::vector<AcceptedSpec> before = std::exchange(entries_, std::vector<AcceptedSpec>(2 * entries_.size()));
    for (AcceptedSpec& one : before)
      if (one.spec) entries_[place_of(*one.spec)] = std::move(one);
  }

  std::vector<AcceptedSpec> entries_{1};  // a power of two
};

}  // namespace forkmill::broker
