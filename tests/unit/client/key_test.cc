// Submissions under a key, and several futures for one task.
#include <forkmill/serialize.h>

#include <algorithm>

#include "proto/body_hash.h"
#include "tests/unit/client/conversation.h"

namespace key_test {

using namespace forkmill;
using namespace forkmill::tests;

namespace {

struct Keyed : Conversation {
  using Conversation::Conversation;

  static proto::Submission keyed(const std::string& payload = "x", const std::string& name = "n") {
    proto::Submission task;
    task.edit().queue = "q";
    task.edit().name = name;
    task.edit().options.key = "k";
    task.id = TaskId::of_key(task.spec->queue, task.spec->options.key);
    task.payload = proto::Payload::own(payload);
    return task;
  }
  void submit_keyed(Cookie cookie, const std::string& payload = "x", const std::string& name = "n") {
    ask(client::SubmitTask{keyed(payload, name), cookie});
  }
  void attach(Cookie cookie) { ask(client::AttachTask{task, cookie}); }
  void cancel() { ask(client::CancelTask{task, 0}); }
  // Says the result of a task under the same key.
  void end_of_body(const std::string& payload, const std::string& value) {
    proto::Outcome outcome;
    outcome.kind = proto::OutcomeKind::succeeded;
    outcome.value = proto::Payload::own(value);
    const auto body = keyed(payload);
    say(proto::Results{
        {{task, outcome, proto::body_hash(body.spec->name, body.spec->signature, body.payload.view())}}});
  }
  void unknown() {
    proto::Outcome outcome;
    outcome.kind = proto::OutcomeKind::rejected;
    outcome.error.emplace().code = Errc::task_unknown;
    say(proto::Results{{{task, outcome}}});
  }
  std::vector<Cookie> ended_cookies() const {
    std::vector<Cookie> cookies;
    for (const auto& end : ended) cookies.push_back(end.cookie);
    std::ranges::sort(cookies);
    return cookies;
  }
  Errc code_of(Cookie cookie) const {
    for (const auto& end : ended)
      if (end.cookie == cookie) return end.outcome.error ? end.outcome.error->code : Errc::ok;
    return Errc::unknown;
  }

