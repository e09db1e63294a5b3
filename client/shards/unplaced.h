// Unplaced: copies of the requests that were made while it is not known how many shards the cluster has. The session
// that had them first is given up if there are several, and the requests are made again. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <unordered_map>
#include <utility>
#include <variant>

#include "client/session/effects.h"
#include "client/session/requests.h"

namespace forkmill::client {

class Unplaced {
 public:
  using Kept = std::variant<SubmitTask, Request>;

  void add(const SubmitTask& submit) { keep(submit, submit.cookie); }
  // An operation that is given up ends at once, as it was not sent.
  void add(const Request& request) {
    if (std::holds_alternative<GiveUp>(request)) return;
    keep(request, std::visit([](const auto& one) { return one.cookie; }, request));
  }
  // The waiters that have ended need nothing any more.
  void forget(const Effects& effects) {
    for (const auto& one : effects.ended) forget(one.cookie);
    for (const auto& one : effects.answered) forget(one.cookie);
    for (const auto& one : effects.operated) forget(one.cookie);
  }
  // Returns all that is left, in the order in which it was added.
  std::map<std::uint64_t, Kept> take() {
    places_.clear();
    return std::exchange(kept_, {});
  }

 private:
  void keep(Kept kept, Cookie cookie) {
    kept_.emplace(++last_, std::move(kept));
    if (cookie != 0) places_[cookie] = last_;
  }
  void forget(Cookie cookie) {
    const auto place = places_.find(cookie);
    if (place == places_.end()) return;
    kept_.erase(place->second);
    places_.erase(place);
  }

  std::uint64_t last_ = 0;
  std::map<std::uint64_t, Kept> kept_;
  std::unordered_map<Cookie, std::uint64_t> places_;
};

}  // namespace forkmill::client
