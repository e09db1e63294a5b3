#include "tests/fuzz/client_world.h"

#include <utility>

#include "proto/wire/codec.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/round_trip.h"

namespace forkmill::fuzz {

using namespace proto;
using namespace std::chrono_literals;

namespace {

client::SessionOptions draw(Feed& feed) {
  client::SessionOptions options;
  options.name = "client";
  options.host = "host";
  options.instance = 7;
  const std::uint8_t how = feed.byte();
  if ((how & 1) != 0) options.on_queue_full = client::OnQueueFull::reject;
  if ((how & 2) != 0) options.resend_for = 3s;
  return options;
}

}  // namespace

ClientWorld::ClientWorld(Feed& feed) : feed_{feed}, session_{draw(feed)} {
  linked_ = true;
  act([&] { session_.connected(now_); });
  if (feed_.flag()) welcome();
}

void ClientWorld::step() {
  switch (feed_.below(20)) {
    case 0:
      linked_ = !linked_;
      act([&] { linked_ ? session_.connected(now_) : session_.disconnected(); });
      break;
    case 1:
    case 2:
      welcome();
      break;
    case 3:
    case 4:
    case 5:
      submit();
      break;
    case 6:
    case 7:
    case 8:
      operate();
      break;
    case 9:
    case 10:
      ask_about_task();
      break;
    case 11:
      now_ += Instant{1000} * static_cast<std::int64_t>(feed_.byte());
      act([&] { session_.tick(now_); });
      break;
    case 12:
      now_ += Instant{1s} * static_cast<std::int64_t>(feed_.below(20));
      act([&] { session_.tick(now_); });
      break;
    case 13:
      hear_bytes();
      break;
    case 14:
      hear_anything();
      break;
    default:
      hear_true();
  }
}

void ClientWorld::end() {
  constexpr int kPatience = 20;
  for (int i = 0; session_.next_wakeup() <= now_; ++i) {
    require(i < kPatience, "a session without input comes to rest");
    act([&] { session_.tick(now_); });
  }
  act([&] { session_.close(now_); });
  require(waits_.empty(), "every wait ends with the session", std::to_string(waits_.size()));
  const auto load = session_.load();
  require(load.outstanding == 0 && load.held_tasks == 0 && load.held_bytes == 0, "a closed session holds nothing");
  submit();
  operate();
  ask_about_task();
  require(waits_.empty(), "a request to a closed session ends at once");
}

// ---- The program ----------------------------------------------------------------------------------------------------

void ClientWorld::submit() {
  Submission task;
  Filler{feed_, palette_}.get(task);
  Palette::remember(palette_.ids, task.id);
  const Cookie cookie = expect();
  ask(client::SubmitTask{std::move(task), cookie});
}

void ClientWorld::operate() {
  Operation operation;
  Filler{feed_, palette_}.get(operation);
  const Cookie cookie = expect();
  const bool harmless = feed_.flag();
  ask(client::OperateObject{std::move(operation), harmless, cookie});
}

void ClientWorld::ask_about_task() {
  TaskId id;
  Filler filler{feed_, palette_};
  filler.get(id);
  switch (feed_.below(5)) {
    case 0: {
      const Cookie cookie = expect();
      return ask(client::AttachTask{id, cookie});
    }
    case 1: {
      const Cookie cookie = feed_.flag() ? expect() : 0;
      return ask(client::CancelTask{id, cookie});
    }
    case 2: {
      Query query;
      filler.get(query);
      const Cookie cookie = expect();
      return ask(client::AskBroker{std::move(query), cookie});
    }
    case 3: {
      Command command;
      filler.get(command);
      const Cookie cookie = expect();
      return ask(client::CommandBroker{std::move(command.command), cookie});
    }
    default:
      return ask(client::GiveUp{1 + feed_.below(last_cookie_ % 256 + 1)});
  }
}

// ---- The broker -----------------------------------------------------------------------------------------------------

void ClientWorld::welcome() {
  Welcome welcome;
  if (feed_.below(4) == 0) Filler{feed_, palette_}.get(welcome);
  welcome.nonce = nonce_;
  welcome.session = SessionId{++last_session_};
  const std::uint8_t how = feed_.byte();
  if ((how & 7) != 0) {
    welcome.heartbeat = 1s;
    welcome.session_timeout = 5s;
    welcome.window_tasks = 1 + how % 4;
    welcome.window_bytes = 100 + how;
    welcome.store = "store";
    welcome.commit = CommitSeq{1000};
    welcome.resumed = (how & 8) != 0;
    welcome.kept = (how & 16) != 0;
  }
  act([&] { session_.handle(now_, Envelope{{welcome.session, MessageSeq{1}}, welcome}); });
  if (session_.open()) id_ = welcome.session;
}

// Hears an answer to something that was sent.
void ClientWorld::hear_true() {
  switch (feed_.below(8)) {
    case 0:
    case 1:
      return hear(submit_ack());
    case 2:
    case 3:
      return hear(result());
    case 4:
      return hear(ErrorMessage{submits_.empty() ? MessageSeq{} : feed_.pick(submits_), errc_from(feed_.byte()), "no"});
    case 5: {
      Reply reply;
      Filler{feed_, palette_}.get(reply);
      if (!queries_.empty()) reply.id = feed_.pick(queries_);
      return hear(std::move(reply));
    }
    default:
      return hear(operated());
  }
}

Message ClientWorld::submit_ack() {
  SubmitAck ack;
  Filler{feed_, palette_}.get(ack);
  ack.commit = CommitSeq{1000 + feed_.below(8)};
  if (!submits_.empty()) ack.messages.push_back(feed_.pick(submits_));
  for (Rejection& rejection : ack.rejected)
    if (feed_.flag()) rejection.code = Errc::queue_full;
  return ack;
}

Message ClientWorld::result() {
  Results results;
  Filler{feed_, palette_}.get(results);
  if (results.results.empty()) Filler{feed_, palette_}.get(results.results.emplace_back());
  return results;
}

Message ClientWorld::operated() {
  Operated operated;
  Filler{feed_, palette_}.get(operated);
  for (OperationAnswer& answer : operated.answers)
    if (!operations_.empty() && feed_.below(4) != 0) answer.number = feed_.pick(operations_);
  return operated;
}

void ClientWorld::hear_anything() {
  Envelope envelope{{id_, MessageSeq{++heard_}}, make_message(feed_, palette_)};
  if (feed_.below(8) == 0) envelope.header.session = SessionId{feed_.number()};
  if (auto* welcome = std::get_if<Welcome>(&envelope.message); welcome != nullptr && feed_.flag())
    welcome->nonce = nonce_;
  act([&] { session_.handle(now_, std::move(envelope)); });
}

void ClientWorld::hear_bytes() {
  auto read = decode(feed_.bytes(512));
  if (!read.ok()) return;
  if (feed_.flag()) read.value().header.session = id_;
  act([&] { session_.handle(now_, std::move(read).value()); });
}

void ClientWorld::hear(Message message) {
  act([&] { session_.handle(now_, Envelope{{id_, MessageSeq{++heard_}}, std::move(message)}); });
}

// ---- Effects --------------------------------------------------------------------------------------------------------

template <class F>
void ClientWorld::act(F&& f) {
  f();
  session_.flush(now_);
  carry_out(session_.take_effects());
}

void ClientWorld::ask(client::Request request) {
  act([&] { session_.handle(now_, std::move(request)); });
}

void ClientWorld::carry_out(const Effects& effects) {
  for (const Envelope& envelope : effects.send) {
    round_trip(envelope);
    note(envelope);
  }
  for (const auto& one : effects.accepted) require(waits_.contains(one), "a request that is accepted has not ended");
  for (const auto& one : effects.ended) ended(one.cookie);
  for (const auto& one : effects.answered) ended(one.cookie);
  for (const auto& one : effects.operated) ended(one.cookie);
  if (effects.reconnect) linked_ = false;
}

void ClientWorld::note(const Envelope& envelope) {
  if (const auto* hello = std::get_if<Hello>(&envelope.message)) {
    nonce_ = hello->nonce;
    submits_.clear();
    return;
  }
  if (std::holds_alternative<Submit>(envelope.message)) Palette::remember(submits_, envelope.header.seq);
  if (const auto* query = std::get_if<Query>(&envelope.message)) Palette::remember(queries_, query->id);
  if (const auto* command = std::get_if<Command>(&envelope.message)) Palette::remember(queries_, command->id);
  if (const auto* operate = std::get_if<Operate>(&envelope.message))
    for (const Operation& operation : operate->operations) Palette::remember(operations_, operation.number);
}

void ClientWorld::ended(Cookie cookie) {
  require(waits_.erase(cookie) == 1, "every wait ends once", std::to_string(cookie));
}

client::Cookie ClientWorld::expect() {
  waits_.insert(++last_cookie_);
  return last_cookie_;
}

}  // namespace forkmill::fuzz
