#include "client/session/results.h"

#include <algorithm>
#include <utility>

#include "client/session/batches.h"

namespace forkmill::client {

using namespace std::chrono_literals;

namespace {

constexpr milliseconds kAcknowledgeWithin = 20ms;
constexpr std::size_t kMaxUnacknowledgedResults = 4096;  // a quarter of the window that HELLO gives
constexpr std::size_t kMaxUnacknowledgedMessages = 64;

bool is_unknown(const proto::Outcome& outcome) {
  return outcome.kind == proto::OutcomeKind::rejected && outcome.error && outcome.error->code == Errc::task_unknown;
}

}  // namespace

void Results::handle(Instant now, proto::MessageSeq seq, proto::Results& results) {
  for (auto& result : results.results) {
    prefetch_ahead(results.results, result, [&](const proto::TaskResult& next) { tasks_.prefetch(next.id); });
    end(result);
  }
  unacknowledged_.push_back(seq);
  unacknowledged_results_ += results.results.size();
  due_ = std::min<Instant>(due_, now + kAcknowledgeWithin);
}

void Results::end(proto::TaskResult& result) {
  auto* entry = tasks_.find(result.id);
  if (entry == nullptr) return;  // a repetition
  // This answers an ATTACH that a submission of the same id has overtaken.
  if (is_unknown(result.outcome) && tasks_.is_being_submitted(*entry)) return;
  if (tasks_.is_of_another_body(*entry, result.body)) return tasks_.end_another(entry, result.outcome);
  submissions_.end(entry, std::move(result.outcome));
}

void Results::new_session() {
  unacknowledged_.clear();
  unacknowledged_results_ = 0;
  due_ = proto::kNever;
}

void Results::flush(Instant now, bool others, Conversation& conversation) {
  if (unacknowledged_.empty()) return;
  if (!others && now < due_ && unacknowledged_.size() < kMaxUnacknowledgedMessages &&
      unacknowledged_results_ < kMaxUnacknowledgedResults)
    return;
  send_in_batches<proto::ResultAck>(unacknowledged_, proto::limits::kMaxRecords, now, conversation);
  new_session();
}

}  // namespace forkmill::client
