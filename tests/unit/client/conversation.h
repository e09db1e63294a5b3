// Conversation: a client's session, with a broker that says what a test wants it to say.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "client/session/session.h"

namespace forkmill::tests {

using namespace std::chrono_literals;
using client::Cookie;
using client::Effects;
using client::OnQueueFull;
using client::Session;
using client::SessionOptions;
using proto::Instant;

struct Conversation {
  explicit Conversation(const SessionOptions& options = {}) : session{options} {}

  Session session;
  Instant now{1'000'000};
  std::vector<proto::Envelope> sent;  // messages for the broker that the test has not looked at
  std::vector<Effects::Ended> ended;
  std::vector<Effects::Answered> answered;
  std::vector<Effects::Noted> progress;
  std::vector<Cookie> accepted;
  std::vector<Effects::Operated> operated;
  int losses = 0;  // losses of what was held
  std::vector<std::string> logged;
  int reconnects = 0;
  std::string obstacle;  // the last one
  proto::SessionId id{0};
  std::uint64_t broker_seq = 0;
  std::uint64_t last_task = 0;

  template <class F>
  void act(F&& f) {
    f();
    session.flush(now);
    auto effects = session.take_effects();
    move_all(effects.send, sent);
    move_all(effects.ended, ended);
    move_all(effects.answered, answered);
    move_all(effects.progress, progress);
    move_all(effects.accepted, accepted);
    move_all(effects.operated, operated);
    losses += effects.holdings_lost ? 1 : 0;
    for (auto& line : effects.log) logged.push_back(line.text);
    if (effects.reconnect) ++reconnects;
    if (!effects.obstacle.empty()) obstacle = effects.obstacle;
  }
  void ask(client::Request request) {
    act([&] { session.handle(now, std::move(request)); });
  }
  void after(proto::milliseconds time) {
    now += time;
    act([&] { session.tick(now); });
  }

  // Removes and returns the next message of that type, and drops everything before it.
  template <class M>
  std::pair<proto::Header, M> take() {
    while (!sent.empty()) {
      auto envelope = std::move(sent.front());
      sent.erase(sent.begin());
      if (auto* message = std::get_if<M>(&envelope.message)) return {envelope.header, std::move(*message)};
    }
    FAIL("no such message was sent");
    return {};
  }
  template <class M>
  std::size_t count() const {
    std::size_t found = 0;
    for (const auto& envelope : sent) found += std::holds_alternative<M>(envelope.message) ? 1 : 0;
    return found;
  }

  void link_up() {
    act([&] { session.connected(now); });
  }
  void link_down() {
    act([&] { session.disconnected(); });
  }
  void say(proto::Message message) {
    act([&] { session.handle(now, proto::Envelope{{id, proto::MessageSeq{++broker_seq}}, std::move(message)}); });
  }
  proto::Welcome welcome(std::uint64_t session_id) {
    auto [header, hello] = take<proto::Hello>();
    proto::Welcome welcome;
    welcome.nonce = hello.nonce;
    welcome.session = proto::SessionId{session_id};
    welcome.epoch = proto::Epoch{1};
    welcome.heartbeat = 1s;
    welcome.session_timeout = 5s;
    welcome.window_tasks = 1000;
    welcome.window_bytes = 1'000'000;
    welcome.store = "s";
    return welcome;
  }
  void open(std::uint64_t session_id = 1, bool resumed = false) {
    link_up();
    auto message = welcome(session_id);
    message.resumed = resumed;
    answer(message);
  }
  void answer(const proto::Welcome& message) {
    id = message.session;
    broker_seq = 0;
    say(message);
  }

  TaskId submit(Cookie cookie, const std::string& queue = "q", std::size_t bytes = 10) {
    proto::Submission task;
    task.id = TaskId::make(1, 2, ++last_task);
    task.edit().queue = queue;
    task.edit().name = "n";
    task.payload = proto::Payload::own(std::string(bytes, 'x'));
    const auto task_id = task.id;
    ask(client::SubmitTask{std::move(task), cookie});
    return task_id;
  }
  void query(proto::QueryKind kind, Cookie cookie) {
    proto::Query query;
    query.kind = kind;
    ask(client::AskBroker{std::move(query), cookie});
  }
  void command(proto::AnyCommand command, Cookie cookie) { ask(client::CommandBroker{std::move(command), cookie}); }
  void result(const TaskId& task, const std::string& value = "v") {
    proto::Outcome outcome;
    outcome.value = proto::Payload::own(value);
    say(proto::Results{{{task, outcome}}});
  }
  void acknowledge(proto::MessageSeq seq, std::vector<proto::Rejection> rejected = {}, std::uint64_t commit = 0) {
    say(proto::SubmitAck{{seq}, proto::CommitSeq{commit}, std::move(rejected)});
  }

 private:
  template <class T>
  static void move_all(std::vector<T>& from, std::vector<T>& to) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
    from.clear();
  }
};

}  // namespace forkmill::tests
