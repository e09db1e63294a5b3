#include "client/session/operations.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace forkmill::client {

namespace {

namespace limits = proto::limits;

constexpr std::size_t kMaxUnconfirmed = 64;

// A message that the broker cannot read would be sent again in every session, and never be answered.
bool fits_a_message(const proto::Operation& operation) {
  constexpr std::size_t kAroundAValue = 5;
  constexpr std::size_t kAroundAll = 64 * 1024;
  std::size_t frames = 0;
  std::size_t bytes = kAroundAll;
  for (const auto& value : operation.values) {
    if (value.size() > limits::kMaxPayload) return false;
    const bool inside = value.size() < limits::kInlinePayload;
    frames += inside ? 0 : 1;
    bytes += (inside ? value.size() : 0) + kAroundAValue;
  }
  return operation.values.size() <= limits::kMaxRecords && frames <= limits::kMaxFrames &&
         bytes <= limits::kMaxEnvelope;
}

std::size_t size_of_values(const proto::Operation& operation) {
  std::size_t sum = 0;
  for (const auto& value : operation.values) sum += value.size();
  return sum;
}

}  // namespace

bool harmless_twice(proto::Verb verb, proto::ObjectKind kind) {
  using proto::Verb;
  switch (verb) {
    case Verb::open:
    case Verb::look:
    case Verb::poll:
    case Verb::watch:
    case Verb::fetch:
    case Verb::has:
    case Verb::items:
    case Verb::join:
      return kind != proto::ObjectKind::pipe || verb != Verb::open;  // each opening of a pipe holds an end once more
    case Verb::wait:
      return kind == proto::ObjectKind::event;
    default:
      return false;
  }
}

void Operations::add(proto::Operation operation, bool harmless, Cookie cookie) {
  if (size() >= limits::kMaxOperations)
    return effects_.fail_operation(cookie, Errc::too_many_waiting,
                                   std::to_string(size()) + " operations of this client");
  if (!fits_a_message(operation))
    return effects_.fail_operation(
        cookie, Errc::message_too_large,
        std::to_string(operation.values.size()) + " values are more than one operation takes");
  unsent_.push_back({std::move(operation), cookie, harmless, false});
}

void Operations::give_up(Cookie cookie) {
  const auto of_cookie = [cookie](const Entry& entry) { return entry.cookie == cookie; };
  if (const auto entry = std::ranges::find_if(unsent_, of_cookie); entry != unsent_.end()) {
    effects_.fail_operation(cookie, Errc::timeout, "the operation was not sent");
    unsent_.erase(entry);
    return;
  }
  for (auto& [number, entry] : sent_) {
    if (!of_cookie(entry) || std::exchange(entry.given_up, true)) continue;
    proto::Operation withdraw;
    withdraw.verb = proto::Verb::withdraw;
    withdraw.object = entry.operation.object;
    withdraw.a = static_cast<std::int64_t>(number);
    unsent_.push_back({std::move(withdraw), 0, false, false});
    return;
  }
}

void Operations::handle(proto::Operated& message) {
  for (auto& answer : message.answers) {
    const auto found = sent_.find(answer.number);
    if (found == sent_.end()) continue;  // a repetition
    const bool oldest = found == sent_.begin();
    const bool has_opened = found->second.operation.verb == proto::Verb::open && answer.code == Errc::ok;
    if (found->second.cookie != 0) effects_.operated.push_back({found->second.cookie, std::move(answer), has_opened});
    if (!oldest) out_of_order_.push_back(found->first);
    sent_.erase(found);
    ++unconfirmed_;
  }
}

void Operations::new_session(bool kept) {
  again_.clear();
  out_of_order_.clear();
  ranges_.clear();
  confirm_all_ = kept;
  if (!kept) {
    std::erase_if(sent_, [&](const auto& each) {
      const Entry& entry = each.second;
      if (entry.harmless && !entry.given_up) return false;
      effects_.fail_operation(entry.cookie, Errc::disconnected, "it is unknown whether the operation was done");
      return true;
    });
  }
  for (const auto& [number, entry] : sent_) again_.push_back(number);
}

void Operations::end_all(Errc code, const std::string& text) {
  for (auto& [number, entry] : sent_) effects_.fail_operation(entry.cookie, code, text);
  for (auto& entry : unsent_) effects_.fail_operation(entry.cookie, code, text);
  sent_.clear();
  unsent_.clear();
  again_.clear();
  out_of_order_.clear();
  ranges_.clear();
}

// ---- Sending --------------------------------------------------------------------------------------------------------

// Operations, put into as few messages as the limits of a batch allow.
class Operations::Batches {
 public:
  void add(const proto::Operation& operation) {
    const auto size = size_of_values(operation);
    if (messages_.empty() || is_full(size)) {
      messages_.emplace_back();
      bytes_ = 0;
    }
    bytes_ += size;
    messages_.back().operations.push_back(operation);  // payloads are shared
  }
  std::vector<proto::Operate> finish() { return std::move(messages_); }

 private:
  bool is_full(std::size_t next) const {
    return messages_.back().operations.size() >= limits::kBatchTasks ||
           (bytes_ > 0 && bytes_ + next > limits::kBatchBytes);
  }

  std::vector<proto::Operate> messages_;
  std::size_t bytes_ = 0;  // values in the last message
};

std::vector<proto::Operate> Operations::messages() {
  Batches batches;
  for (; !again_.empty(); again_.pop_front())
    if (const auto entry = sent_.find(again_.front()); entry != sent_.end()) batches.add(entry->second.operation);
  for (; !unsent_.empty(); unsent_.pop_front()) {
    auto& entry = unsent_.front();
    entry.operation.number = ++last_number_;
    batches.add(entry.operation);
    sent_.emplace_hint(sent_.end(), last_number_, std::move(entry));
  }
  return batches.finish();
}

void Operations::flush(Instant now, Conversation& conversation) {
  if (!again_.empty() || !unsent_.empty()) {
    auto messages = this->messages();
    if (!messages.empty()) add_confirmation(messages.front());
    for (auto& message : messages) {
      message.answered = watermark();
      conversation.send(now, std::move(message));
    }
  }
  if (unconfirmed_ > kMaxUnconfirmed) confirm(now, conversation);
}

void Operations::confirm(Instant now, Conversation& conversation) {
  if (unconfirmed_ == 0) return;
  proto::Operate message;
  add_confirmation(message);
  conversation.send(now, std::move(message));
}

// Fills in the watermark, and as many ranges above it as one message holds.
void Operations::add_confirmation(proto::Operate& message) {
  message.answered = watermark();
  unconfirmed_ = 0;
  collect_ranges();
  while (!ranges_.empty() && message.also.size() + 2 <= limits::kMaxRecords) {
    const auto [first, last] = ranges_.back();
    ranges_.pop_back();
    if (last >= message.answered) message.also.insert(message.also.end(), {first, last});
  }
}

void Operations::collect_ranges() {
  if (std::exchange(confirm_all_, false)) {
    out_of_order_.clear();
    ranges_.clear();
    for (auto at = sent_.begin(); at != sent_.end(); ++at) {
      const auto next = std::next(at);
      const auto end = next == sent_.end() ? last_number_ + 1 : next->first;
      if (at->first + 1 < end) ranges_.emplace_back(at->first + 1, end - 1);
    }
  }
  std::ranges::sort(out_of_order_);
  for (const auto number : std::exchange(out_of_order_, {})) {
    if (!ranges_.empty() && ranges_.back().second + 1 == number)
      ranges_.back().second = number;
    else
      ranges_.emplace_back(number, number);
  }
}

}  // namespace forkmill::client
