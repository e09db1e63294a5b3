// Test harness around a broker's core: its peers send what a test tells them to, and keep what the core sends them. The
// clock stands still until a test advances it.
#pragma once

#include <doctest/doctest.h>
#include <forkmill/signature.h>

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "broker/core/core.h"
#include "broker/store/memory_store.h"
#include "proto/wire/codec.h"

namespace forkmill::broker::test {

using namespace forkmill::proto;
using namespace std::chrono_literals;

inline TaskId id(std::uint64_t n) { return TaskId::make(1'700'000'000'000, n >> 32, n); }

inline Submission task(std::uint64_t n, TaskOptions options = {}) {
  auto spec = std::make_shared<const TaskSpec>(TaskSpec{"default", "t.echo", 0, std::move(options)});
  return {id(n), std::move(spec), Payload::copy("arguments")};
}

class Broker {
 public:
  explicit Broker(CoreOptions options = {}, MemoryStore* store = nullptr)
      : options_{std::move(options)}, store_{store} {
    if (options_.ack_delay == CoreOptions{}.ack_delay) options_.ack_delay = 0ms;  // time stands still here
    start();
  }

  // Starts a new broker on the same store. No peer is connected to it.
  void restart() {
    inbox_.clear();
    sessions_.clear();
    start();
  }

  struct Peer {
    PeerId id;
    SessionId session;
    Welcome welcome;
  };

  // Sends HELLO on a new connection.
  Peer connect(Hello hello) { return greet(PeerId{++last_peer_}, std::move(hello)); }
  // Sends HELLO on the connection `peer`. The session of the result is 0 unless exactly one WELCOME comes at once.
  Peer greet(PeerId peer, Hello hello) {
    hello.nonce = ++last_nonce_;
    deliver(peer, {{}, hello});
    auto welcomes = take<Welcome>(peer);
    if (welcomes.size() != 1) return {peer, {}, {}};
    sessions_[peer] = welcomes[0].session;
    return {peer, welcomes[0].session, welcomes[0]};
  }
  Peer client(SessionId resume = {}) {
    Hello hello;
    hello.name = "client";
    hello.resume = resume;
    return connect(hello);
  }
  // Connects a worker that has the task t.echo and gives credit for `first_credit` grants.
  Peer worker(std::uint64_t first_credit, std::vector<std::string> queues = {"default"}, std::uint32_t children = 2) {
    Hello hello = worker_hello(std::move(queues), children);
    Peer peer = connect(hello);
    send(peer, Credit{first_credit});
    return peer;
  }
  static Hello worker_hello(std::vector<std::string> queues = {"default"}, std::uint32_t children = 2) {
    Hello hello;
    hello.role = Role::worker;
    hello.name = "worker";
    hello.host = "host";
    hello.worker = {std::move(queues), {{"t.echo", "str(str)"}}, children, {}};
    return hello;
  }

  // Delivers the message as the next one of the peer's session, followed by a round of the core.
  MessageSeq send(const Peer& peer, Message message) {
    const MessageSeq seq{++last_seq_};
    deliver(peer.id, {{sessions_[peer.id], seq}, std::move(message)});
    return seq;
  }
  void deliver(PeerId peer, Envelope envelope) {
    core_->handle(now, peer, std::move(envelope), SessionId{++last_session_});
    round();
  }
  void deliver_garbage(PeerId peer, Failure failure) {
    core_->handle(now, peer, std::move(failure), SessionId{++last_session_});
    round();
  }
  void expel(const Sessions::WhyExpelled& why) {
    core_->expel(now, why);
    round();
  }
  void advance(Instant by) {
    now.steady += by;
    now.unix_time += std::chrono::duration_cast<milliseconds>(by);
    round();
  }
  // Advances the clock by steps of up to 1 s; all `peers` send heartbeats, so that none falls silent.
  void advance_alive(Instant by, const std::vector<Peer>& peers) {
    for (Instant done{0}; done < by; done += 1s) {
      advance(std::min<Instant>(1s, by - done));
      for (const Peer& peer : peers) {
        send(peer, Heartbeat{});
        take<Heartbeat>(peer.id);
      }
    }
  }

