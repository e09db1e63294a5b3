// LiveUpdates: tells peers when what they watch changes. Peers that watch the same share its evaluation, so that many
// open pages cost the broker little. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "client/web/http/event_stream.h"
#include "client/web/http/message.h"

namespace forkmill::web {

struct WatchLimits {
  std::size_t streams = 64;
  std::size_t things = 32;  // that are watched at once
  std::chrono::milliseconds interval{1000};
  std::chrono::milliseconds beat{10'000};
};

class LiveUpdates {
 public:
  // Answers a request, as one line of JSON; throws Failure or forkmill::Error. Runs on the thread of the watches.
  using Evaluate = std::function<std::string(const Request& request)>;

  // start: distinguishes the ids of events from those of other gateways.
  LiveUpdates(WatchLimits limits, std::uint64_t start, Evaluate evaluate);
  // Ends all streams.
  ~LiveUpdates();
  LiveUpdates(const LiveUpdates&) = delete;
  LiveUpdates& operator=(const LiveUpdates&) = delete;

  // Opens a stream of the answers to a request, beginning with the present one unless its id is `last_id`. Throws
  // Failure (503) if there are too many streams.
  std::shared_ptr<EventStream> open(const Request& request, const std::string& last_id);

 private:
  struct Thing {
    Request request;
    std::string text{};         // the last answer
    std::uint64_t version = 0;  // 0: there is no answer yet
    std::vector<std::shared_ptr<EventStream>> streams{};
  };

  void run();
  void evaluate_all();
  void publish(Thing& thing, std::string text);
  std::string event(const Thing& thing) const;
  std::size_t forget_ended();

  const WatchLimits limits_;
  const std::uint64_t start_;
  const Evaluate evaluate_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopped_ = false;
  bool is_new_ = false;  // a thing has no answer yet
  std::uint64_t versions_ = 0;
  std::map<std::string, Thing> things_;
  std::thread thread_;
};

}  // namespace forkmill::web
