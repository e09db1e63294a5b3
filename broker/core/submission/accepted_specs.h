// AcceptedSpecs: specs of tasks that were accepted lately, and what was found out about them. A client that submits
// tasks of many queues or names in turn has each of them checked once, and its tasks share their specs. A table in
// which each queue and name has two places: with one, a quarter of 10,000 queues would take the places of others in
// turn. A newer spec takes the place of an older one. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
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
    std::size_t place = place_of(spec);
    for (; entries_.size() < kMax && !is_for(place, spec); place = place_of(spec)) grow();
    entries_[place] = accepted;
  }

 private:
  static constexpr std::size_t kMax = 32 * 1024;  // entries

  // Whether the place is free, or that of the queue and name of the spec.
  bool is_for(std::size_t place, const proto::TaskSpec& spec) const {
    const AcceptedSpec& one = entries_[place];
    return !one.spec || (one.spec->queue == spec.queue && one.spec->name == spec.name);
  }
  // Returns the place of the queue and name of the spec, or the one that they would get.
  std::size_t place_of(const proto::TaskSpec& spec) const {
    const std::hash<std::string_view> hash{};
    const std::uint64_t mixed = proto::mix64(hash(spec.queue) ^ proto::mix64(hash(spec.name)));
    const auto first = static_cast<std::size_t>(mixed) & (entries_.size() - 1);
    const auto second = static_cast<std::size_t>(mixed >> 32) & (entries_.size() - 1);
    return is_for(first, spec) || !is_for(second, spec) ? first : second;
  }
  void grow() {
    std::vector<AcceptedSpec> before = std::exchange(entries_, std::vector<AcceptedSpec>(2 * entries_.size()));
    for (AcceptedSpec& one : before)
      if (one.spec) entries_[place_of(*one.spec)] = std::move(one);
  }

  std::vector<AcceptedSpec> entries_{1};  // a power of two
};

}  // namespace forkmill::broker
