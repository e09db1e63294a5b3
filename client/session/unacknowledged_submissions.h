// UnacknowledgedSubmissions: what was sent in this session and the broker has not acknowledged, message by message; and
// how many more submissions the window lets follow.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "client/session/submission_queue.h"
#include "proto/wire/messages.h"
#include "proto/wire/task_headers.h"

namespace forkmill::client {

class UnacknowledgedSubmissions {
 public:
  struct Message {
    proto::MessageSeq seq;
    std::vector<proto::Submission> tasks;  // emptied by its acknowledgement
  };

  // Starts a session with the broker's limits. What was sent in the one before moves to the head of `unsent`.
  void begin(const proto::Welcome& welcome, SubmissionQueue& unsent);

  // Whether one more submission may be sent. The first one always may, however small the window.
  bool fits(const proto::Submission& task) const {
    return tasks_ == 0 || (tasks_ < max_tasks_ && bytes_ + proto::given_bytes(task) <= max_bytes_);
  }
  // Counts a submission that goes into the next message; add() keeps that message.
  void count(const proto::Submission& task) {
    ++tasks_;
    bytes_ += proto::given_bytes(task);
  }
  void add(proto::MessageSeq seq, std::vector<proto::Submission> tasks) { sent_.push_back({seq, std::move(tasks)}); }

  // Null: no unacknowledged message has that number.
  Message* find(proto::MessageSeq seq);
  // Call when the broker has answered every submission of this message. Call remove_answered() afterwards.
  void answered(Message& message);
  // Removes answered messages from the head of the window. Invalidates the pointers of find().
  void remove_answered();
  // Removes the submissions of this task; calls `removed` for each.
  template <class F>
  void remove(const TaskId& id, F&& removed);
  void clear();

 private:
  std::deque<Message> sent_;  // in the order of their numbers
  std::size_t tasks_ = 0;
  std::size_t bytes_ = 0;
  std::uint32_t max_tasks_ = 0;
  std::uint64_t max_bytes_ = 0;
};

template <class F>
void UnacknowledgedSubmissions::remove(const TaskId& id, F&& removed) {
  for (auto& message : sent_) {
    const auto found = std::ranges::find(message.tasks, id, &proto::Submission::id);
    if (found == message.tasks.end()) continue;
    --tasks_;
    bytes_ -= proto::given_bytes(*found);
    removed(*found);
    message.tasks.erase(found);
  }
  remove_answered();
}

}  // namespace forkmill::client
