#include "tests/sim/users/watcher.h"

#include <map>
#include <msgpack.hpp>
#include <utility>
#include <vector>

#include "tests/sim/audits/event_audit.h"
#include "tests/sim/audits/require.h"

namespace forkmill::sim {

using broker::State;
using broker::TaskEventKind;

namespace {

using Map = std::map<std::string, msgpack::object>;

State state_named(const std::string& name) {
  for (int number = 0; number <= static_cast<int>(State::expired); ++number)
    if (broker::state_name(static_cast<State>(number)) == name) return static_cast<State>(number);
  throw Violation{"invariant 17: an event tells the state " + name};
}

TaskEventKind kind_named(const std::string& name) {
  for (int number = 0; number <= static_cast<int>(TaskEventKind::forgotten); ++number)
    if (broker::event_name(static_cast<TaskEventKind>(number)) == name) return static_cast<TaskEventKind>(number);
  throw Violation{"invariant 17: an event has the kind " + name};
}

}  // namespace

void Watcher::act() {
  if (!waits_) ask();
}

void Watcher::crash() {
  waits_ = false;
  if (world_.random.chance(0.3)) cursor_.clear();
}

void Watcher::ask() {
  waits_ = true;
  proto::Query query;
  query.kind = proto::QueryKind::events;
  query.argument = cursor_;
  if (world_.random.chance(0.3)) query.filter.most = static_cast<std::uint32_t>(world_.random.between(1, 10));
  questions_.ask(std::move(query), [this](const proto::Reply& reply) { told(reply); });
}

void Watcher::told(const proto::Reply& reply) {
  waits_ = false;
  require(reply.code == Errc::ok, "17", [&] { return "no events are told: " + reply.text; });
  const auto handle = msgpack::unpack(reply.body.view().data(), reply.body.size());
  const auto body = handle->as<Map>();
  const bool begins = cursor_.empty();
  const auto run = std::exchange(run_, body.at("run").as<std::string>());
  bool restarted = false;
  if (begins) states_.clear();
  if (const auto missed = body.find("missed"); missed != body.end()) {
    auto range = missed->second.as<Map>();
    restarted = range.at("restarted").as<bool>();
    require(restarted || range.at("from").as<std::uint64_t>() == next_, "17",
            [] { return "the missed events do not begin where the client was"; });
    next_ = range.at("to").as<std::uint64_t>();
    states_.clear();
  }
  require(begins || restarted == (run != run_), "17",
          [] { return "a client with a cursor of an earlier broker is not told so, or one without it is"; });
  const auto events = body.at("events").as<std::vector<Map>>();
  for (const Map& event : events) {
    const auto at = event.at("at").as<std::uint64_t>();
    require(at == next_, "17", [&] {
      return "event " + std::to_string(at) + " is told, but " + std::to_string(next_) + " is the next one";
    });
    ++next_;
    const auto seq = event.at("seq").as<std::uint64_t>();
    const State state = state_named(event.at("state").as<std::string>());
    const TaskEventKind kind = kind_named(event.at("kind").as<std::string>());
    if (const auto known = states_.find(seq); known != states_.end()) {
      require(state_after(known->second, kind, state) == state, "17",
              [&] { return "the events of task " + std::to_string(seq) + " do not follow each other"; });
    }
    states_[seq] = state;
    if (kind == TaskEventKind::forgotten) states_.erase(seq);
  }
  cursor_ = body.at("cursor").as<std::string>();
  const auto position = std::stoull(cursor_.substr(cursor_.find('-') + 1));
  require(begins || position == next_, "17", [] { return "the cursor is not behind the last event"; });
  next_ = position;
  if (!events.empty() && world_.random.chance(0.7)) ask();
}

}  // namespace forkmill::sim
