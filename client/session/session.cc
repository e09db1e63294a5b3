#include "client/session/session.h"

#include <forkmill/serialize.h>

#include <algorithm>
#include <utility>

#include "proto/mutants.h"

namespace forkmill::client {

using proto::kNever;
using namespace std::chrono_literals;

namespace {

constexpr milliseconds kFirstGreetPause = 5s;
constexpr milliseconds kLongestGreetPause = 30s;
constexpr milliseconds kPauseAfterGoodbye = 300ms;
constexpr milliseconds kAcknowledgeWithin = 20ms;
constexpr milliseconds kLongestHeartbeat = proto::limits::kMaxDuration;
constexpr std::size_t kAttachBatch = 4096;
constexpr std::size_t kResultsUnacknowledged = 4096;  // a quarter of the window that HELLO gives
constexpr std::size_t kMessagesUnacknowledged = 64;
constexpr std::size_t kAnswersUnconfirmed = 64;

proto::Outcome ended_with(proto::OutcomeKind kind, Errc code, std::string text) {
  proto::Outcome outcome;
  outcome.kind = kind;
  outcome.error.emplace();
  outcome.error->code = code;
  outcome.error->message = std::move(text);
  return outcome;
}

bool is_unknown(const proto::Outcome& outcome) {
  return outcome.kind == proto::OutcomeKind::rejected && outcome.error && outcome.error->code == Errc::task_unknown;
}

// Gives up `list` in pieces that a message may hold.
template <class Message, class T>
std::vector<Message> in_batches(std::vector<T>& list, std::size_t most) {
  std::vector<Message> messages;
  for (std::size_t at = 0; at < list.size(); at += most) {
    const auto begin = list.begin() + static_cast<std::ptrdiff_t>(at);
    const auto end = list.begin() + static_cast<std::ptrdiff_t>(std::min(at + most, list.size()));
    messages.push_back(Message{{begin, end}});
  }
  list.clear();
  return messages;
}

}  // namespace

void Effects::clear() {
  send.clear();
  accepted.clear();
  progress.clear();
  started.clear();
  ended.clear();
  answered.clear();
  operated.clear();
  holdings_lost = false;
  say.clear();
  reconnect = false;
}

Session::Session(SessionOptions options) : options_{std::move(options)}, random_state_{options_.seed} {}

// ---- The link -------------------------------------------------------------------------------------------------------

void Session::link_up(Instant now, Effects& effects) {
  if (state_ == State::refused) return;
  link_is_up_ = true;
  greet(now, effects);
}

void Session::link_down(Instant, Effects&) {
  link_is_up_ = false;
  if (state_ == State::refused) return;
  state_ = State::offline;
  greet_at_ = kNever;  // until the link is up again
}

void Session::greet(Instant now, Effects& effects) {
  state_ = State::greeting;
  nonce_ = random();
  greet_pause_ = std::clamp(greet_pause_ * 2, kFirstGreetPause, kLongestGreetPause);
  greet_at_ = now + jittered(greet_pause_);
  proto::Hello hello;
  hello.role = proto::Role::client;
  hello.nonce = nonce_;
  hello.resume = session_;
  hello.name = options_.name;
  hello.host = options_.host;
  hello.pid = options_.pid;
  hello.software = options_.software;
  hello.instance = options_.instance;
  hello.child_of = options_.child_of;
  hello.order = hello_order_ = std::max(hello_order_ + 1, static_cast<std::uint64_t>(now.count()));
  effects.send.push_back({{}, std::move(hello)});
}

void Session::retry_later(Instant now) {
  state_ = State::offline;
  greet_at_ = link_is_up_ ? now + jittered(kPauseAfterGoodbye) : kNever;
}

void Session::tick(Instant now, Effects& effects) {
  if (state_ == State::greeting && now >= greet_at_) {
    effects.say.push_back({false, "the broker does not answer; connecting anew"});
    effects.reconnect = true;
    link_down(now, effects);
  } else if (state_ == State::offline && link_is_up_ && now >= greet_at_) {
    greet(now, effects);
  } else if (state_ == State::open && now >= heard_at_ + session_timeout_) {
    effects.say.push_back({false, "the broker has gone silent; connecting anew"});
    effects.reconnect = true;
    link_down(now, effects);
  } else if (state_ == State::open && now >= beat_due()) {
    if (operations_.unconfirmed() > 0) send(now, operations_.confirmation(), effects);
    beat_at_ = now;
    send(now, proto::Heartbeat{}, effects);
  }
}

// When nothing was said for a while, and when nothing was heard: not everything that is said is answered at once, and a
// broker that has nothing to say must not be taken for dead.
Instant Session::beat_due() const { return std::max(std::min(spoke_at_, heard_at_), beat_at_) + heartbeat_; }

Instant Session::wake_at() const {
  auto at = greet_at_;
  if (state_ != State::open) return at;
  at = std::min<Instant>(heard_at_ + session_timeout_, beat_due());
  at = std::min(at, acknowledge_at_);
  for (const auto& [queue, parked] : parked_)
    if (parked.trying == 0) at = std::min(at, parked.next_try);
  return at;
}

void Session::send(Instant now, proto::Message message, Effects& effects) {
  last_seq_ = last_seq_.next();
  spoke_at_ = now;
  effects.send.push_back({{session_, last_seq_}, std::move(message)});
}

// ---- What the broker says -------------------------------------------------------------------------------------------

void Session::handle(Instant now, proto::Envelope envelope, Effects& effects) {
  if (state_ == State::refused) return;
  if (auto* welcome = std::get_if<proto::Welcome>(&envelope.message)) return on(now, *welcome, effects);
  if (auto* error = std::get_if<proto::ErrorMessage>(&envelope.message)) return on(now, *error, effects);
  if (state_ != State::open || envelope.header.session != session_) return;  // stale
  heard_at_ = now;
  if (auto* results = std::get_if<proto::Results>(&envelope.message))
    return on_results(now, envelope.header.seq, *results, effects);
  std::visit([&](auto& message) { on(now, message, effects); }, envelope.message);
}

void Session::on(Instant now, proto::Welcome& welcome, Effects& effects) {
  if (state_ != State::greeting || welcome.nonce != nonce_) return;
  if (history_is_older(welcome)) {
    return refuse(Errc::disconnected,
                  "the broker came back with an older history of store '" + welcome.store +
                      "' than it had acknowledged (commit " + std::to_string(welcome.commit.value()) + ", was " +
                      std::to_string(commit_.value()) +
                      "): tasks are lost. Was a backup restored, or an old data directory started?",
                  effects);
  }
  state_ = State::open;
  session_ = welcome.session;
  last_seq_ = {};
  heard_at_ = spoke_at_ = now;
  greet_at_ = kNever;
  greet_pause_ = 0ms;
  beat_at_ = now;
  heartbeat_ = std::clamp(welcome.heartbeat, 1ms, kLongestHeartbeat);
  session_timeout_ = std::clamp(welcome.session_timeout, 2 * heartbeat_, 2 * kLongestHeartbeat);
  window_tasks_ = std::max(welcome.window_tasks, 1U);
  window_bytes_ = welcome.window_bytes;
  store_ = welcome.store;
  commit_ = welcome.commit;
  take_up_again(welcome.resumed);
  effects.holdings_lost = effects.holdings_lost || !welcome.kept;
  operations_.new_session(welcome.kept, effects.operated);
}

bool Session::history_is_older(const proto::Welcome& welcome) const {
  return !store_.empty() && welcome.store == store_ && welcome.commit < commit_;
}

void Session::take_up_again(bool resumed) {
  for (auto sent = sent_.rbegin(); sent != sent_.rend(); ++sent)
    waiting_.insert(waiting_.begin(), std::make_move_iterator(sent->tasks.begin()),
                    std::make_move_iterator(sent->tasks.end()));
  sent_.clear();
  sent_tasks_ = sent_bytes_ = 0;
  to_acknowledge_.clear();
  unacknowledged_results_ = 0;
  acknowledge_at_ = kNever;
  to_attach_.clear();
  tasks_.for_each([&](TaskTable::Entry& entry) {
    using Phase = TaskTable::Phase;
    if (!resumed && entry.phase == Phase::accepted && !proto::mutant(proto::Mutant::reattach_lost))
      entry.phase = Phase::orphaned;
    // Nothing acknowledges an ATTACH but the result: it goes again in every session.
    if (entry.phase == Phase::orphaned || entry.phase == Phase::attached) to_attach_.push_back(entry.id);
  });
  to_cancel_.clear();
  for (const auto& [id, asked] : cancelling_) to_cancel_.push_back(id);
  to_ask_.clear();
  for (const auto& [id, asked] : queries_) to_ask_.push_back(id);
}

void Session::on(Instant now, proto::ErrorMessage& error, Effects& effects) {
  switch (error.code) {
    case Errc::hello_required:
    case Errc::session_unknown:
      if (state_ == State::open) greet(now, effects);  // while greeting: about something older than our HELLO
      return;
    case Errc::version_unsupported:
    case Errc::name_invalid:
      if (state_ == State::greeting) refuse(error.code, "the broker refuses this client: " + error.text, effects);
      return;
    case Errc::shutting_down:
      if (state_ == State::greeting) retry_later(now);
      return;
    default:
      break;
  }
  if (state_ != State::open) return;
  effects.say.push_back({false, "the broker reports " + std::string{errc_name(error.code)} + ": " + error.text});
  if (auto* sent = sent_as(error.about)) {
    for (auto& task : sent->tasks) {
      const proto::Rejection why{task.id, error.code, error.text};
      rejected(now, std::move(task), why, effects);
    }
    forget_sent(*sent);
    drop_acknowledged();
  }
}

void Session::on(Instant now, proto::Goodbye& goodbye, Effects& effects) {
  effects.say.push_back({false, "the broker says goodbye (" + goodbye.text + "); waiting for it to come back"});
  retry_later(now);
}

void Session::on_results(Instant now, proto::MessageSeq seq, proto::Results& results, Effects& effects) {
  for (auto& result : results.results) {
    auto* entry = tasks_.find(result.id);
    if (entry == nullptr) continue;  // it has come before
    // The answer to an ATTACH that was overtaken by a submission of the same id.
    if (is_unknown(result.outcome) && is_being_submitted(*entry)) continue;
    const auto* shared = result.body != 0 ? shared_.find(result.id) : nullptr;
    if (shared != nullptr && shared->body && *shared->body != result.body) {
      end_another(entry, result.outcome, effects);
      continue;
    }
    end(entry, std::move(result.outcome), effects);
  }
  to_acknowledge_.push_back(seq);
  unacknowledged_results_ += results.results.size();
  acknowledge_at_ = std::min<Instant>(acknowledge_at_, now + kAcknowledgeWithin);
}

void Session::end(TaskTable::Entry* entry, proto::Outcome outcome, Effects& effects) {
  if (shared_.find(entry->id) != nullptr && is_being_submitted(*entry)) withdraw(entry->id);
  const bool known = entry->phase == TaskTable::Phase::accepted || entry->phase == TaskTable::Phase::orphaned;
  for (const auto& waiter : shared_.take(entry->id).further) effects.ended.push_back({waiter.cookie, outcome, known});
  effects.ended.push_back({entry->cookie, std::move(outcome), known});
  if (!proto::mutant(proto::Mutant::result_taken_twice)) tasks_.erase(entry);
}

void Session::accepted(const TaskTable::Entry& entry, Effects& effects) {
  effects.accepted.push_back(entry.cookie);
  shared_.for_each_further(entry.id, [&](Cookie cookie) { effects.accepted.push_back(cookie); });
}

void Session::on(Instant, proto::Progress& progress, Effects& effects) {
  for (auto& note : progress.notes) {
    const auto* entry = tasks_.find(note.id);
    if (entry == nullptr) continue;
    shared_.for_each_further(note.id, [&](Cookie cookie) {
      effects.progress.push_back({cookie, note.fraction, note.note});
    });
    effects.progress.push_back({entry->cookie, note.fraction, std::move(note.note)});
  }
}

void Session::on(Instant, proto::Started& started, Effects& effects) {
  for (const auto& note : started.notes) {
    const auto* entry = tasks_.find(note.id);
    if (entry == nullptr) continue;
    shared_.for_each_further(note.id, [&](Cookie cookie) { effects.started.push_back({cookie, note.pid, note.host}); });
    effects.started.push_back({entry->cookie, note.pid, note.host});
  }
}

void Session::on(Instant, proto::CancelReply& reply, Effects& effects) {
  // The end of the task itself comes as its result.
  for (const auto& answer : reply.answers) cancel_answered(answer.id, answer.state, effects);
}

void Session::on(Instant, proto::Reply& reply, Effects& effects) {
  auto asked = queries_.find(reply.id);
  if (asked == queries_.end()) return;
  effects.answered.push_back({asked->second.cookie, std::move(reply)});
  queries_.erase(asked);
}

void Session::on(Instant, proto::Operated& operated, Effects& effects) {
  operations_.answered(operated, effects.operated);
}

// ---- What the user wants --------------------------------------------------------------------------------------------

void Session::attach(const TaskId& id, Cookie cookie, Effects& effects) {
  if (state_ == State::refused) {
    effects.ended.push_back({cookie, ended_with(proto::OutcomeKind::rejected, refusal_.code, refusal_.text), false});
    return;
  }
  if (const auto* entry = tasks_.find(id)) {  // waited for already
    auto& shared = shared_.at(id);
    if (entry->phase == TaskTable::Phase::attached) shared.first_by_id = true;
    shared_.add(shared, {cookie, true});
    if (entry->phase == TaskTable::Phase::accepted) effects.accepted.push_back(cookie);
    return;
  }
  tasks_.insert({id, cookie, TaskTable::Phase::attached});
  if (state_ == State::open) to_attach_.push_back(id);
}

void Session::cancel(const TaskId& id, Cookie cookie, Effects& effects) {
  if (state_ == State::refused) {
    if (cookie != 0) effects.answered.push_back({cookie, {0, refusal_.code, refusal_.text, {}}});
    return;
  }
  auto [asked, fresh] = cancelling_.try_emplace(id);
  if (cookie != 0) asked->second.push_back(cookie);
  auto* entry = tasks_.find(id);
  if (entry != nullptr && entry->phase == TaskTable::Phase::queued) {
    // Never sent: what is left of it in waiting_ or parked_ is dropped when its turn comes, but for one under a key,
    // which may be submitted again before.
    const auto* shared = shared_.find(id);
    const bool under_key = shared != nullptr && shared->body.has_value();
    if (shared != nullptr) drop_unsent(id);
    end(entry, ended_with(proto::OutcomeKind::cancelled, Errc::cancelled, "before it was sent"), effects);
    // Under a key it may be somebody else's task as well: whoever asks after it by its id hears of that from the
    // broker.
    if (!under_key || asked->second.empty()) return cancel_answered(id, proto::CancelState::cancelled, effects);
  }
  if (fresh && state_ == State::open) to_cancel_.push_back(id);
}

void Session::cancel_answered(const TaskId& id, proto::CancelState state, Effects& effects) {
  auto asked = cancelling_.find(id);
  if (asked == cancelling_.end()) return;
  const auto body = proto::Payload::own(pack_value(static_cast<unsigned>(state)));
  for (auto cookie : asked->second) effects.answered.push_back({cookie, {0, Errc::ok, {}, body}});
  cancelling_.erase(asked);
}

void Session::query(proto::Query query, Cookie cookie, Effects& effects) {
  const auto id = query.id = ++last_query_;
  if (state_ == State::refused) {
    effects.answered.push_back({cookie, {id, refusal_.code, refusal_.text, {}}});
    return;
  }
  queries_.emplace(id, Asked{std::move(query), cookie});
  if (state_ == State::open) to_ask_.push_back(id);
}

void Session::operate(proto::Operation operation, bool harmless, Cookie cookie, Effects& effects) {
  if (state_ == State::refused) {
    effects.operated.push_back({cookie, {0, refusal_.code, refusal_.text, 0, 0, {}}});
    return;
  }
  operations_.add(std::move(operation), harmless, cookie, effects.operated);
}

void Session::flush(Instant now, Effects& effects) {
  if (state_ != State::open) return;
  const auto already = effects.send.size();
  for (auto& message : in_batches<proto::Attach>(to_attach_, kAttachBatch)) send(now, std::move(message), effects);
  unpark(now);
  send_submissions(now, effects);
  for (auto& message : in_batches<proto::Cancel>(to_cancel_, kAttachBatch)) send(now, std::move(message), effects);
  for (auto id : std::exchange(to_ask_, {}))
    if (auto asked = queries_.find(id); asked != queries_.end()) send(now, asked->second.query, effects);
  for (auto& message : operations_.take_messages()) send(now, std::move(message), effects);
  if (operations_.unconfirmed() > kAnswersUnconfirmed) send(now, operations_.confirmation(), effects);

  // Acknowledgements ride along: by themselves they would wake the broker for nothing that anybody waits for.
  const bool due = effects.send.size() > already || now >= acknowledge_at_ ||
                   to_acknowledge_.size() >= kMessagesUnacknowledged ||
                   unacknowledged_results_ >= kResultsUnacknowledged;
  if (to_acknowledge_.empty() || !due) return;
  for (auto& message : in_batches<proto::ResultAck>(to_acknowledge_, proto::limits::kMaxRecords))
    send(now, std::move(message), effects);
  unacknowledged_results_ = 0;
  acknowledge_at_ = kNever;
}

void Session::end_all(Errc code, const std::string& text, Effects& effects) {
  tasks_.for_each([&](const TaskTable::Entry& entry) {
    const auto outcome = ended_with(proto::OutcomeKind::rejected, code, text);
    effects.ended.push_back({entry.cookie, outcome, false});
    shared_.for_each_further(entry.id, [&](Cookie cookie) { effects.ended.push_back({cookie, outcome, false}); });
  });
  for (const auto& [id, asked] : queries_) effects.answered.push_back({asked.cookie, {id, code, text, {}}});
  for (const auto& [id, cookies] : cancelling_)
    for (auto cookie : cookies) effects.answered.push_back({cookie, {0, code, text, {}}});
  operations_.end_all(code, text, effects.operated);
  tasks_.clear();
  shared_ = {};
  queries_.clear();
  waiting_.clear();
  sent_.clear();
  parked_.clear();
  cancelling_.clear();
  held_tasks_ = held_bytes_ = sent_tasks_ = sent_bytes_ = 0;
}

void Session::refuse(Errc code, const std::string& text, Effects& effects) {
  if (code != Errc::client_closed) effects.say.push_back({true, text});
  state_ = State::refused;
  refusal_ = {code, text};
  greet_at_ = kNever;
  end_all(code, text, effects);
}

void Session::goodbye(Instant now, Effects& effects) {
  if (state_ != State::open) return;
  acknowledge_at_ = now;
  flush(now, effects);
  send(now, proto::Goodbye{Errc::ok, "the client was closed"}, effects);
}

// ---- Jitter ---------------------------------------------------------------------------------------------------------

// splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014)
std::uint64_t Session::random() {
  auto z = random_state_ += 0x9E3779B97F4A7C15ULL;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ z >> 27) * 0x94D049BB133111EBULL;
  return z ^ z >> 31;
}

milliseconds Session::jittered(milliseconds pause) {
  const auto spread = static_cast<std::uint64_t>(pause.count() / 2 + 1);
  return pause * 3 / 4 + milliseconds{static_cast<std::int64_t>(random() % spread)};
}

}  // namespace forkmill::client