  // Removes all messages of type M from the peer's inbox, and returns them.
  template <class M>
  std::vector<M> take(PeerId peer) {
    std::vector<M> found;
    auto& box = inbox_[peer];
    for (auto at = box.begin(); at != box.end();) {
      if (auto* message = std::get_if<M>(&at->message)) {
        found.push_back(std::move(*message));
        seqs_.push_back(at->header.seq);
        at = box.erase(at);
      } else {
        ++at;
      }
    }
    return found;
  }
  template <class M>
  std::vector<M> take(const Peer& peer) {
    return take<M>(peer.id);
  }
  std::vector<GrantedTask> grants(const Peer& peer) {
    std::vector<GrantedTask> all;
    for (auto& message : take<Grants>(peer)) all.insert(all.end(), message.tasks.begin(), message.tasks.end());
    return all;
  }
  std::vector<TaskResult> results(const Peer& peer) {
    std::vector<TaskResult> all;
    for (auto& message : take<Results>(peer)) all.insert(all.end(), message.results.begin(), message.results.end());
    return all;
  }
  MessageSeq last_taken() const { return seqs_.back(); }
  const std::deque<Envelope>& inbox(const Peer& peer) { return inbox_[peer.id]; }

  void submit(const Peer& client, std::vector<Submission> tasks) { send(client, Submit{std::move(tasks)}); }
  Rejection submit_rejected(const Peer& client, Submission one) {
    take<SubmitAck>(client);
    send(client, Submit{{std::move(one)}});
    const auto acks = take<SubmitAck>(client);
    REQUIRE(acks.size() == 1);
    REQUIRE(acks[0].rejected.size() == 1);
    return acks[0].rejected[0];
  }
  void succeed(const Peer& worker, const Grant& grant, std::string_view value = "result") {
    finish(worker, grant, {OutcomeKind::succeeded, {}, "", Payload::copy(value), {}});
  }
  void fail(const Peer& worker, const Grant& grant, OutcomeKind kind = OutcomeKind::failed,
            Errc code = Errc::handler_error) {
    ErrorReport report;
    report.code = code;
    report.message = "it broke";
    finish(worker, grant, {kind, {}, "", {}, report});
  }
  void finish(const Peer& worker, const Grant& grant, Outcome outcome, milliseconds retry_delay = milliseconds{-1}) {
    send(worker, Outcomes{{{grant, std::move(outcome), retry_delay, 10}}, credit});
  }

  // Removes and returns the lines of the audit log so far.
  std::vector<std::string> drain_audit() { return std::exchange(audit_, {}); }

  // Holds back commits and answers of the store, as a slow disk does.
  void hold_commits() { held_ = true; }
  void release_commits() {
    held_ = false;
    round();
  }

  Core& core() { return *core_; }
  Now now{std::chrono::hours{1}, std::chrono::milliseconds{1'700'000'000'000}};
  std::uint64_t credit = 1000;  // the credit that workers give with their outcomes
  std::uint64_t requests = 0;   // requests to the store so far
  std::vector<FinishedTask> history;
  // Answers the requests about shards; empty: the store does.
  std::function<proto::Result<ClusterView>(const ClusterRequest&)> divide;
  std::string history_failure;  // why the history cannot be read; empty: it can

 private:
  void start() {
    waiting_.clear();
    pending_.clear();
    Identity identity{"store", Epoch{1}, {}, false, "test", {}, {}, ++last_run_};
    if (store_ != nullptr) {
      const auto opened = store_->open().value();
      identity = {opened.id, opened.epoch, opened.last, store_->durable(), "test", {}, opened.last_seq, last_run_};
    }
    committed_ = identity.commit;
    core_ = std::make_unique<Core>(options_, identity, now);
    if (store_ == nullptr) return;
    REQUIRE(store_->load([this](const TaskSummary& task) { core_->recover(task); }).ok());
    REQUIRE(
        store_->load_records([this](TaskSeq seq, std::string_view bytes) { core_->recover_record(seq, bytes); }).ok());
    core_->finish_recovery();
    if (options_.restart_grace == 0s) round();
  }

