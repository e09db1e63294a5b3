#include "client/web/live/event_feeds.h"

#include <exception>
#include <optional>
#include <string>
#include <utility>

#include "client/cli/views/events.h"
#include "client/web/http/failure.h"

namespace forkmill::web {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLook{250};  // how often a feed looks whether it shall end
constexpr std::chrono::seconds kRetry{1};        // while the broker is away
constexpr std::size_t kMaxEvents = 500;          // that are sent at once

std::string sent_event(const TaskEvent& event) {
  return "id: " + event.cursor +
         "\ndata: " + cli::event_json(event).dump(-1, ' ', false, cli::Json::error_handler_t::replace) + "\n\n";
}

// Tells the peer where it is, without an event.
std::string sent_cursor(const std::string& cursor) { return cursor.empty() ? ":\n\n" : "id: " + cursor + "\n\n"; }

}  // namespace

EventFeeds::~EventFeeds() {
  {
    const std::lock_guard lock{mutex_};
    stopped_ = true;
    for (const auto& feed : feeds_) feed.stream->end();
  }
  stopping_.notify_all();
  for (auto& feed : feeds_) feed.thread.join();
}

std::shared_ptr<EventStream> EventFeeds::open(const EventFilter& filter) {
  auto events = begin_(filter);
  const std::lock_guard lock{mutex_};
  forget_ended();
  if (stopped_ || feeds_.size() >= kMaxFeeds)
    throw Failure{503, "too_many_streams", "too many streams of events are open", "close other ones"};
  auto& feed = feeds_.emplace_back(std::move(events));
  feed.stream->append(sent_cursor(feed.events.cursor()));
  feed.thread = std::thread{[this, &feed] { run(feed); }};
  return feed.stream;
}

void EventFeeds::run(Feed& feed) {
  auto next_beat = Clock::now() + beat_;
  while (!is_stopped() && !feed.stream->ended()) {
    if (!feed.stream->wait_until_read(kLook)) continue;
    try {
      if (!pass_on(feed) && Clock::now() < next_beat) continue;
      if (Clock::now() >= next_beat) feed.stream->append(sent_cursor(feed.events.cursor()));
      next_beat = Clock::now() + beat_;
    } catch (...) {
      const auto failure = failure_of(std::current_exception());
      feed.stream->append("event: failure\ndata: " + failure.line() + "\n\n");
      if (failure.status() < 500) break;
      wait_for_broker();
    }
  }
  feed.stream->end();
  const std::lock_guard lock{mutex_};
  feed.is_over = true;
}

// Returns whether there was an event.
bool EventFeeds::pass_on(Feed& feed) {
  auto event = feed.events.next_for(kLook);
  if (!event) return false;
  std::string text;
  for (std::size_t count = 0; event && count < kMaxEvents; ++count) {
    text += sent_event(*event);
    event = count + 1 < kMaxEvents ? feed.events.next_for(std::chrono::milliseconds{0}) : std::nullopt;
  }
  feed.stream->append(text);
  return true;
}

bool EventFeeds::is_stopped() const {
  const std::lock_guard lock{mutex_};
  return stopped_;
}

void EventFeeds::wait_for_broker() {
  std::unique_lock lock{mutex_};
  stopping_.wait_for(lock, kRetry, [this] { return stopped_; });
}

void EventFeeds::forget_ended() {
  for (auto feed = feeds_.begin(); feed != feeds_.end();) {
    if (!feed->is_over) {
      ++feed;
      continue;
    }
    feed->thread.join();  // the thread does not lock the mutex again
    feed = feeds_.erase(feed);
  }
}

}  // namespace forkmill::web
