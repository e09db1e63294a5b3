// EventStream: server-sent events for one peer. A peer that reads slowly gets the newest event of publish() and misses
// older ones, so that a stream holds two events at most; who calls append() waits until the peer has read. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

namespace forkmill::web {

class EventStream {
 public:
  // Replaces the event that is to be sent next, and wakes the reader if it sleeps. No effect after end().
  void publish(std::string text);
  // Adds an event behind those that are to be sent, and wakes the reader. Wait with wait_until_read() before: nothing
  // else bounds what a stream holds. No effect after end().
  void append(const std::string& text);
  // Blocks until the peer has read all events, how_long at most. Returns whether it has, and the stream has not ended.
  bool wait_until_read(std::chrono::milliseconds how_long) const;
  // Sends a comment if nothing else is to be sent, so that a peer that has gone is noticed.
  void beat();
  // Ends the stream after what is being sent.
  void end();
  // Whether the peer has gone, or end() was called.
  bool ended() const;

  // Copies up to `max` bytes that are to be sent to `to`, and returns their number. If it is 0, `sleep` was
  // called, and `wake` will be called once, by any thread, when there are some. Null: the stream has ended.
  std::optional<std::size_t> read(char* to, std::size_t max, const std::function<void()>& sleep,
                                  std::function<void()> wake);

 private:
  void rouse();

  mutable std::mutex mutex_;
  mutable std::condition_variable read_;  // the peer has read all, or the stream has ended
  std::string sending_;
  std::size_t sent_ = 0;
  std::string next_;
  bool ended_ = false;
  std::function<void()> wake_;  // null: the reader does not sleep
};

}  // namespace forkmill::web
