// Windows, batches and full queues.
#include "tests/unit/client/conversation.h"

namespace window_test {

using namespace forkmill;
using namespace forkmill::tests;

namespace {

std::vector<proto::Rejection> all_full(const proto::Submit& submit) {
  std::vector<proto::Rejection> rejected;
  for (const auto& task : submit.tasks) rejected.push_back({task.id, Errc::queue_full, "full"});
  return rejected;
}

}  // namespace

TEST_CASE("no more tasks than the window allows are unacknowledged") {
  Conversation c;
  for (Cookie i = 1; i <= 10; ++i) c.submit(i);
  c.link_up();
  auto welcome = c.welcome(1);
  welcome.window_tasks = 4;
  c.answer(welcome);
  auto [header, submit] = c.take<proto::Submit>();
  CHECK(submit.tasks.size() == 4);
  CHECK(c.sent.empty());
  c.acknowledge(header.seq);
  CHECK(c.take<proto::Submit>().second.tasks.size() == 4);
}

TEST_CASE("no more bytes than the window allows are unacknowledged, and a larger task goes alone") {
  Conversation c;
  c.submit(1, "q", 600);
  c.submit(2, "q", 600);
  c.submit(3, "q", 5000);
  c.link_up();
  auto welcome = c.welcome(1);
  welcome.window_bytes = 1000;
  c.answer(welcome);
  for (std::size_t sent = 0; sent < 3; ++sent) {
    auto [header, submit] = c.take<proto::Submit>();
    CHECK(submit.tasks.size() == 1);
    CHECK(c.sent.empty());
    c.acknowledge(header.seq);
  }
  CHECK(c.session.load().held_tasks == 0);
  CHECK(c.session.load().held_bytes == 0);
}

TEST_CASE("SUBMIT messages stay within the limits of a batch") {
  Conversation c;
  for (Cookie i = 1; i <= 600; ++i) c.submit(i);
  c.open();
  CHECK(c.take<proto::Submit>().second.tasks.size() == 256);
  CHECK(c.take<proto::Submit>().second.tasks.size() == 256);
  CHECK(c.take<proto::Submit>().second.tasks.size() == 88);

  Conversation large;
  for (Cookie i = 1; i <= 3; ++i) large.submit(i, "q", 200'000);
  large.open();
  CHECK(large.count<proto::Submit>() == 3);
}

TEST_CASE("a rejection ends its task alone") {
  Conversation c;
  c.submit(1);
  const auto bad = c.submit(2);
  c.open();
  c.acknowledge(c.take<proto::Submit>().first.seq, {{bad, Errc::signature_mismatch, "workers know another"}});
  REQUIRE(c.ended.size() == 1);
  CHECK(c.ended[0].cookie == 2);
  CHECK(c.ended[0].outcome.kind == proto::OutcomeKind::rejected);
  CHECK(c.ended[0].outcome.error->message == "workers know another");
  CHECK(c.accepted == std::vector<Cookie>{1});
}

TEST_CASE("tasks of a full queue wait and are sent again in order, while other queues go on") {
  Conversation c;
  c.open();
  std::vector<TaskId> ids;
  for (Cookie i = 1; i <= 3; ++i) ids.push_back(c.submit(i, "full"));
  for (int i = 0; i < 3; ++i) {
    auto [header, submit] = c.take<proto::Submit>();
    c.acknowledge(header.seq, all_full(submit));
  }
  ids.push_back(c.submit(4, "full"));  // waits behind the others
  c.submit(5, "other");
  CHECK(c.take<proto::Submit>().second.tasks.at(0).spec->queue == "other");
  CHECK(c.ended.empty());
  CHECK(c.session.load().held_tasks == 5);

  c.after(2s);
  auto [again, retried] = c.take<proto::Submit>();
  REQUIRE(retried.tasks.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) CHECK(retried.tasks[i].id == ids[i]);

  // The first one finds room. The others keep their order, and their pause begins again.
  auto still_full = all_full(retried);
  still_full.erase(still_full.begin());
  c.acknowledge(again.seq, still_full);
  c.after(2s);
  auto [third, rest] = c.take<proto::Submit>();
  REQUIRE(rest.tasks.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) CHECK(rest.tasks[i].id == ids[i + 1]);
  c.acknowledge(third.seq);
  CHECK(c.session.load().held_tasks == 1);
  c.submit(6, "full");  // is not held back any more
  CHECK(c.count<proto::Submit>() == 1);
}

TEST_CASE("a full queue rejects its tasks if the user prefers that") {
  Conversation c{{.on_queue_full = OnQueueFull::reject}};
  c.open();
  c.submit(1);
  auto [header, submit] = c.take<proto::Submit>();
  c.acknowledge(header.seq, all_full(submit));
  REQUIRE(c.ended.size() == 1);
  CHECK(c.ended[0].outcome.error->code == Errc::queue_full);
  CHECK(c.session.load().held_tasks == 0);
}

TEST_CASE("a queue that is full for too long rejects its tasks") {
  Conversation c{{.resend_for = 3s}};
  c.open();
  c.submit(1);
  for (int i = 0; i < 6 && c.ended.empty(); ++i) {
    auto [header, submit] = c.take<proto::Submit>();
    c.acknowledge(header.seq, all_full(submit));
    c.say(proto::Heartbeat{});
    c.after(2s);
  }
  REQUIRE(c.ended.size() == 1);
  CHECK(c.ended[0].outcome.error->code == Errc::queue_full);
}

TEST_CASE("the cancel of a task that waits for a full queue does not hold up the queue") {
  Conversation c;
  c.open();
  const auto gone = c.submit(1, "full");
  auto [header, submit] = c.take<proto::Submit>();
  c.acknowledge(header.seq, all_full(submit));
  c.ask(client::CancelTask{gone, 0});
  CHECK(c.ended.size() == 1);
  c.after(2s);
  CHECK(c.count<proto::Submit>() == 0);
  CHECK(c.session.load().held_tasks == 0);
  c.submit(2, "full");
  CHECK(c.count<proto::Submit>() == 1);
}

TEST_CASE("a new session while a full queue is tried again sends its tasks") {
  Conversation c;
  c.open(1);
  c.submit(1, "full");
  auto [header, submit] = c.take<proto::Submit>();
  c.acknowledge(header.seq, all_full(submit));
  c.after(2s);
  CHECK(c.count<proto::Submit>() == 1);
  c.link_down();
  c.sent.clear();
  c.open(2);
  auto [second, again] = c.take<proto::Submit>();
  CHECK(again.tasks.size() == 1);
  c.acknowledge(second.seq);
  CHECK(c.session.load().held_tasks == 0);
  c.submit(2, "full");
  CHECK(c.count<proto::Submit>() == 1);
}

}  // namespace window_test
