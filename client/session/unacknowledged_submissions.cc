#include "client/session/unacknowledged_submissions.h"

#include <iterator>

namespace forkmill::client {

void UnacknowledgedSubmissions::begin(const proto::Welcome& welcome, SubmissionQueue& unsent) {
  std::vector<proto::Submission> again;
  for (auto& message : sent_) std::ranges::move(message.tasks, std::back_inserter(again));
  unsent.push_front(std::move(again));
  clear();
  max_tasks_ = std::max(welcome.window_tasks, 1U);
  max_bytes_ = welcome.window_bytes;
}

UnacknowledgedSubmissions::Message* UnacknowledgedSubmissions::find(proto::MessageSeq seq) {
  const auto found = std::ranges::lower_bound(sent_, seq, {}, &Message::seq);
  return found != sent_.end() && found->seq == seq && !found->tasks.empty() ? &*found : nullptr;
}

void UnacknowledgedSubmissions::answered(Message& message) {
  for (const auto& task : message.tasks) bytes_ -= proto::given_bytes(task);
  tasks_ -= message.tasks.size();
  message.tasks = {};
}

void UnacknowledgedSubmissions::remove_answered() {
  while (!sent_.empty() && sent_.front().tasks.empty()) sent_.pop_front();
}

void UnacknowledgedSubmissions::clear() {
  sent_.clear();
  tasks_ = bytes_ = 0;
}

}  // namespace forkmill::client
