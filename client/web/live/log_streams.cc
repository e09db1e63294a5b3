#include "client/web/live/log_streams.h"

#include <charconv>
#include <exception>
#include <limits>
#include <string_view>
#include <utility>

#include "client/cli/text/answers.h"
#include "client/web/http/failure.h"

namespace forkmill::web {

using Json = nlohmann::ordered_json;

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kMaxBytes = 256 * 1024;  // texts of one event, about
constexpr int kMaxSteps = 16;                    // attempts that one stream passes in one round

std::string line_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

struct Place {
  std::uint32_t attempt = 0;
  std::uint64_t from = 0;
};

template <class Number>
bool read_whole(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

std::string id_of(const Json& found) {
  return std::to_string(cli::number_of(found, "attempt")) + "-" + std::to_string(cli::number_of(found, "next"));
}

std::optional<Place> place_of(std::string_view id) {
  const auto dash = id.find('-');
  Place place;
  const bool is_place = dash != std::string_view::npos && read_whole(id.substr(0, dash), place.attempt) &&
                        read_whole(id.substr(dash + 1), place.from);
  constexpr std::uint64_t kLastByte = std::numeric_limits<std::int64_t>::max();
  return is_place && place.from <= kLastByte ? std::optional{place} : std::nullopt;
}

// Whether the answer reaches up to the end of the log for now.
bool reaches_end(const Json& found) { return cli::number_of(found, "next") >= cli::number_of(found, "bytes"); }

}  // namespace

LogStreams::LogStreams(Limits limits, AskBroker ask)
    : limits_{limits}, ask_{std::move(ask)}, thread_{[this] { run(); }} {}

LogStreams::~LogStreams() {
  {
    const std::lock_guard lock{mutex_};
    stopped_ = true;
    for (const auto& follower : followers_) follower->stream->end();
  }
  changed_.notify_all();
  thread_.join();
}

std::shared_ptr<EventStream> LogStreams::open(const Query& query, const std::string& last_id) {
  auto follower = std::make_shared<Follower>(Follower{.place = query, .is_bound = query.attempt != 0});
  if (const auto place = place_of(last_id); place && (query.attempt == 0 || query.attempt == place->attempt)) {
    follower->place.attempt = place->attempt;
    follower->place.from = place->from;
  }
  const std::lock_guard lock{mutex_};
  if (stopped_ || forget_ended() >= limits_.streams)
    throw Failure{503, "too_many_streams", "too many streams of logs are open", "close other pages, or poll"};
  is_new_ = true;
  changed_.notify_all();
  return followers_.emplace_back(std::move(follower))->stream;
}

void LogStreams::run() {
  auto next_beat = Clock::now() + limits_.beat;
  std::unique_lock lock{mutex_};
  while (!stopped_) {
    if (followers_.empty())
      changed_.wait(lock, [this] { return stopped_ || is_new_; });
    else
      changed_.wait_for(lock, limits_.interval, [this] { return stopped_ || is_new_; });
    is_new_ = false;
    forget_ended();
    lock.unlock();
    advance_all();
    lock.lock();
    if (Clock::now() < next_beat) continue;
    next_beat = Clock::now() + limits_.beat;
    for (const auto& follower : followers_) follower->stream->beat();
  }
}

void LogStreams::advance_all() {
  std::vector<std::shared_ptr<Follower>> followers;
  {
    const std::lock_guard lock{mutex_};
    followers = followers_;
  }
  Answers answers;
  for (const auto& follower : followers) advance(*follower, answers);
}

void LogStreams::advance(Follower& follower, Answers& answers) {
  for (int step = 0; step < kMaxSteps; ++step) {
    if (follower.is_over || !follower.stream->wait_until_read(std::chrono::milliseconds{0})) return;
    try {
      if (!tell_next(follower, answer(follower.place, answers))) return;
    } catch (...) {
      auto failure = failure_of(std::current_exception()).line();
      if (failure == follower.told) return;
      follower.stream->append("event: failure\ndata: " + failure + "\n\n");
      follower.told = std::move(failure);
      return;
    }
  }
}

const Json& LogStreams::answer(const Query& place, Answers& answers) const {
  const auto key = std::tuple{place.argument, place.attempt, place.from};
  if (const auto known = answers.find(key); known != answers.end()) return known->second;
  return answers.emplace(key, read_log(ask_, place, kMaxBytes)).first->second;
}

bool LogStreams::tell_next(Follower& follower, const Json& found) {
  follower.place.attempt = static_cast<std::uint32_t>(cli::number_of(found, "attempt"));
  follower.place.from = static_cast<std::uint64_t>(cli::number_of(found, "next"));
  Json head = found;
  for (const char* key : {"texts", "from", "next"}) head.erase(key);
  std::string told = line_of(head);
  const bool has_texts = !cli::value_of(found, "texts").empty();
  if (has_texts || told != follower.told)
    follower.stream->append("id: " + id_of(found) + "\ndata: " + line_of(found) + "\n\n");
  follower.told = std::move(told);
  if (!reaches_end(found) || !cli::is_true(found, "complete")) return false;
  if (begin_next_attempt(follower, found)) return true;
  follower.is_over = follower.is_bound || cli::is_true(found, "task_ended");
  return false;
}

bool LogStreams::begin_next_attempt(Follower& follower, const Json& found) {
  if (follower.is_bound || cli::number_of(found, "last_attempt") <= cli::number_of(found, "attempt")) return false;
  ++follower.place.attempt;
  follower.place.from = 0;
  return true;
}

std::size_t LogStreams::forget_ended() {
  std::erase_if(followers_, [](const auto& follower) { return follower->stream->ended(); });
  return followers_.size();
}

}  // namespace forkmill::web
