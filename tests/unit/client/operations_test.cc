// Operations on named objects: numbers, batches, ends of sessions, and waits that are given up.
#include <algorithm>

#include "tests/unit/client/conversation.h"

namespace forkmill::tests::operations_test {

namespace {

using proto::Operate;
using proto::Operation;
using proto::OperationAnswer;
using proto::Verb;

struct Talk : Conversation {
  void operate(Cookie cookie, Verb verb = Verb::put, bool harmless = false, std::size_t bytes = 0) {
    Operation operation;
    operation.verb = verb;
    operation.object = 7;
    if (bytes > 0) operation.values.push_back(proto::Payload::own(std::string(bytes, 'x')));
    ask(client::OperateObject{std::move(operation), harmless, cookie});
  }
  void give_up(Cookie cookie) { ask(client::GiveUp{cookie}); }
  void answer_to(std::vector<std::uint64_t> numbers) {
    proto::Operated message;
    for (const auto number : numbers) message.answers.push_back({number, Errc::ok, "", 0, 0, {}});
    say(std::move(message));
  }
  void begin(std::uint64_t session_id, bool kept) {
    link_up();
    auto message = welcome(session_id);
    message.kept = kept;
    answer(message);
  }
};

std::vector<std::uint64_t> numbers(const Operate& message) {
  std::vector<std::uint64_t> all;
  for (const auto& operation : message.operations) all.push_back(operation.number);
  return all;
}

using Numbers = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("operations are numbered in their order, share messages, and end with their answers") {
  Talk c;
  for (Cookie cookie = 1; cookie <= 3; ++cookie) c.operate(cookie);
  CHECK(c.count<Operate>() == 0);
  c.begin(1, false);
  const auto sent = c.take<Operate>().second;
  CHECK(numbers(sent) == Numbers{1, 2, 3});
  CHECK(sent.answered == 1);
  c.answer_to({2, 1});
  c.answer_to({2});  // a repetition
  REQUIRE(c.operated.size() == 2);
  CHECK(c.operated[0].cookie == 2);
  CHECK(c.operated[1].cookie == 1);
}

TEST_CASE("a message has a limited number of operations and of bytes") {
  Talk c;
  for (Cookie cookie = 1; cookie <= 300; ++cookie) c.operate(cookie);
  for (Cookie cookie = 301; cookie <= 303; ++cookie) c.operate(cookie, Verb::put, false, 200'000);
  c.begin(1, false);
  CHECK(c.take<Operate>().second.operations.size() == proto::limits::kBatchTasks);
  CHECK(c.take<Operate>().second.operations.size() == 45);
  CHECK(c.take<Operate>().second.operations.size() == 1);
  CHECK(c.take<Operate>().second.operations.size() == 1);
  CHECK(c.count<Operate>() == 0);
}

TEST_CASE("a kept session sends unanswered operations again, under their numbers and before new ones") {
  Talk c;
  c.begin(1, false);
  for (Cookie cookie = 1; cookie <= 3; ++cookie) c.operate(cookie);
  c.answer_to({2});
  c.link_down();
  c.operate(4);
  c.sent.clear();
  c.begin(2, true);
  const auto sent = c.take<Operate>().second;
  CHECK(numbers(sent) == Numbers{1, 3, 4});
  CHECK(sent.answered == 1);
  CHECK(sent.also == Numbers{2, 2});  // the broker may not have received this
  CHECK(c.operated.size() == 1);
  CHECK(c.losses == 1);  // the first session counts as a loss
}

TEST_CASE("a lost session ends sent operations as unknown, but for harmless ones, and sends the unsent") {
  Talk c;
  c.begin(1, false);
  c.operate(1, Verb::put);
  c.operate(2, Verb::look, true);
  c.link_down();
  c.operate(3, Verb::put);
  c.sent.clear();
  c.begin(2, false);
  CHECK(c.losses == 2);
  REQUIRE(c.operated.size() == 1);
  CHECK(c.operated[0].cookie == 1);
  CHECK(c.operated[0].answer.code == Errc::disconnected);
  CHECK(numbers(c.take<Operate>().second) == Numbers{2, 3});
}

TEST_CASE("harmless_twice knows the operations that may be repeated") {
  using client::harmless_twice;
  using proto::ObjectKind;
  for (const auto verb : {Verb::open, Verb::look, Verb::poll, Verb::watch, Verb::fetch, Verb::has, Verb::items})
    CHECK(harmless_twice(verb, ObjectKind::dict));
  for (const auto verb : {Verb::acquire, Verb::release, Verb::put, Verb::get, Verb::add, Verb::lend, Verb::pop})
    CHECK_FALSE(harmless_twice(verb, ObjectKind::dict));
  CHECK(harmless_twice(Verb::wait, ObjectKind::event));
  CHECK_FALSE(harmless_twice(Verb::wait, ObjectKind::barrier));
  CHECK_FALSE(harmless_twice(Verb::open, ObjectKind::pipe));
}

TEST_CASE("answers are confirmed with the next operation, with the heartbeat, or alone if there are many") {
  Talk c;
  c.begin(1, false);
  c.operate(1);
  c.operate(2);
  c.take<Operate>();
  c.take<Operate>();
  c.answer_to({1, 2});
  CHECK(c.count<Operate>() == 0);
  c.operate(3);
  CHECK(c.take<Operate>().second.answered == 3);

  c.answer_to({3});
  c.after(1s);
  const auto alone = c.take<Operate>().second;
  CHECK(alone.answered == 4);
  CHECK(alone.operations.empty());
  CHECK(c.count<proto::Heartbeat>() == 1);

  Numbers many;
  for (Cookie cookie = 1; cookie <= 65; ++cookie) c.operate(cookie);
  for (std::uint64_t number = 4; number < 69; ++number) many.push_back(number);
  c.sent.clear();
  c.answer_to(many);
  CHECK(c.take<Operate>().second.answered == 69);
}

TEST_CASE("an operation that waits for long does not keep the answers of later ones at the broker") {
  Talk c;
  c.begin(1, false);
  for (Cookie cookie = 1; cookie <= 6; ++cookie) c.operate(cookie);
  c.sent.clear();
  c.answer_to({2, 3, 5});
  c.operate(7);
  auto sent = c.take<Operate>().second;
  CHECK(sent.answered == 1);
  CHECK((sent.also == Numbers{2, 3, 5, 5} || sent.also == Numbers{5, 5, 2, 3}));
  c.answer_to({1, 4});
  c.operate(8);
  sent = c.take<Operate>().second;
  CHECK(sent.answered == 6);
  CHECK(sent.also.empty());
}

TEST_CASE("giving up ends an unsent operation at once, and asks the broker once to end a sent one") {
  Talk c;
  c.operate(1, Verb::get);
  c.give_up(1);
  REQUIRE(c.operated.size() == 1);
  CHECK(c.operated[0].answer.code == Errc::timeout);
  c.begin(1, false);
  CHECK(c.count<Operate>() == 0);

  c.operate(2, Verb::get);
  c.take<Operate>();
  c.give_up(2);
  c.give_up(2);
  c.give_up(99);
  CHECK(c.operated.size() == 1);
  const auto withdraw = c.take<Operate>().second;
  REQUIRE(withdraw.operations.size() == 1);
  CHECK(withdraw.operations[0].verb == Verb::withdraw);
  CHECK(withdraw.operations[0].a == 1);
  CHECK(c.count<Operate>() == 0);
  c.answer_to({2, 1});  // the answer to the withdrawal has no waiter
  REQUIRE(c.operated.size() == 2);
  CHECK(c.operated[1].cookie == 2);
}

TEST_CASE("operations beyond the limit end at once, and closing ends all") {
  Talk c;
  c.begin(1, false);
  for (Cookie cookie = 1; cookie <= proto::limits::kMaxOperations; ++cookie)
    c.ask(client::OperateObject{{}, false, cookie});
  c.operate(70'000);
  REQUIRE(c.operated.size() == 1);
  CHECK(c.operated[0].answer.code == Errc::too_many_waiting);
  c.act([&] { c.session.close(c.now); });
  CHECK(c.operated.size() == 1 + proto::limits::kMaxOperations);
  CHECK(c.operated.back().answer.code == Errc::client_closed);
  c.operate(1);
  CHECK(c.operated.back().answer.code == Errc::client_closed);
}

TEST_CASE("an operation that no message can hold ends at once, and is never sent") {
  Talk c;
  c.open();
  const auto too_many = [](std::size_t count, std::size_t size) {
    Operation operation;
    operation.verb = Verb::store;
    operation.values.assign(count, proto::Payload::own(std::string(size, 'x')));
    return operation;
  };
  Cookie cookie = 0;
  for (Operation operation : {too_many(proto::limits::kMaxRecords + 1, 1),
                              too_many(proto::limits::kMaxFrames + 1, proto::limits::kInlinePayload),
                              too_many(1000, proto::limits::kInlinePayload - 1)}) {
    c.ask(client::OperateObject{std::move(operation), false, ++cookie});
    REQUIRE(c.operated.size() == cookie);
    CHECK(c.operated.back().cookie == cookie);
    CHECK(c.operated.back().answer.code == Errc::message_too_large);
  }
  CHECK(c.count<Operate>() == 0);
  c.ask(client::OperateObject{too_many(proto::limits::kMaxRecords, 1), false, ++cookie});
  CHECK(c.count<Operate>() == 1);
}

}  // namespace forkmill::tests::operations_test
