// ChangeLog: the keys or indices that have changed in a dict or a list, version by version, for clients that watch it.
// The log begins with the first watch and keeps the last kMax changes, with at most kMaxBytes of keys. A client that
// asks for more is told that the changes are not known in full.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "broker/core/objects/base/answers.h"
#include "proto/mutants.h"

namespace forkmill::broker {

// Returns whether a watch is tried although other watches wait. False in one mutant only.
inline bool watchers_overtake() { return !proto::mutant(proto::Mutant::watchers_in_line); }

class ChangeLog {
 public:
  std::int64_t version() const { return version_; }

  void note(std::string_view what) {
    ++version_;
    if (!watched_) {
      known_since_ = version_;
      return;
    }
    log_.emplace_back(version_, what);
    bytes_ += what.size();
    while (log_.size() > kMax || bytes_ > kMaxBytes) {
      known_since_ = log_.front().first;
      bytes_ -= log_.front().second.size();
      log_.pop_front();
    }
  }

  // Counts a change that may concern all keys or indices.
  void note_all() {
    known_since_ = ++version_;
    log_.clear();
    bytes_ = 0;
  }

  // Returns the answer to a watch: the keys or indices that have changed since `version`. None: nothing has changed.
  std::optional<Answer> since(std::int64_t version) {
    watched_ = true;
    if (version == version_) return std::nullopt;
    if (version < known_since_ || version > version_) return done(1, version_);
    std::vector<proto::Payload> keys;
    std::unordered_set<std::string_view> seen;
    for (const auto& [at, key] : log_)
      if (at > version && seen.insert(key).second) keys.push_back(proto::Payload::copy(key));
    return done(0, version_, std::move(keys));
  }

  void start_at(std::int64_t version) { version_ = known_since_ = version; }

 private:
  static constexpr std::size_t kMax = 1024;
  static constexpr std::size_t kMaxBytes = proto::limits::kBatchBytes * 4;  // keys in one answer
  std::int64_t version_ = 0;
  std::int64_t known_since_ = 0;  // changes up to this version are not in the log
  bool watched_ = false;
  std::deque<std::pair<std::int64_t, std::string>> log_;
  std::size_t bytes_ = 0;  // sum of the keys in the log
};

}  // namespace forkmill::broker
