#include "client/shards/gatherings.h"

#include <forkmill/serialize.h>

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>

namespace forkmill::client {

namespace {

constexpr unsigned kShardBits = 8;

Cookie part_cookie(std::uint64_t gathering, std::uint32_t shard) {
  return ((gathering << kShardBits | shard) << 1U) | 1U;
}
bool is_part_of_request(Cookie cookie) { return (cookie & 1U) != 0; }
std::uint64_t gathering_of(Cookie part) { return part >> (kShardBits + 1); }
std::uint32_t shard_of_part(Cookie part) { return part >> 1U & ((1U << kShardBits) - 1); }

bool finds_no_task(const proto::Outcome& outcome) { return outcome.error && outcome.error->code == Errc::task_unknown; }
bool finds_no_task(const proto::Reply& reply) {
  static const std::string unknown = pack_value(static_cast<unsigned>(proto::CancelState::unknown));
  return reply.code == Errc::ok && reply.body.view() == unknown;
}

// Moves what belongs to parts out of `list`.
template <class T>
std::vector<T> take_parts(std::vector<T>& list) {
  const auto parts =
      std::stable_partition(list.begin(), list.end(), [](const T& one) { return !is_part_of_request(one.cookie); });
  std::vector<T> taken{std::make_move_iterator(parts), std::make_move_iterator(list.end())};
  list.erase(parts, list.end());
  return taken;
}

}  // namespace

Gatherings::Rule Gatherings::rule_of(const Request& request) {
  if (std::holds_alternative<AttachTask>(request)) return Rule::attach;
  if (std::holds_alternative<CancelTask>(request)) return Rule::cancel;
  if (const auto* ask = std::get_if<AskBroker>(&request)) {
    switch (ask->query.kind) {
      case proto::QueryKind::task:
      case proto::QueryKind::process:
      case proto::QueryKind::why_task:
        return Rule::one_of;
      case proto::QueryKind::tasks:
        return Rule::page;
      default:
        return Rule::all_of;
    }
  }
  const auto* command = std::get_if<CommandBroker>(&request);
  if (command == nullptr) return Rule::all_of;
  const bool is_of_a_task = std::holds_alternative<proto::RetryDeadLetter>(command->command) ||
                            std::holds_alternative<proto::RetryEdited>(command->command) ||
                            std::holds_alternative<proto::DropDeadLetter>(command->command) ||
                            std::holds_alternative<proto::SendSignal>(command->command);
  return is_of_a_task ? Rule::one_of : Rule::all_of;
}

std::vector<Gatherings::Part> Gatherings::begin(const Request& request, std::uint32_t shards) {
  Gathering gathering{std::visit([](const auto& one) { return one.cookie; }, request), rule_of(request)};
  std::vector<Part> parts;
  if (gathering.rule == Rule::page) {
    const auto before = std::get<AskBroker>(request).query.filter.before;
    Part& part = parts.emplace_back(Part{std::min(shard_of_page(before), shards), request});
    std::get<AskBroker>(part.request).query.filter.before = place_in_page(before);
  } else {
    for (std::uint32_t shard = 1; shard <= shards; ++shard) parts.push_back({shard, request});
  }
  if (gathering.cookie == 0) return parts;
  if (const auto* ask = std::get_if<AskBroker>(&request)) gathering.kind = ask->query.kind;
  gathering.shards = shards;
  gathering.left = static_cast<std::uint32_t>(parts.size());
  const std::uint64_t number = ++last_;
  gathered_.emplace(number, std::move(gathering));
  for (Part& part : parts) std::visit([&](auto& one) { one.cookie = part_cookie(number, part.shard); }, part.request);
  return parts;
}

Cookie Gatherings::waiter_of(Cookie part) const {
  const auto found = gathered_.find(gathering_of(part));
  return found == gathered_.end() || found->second.is_over ? 0 : found->second.cookie;
}

void Gatherings::collect(Effects& effects) {
  const auto to_waiters = [&](auto& list, auto&& cookie_of) {
    for (auto& one : list)
      if (is_part_of_request(cookie_of(one))) cookie_of(one) = waiter_of(cookie_of(one));
    std::erase_if(list, [&](auto& one) { return cookie_of(one) == 0; });
  };
  to_waiters(effects.accepted, [](Cookie& one) -> Cookie& { return one; });
  to_waiters(effects.progress, [](Effects::Noted& one) -> Cookie& { return one.cookie; });
  to_waiters(effects.started, [](Effects::Started& one) -> Cookie& { return one.cookie; });
  for (auto& one : take_parts(effects.ended)) add(std::move(one), effects);
  for (auto& one : take_parts(effects.answered)) add(std::move(one), effects);
}

// The first shard that knows the task decides.
void Gatherings::add(Effects::Ended&& ended, Effects& effects) {
  const auto place = gathered_.find(gathering_of(ended.cookie));
  if (place == gathered_.end()) return;
  Gathering& gathering = place->second;
  ended.cookie = gathering.cookie;
  if (finds_no_task(ended.outcome) && gathering.left > 1) {
    gathering.unknown = std::move(ended);
  } else if (!std::exchange(gathering.is_over, true)) {
    effects.ended.push_back(std::move(ended));
  }
  count(place);
}

void Gatherings::add(Effects::Answered&& answered, Effects& effects) {
  const auto place = gathered_.find(gathering_of(answered.cookie));
  if (place == gathered_.end()) return;
  Gathering& gathering = place->second;
  gathering.replies.push_back({shard_of_part(answered.cookie), std::move(answered.reply)});
  if (gathering.left == 1) effects.answered.push_back({gathering.cookie, answer_of(gathering)});
  count(place);
}

void Gatherings::count(Place place) {
  if (--place->second.left == 0) gathered_.erase(place);
}

proto::Reply Gatherings::answer_of(const Gathering& gathering) {
  const auto& replies = gathering.replies;
  if (gathering.rule == Rule::page) return page_of(replies.front(), gathering.shards);
  const auto first_with = [&](auto&& condition) {
    const auto found = std::ranges::find_if(replies, [&](const ShardReply& one) { return condition(one.reply); });
    return found == replies.end() ? nullptr : &found->reply;
  };
  const auto* lost = first_with([](const proto::Reply& reply) { return reply.code == Errc::disconnected; });
  const auto* done = first_with([&](const proto::Reply& reply) {
    return reply.code == Errc::ok && (gathering.rule != Rule::cancel || !finds_no_task(reply));
  });
  const auto* refused =
      first_with([](const proto::Reply& reply) { return reply.code != Errc::ok && reply.code != Errc::task_unknown; });
  if (gathering.rule == Rule::all_of && done != nullptr && lost == nullptr) return merged(gathering.kind, replies);
  if (gathering.rule != Rule::all_of && done != nullptr) return *done;
  if (lost != nullptr) return *lost;
  return refused != nullptr ? *refused : replies.front().reply;
}

}  // namespace forkmill::client
