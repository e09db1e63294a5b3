#include "client/shards/event_rounds.h"

#include <algorithm>
#include <exception>
#include <iterator>
#include <msgpack.hpp>
#include <string_view>
#include <utility>

#include "client/shards/event_merging.h"

namespace forkmill::client {

namespace {

// The cookies of pulls are odd, as those of all parts (gatherings.h), and have this bit besides.
constexpr Cookie kOfPull = Cookie{1} << 62U;
constexpr std::size_t kMaxUnclaimed = 4;  // pulls of each shard that no round has asked for again

Cookie pull_cookie(std::uint64_t number) { return kOfPull | (number << 1U) | 1U; }
bool is_of_pull(Cookie cookie) { return (cookie & 1U) != 0 && (cookie & kOfPull) != 0; }
std::uint64_t number_of(Cookie cookie) { return (cookie & ~kOfPull) >> 1U; }

std::vector<std::string> split(std::string_view cursors) {
  std::vector<std::string> parts;
  for (;;) {
    const auto comma = cursors.find(',');
    parts.emplace_back(cursors.substr(0, comma));
    if (comma == std::string_view::npos) return parts;
    cursors.remove_prefix(comma + 1);
  }
}

}  // namespace

std::uint64_t EventRounds::unclaimed(std::uint32_t shard, const proto::Query& query) const {
  const auto found = std::ranges::find_if(pulls_, [&](const auto& one) {
    const Pull& pull = one.second;
    return pull.round == 0 && pull.shard == shard && pull.query == query;
  });
  return found == pulls_.end() ? 0 : found->first;
}

std::vector<EventRounds::Part> EventRounds::begin(const AskBroker& ask, std::uint32_t shards, Effects& effects) {
  Round round{ask.cookie, ask.query.argument.empty()};
  round.cursors = round.begins ? std::vector<std::string>(shards) : split(ask.query.argument);
  if (round.cursors.size() != shards) {
    effects.fail_query(
        ask.cookie, Errc::bad_request,
        "'" + ask.query.argument + "' is not a cursor of a cluster with " + std::to_string(shards) + " shards");
    return {};
  }
  const std::uint64_t number = ++last_;
  std::vector<Part> parts;
  for (std::uint32_t shard = 1; shard <= shards; ++shard) {
    proto::Query query = ask.query;
    query.argument = round.cursors[shard - 1];
    std::uint64_t pull = round.begins ? 0 : unclaimed(shard, query);
    if (pull == 0) {
      pull = ++last_;
      parts.push_back({shard, AskBroker{query, pull_cookie(pull)}});
      pulls_.emplace(pull, Pull{shard, std::move(query)});
    }
    pulls_.at(pull).round = number;
    round.pulls.push_back(pull);
  }
  rounds_.emplace(number, std::move(round));
  if (auto answer = end(number)) effects.answered.push_back(std::move(*answer));
  forget_old(shards);
  return parts;
}

void EventRounds::collect(Effects& effects) {
  const auto of_pulls = std::stable_partition(effects.answered.begin(), effects.answered.end(),
                                              [](const Effects::Answered& one) { return !is_of_pull(one.cookie); });
  const std::vector<Effects::Answered> answers{std::make_move_iterator(of_pulls),
                                               std::make_move_iterator(effects.answered.end())};
  effects.answered.erase(of_pulls, effects.answered.end());
  for (const Effects::Answered& one : answers) {
    const auto pull = pulls_.find(number_of(one.cookie));
    if (pull == pulls_.end()) continue;
    if (pull->second.round == 0 && one.reply.code != Errc::ok) {  // the next round asks again
      pulls_.erase(pull);
      continue;
    }
    pull->second.reply = one.reply;
    if (pull->second.round == 0) continue;
    if (auto answer = end(pull->second.round)) effects.answered.push_back(std::move(*answer));
  }
}

std::optional<Effects::Answered> EventRounds::end(std::uint64_t number) {
  Round& round = rounds_.at(number);
  const auto has_reply = [&](std::uint64_t pull) { return pulls_.at(pull).reply.has_value(); };
  const auto failed = [&](std::uint64_t pull) { return has_reply(pull) && pulls_.at(pull).reply->code != Errc::ok; };
  const auto failure = std::ranges::find_if(round.pulls, failed);
  const bool is_over = failure != round.pulls.end() || (round.begins ? std::ranges::all_of(round.pulls, has_reply)
                                                                     : std::ranges::any_of(round.pulls, has_reply));
  if (!is_over) return std::nullopt;
  Effects::Answered answer{round.cookie, {}};
  std::vector<ShardReply> replies;
  for (const std::uint64_t one : round.pulls) {
    Pull& pull = pulls_.at(one);
    pull.round = 0;
    if (!pull.reply) continue;
    replies.push_back({pull.shard, std::move(*pull.reply)});
    pulls_.erase(one);
  }
  const auto refused = std::ranges::find_if(replies, [](const auto& one) { return one.reply.code != Errc::ok; });
  answer.reply = refused != replies.end() ? refused->reply : merged_events(replies, std::move(round.cursors));
  rounds_.erase(number);
  return answer;
}

void EventRounds::forget_old(std::uint32_t shards) {
  auto left =
      static_cast<std::size_t>(std::ranges::count_if(pulls_, [](const auto& one) { return one.second.round == 0; }));
  for (auto pull = pulls_.begin(); pull != pulls_.end() && left > kMaxUnclaimed * shards;) {
    const bool is_unclaimed = pull->second.round == 0;
    left -= is_unclaimed ? 1 : 0;
    pull = is_unclaimed ? pulls_.erase(pull) : std::next(pull);
  }
}

}  // namespace forkmill::client
