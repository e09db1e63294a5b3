#include "broker/core/operators/events/event_pulls.h"

#include <algorithm>
#include <string>
#include <utility>

#include "broker/core/operators/events/event_row.h"
#include "broker/core/operators/listing/listing.h"
#include "proto/mutants.h"

namespace forkmill::broker {

namespace {

constexpr Instant kLookEvery{1s};
constexpr Instant kRefill{10ms};  // until there is budget again

proto::Failure bad_cursor(std::string text) { return {Errc::bad_request, std::move(text)}; }

}  // namespace

std::optional<proto::Reply> EventPulls::pull(const Client& client, const proto::Query& query) {
  auto made = new_pull(client, query);
  if (!made.ok()) return reply_to(query.id, std::move(made).failure());
  std::erase_if(pulls_, [&](const Pull& one) { return one.client == client.handle && one.query == query.id; });
  if (!has_room_for(client.handle))
    return reply_to(query.id, proto::Failure{Errc::too_many_waiting, "too many clients watch events"});
  state_.events.turn_on();
  unwatched_at_ = state_.clock.now() + kUnwatched;
  if (query.argument.empty()) {  // asks where the stream is
    made->position = state_.events.end();
    return reply_from(made.value(), 0, 0, 0, {});
  }
  pulls_.push_back(std::move(made).value());
  is_behind_ = true;  // the events may have happened already
  if (next_look_ == proto::kNever) next_look_ = state_.clock.now() + kLookEvery;
  return std::nullopt;
}

proto::Result<EventPulls::Pull> EventPulls::new_pull(const Client& client, const proto::Query& query) const {
  if (auto status = check_filter(query.filter); !status.ok()) return std::move(status).failure();
  const std::size_t most = query.filter.most == 0 ? kMaxRows : std::min<std::size_t>(query.filter.most, kMaxRows);
  Pull pull{query.id, client.handle, client.session.id, state_.clock.now(), query.filter, visibility_of(client), most};
  if (query.argument.empty()) return pull;
  const auto cursor = EventCursor::parse(query.argument);
  if (!cursor) return bad_cursor("this is not a cursor of events: take one from an answer of the broker");
  pull.is_of_earlier_run = cursor->run != state_.identity.run && !proto::mutant(proto::Mutant::cursor_reused);
  pull.position = pull.is_of_earlier_run ? 0 : cursor->position;
  if (proto::mutant(proto::Mutant::cursor_reused)) pull.position = std::min(pull.position, state_.events.end());
  if (pull.position > state_.events.end()) return bad_cursor("this cursor of events lies in the future");
  return pull;
}

bool EventPulls::has_room_for(ClientHandle client) const {
  if (pulls_.size() >= kMaxPulls) return false;
  const auto of_client =
      std::count_if(pulls_.begin(), pulls_.end(), [&](const Pull& one) { return one.client == client; });
  return static_cast<std::size_t>(of_client) < kMaxOfClient;
}

void EventPulls::flush() {
  if (pulls_.empty()) return rest();
  const Instant now = state_.clock.now();
  if (seen_ == state_.events.end() && !is_behind_ && now < next_look_) return;
  budget_.refill(now);
  seen_ = state_.events.end();
  is_behind_ = false;
  next_look_ = now + kLookEvery;
  for (std::size_t left = pulls_.size(); left > 0; --left) {
    if (budget_.is_empty()) {
      is_behind_ = true;
      break;
    }
    if (serve(pulls_.front()))
      pulls_.pop_front();
    else
      pulls_.splice(pulls_.end(), pulls_, pulls_.begin());
  }
  unwatched_at_ = now + kUnwatched;
  if (pulls_.empty()) next_look_ = proto::kNever;
}

bool EventPulls::serve(Pull& pull) {
  Client* client = state_.client(pull.client);
  if (client == nullptr || client->session.id != pull.session)
    return true;  // the client asks again in its next session
  const EventRing& events = state_.events;
  const std::uint64_t missed_from = pull.position;
  const std::uint64_t missed_to = std::max(pull.position, events.begin());
  pull.position = missed_to;
  std::string rows;
  std::size_t told = 0;
  while (pull.position < events.end() && told < pull.most && !budget_.is_empty()) {
    const TaskEvent& event = events.at(pull.position);
    budget_.spend(EventBudget::kLook);
    if (is_wanted(event, pull.filter, pull.visibility)) {
      budget_.spend(EventBudget::kTell);
      append_row(rows, event, pull.position, pull.visibility);
      ++told;
    }
    ++pull.position;
  }
  const bool has_news = told > 0 || missed_to > missed_from || pull.is_of_earlier_run;
  if (!has_news && pull.position < events.end()) is_behind_ = true;
  if (!has_news && state_.clock.now() - pull.since < kLongestWait) return false;
  // A client is told nothing that a crash could take back.
  state_.output.send(client->session, reply_from(pull, missed_from, missed_to, told, rows), state_.output.safe_after());
  return true;
}

proto::Reply EventPulls::reply_from(Pull& pull, std::uint64_t missed_from, std::uint64_t missed_to, std::size_t told,
                                    const std::string& rows) {
  meter_.told += told;
  meter_.missed += missed_to - missed_from;
  PackedMap map;
  map.add("run", EventCursor{state_.identity.run, 0}.run_text())
      .add("cursor", EventCursor{state_.identity.run, pull.position}.to_string());
  if (missed_to > missed_from || pull.is_of_earlier_run) {
    map.add("missed",
            PackedMap{}.add("from", missed_from).add("to", missed_to).add("restarted", pull.is_of_earlier_run));
  }
  map.add_packed("events", told, rows);
  return {pull.query, Errc::ok, {}, proto::Payload::own(map.bytes())};
}

// Forgets the events a while after the last question.
void EventPulls::rest() {
  if (state_.clock.now() < unwatched_at_) return;
  unwatched_at_ = proto::kNever;
  state_.events.turn_off();
}

Instant EventPulls::next_wakeup() const {
  if (pulls_.empty()) return unwatched_at_;
  return is_behind_ ? state_.clock.now() + kRefill : next_look_;
}

}  // namespace forkmill::broker
