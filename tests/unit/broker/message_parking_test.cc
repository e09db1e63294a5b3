// Messages that name tasks on disk wait until these are in memory, and later ones of their client wait behind them.
#include <cstddef>
#include <utility>
#include <vector>

#include "tests/unit/broker/paged_kit.h"

namespace message_parking_test {

using namespace forkmill;
using namespace forkmill::broker::test;
using forkmill::broker::test::id;

TEST_CASE("cancel, query and a repeated submission find a task on disk, and leave it there when it still waits") {
  Paged paged;
  paged.submit(1, 20);
  const std::size_t paged_out = paged.paged_out();
  paged.broker.send(paged.client, Query{1, QueryKind::task, id(15).to_string()});
  CHECK(paged.broker.take<Reply>(paged.client).at(0).code == Errc::ok);
  CHECK(paged.paged_out() == paged_out);
  paged.broker.take<SubmitAck>(paged.client);
  paged.broker.submit(paged.client, {task(16)});
  CHECK(paged.broker.take<SubmitAck>(paged.client).at(0).rejected.empty());
  Submission other = task(16);
  other.payload = Payload::copy("other arguments");
  CHECK(paged.broker.submit_rejected(paged.client, other).code == Errc::duplicate_task);
  CHECK(paged.paged_out() == paged_out);
  paged.broker.send(paged.client, Cancel{{id(17)}});
  CHECK(paged.broker.take<CancelReply>(paged.client).at(0).answers.at(0).state == CancelState::cancelled);
  CHECK(paged.broker.results(paged.client).at(0).outcome.kind == OutcomeKind::cancelled);
  auto expected = ids(1, 20);
  std::erase(expected, id(17));
  CHECK(paged.work_off(paged.broker.worker(1)) == expected);
}

TEST_CASE("a task on disk is found by a cancel of tasks that have not started, and does not run") {
  Paged paged;
  paged.submit(1, 20);
  paged.broker.send(paged.client, Cancel{{}, {id(18), id(19)}});
  const auto reply = paged.broker.take<CancelReply>(paged.client).at(0);
  REQUIRE(reply.answers.size() == 2);
  for (const auto& answer : reply.answers) CHECK(answer.state == CancelState::cancelled);
  auto expected = ids(1, 20);
  std::erase(expected, id(18));
  std::erase(expected, id(19));
  CHECK(paged.work_off(paged.broker.worker(1)) == expected);
}

TEST_CASE("a message may name a task twice although the task goes to disk at once") {
  Paged paged;
  paged.submit(1, 20);
  Submission other = task(21);
  other.payload = Payload::copy("other arguments");
  paged.broker.take<SubmitAck>(paged.client);
  paged.broker.submit(paged.client, {task(21), task(22), task(21), other});
  const auto ack = paged.broker.take<SubmitAck>(paged.client).at(0);
  REQUIRE(ack.rejected.size() == 1);
  CHECK(ack.rejected[0].id == id(21));
  CHECK(ack.rejected[0].code == Errc::duplicate_task);
  TaskOptions later;
  later.delay = 10min;
  paged.submit(31, 33, later);
  paged.broker.submit(paged.client, {task(34, later), task(34, later)});
  CHECK(paged.broker.take<SubmitAck>(paged.client).back().rejected.empty());
  CHECK(paged.work_off(paged.broker.worker(1)) == ids(1, 22));
}

TEST_CASE("messages of one client are handled in their order while one waits for the disk") {
  Paged paged;
  paged.submit(1, 10);
  paged.broker.hold_commits();
  paged.broker.send(paged.client, Cancel{{id(9)}});  // the task has to be fetched from disk
  paged.broker.send(paged.client, Query{7, QueryKind::ping, ""});
  CHECK(paged.broker.take<Reply>(paged.client).empty());
  paged.broker.release_commits();
  CHECK(paged.broker.take<CancelReply>(paged.client).size() == 1);
  CHECK(paged.broker.take<Reply>(paged.client).size() == 1);
}

TEST_CASE("many messages that have waited for the disk are handled in several rounds, in order, before later ones") {
  constexpr std::size_t kMessages = 100;
  Paged paged;
  paged.submit(1, 20);
  paged.broker.take<SubmitAck>(paged.client);
  paged.broker.hold_commits();
  paged.broker.send(paged.client, Cancel{{id(15)}});  // the later messages wait behind this one
  std::vector<MessageSeq> sent;
  for (std::size_t i = 0; i < kMessages; ++i) sent.push_back(paged.broker.send(paged.client, Submit{{task(100 + i)}}));
  std::vector<MessageSeq> acknowledged;
  const auto take = [&] {
    for (const auto& ack : paged.broker.take<SubmitAck>(paged.client))
      acknowledged.insert(acknowledged.end(), ack.messages.begin(), ack.messages.end());
  };
  paged.broker.release_commits();
  take();
  CHECK(acknowledged.size() < kMessages);
  sent.push_back(paged.broker.send(paged.client, Submit{{task(100 + kMessages)}}));
  take();
  CHECK(acknowledged.size() < kMessages);
  for (std::size_t round = 0; paged.broker.core().next_wakeup() <= paged.broker.now.steady; ++round) {
    REQUIRE(round < kMessages);
    paged.broker.advance(0s);
  }
  take();
  CHECK(acknowledged == sent);
}

TEST_CASE("messages that have waited for the disk together are answered in as many messages as that takes") {
  Paged paged;
  paged.submit(1, 20);
  paged.broker.take<SubmitAck>(paged.client);
  paged.broker.hold_commits();
  paged.broker.send(paged.client, Cancel{{id(15)}});  // the later messages wait behind this one
  constexpr std::size_t kMessages = 3;
  constexpr std::size_t kTasks = 10'000;
  for (std::size_t i = 0; i < kMessages; ++i) {
    std::vector<Submission> tasks(kTasks, task(100));
    Attach attach;
    for (std::size_t n = 0; n < kTasks; ++n) {
      tasks[n].id = id(1'000'000 + i * kTasks + n);
      tasks[n].edit().queue = "no name";
      attach.ids.push_back(tasks[n].id);
    }
    paged.broker.submit(paged.client, std::move(tasks));
    paged.broker.send(paged.client, attach);
  }
  paged.broker.release_commits();
  std::size_t acknowledged = 0;
  std::size_t rejected = 0;
  for (const auto& ack : paged.broker.take<SubmitAck>(paged.client)) {
    acknowledged += ack.messages.size();
    rejected += ack.rejected.size();
  }
  CHECK(acknowledged == kMessages);
  CHECK(rejected == kMessages * kTasks);
  // A round sends a few messages at most that tell of unknown tasks.
  std::size_t unknown = 0;
  std::size_t messages = 0;
  while (unknown < kMessages * kTasks) {
    const auto results = paged.broker.take<Results>(paged.client);
    REQUIRE(!results.empty());
    messages += results.size();
    for (const auto& one : results) unknown += one.results.size();
    CHECK((paged.broker.core().next_wakeup() <= paged.broker.now.steady) == (unknown < kMessages * kTasks));
    paged.broker.advance(0s);
  }
  CHECK(messages <= 4);
}

}  // namespace message_parking_test
