// EventFeeds: streams of the events of tasks, for peers of the gateway. Each feed has a thread, which asks the broker
// for further events only when its peer has read all that came before: a peer that is slow misses events, and is told
// how many. Thread-safe.
#pragma once

#include <forkmill/events.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "client/web/http/event_stream.h"

namespace forkmill::web {

class EventFeeds {
 public:
  static constexpr std::size_t kMaxFeeds = 16;

  // Begins a stream at the broker.
  using Begin = std::function<forkmill::EventStream(const EventFilter& filter)>;

  explicit EventFeeds(Begin begin, std::chrono::milliseconds beat = std::chrono::seconds{10})
      : begin_{std::move(begin)}, beat_{beat} {}
  // Ends all feeds.
  ~EventFeeds();
  EventFeeds(const EventFeeds&) = delete;
  EventFeeds& operator=(const EventFeeds&) = delete;

  // Opens a feed of the events that the filter lets through. Throws Failure (503) if there are too many, and what
  // `begin` throws. An error that comes later is sent as an event with the name `failure`.
  std::shared_ptr<EventStream> open(const EventFilter& filter);

 private:
  struct Feed {
    explicit Feed(forkmill::EventStream from_broker) : events{std::move(from_broker)} {}
    forkmill::EventStream events;
    std::shared_ptr<EventStream> stream = std::make_shared<EventStream>();
    bool is_over = false;  // under the mutex
    std::thread thread{};
  };

  void run(Feed& feed);
  bool pass_on(Feed& feed);
  bool is_stopped() const;
  void wait_for_broker();
  void forget_ended();

  const Begin begin_;
  const std::chrono::milliseconds beat_;
  mutable std::mutex mutex_;
  std::condition_variable stopping_;
  bool stopped_ = false;
  std::list<Feed> feeds_;
};

}  // namespace forkmill::web