  // Runs rounds of the core until there is nothing left to do at this time.
  void round() {
    core_->tick(now);
    core_->flush(now);
    Effects effects = core_->take_effects();
    for (Send& one : effects.sends) waiting_.push_back(std::move(one));
    audit_.insert(audit_.end(), effects.audit.begin(), effects.audit.end());
    const bool work = !effects.ops.empty() || !effects.requests.empty() || !effects.finished.empty();
    if (work) pending_.push_back(std::move(effects));
    const bool answered = !held_ && serve();
    std::deque<Send> still;
    for (Send& one : waiting_) {
      if (one.after > committed_)
        still.push_back(std::move(one));
      else
        arrive(one.peer, std::move(one.envelope));
    }
    waiting_ = std::move(still);
    const bool goes_on = core_->bulk_changes().next_wakeup() <= now.steady;
    if (answered || goes_on) round();
  }

  // The peer gets the message, if that keeps within the limits of the protocol.
  void arrive(PeerId peer, Envelope envelope) {
    const Encoded bytes = encode(envelope);
    REQUIRE(decode(bytes.envelope, bytes.frames).ok());
    inbox_[peer].push_back(std::move(envelope));
  }

  // Does the work of the store's thread. Returns whether the core got an answer to a request.
  bool serve() {
    bool answered = false;
    for (const Effects& effects : std::exchange(pending_, {})) {
      if (!effects.ops.empty()) {
        REQUIRE(store_ != nullptr);
        REQUIRE(store_->apply(effects.ops).ok());
        REQUIRE(store_->commit(effects.commit).ok());
        committed_ = effects.commit;
        core_->committed(committed_);
      }
      for (const FinishedTask& task : effects.finished) {
        history.push_back(task);
        history.back().number = TaskSeq{history.size()};
      }
      for (const StoreRequest& request : effects.requests) {
        ++requests;
        core_->handle(now, serve_request(request));
        answered = true;
      }
    }
    return answered;
  }

  StoreAnswer serve_request(const StoreRequest& request) {
    if (std::holds_alternative<BackupRequest>(request.what)) return {request.ticket, BackupAnswer{std::uint64_t{4096}}};
    if (const auto* wanted = std::get_if<ClusterRequest>(&request.what); wanted != nullptr && divide)
      return {request.ticket, ClusterAnswer{divide(*wanted)}};
    if (const auto* wanted = std::get_if<HistoryRequest>(&request.what)) return {request.ticket, search(*wanted)};
    REQUIRE(store_ != nullptr);
    return broker::serve(*store_, request).value();
  }

  HistoryAnswer search(const HistoryRequest& request) const {
    HistoryAnswer answer;
    if (!history_failure.empty()) {
      answer.status = {Errc::history_unavailable, history_failure};
      return answer;
    }
    const auto* scan = std::get_if<HistoryScan>(&request.what);
    for (auto task = history.rbegin(); task != history.rend(); ++task) {
      if (scan == nullptr) {
        if (std::get<HistoryFind>(request.what).passes(*task)) answer.tasks.push_back(*task);
        continue;
      }
      if ((scan->before && task->number >= scan->before) || !scan->passes(*task)) continue;
      answer.tasks.push_back(*task);
      if (answer.tasks.size() < scan->most) continue;
      answer.next = task->number;
      break;
    }
    return answer;
  }

  CoreOptions options_;
  MemoryStore* store_;
  std::unique_ptr<Core> core_;
  std::map<PeerId, std::deque<Envelope>> inbox_;
  std::map<PeerId, SessionId> sessions_;
  std::vector<MessageSeq> seqs_;
  std::vector<std::string> audit_;
  std::deque<Send> waiting_;
  std::vector<Effects> pending_;
  CommitSeq committed_;
  bool held_ = false;
  std::uint64_t last_peer_ = 0;
  std::uint64_t last_session_ = 100;
  std::uint64_t last_nonce_ = 0;
  std::uint64_t last_seq_ = 0;
  std::uint64_t last_run_ = 0;
};

}  // namespace forkmill::broker::test
