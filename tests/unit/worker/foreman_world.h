// The rules of a worker between a broker and children that a test plays.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "worker/rules/foreman.h"

namespace forkmill::worker::tests {

using namespace std::chrono_literals;
using proto::Instant;

inline proto::Grant grant_of(std::uint64_t seq) { return {proto::Epoch{1}, proto::TaskSeq{seq}, proto::Attempt{1}}; }

inline ForemanConfig config_of(std::size_t slots, std::uint64_t max_tasks,
                               std::shared_ptr<const proto::TaskSeals> seals = nullptr) {
  ForemanConfig config;
  config.tasks = {{"short", 11}, {"long", 22}};
  config.slots = slots;
  config.max_tasks_per_child = max_tasks;
  config.name = "w";
  config.host = "h";
  config.max_processes = 3;
  config.seals = std::move(seals);
  return config;
}

// A pool that follows its load: how many children it may have.
struct Following {
  std::uint32_t slots = 1;
  std::uint32_t least = 1;
  std::uint32_t most = 1;
};

inline ForemanConfig config_of(const Following& pool) {
  ForemanConfig config = config_of(pool.slots, 0);
  config.children = pool.least;
  config.scaling = {pool.least, pool.most};
  return config;
}

// World: what surrounds the rules: children that start what is first in their ring when a test says so, and a broker
// that keeps what it hears.
struct World final : Rings {
  struct Child {
    std::uint64_t generation = 0;
    std::vector<std::uint64_t> ring;
    std::uint64_t running = 0;
    bool condemned = false;
    std::string log;
  };

  explicit World(std::uint32_t slots, std::uint64_t max_tasks = 0,
                 std::shared_ptr<const proto::TaskSeals> seals = nullptr)
      : foreman{config_of(slots, max_tasks, std::move(seals)), proto::Hello{}, 1, *this} {
    for (std::uint32_t slot = 0; slot < slots; ++slot) spawn(slot);
    welcome(7);
    settle();
  }

  explicit World(const Following& pool) : foreman{config_of(pool), proto::Hello{}, 1, *this} {
    for (std::uint32_t slot = 0; slot < pool.least; ++slot) spawn(slot);
    welcome(7);
    settle();
  }

  // ---- Rings
  bool revoke(ChildKey child, std::uint64_t serial) override {
    return std::erase(children[child.slot].ring, serial) != 0;
  }
  bool condemn(ChildKey child, std::uint64_t serial) override {
    Child& c = children[child.slot];
    if (c.running != serial) return false;
    return c.condemned = true;
  }

  // ---- Effects
  void carry_out(const Effects& effects) {
    for (const auto& one : effects.assignments) assign(one);
    for (const auto& one : effects.stops) children[one.child.slot].log += "stop ";
    for (const auto& one : effects.signals) children[one.child.slot].log += text_of(one);
    for (const auto& one : effects.forks) forked.push_back(one.slot);
    if (effects.pool.children != 0) wanted = effects.pool.children;
    drain_ordered = drain_ordered || effects.pool.drain;
    restart_ordered = restart_ordered || effects.pool.restart;
    for (const auto& one : effects.send) send(one);
    refused = refused || effects.refused;
  }
  void assign(const Assignment& assignment) {
    const auto& head = assignment.head;
    children[assignment.child.slot].ring.push_back(head.serial);
    serials[head.seq] = head.serial;
    seqs[head.serial] = head.seq;
  }
  static std::string text_of(const SignalRequest& request) {
    if (!request.to_group) return "signal " + std::to_string(request.signal) + " ";
    return request.signal == SIGTERM ? "TERM " : "KILL ";
  }
  void send(const proto::Envelope& envelope) {
    if (const auto* hello = std::get_if<proto::Hello>(&envelope.message)) last_hello = *hello;
    if (const auto* credit = std::get_if<proto::Credit>(&envelope.message)) last_credit = credit->total;
    if (const auto* back = std::get_if<proto::Return>(&envelope.message)) {
      for (const auto& grant : back->grants) returned.push_back(grant.seq.value());
      last_credit = back->credit;
      pause = back->pause;
      shortage = back->shortage;
    }
    if (const auto* revoked = std::get_if<proto::Revoked>(&envelope.message)) {
      for (const auto& answer : revoked->answers) answers[answer.grant.seq.value()] = answer.state;
    }
    if (const auto* said = std::get_if<proto::Outcomes>(&envelope.message)) {
      for (const auto& record : said->outcomes) outcomes[record.grant.seq.value()] = record;
      last_credit = said->credit;
      unacknowledged.push_back(envelope.header.seq);
    }
    if (const auto* said = std::get_if<proto::Progress>(&envelope.message)) {
      for (const auto& note : said->notes) notes.push_back(note.note);
    }
    if (const auto* said = std::get_if<proto::Logs>(&envelope.message))
      logs.insert(logs.end(), said->notes.begin(), said->notes.end());
    if (const auto* said = std::get_if<proto::Started>(&envelope.message)) {
      for (const auto& note : said->notes) started.push_back(note);
    }
    if (const auto* said = std::get_if<proto::ChildrenGone>(&envelope.message)) {
      gone.insert(gone.end(), said->pids.begin(), said->pids.end());
    }
    if (std::holds_alternative<proto::Goodbye>(envelope.message)) {
      CHECK_MESSAGE(!gone.empty(), "it says GOODBYE before it tells of its children");
      left = true;
    }
    if (const auto* said = std::get_if<proto::Scaled>(&envelope.message)) scaled = said->children;
    drained = drained || std::holds_alternative<proto::Drain>(envelope.message);
  }

