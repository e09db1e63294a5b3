// LogStreams: streams of the logs of tasks. A peer gets what is new since its last event only, and all of it, however
// slowly it reads: the next piece is asked for when the one before has been read. The id of an event is the place
// behind it, "ATTEMPT-BYTES", so a peer that comes back goes on there, also with another gateway. Thread-safe.
#pragma once

#include <forkmill/query.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "client/web/http/event_stream.h"
#include "client/web/live/log_answer.h"

namespace forkmill::web {

class LogStreams {
 public:
  struct Limits {
    std::size_t streams = 64;
    std::chrono::milliseconds interval{500};  // between two questions for one stream
    std::chrono::milliseconds beat{10'000};
  };

  // `ask` is called by the thread of the streams.
  LogStreams(Limits limits, AskBroker ask);
  // Ends all streams.
  ~LogStreams();
  LogStreams(const LogStreams&) = delete;
  LogStreams& operator=(const LogStreams&) = delete;

  // Opens a stream. query: kind logs; with an attempt, the stream has that one; without, it begins with the last one
  // and goes on with those that follow. last_id: where the peer was; no place of this log: it begins at query.from.
  // Throws Failure (503) if there are too many streams. An error of the broker is an event with the name `failure`.
  std::shared_ptr<EventStream> open(const Query& query, const std::string& last_id);

 private:
  struct Follower {
    Query place;            // the next question
    bool is_bound = false;  // to one attempt
    std::shared_ptr<EventStream> stream = std::make_shared<EventStream>();
    std::string told{};  // the last event without its texts, or the failure
    bool is_over = false;
  };
  // Answers of one round, by id, attempt and position: peers that watch the same share them.
  using Answers = std::map<std::tuple<std::string, std::uint32_t, std::uint64_t>, nlohmann::ordered_json>;

  void run();
  void advance_all();
  void advance(Follower& follower, Answers& answers);
  const nlohmann::ordered_json& answer(const Query& place, Answers& answers) const;
  // Both return false if there is nothing more to tell now.
  bool tell_next(Follower& follower, const nlohmann::ordered_json& found);
  static bool begin_next_attempt(Follower& follower, const nlohmann::ordered_json& found);
  std::size_t forget_ended();

  const Limits limits_;
  const AskBroker ask_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopped_ = false;
  bool is_new_ = false;                               // a stream has had no event yet
  std::vector<std::shared_ptr<Follower>> followers_;  // the thread alone changes what they point to
  std::thread thread_;
};

}  // namespace forkmill::web
