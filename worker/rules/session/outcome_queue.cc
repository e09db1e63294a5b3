#include "worker/rules/session/outcome_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "proto/buggify.h"
#include "proto/mutants.h"

namespace forkmill::worker {

namespace {

// Where the batch ends that begins at `begin`.
std::size_t end_of_batch(const std::vector<proto::OutcomeRecord>& outcomes, std::size_t begin) {
  std::size_t end = begin;
  std::size_t bytes = 0;
  while (end < outcomes.size() && end - begin < proto::limits::kBatchTasks && bytes < proto::limits::kBatchBytes) {
    bytes += outcomes[end++].outcome.bytes();
    if (proto::buggify(proto::Path::one_outcome)) break;
  }
  return end;
}

}  // namespace

void OutcomeQueue::keep(proto::MessageSeq seq, std::vector<proto::OutcomeRecord> sent) {
  if (!proto::mutant(proto::Mutant::outcome_not_kept)) sent_.push_back({seq, std::move(sent)});
}

void OutcomeQueue::acknowledge(const proto::MessageSeqs& messages) {
  for (const auto seq : messages) {
    // Mostly the first one: the broker acknowledges messages in the order in which they come.
    if (!sent_.empty() && sent_.front().seq == seq) {
      sent_.pop_front();
      continue;
    }
    const auto found = std::find_if(sent_.begin(), sent_.end(), [&](const Sent& sent) { return sent.seq == seq; });
    if (found != sent_.end()) sent_.erase(found);
  }
}

void OutcomeQueue::send_all_again() {
  for (auto sent = sent_.rbegin(); sent != sent_.rend(); ++sent) {
    unsent_.insert(unsent_.begin(), std::make_move_iterator(sent->outcomes.begin()),
                   std::make_move_iterator(sent->outcomes.end()));
  }
  sent_.clear();
}

void OutcomeQueue::forget(const std::unordered_set<proto::Grant>& grants) {
  std::erase_if(unsent_, [&](const proto::OutcomeRecord& record) { return grants.count(record.grant) != 0; });
}

void OutcomeQueue::list_unsent(std::vector<proto::Grant>& grants) const {
  for (const auto& record : unsent_) grants.push_back(record.grant);
}

std::size_t OutcomeQueue::size() const {
  std::size_t count = unsent_.size();
  for (const Sent& sent : sent_) count += sent.outcomes.size();
  return count;
}

std::vector<proto::OutcomeRecord> next_batch(std::vector<proto::OutcomeRecord>& outcomes, std::size_t& begin) {
  const std::size_t from = std::exchange(begin, end_of_batch(outcomes, begin));
  if (from == 0 && begin == outcomes.size()) return std::exchange(outcomes, {});
  return {std::make_move_iterator(outcomes.begin() + static_cast<std::ptrdiff_t>(from)),
          std::make_move_iterator(outcomes.begin() + static_cast<std::ptrdiff_t>(begin))};
}

}  // namespace forkmill::worker
