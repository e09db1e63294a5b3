#include "client/session/operations.h"

#include <algorithm>
#include <utility>

namespace forkmill::client {

namespace {

namespace limits = proto::limits;

proto::OperationAnswer failed(Errc code, std::string text) { return {0, code, std::move(text), 0, 0, {}}; }

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

std::size_t Operations::bytes_of(const proto::Operation& operation) {
  std::size_t sum = 0;
  for (const auto& value : operation.values) sum += value.size();
  return sum;
}

void Operations::add(proto::Operation operation, bool harmless, Cookie cookie, EndedList& ended) {
  if (size() >= limits::kMaxOperations) {
    ended.push_back({cookie, failed(Errc::too_many_waiting, std::to_string(size()) + " operations of this client")});
    return;
  }
  if (!fits_a_message(operation)) {
    ended.push_back({cookie, failed(Errc::message_too_large, std::to_string(operation.values.size()) +
                                                                 " values are more than one operation takes")});
    return;
  }
  unsent_.push_back({std::move(operation), cookie, harmless, false});
}

void Operations::give_up(Cookie cookie, EndedList& ended) {
  const auto of_cookie = [cookie](const Entry& entry) { return entry.cookie == cookie; };
  if (const auto entry = std::ranges::find_if(unsent_, of_cookie); entry != unsent_.end()) {
    ended.push_back({cookie, failed(Errc::timeout, "it was not sent")});
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

void Operations::answered(proto::Operated& message, EndedList& ended) {
  for (auto& answer : message.answers) {
    const auto found = sent_.find(answer.number);
    if (found == sent_.end()) continue;  // it has come before
    const bool oldest = found == sent_.begin();
    if (found->second.cookie != 0) ended.push_back({found->second.cookie, std::move(answer)});
    if (!oldest) out_of_order_.push_back(found->first);
    sent_.erase(found);
    ++unconfirmed_;
  }
}

void Operations::new_session(bool kept, EndedList& ended) {
  again_.clear();
  out_of_order_.clear();
  ranges_.clear();
  if (!kept) {
    for (auto at = sent_.begin(); at != sent_.end();) {
      const Entry& entry = at->second;
      if (entry.harmless && !entry.given_up) {
        ++at;
        continue;
      }
      if (entry.cookie != 0)
        ended.push_back({entry.cookie, failed(Errc::disconnected, "it is not known whether it was done")});
      at = sent_.erase(at);
    }
  }
  say_all_ = kept;  // what was said of answers may have been lost with the connection
  for (const auto& [number, entry] : sent_) again_.push_back(number);
}

void Operations::end_all(Errc code, const std::string& text, EndedList& ended) {
  for (auto& [number, entry] : sent_)
    if (entry.cookie != 0) ended.push_back({entry.cookie, failed(code, text)});
  for (auto& entry : unsent_)
    if (entry.cookie != 0) ended.push_back({entry.cookie, failed(code, text)});
  sent_.clear();
  unsent_.clear();
  again_.clear();
  out_of_order_.clear();
  ranges_.clear();
}

// `answered`, and as many ranges above it as go into a message.
void Operations::say_answered(proto::Operate& message) {
  message.answered = watermark();
  unconfirmed_ = 0;
  if (std::exchange(say_all_, false)) {
    out_of_order_.clear();
    ranges_.clear();
    for (auto at = sent_.begin(); at != sent_.end(); ++at) {
      const auto next = std::next(at);
      const auto end = next == sent_.end() ? last_number_ + 1 : next->first;
      if (at->first + 1 < end) ranges_.push_back({at->first + 1, end - 1});
    }
  }
  std::ranges::sort(out_of_order_);
  for (const auto number : std::exchange(out_of_order_, {})) {
    if (!ranges_.empty() && ranges_.back().second + 1 == number)
      ranges_.back().second = number;
    else
      ranges_.emplace_back(number, number);
  }
  while (!ranges_.empty() && message.also.size() + 2 <= limits::kMaxRecords) {
    const auto [first, last] = ranges_.back();
    ranges_.pop_back();
    if (last >= message.answered) message.also.insert(message.also.end(), {first, last});
  }
}

proto::Operate Operations::confirmation() {
  proto::Operate message;
  say_answered(message);
  return message;
}

std::vector<proto::Operate> Operations::take_messages() {
  std::vector<proto::Operate> messages;
  std::size_t bytes = 0;
  const auto send = [&](const proto::Operation& operation) {
    const auto size = bytes_of(operation);
    const bool full = !messages.empty() && (messages.back().operations.size() >= limits::kBatchTasks ||
                                            (bytes > 0 && bytes + size > limits::kBatchBytes));
    if (messages.empty() || full) {
      messages.emplace_back();
      bytes = 0;
    }
    bytes += size;
    messages.back().operations.push_back(operation);  // payloads are shared
  };
  for (; !again_.empty(); again_.pop_front())
    if (const auto entry = sent_.find(again_.front()); entry != sent_.end()) send(entry->second.operation);
  for (; !unsent_.empty(); unsent_.pop_front()) {
    auto& entry = unsent_.front();
    entry.operation.number = ++last_number_;
    send(entry.operation);
    sent_.emplace_hint(sent_.end(), last_number_, std::move(entry));
  }
  if (!messages.empty()) {
    say_answered(messages.front());
    for (auto& message : messages) message.answered = messages.front().answered;
  }
  return messages;
}

}  // namespace forkmill::client