  const TaskId task = keyed().id;
};

}  // namespace

TEST_CASE_FIXTURE(Keyed, "two submissions with one key and body are sent once, and both end with its result") {
  open();
  submit_keyed(1);
  submit_keyed(2);
  CHECK(count<proto::Submit>() == 1);
  CHECK(session.load().outstanding == 2);
  acknowledge(take<proto::Submit>().first.seq);
  CHECK(accepted == std::vector<Cookie>{1, 2});
  submit_keyed(3);
  CHECK(count<proto::Submit>() == 0);
  CHECK(accepted == std::vector<Cookie>{1, 2, 3});
  say(proto::Progress{{{task, {}, 0.5, "half"}}});
  CHECK(progress.size() == 3);
  result(task, "v");
  CHECK(ended_cookies() == std::vector<Cookie>{1, 2, 3});
  for (const auto& end : ended) CHECK(end.outcome.value.view() == "v");
  CHECK(session.load().outstanding == 0);
  CHECK(session.load().held_tasks == 0);
}

TEST_CASE_FIXTURE(Keyed,
                  "another body under the key of an outstanding task ends with duplicate_task, and the first goes on") {
  open();
  submit_keyed(1);
  submit_keyed(2, "y");
  submit_keyed(3, "x", "other");
  CHECK(count<proto::Submit>() == 1);
  CHECK(ended_cookies() == std::vector<Cookie>{2, 3});
  CHECK(code_of(2) == Errc::duplicate_task);
  CHECK(code_of(3) == Errc::duplicate_task);
  result(task, "v");
  CHECK(code_of(1) == Errc::ok);
}

TEST_CASE_FIXTURE(Keyed, "a submission with the key of an ended task is sent, and ends with the result that was kept") {
  open();
  submit_keyed(1);
  acknowledge(take<proto::Submit>().first.seq);
  result(task, "v");
  submit_keyed(2);
  const auto [header, again] = take<proto::Submit>();
  CHECK(again.tasks.at(0).id == task);
  acknowledge(header.seq);
  CHECK(accepted == std::vector<Cookie>{1, 2});
  result(task, "v");
  CHECK(ended_cookies() == std::vector<Cookie>{1, 2});
}

TEST_CASE_FIXTURE(Keyed, "a rejection of another body under the key of an ended task ends the second one alone") {
  open();
  submit_keyed(1);
  acknowledge(take<proto::Submit>().first.seq);
  result(task, "v");
  submit_keyed(2, "y");
  acknowledge(take<proto::Submit>().first.seq, {{task, Errc::duplicate_task, "no"}});
  CHECK(code_of(1) == Errc::ok);
  CHECK(code_of(2) == Errc::duplicate_task);
}

TEST_CASE_FIXTURE(Keyed, "after the cancel of an unsent task, only a new body under its key is sent") {
  submit_keyed(1);
  cancel();
  CHECK(code_of(1) == Errc::cancelled);
  CHECK(session.load().held_tasks == 0);
  submit_keyed(2, "y");
  open();
  const auto submit = take<proto::Submit>().second;
  REQUIRE(submit.tasks.size() == 1);
  CHECK(submit.tasks[0].payload.view() == "y");
}

TEST_CASE_FIXTURE(Keyed,
                  "a cancel by id of an unsent task is answered by the broker, which may know another submission") {
  submit_keyed(1);
  ask(client::CancelTask{task, 8});
  CHECK(code_of(1) == Errc::cancelled);
  CHECK(answered.empty());
  open();
  CHECK(count<proto::Submit>() == 0);
  CHECK(take<proto::Cancel>().second.ids == std::vector{task});
  say(proto::CancelReply{{{task, proto::CancelState::finished}}});
  REQUIRE(answered.size() == 1);
  CHECK(unpack_value<unsigned>(answered[0].reply.body.view()) == static_cast<unsigned>(proto::CancelState::finished));
}

TEST_CASE_FIXTURE(Keyed, "a cancel while the queue is full forgets the task, and nothing waits for it") {
  open();
  submit_keyed(1);
  acknowledge(take<proto::Submit>().first.seq, {{task, Errc::queue_full, "full"}});
  CHECK(session.load().held_tasks == 1);
  cancel();
  CHECK(session.load().held_tasks == 0);
  CHECK(session.next_wakeup() > now + 500ms);
}

TEST_CASE_FIXTURE(Keyed,
                  "after a result that overtakes the acknowledgement, a new session does not send the old body") {
  open(1);
  submit_keyed(1);
  take<proto::Submit>();
  result(task, "v");
  link_down();
  submit_keyed(2, "y");
  open(2, true);
  const auto submit = take<proto::Submit>().second;
  REQUIRE(submit.tasks.size() == 1);
  CHECK(submit.tasks[0].payload.view() == "y");
  CHECK(session.load().held_tasks == 1);
}

TEST_CASE_FIXTURE(Keyed, "two futures for one id need one ATTACH, and both end") {
  open();
  attach(1);
  attach(2);
  CHECK(take<proto::Attach>().second.ids == std::vector{task});
  CHECK(count<proto::Attach>() == 0);
  result(task);
  CHECK(ended_cookies() == std::vector<Cookie>{1, 2});
}

TEST_CASE_FIXTURE(Keyed, "an attach and a submission of one id are one task") {
  open();
  SUBCASE("first by its id") {
    attach(1);
    submit_keyed(2);
    CHECK(count<proto::Attach>() == 1);
    CHECK(count<proto::Submit>() == 1);
    unknown();  // the answer to ATTACH, which was sent first
  }
  SUBCASE("first submitted") {
    submit_keyed(1);
    attach(2);
    CHECK(count<proto::Attach>() == 0);
  }
  CHECK(ended.empty());
  acknowledge(take<proto::Submit>().first.seq);
  result(task, "v");
  CHECK(ended_cookies() == std::vector<Cookie>{1, 2});
}

TEST_CASE_FIXTURE(Keyed, "the rejection of a submission ends no future that was attached by id") {
  open();
  SUBCASE("asked before") {
    attach(1);
    attach(2);
    submit_keyed(3);
  }
  SUBCASE("asked after") {
    submit_keyed(3);
    attach(1);
    attach(2);
  }
  const auto seq = take<proto::Submit>().first.seq;
  sent.clear();
  acknowledge(seq, {{task, Errc::duplicate_task, "no"}});
  CHECK(ended_cookies() == std::vector<Cookie>{3});
  CHECK(count<proto::Attach>() == 1);
  CHECK(session.load().outstanding == 2);
  result(task, "v");
  CHECK(ended_cookies() == std::vector<Cookie>{1, 2, 3});
  CHECK(session.load().outstanding == 0);
}

TEST_CASE_FIXTURE(Keyed, "end_all ends every waiter of a task") {
  open();
  submit_keyed(1);
  submit_keyed(2);
  attach(3);
  act([&] { session.end_all(Errc::disconnected, "gone"); });
  CHECK(ended_cookies() == std::vector<Cookie>{1, 2, 3});
  CHECK(session.load().outstanding == 0);
}

TEST_CASE_FIXTURE(Keyed, "the result of another body under the key ends the futures that were attached by id") {
  open();
  attach(1);
  submit_keyed(2);
  const auto submit = take<proto::Submit>();
  attach(3);
  end_of_body("y", "theirs");
  CHECK(ended_cookies() == std::vector<Cookie>{1, 3});
  acknowledge(submit.first.seq, {{task, Errc::duplicate_task, "no"}});
  CHECK(code_of(2) == Errc::duplicate_task);
}

TEST_CASE_FIXTURE(Keyed, "the result of another body under the key leaves an unacknowledged submission outstanding") {
  open();
  submit_keyed(1);
  const auto submit = take<proto::Submit>();
  end_of_body("y", "theirs");
  CHECK(ended.empty());
  acknowledge(submit.first.seq);
  CHECK(accepted == std::vector<Cookie>{1});
  end_of_body("x", "mine");
  REQUIRE(ended.size() == 1);
  CHECK(ended[0].outcome.value.view() == "mine");
}

TEST_CASE_FIXTURE(Keyed, "the result of another body under the key ends an accepted task as lost by the broker") {
  open();
  submit_keyed(1);
  submit_keyed(2);
  acknowledge(take<proto::Submit>().first.seq);
  end_of_body("y", "theirs");
  CHECK(ended_cookies() == std::vector<Cookie>{1, 2});
  CHECK(code_of(1) == Errc::task_unknown);
  CHECK(code_of(2) == Errc::task_unknown);
  CHECK(ended[0].known_before);
}

TEST_CASE_FIXTURE(Keyed, "a late rejection of an ended submission does not concern the next one under its key") {
  open();
  submit_keyed(1);
  const auto first = take<proto::Submit>();
  result(task, "v");
  CHECK(code_of(1) == Errc::ok);
  CHECK(session.load().held_tasks == 0);
  submit_keyed(2);
  const auto second = take<proto::Submit>();
  acknowledge(first.first.seq, {{task, Errc::duplicate_task, "no"}});
  CHECK(ended.size() == 1);
  acknowledge(second.first.seq);
  CHECK(accepted == std::vector<Cookie>{2});
  // The first submission is not sent in the next session either.
  submit_keyed(3, "x");
  open();
  CHECK(count<proto::Submit>() == 0);
}

TEST_CASE_FIXTURE(Keyed, "the cancel of a task under way ends all of its waiters") {
  open();
  submit_keyed(1);
  submit_keyed(2);
  cancel();
  CHECK(ended.empty());
  CHECK(count<proto::Cancel>() == 1);
  proto::Outcome outcome;
  outcome.kind = proto::OutcomeKind::cancelled;
  say(proto::Results{{{task, outcome}}});
  CHECK(ended_cookies() == std::vector<Cookie>{1, 2});
}

TEST_CASE("tasks of a full queue keep their order when one under a key among them is cancelled") {
  Keyed keyed;
  keyed.open();
  const auto full = [](const TaskId& id) { return proto::Rejection{id, Errc::queue_full, ""}; };
  const auto tried_of = [](const proto::Submit& message) {
    std::vector<TaskId> ids;
    for (const auto& task : message.tasks) ids.push_back(task.id);
    return ids;
  };
  keyed.submit_keyed(1);
  const auto other = keyed.submit(2, "q", proto::limits::kBatchBytes);  // does not fit into one message with the first
  keyed.acknowledge(keyed.take<proto::Submit>().first.seq, {full(keyed.task)});
  keyed.acknowledge(keyed.take<proto::Submit>().first.seq, {full(other)});
  keyed.after(2s);
  const auto first = keyed.take<proto::Submit>();
  const auto second = keyed.take<proto::Submit>();
  REQUIRE(tried_of(first.second) == std::vector{keyed.task});
  const auto later = keyed.submit(3);
  keyed.acknowledge(first.first.seq, {full(keyed.task)});
  keyed.cancel();
  keyed.acknowledge(second.first.seq, {full(other)});
  keyed.after(4s);
  CHECK(tried_of(keyed.take<proto::Submit>().second) == std::vector{other});
  CHECK(tried_of(keyed.take<proto::Submit>().second) == std::vector{later});
}

}  // namespace key_test
