#include "client/web/live/live_updates.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "client/web/http/failure.h"

namespace forkmill::web {

namespace {

using Clock = std::chrono::steady_clock;

// The same for requests of the same thing.
std::string key_of(const Request& request) {
  std::string key;
  for (const auto& segment : request.target.path) key += "/" + encode_component(segment);
  for (const auto& [name, value] : request.target.query)
    key += "&" + encode_component(name) + "=" + encode_component(value);
  return key;
}

}  // namespace

LiveUpdates::LiveUpdates(WatchLimits limits, std::uint64_t start, Evaluate evaluate)
    : limits_{limits}, start_{start}, evaluate_{std::move(evaluate)}, thread_{[this] { run(); }} {}

LiveUpdates::~LiveUpdates() {
  {
    const std::lock_guard lock{mutex_};
    stopped_ = true;
    for (auto& [key, thing] : things_) {
      for (const auto& stream : thing.streams) stream->end();
    }
  }
  changed_.notify_all();
  thread_.join();
}

std::shared_ptr<EventStream> LiveUpdates::open(const Request& request, const std::string& last_id) {
  const auto key = key_of(request);
  const std::lock_guard lock{mutex_};
  const bool is_full =
      forget_ended() >= limits_.streams || (things_.size() >= limits_.things && !things_.contains(key));
  if (stopped_ || is_full)
    throw Failure{503, "too_many_streams", "too many streams of events are open", "close other pages, or poll"};
  auto& thing = things_.try_emplace(key, Thing{.request = request}).first->second;
  auto stream = std::make_shared<EventStream>();
  thing.streams.push_back(stream);
  const auto now = event(thing);
  if (thing.version == 0) {
    is_new_ = true;
    changed_.notify_all();
  } else if (last_id != std::to_string(start_) + "-" + std::to_string(thing.version)) {
    stream->publish(now);
  }
  return stream;
}

void LiveUpdates::run() {
  auto next_beat = Clock::now() + limits_.beat;
  std::unique_lock lock{mutex_};
  while (!stopped_) {
    changed_.wait_for(lock, limits_.interval, [this] { return stopped_ || is_new_; });
    is_new_ = false;
    forget_ended();
    lock.unlock();
    evaluate_all();
    lock.lock();
    if (Clock::now() < next_beat) continue;
    next_beat = Clock::now() + limits_.beat;
    for (auto& [key, thing] : things_) {
      for (const auto& stream : thing.streams) stream->beat();
    }
  }
}

void LiveUpdates::evaluate_all() {
  std::vector<std::pair<std::string, Request>> asked;
  {
    const std::lock_guard lock{mutex_};
    for (const auto& [key, thing] : things_) asked.emplace_back(key, thing.request);
  }
  for (const auto& [key, request] : asked) {
    std::string text;
    try {
      text = evaluate_(request);
    } catch (...) {
      text = failure_of(std::current_exception()).line();
    }
    const std::lock_guard lock{mutex_};
    if (stopped_) return;
    if (const auto at = things_.find(key); at != things_.end()) publish(at->second, std::move(text));
  }
}

void LiveUpdates::publish(Thing& thing, std::string text) {
  if (thing.version != 0 && thing.text == text) return;
  thing.text = std::move(text);
  thing.version = ++versions_;
  for (const auto& stream : thing.streams) stream->publish(event(thing));
}

std::string LiveUpdates::event(const Thing& thing) const {
  const bool is_error = thing.text.starts_with("{\"error\":");
  return "id: " + std::to_string(start_) + "-" + std::to_string(thing.version) + (is_error ? "\nevent: failure" : "") +
         "\ndata: " + thing.text + "\n\n";
}

std::size_t LiveUpdates::forget_ended() {
  std::size_t open = 0;
  for (auto& [key, thing] : things_) {
    std::erase_if(thing.streams, [](const auto& stream) { return stream->ended(); });
    open += thing.streams.size();
  }
  std::erase_if(things_, [](const auto& entry) { return entry.second.streams.empty(); });
  return open;
}

}  // namespace forkmill::web