  // ---- The broker
  template <class T>
  void hear(T body) {
    foreman.handle(now, {{session, proto::MessageSeq{1}}, std::move(body)});
    carry_out(foreman.take_effects());
  }
  void welcome(std::uint64_t id, std::vector<proto::Grant> abandon = {}) {
    foreman.connected(now);
    carry_out(foreman.take_effects());
    proto::Welcome welcome;
    welcome.nonce = last_hello.nonce;
    welcome.session = session = proto::SessionId{id};
    welcome.heartbeat = 3600s;
    welcome.session_timeout = 7200s;
    welcome.log_bytes = 64 * 1024;
    welcome.abandon = std::move(abandon);
    foreman.handle(now, {{}, welcome});
    carry_out(foreman.take_effects());
  }
  void grant(std::uint64_t seq, const std::string& name = "short", proto::milliseconds soft = 0ms,
             proto::milliseconds hard = 0ms) {
    proto::Grants grants;
    auto& task = grants.tasks.emplace_back();
    task.grant = grant_of(seq);
    task.edit().name = name;
    task.edit().options.soft_timeout = soft;
    task.edit().options.timeout = hard;
    hear(grants);
  }
  void grant_process(std::uint64_t seq, bool daemon = false) {
    proto::Grants grants;
    auto& task = grants.tasks.emplace_back();
    task.grant = grant_of(seq);
    task.edit().name = "short";
    task.edit().options.process = true;
    task.edit().options.daemon = daemon;
    hear(grants);
  }
  void acknowledge() { hear(proto::OutcomeAck{std::exchange(unacknowledged, {})}); }

  // ---- The children
  void spawn(std::uint32_t slot) {
    const auto generation = children[slot].generation + 1;
    children[slot] = {};
    children[slot].generation = generation;
    foreman.spawned({slot, generation}, 5000 + slot);
    carry_out(foreman.take_effects());
    foreman.handle(now, {slot, generation}, ChildBorn{});
  }
  std::uint64_t start(std::uint32_t slot) {
    Child& child = children[slot];
    REQUIRE_FALSE(child.ring.empty());
    child.running = child.ring.front();
    child.ring.erase(child.ring.begin());
    return seqs.at(child.running);
  }
  void finish(std::uint32_t slot, std::uint64_t run_us = 100, Verdict verdict = Verdict::succeeded,
              Leaving leaving = Leaving::no, const OutputEnds& printed = {}) {
    ChildResult result;
    result.printed = printed;
    result.serial = std::exchange(children[slot].running, 0);
    result.run_us = run_us;
    result.verdict = verdict;
    result.leaving = leaving;
    result.code = static_cast<std::uint16_t>(Errc::handler_error);
    result.type = "std::runtime_error";
    result.message = "in words";
    result.payload = "value";
    foreman.handle(now, {slot, children[slot].generation}, result);
  }
  void die(std::uint32_t slot, int signal, bool by_us = false) {
    ControlFacts facts;
    facts.kind = ControlKind::died;
    facts.child = {slot, children[slot].generation};
    facts.pid = 4711;
    facts.signal = signal;
    facts.exit_code = signal == 0 ? 3 : -1;
    facts.killed_by_us = by_us ? 1 : 0;
    facts.max_rss_bytes = 1 << 20;
    foreman.handle(now, ChildDeath{facts, "last words", {children[slot].running}});
    children[slot].ring.clear();
  }
  // Runs one task to its end, so that its duration is known.
  void measure(std::uint64_t seq, std::uint64_t run_us, const std::string& name = "short") {
    grant(seq, name);
    settle();
    for (auto& [slot, child] : children) {
      if (child.ring.empty()) continue;
      start(slot);
      finish(slot, run_us);
    }
    settle();
    acknowledge();
  }

  void progress(std::uint64_t serial, double fraction, const char* note) {
    foreman.handle(now, {0, children[0].generation}, ChildProgress{serial, fraction, note});
  }
  void say(std::uint32_t slot, const ChildLog& said) { foreman.handle(now, {slot, children[slot].generation}, said); }
  void print(std::uint32_t slot, std::uint64_t from, const std::string& text) {
    foreman.handle({slot, children[slot].generation}, ChildOutput{false, from, text});
  }
  void stop() {
    foreman.stop(now);
    carry_out(foreman.take_effects());
  }

  void settle() {
    foreman.tick(now);
    foreman.flush(now);
    carry_out(foreman.take_effects());
  }
  void pass(Instant time) {
    now += time;
    settle();
  }

  Instant now = 1000s;
  std::map<std::uint32_t, Child> children;
  std::map<std::uint64_t, std::uint64_t> serials, seqs;
  std::map<std::uint64_t, proto::OutcomeRecord> outcomes;
  std::map<std::uint64_t, proto::RevokeState> answers;
  std::vector<std::uint64_t> returned;
  std::vector<std::string> notes;
  std::vector<proto::LogNote> logs;
  std::vector<std::uint32_t> forked, gone;
  std::vector<proto::StartedNote> started;
  proto::MessageSeqs unacknowledged;
  proto::Hello last_hello;
  proto::SessionId session;
  std::uint64_t last_credit = 0;
  Instant pause{0};          // as the last RETURN said
  std::string shortage;      // the same
  std::uint32_t wanted = 0;  // children that the supervisor was asked for
  std::uint32_t scaled = 0;  // as the last SCALED said
  bool drain_ordered = false;
  bool restart_ordered = false;
  bool drained = false;
  bool left = false;
  bool refused = false;
  Foreman foreman;
};

}  // namespace forkmill::worker::tests
