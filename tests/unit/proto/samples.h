// Samples: one filled-in message of every type, for the tests of the codec and for the fuzzers.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "proto/wire/messages.h"

namespace forkmill::proto::samples {

inline TaskId id(std::uint64_t n) { return TaskId::make(1'700'000'000'000 + n, n, n * 7); }
inline Grant grant(std::uint64_t n) { return {Epoch{3}, TaskSeq{n}, Attempt{2}}; }

inline SharedSpec spec(std::string queue, std::string name, std::uint64_t signature = 0, TaskOptions options = {}) {
  return std::make_shared<const TaskSpec>(TaskSpec{std::move(queue), std::move(name), signature, std::move(options)});
}
inline Submission submission(std::string queue, std::string name) {
  return {id(1), spec(std::move(queue), std::move(name)), {}};
}

inline std::vector<Message> all() {
  ErrorReport report{
      Errc::worker_lost, "std::runtime_error", "boom", "#0 main", "inner", {-1, 11, 5, 6, 7, "last words\n"}};
  TaskOptions options;
  options.priority = -5;
  options.delay = milliseconds{1500};
  options.max_attempts = 7;
  options.backoff = {milliseconds{10}, milliseconds{20}, 30};
  options.durability = Durability::memory;
  options.retry_errors = true;
  options.key = "order-17";
  options.at_most_once = true;
  options.process = true;
  options.daemon = true;
  options.label = "adder";
  options.dead_letter = false;
  options.headers = {{"traceparent", "00-1-2-01"}};
  TaskOptions granted;  // options that travel with a grant
  granted.soft_timeout = milliseconds{1};
  granted.timeout = milliseconds{2};
  granted.process = true;
  granted.daemon = true;
  granted.label = "adder";
  granted.headers = {{"traceparent", "00-1-2-01"}};
  const Outcome good{OutcomeKind::succeeded, Attempt{1}, "w1", Payload::copy("\xcb"), {}, 300};
  const Outcome bad{OutcomeKind::lost, Attempt{3}, "w2", {}, report};
  return {
      Hello{1, 1, Role::worker, 99, SessionId{12}, "w1", "host", 4711, "test", 100,
            WorkerInfo{
                {"default", "text"}, {{"math.add", "f64(f64,f64)"}}, 4, {grant(8), grant(9)}, "store", 7, 0, 10, true},
            0x1122334455667788, 0x99},
      Welcome{1,
              99,
              SessionId{13},
              Epoch{3},
              true,
              milliseconds{2000},
              milliseconds{10000},
              1024,
              4096,
              8192,
              "store",
              CommitSeq{5},
              "test",
              {{"*", ""}},
              17,
              {grant(8)},
              true},
      Heartbeat{2, 3, 4},
      Goodbye{Errc::shutting_down, "bye"},
      ErrorMessage{MessageSeq{4}, Errc::hello_required, "say hello"},
      Submit{{Submission{id(1), spec("default", "math.add", 77, options), Payload::copy("\x92\x01\x02")},
              Submission{id(2), spec("q", "t"), {}}}},
      SubmitAck{{MessageSeq{1}, MessageSeq{2}}, CommitSeq{9}, {{id(2), Errc::queue_full, "full"}}},
      Results{{{id(1), good}, {id(2), bad}}, {{5, 2, 1}}},
      ResultAck{{MessageSeq{6}}},
      Attach{{id(1), id(2)}},
      Cancel{{id(3)}, {id(2)}},
      CancelReply{{{id(3), CancelState::requested}}},
      Progress{{{id(1), grant(1), 0.5, "half"}}},
      Credit{512},
      Grants{{{grant(1), id(1), spec("default", "math.add", 77, granted), Payload::copy("\x90"), 12}}},
      Outcomes{{{grant(1), good, milliseconds{-1}, 123}, {grant(2), bad, milliseconds{50}, 0}}, 600},
      OutcomeAck{{MessageSeq{3}}},
      Return{{grant(4)}, 601, milliseconds{500}, "no process"},
      Revoke{{grant(5)}, {grant(6)}},
      Revoked{{{grant(5), RevokeState::stopping}}, 602},
      Drain{true},
      Query{1, QueryKind::task, "0190"},
      Reply{1, Errc::ok, "", Payload::copy("\x80")},
      Started{{{id(1), grant(1), 4712, "host"}}},
      Signals{{{grant(1), 15}}},
      ChildrenGone{{4712, 4713}, {4713}},
      Report{{{4712, 4710, ProcessRole::process, "S", 1000, 2048, milliseconds{1'700'000'000'000}, grant(1), "adder",
               milliseconds{1234}}}},
      Operate{3,
              {{4,
                Verb::open,
                0,
                0,
                milliseconds{-1},
                0,
                0,
                {},
                ObjectSpec{"jobs", ObjectKind::queue, 77, 10, kObjectOwned, 0, Durability::memory}},
               {5, Verb::put, 17, 1, milliseconds{250}, 1, 2, {Payload::copy("\x01")}, std::nullopt, {{18, 3, 0}}}}},
      Operated{
          {{4, Errc::ok, "", 17, 0, {}}, {5, Errc::object_full, "full", 0, 0, {Payload::copy("\x02")}, {{5, 2, 0}}}}},
      Command{2, SendSignal{"0190163d", 15}},
      Scale{6},
      Scaled{7},
      Logs{{{grant(1), {{4096, LogSource::lines, 2, "low on disk"}}, 4107, true}}},
      LogLimits{{{"mail", 0}, {"default", 65536}}},
      Moved{98, 2, 70, {{"tcp://a:7118"}, {""}}},
      Invite{99, InviteVerb::make, "8c1d", "mail", "worker", "serve=mail.*", milliseconds{3600000}, ""},
      Invited{99,
              Errc::ok,
              "",
              "7b2e",
              "tcp://a:7117",
              {{"8c1d", "pending", "mail", "worker", "serve=mail.*", "bob", milliseconds{1'700'000'000'000}, ""}}},
      Enrol{100, "5e5f", "host"},
      Enrolled{100, Errc::invitation_spent, "spent", "mail", "worker"},
  };
}

}  // namespace forkmill::proto::samples
