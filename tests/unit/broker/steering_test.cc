// Queues and task names that operators pause, resume and limit.
#include <functional>
#include <msgpack.hpp>
#include <sstream>

#include "broker/core/objects/base/record_packing.h"
#include "tests/unit/broker/broker.h"

namespace steering_test {

using namespace forkmill;
using namespace forkmill::broker::test;
using forkmill::broker::Controls;
using forkmill::broker::CoreOptions;
using forkmill::broker::MemoryStore;
using forkmill::broker::QueueOptions;
using forkmill::broker::test::id;

namespace {

// Lasting: a broker on a durable store, which outlives restarts of the broker.
struct Lasting {
  explicit Lasting(CoreOptions options = {}) : broker{no_grace(std::move(options)), &store} {}
  static CoreOptions no_grace(CoreOptions options) {
    options.restart_grace = 0ms;
    return options;
  }
  MemoryStore store{"s", true};
  Broker broker;
};

Reply give(Broker& broker, const Broker::Peer& client, AnyCommand command) {
  static std::uint64_t last_id = 0;
  broker.take<Reply>(client);
  broker.send(client, Command{++last_id, std::move(command)});
  const auto replies = broker.take<Reply>(client);
  REQUIRE(replies.size() == 1);
  return replies[0];
}

std::map<std::string, msgpack::object> map_of(const msgpack::object_handle& handle) {
  return handle->as<std::map<std::string, msgpack::object>>();
}

bool changed(const Reply& reply) {
  REQUIRE(reply.code == Errc::ok);
  const auto handle = msgpack::unpack(reply.body.view().data(), reply.body.view().size());
  return map_of(handle).at("changed").as<bool>();
}

std::string query(Broker& broker, const Broker::Peer& client, QueryKind kind, std::string argument = {}) {
  broker.take<Reply>(client);
  broker.send(client, Query{1, kind, std::move(argument), {}});
  const auto body = broker.take<Reply>(client).at(0).body;
  std::ostringstream text;
  text << *msgpack::unpack(body.view().data(), body.view().size());
  return text.str();
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

Submission named(std::uint64_t n, const std::string& queue, const std::string& name) {
  Submission one = task(n);
  one.edit().queue = queue;
  one.edit().name = name;
  return one;
}

}  // namespace

TEST_CASE("a paused queue takes tasks in and grants none until it is resumed") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.worker(10, {"default", "other"});
  broker.submit(client, {task(1)});
  const auto running = broker.grants(worker).at(0).grant;
  CHECK(changed(give(broker, client, PauseQueue{"default"})));
  CHECK_FALSE(changed(give(broker, client, PauseQueue{"default"})));
  broker.submit(client, {task(2), named(3, "other", "t.echo")});
  const auto granted = broker.grants(worker);
  REQUIRE(granted.size() == 1);
  CHECK(granted[0].id == id(3));
  broker.succeed(worker, running);
  CHECK(broker.results(client).at(0).id == id(1));
  CHECK(broker.grants(worker).empty());
  CHECK(changed(give(broker, client, ResumeQueue{"default"})));
  CHECK(broker.grants(worker).at(0).id == id(2));
  CHECK_FALSE(changed(give(broker, client, ResumeQueue{"default"})));
}

TEST_CASE("a task that comes back to a paused queue waits there") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.worker(1);
  broker.submit(client, {task(1)});
  const auto grant = broker.grants(worker).at(0).grant;
  give(broker, client, PauseQueue{"default"});
  broker.send(worker, Return{{grant}, 5});
  CHECK(broker.grants(worker).empty());
  give(broker, client, ResumeQueue{"default"});
  CHECK(broker.grants(worker).size() == 1);
}

TEST_CASE("a paused queue starts no process either") {
  Broker broker;
  const auto client = broker.client();
  Hello hello = Broker::worker_hello();
  hello.worker.max_processes = 8;
  const auto worker = broker.connect(hello);
  give(broker, client, PauseQueue{"default"});
  TaskOptions options;
  options.process = true;
  broker.submit(client, {task(1, options)});
  CHECK(broker.grants(worker).empty());
  give(broker, client, ResumeQueue{"default"});
  CHECK(broker.grants(worker).size() == 1);
}

TEST_CASE("a paused name holds back its tasks in every queue, and others pass them") {
  Broker broker;
  const auto client = broker.client();
  Hello hello = Broker::worker_hello({"default", "other"});
  hello.worker.tasks.push_back({"t.slow", "str(str)"});
  const auto worker = broker.connect(hello);
  broker.send(worker, Credit{10});
  CHECK(changed(give(broker, client, PauseName{"t.slow"})));
  broker.submit(client, {named(1, "default", "t.slow"), named(2, "other", "t.slow"), task(3)});
  const auto granted = broker.grants(worker);
  REQUIRE(granted.size() == 1);
  CHECK(granted[0].id == id(3));
  CHECK(has(query(broker, client, QueryKind::task, id(1).to_string()), "task t.slow is paused"));
  CHECK(has(query(broker, client, QueryKind::status), "\"paused_names\":[\"t.slow\"]"));
  CHECK(changed(give(broker, client, ResumeName{"t.slow"})));
  CHECK(broker.grants(worker).size() == 2);
}

TEST_CASE("a pause is acknowledged after its commit, and outlives the broker") {
  Lasting at;
  auto client = at.broker.client();
  at.broker.hold_commits();
  at.broker.send(client, Command{1, PauseQueue{"default"}});
  at.broker.send(client, Command{2, PauseName{"t.other"}});
  CHECK(at.broker.take<Reply>(client).empty());
  at.broker.release_commits();
  CHECK(at.broker.take<Reply>(client).size() == 2);
  at.broker.submit(client, {task(1)});
  for (int i = 0; i < 2; ++i) {  // the second broker has read what the first one wrote
    at.broker.restart();
    client = at.broker.client();
    const auto worker = at.broker.worker(5);
    CHECK(at.broker.grants(worker).empty());
    CHECK(has(query(at.broker, client, QueryKind::status), "\"paused_names\":[\"t.other\"]"));
    CHECK(has(query(at.broker, client, QueryKind::queues), "\"paused\":true"));
  }
  CHECK(changed(give(at.broker, client, ResumeQueue{"default"})));
  at.broker.restart();
  at.broker.client();
  CHECK(at.broker.grants(at.broker.worker(5)).size() == 1);
}

TEST_CASE("a queue that is resumed leaves no record, and none that was limited and reset") {
  Lasting at;
  const auto client = at.broker.client();
  const auto records = [&] {
    std::size_t count = 0;
    REQUIRE(at.store.load_records([&](TaskSeq, std::string_view) { ++count; }).ok());
    return count;
  };
  give(at.broker, client, PauseQueue{"a"});
  give(at.broker, client, LimitQueue{"a", false, 5, 0, 0});
  CHECK(records() == 1);
  give(at.broker, client, ResumeQueue{"a"});
  CHECK(records() == 1);
  give(at.broker, client, LimitQueue{"a", true, 0, 0, 0});
  CHECK(records() == 0);
}

TEST_CASE("a paused queue is not forgotten while it is unused, and is forgotten when it is resumed") {
  Broker broker;
  const auto client = broker.client();
  give(broker, client, PauseQueue{"later"});
  broker.advance_alive(60s, {client});
  CHECK(has(query(broker, client, QueryKind::queues), "\"name\":\"later\""));
  give(broker, client, ResumeQueue{"later"});
  broker.advance_alive(60s, {client});
  CHECK_FALSE(has(query(broker, client, QueryKind::queues), "\"name\":\"later\""));
}

TEST_CASE("limits of operators win over those of the start until they are reset, also after a restart") {
  CoreOptions options;
  options.queues["default"] = QueueOptions{3, 1000, true};
  Lasting at{options};
  auto client = at.broker.client();
  give(at.broker, client, LimitQueue{"default", false, 1, 0, 0});
  at.broker.submit(client, {task(1)});
  CHECK(at.broker.submit_rejected(client, task(2)).code == Errc::queue_full);
  at.broker.restart();
  client = at.broker.client();
  CHECK(at.broker.submit_rejected(client, task(3)).code == Errc::queue_full);
  const Reply reply = give(at.broker, client, LimitQueue{"default", true, 0, 0, 0});
  const auto handle = msgpack::unpack(reply.body.view().data(), reply.body.view().size());
  CHECK(map_of(handle).at("max_tasks").as<std::size_t>() == 3);
  CHECK(map_of(handle).at("max_bytes").as<std::size_t>() == 1000);
  at.broker.submit(client, {task(4), task(5)});
  CHECK(at.broker.submit_rejected(client, task(6)).code == Errc::queue_full);
}

TEST_CASE("the limit of logs is one of the limits of a queue, 0 as well, and outlives a restart") {
  Lasting at;
  const auto log_bytes = [&](const LimitQueue& command) {
    const Reply reply = give(at.broker, at.broker.client(), command);
    REQUIRE(reply.code == Errc::ok);
    const auto handle = msgpack::unpack(reply.body.view().data(), reply.body.view().size());
    return map_of(handle).at("log_bytes").as<std::size_t>();
  };
  CHECK(log_bytes({"default", false, 0, 0, 0, 0}) == 0);
  CHECK(log_bytes({"default", false, 5, 0, 0}) == 0);
  at.broker.restart();
  CHECK(log_bytes({"default", false, 6, 0, 0}) == 0);
  CHECK(log_bytes({"default", true, 0, 0, 0}) == QueueOptions{}.log_bytes);
  const auto client = at.broker.client();
  CHECK(give(at.broker, client, LimitQueue{"default", false, 0, 0, 0, QueueOptions::kMaxLogBytes + 1}).code ==
        Errc::bad_request);
}

TEST_CASE("workers have no more tasks of a queue at a time than its limit") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.worker(10, {"default", "other"}, 4);
  give(broker, client, LimitQueue{"default", false, 0, 0, 2});
  broker.submit(client, {task(1), task(2), task(3), named(4, "other", "t.echo")});
  auto granted = broker.grants(worker);
  REQUIRE(granted.size() == 3);
  CHECK(has(query(broker, client, QueryKind::task, id(3).to_string()),
            "as many tasks of queue default run as may (max_running 2): 2 in worker worker"));
  const auto first = std::find_if(granted.begin(), granted.end(), [](const auto& one) { return one.id == id(1); });
  broker.succeed(worker, first->grant);
  CHECK(broker.grants(worker).at(0).id == id(3));
  broker.submit(client, {task(5), task(6)});
  CHECK(broker.grants(worker).empty());
  give(broker, client, LimitQueue{"default", false, 0, 0, 3});
  CHECK(broker.grants(worker).size() == 1);
  give(broker, client, LimitQueue{"default", true, 0, 0, 0});
  CHECK(broker.grants(worker).size() == 1);
}

namespace {

// The answers of the workers that the command has met, by name.
std::map<std::string, std::string> answers(const Reply& reply) {
  REQUIRE(reply.code == Errc::ok);
  const auto handle = msgpack::unpack(reply.body.view().data(), reply.body.view().size());
  std::map<std::string, std::string> all;
  for (const auto& row : map_of(handle).at("workers").as<std::vector<std::map<std::string, std::string>>>())
    all[row.at("name")] = row.at("answer");
  return all;
}

Hello named_worker(const std::string& name, const std::string& host = "host", std::uint32_t max_children = 8) {
  Hello hello = Broker::worker_hello();
  hello.name = name;
  hello.host = host;
  hello.instance = std::hash<std::string>{}(name);
  hello.worker.max_children = max_children;
  return hello;
}

using Answers = std::map<std::string, std::string>;

}  // namespace

TEST_CASE("a worker that is ordered to drain gets nothing more, and is told again in later sessions") {
  Broker broker;
  const auto client = broker.client();
  Hello hello = named_worker("w1");
  auto worker = broker.connect(hello);
  broker.send(worker, Credit{10});
  CHECK(answers(give(broker, client, SteerWorkers{WorkerAction::drain, "w1", "", 0})) == Answers{{"w1", "ordered"}});
  CHECK(broker.take<Drain>(worker).size() == 1);
  broker.submit(client, {task(1)});
  CHECK(broker.grants(worker).empty());
  hello.resume = worker.session;
  hello.order = 2;
  worker = broker.connect(hello);  // the connection broke
  CHECK(broker.take<Drain>(worker).size() == 1);
  broker.send(worker, Credit{10});
  CHECK(broker.grants(worker).empty());
  broker.send(worker, Drain{});
  CHECK(answers(give(broker, client, SteerWorkers{WorkerAction::drain, "w1", "", 0})) == Answers{{"w1", "done"}});
}

TEST_CASE("a worker that can start again is ordered to do so, and another one is not") {
  Broker broker;
  const auto client = broker.client();
  Hello hello = named_worker("w1");
  hello.worker.restarts = true;
  auto worker = broker.connect(hello);
  broker.connect(named_worker("w2"));
  CHECK(answers(give(broker, client, SteerWorkers{WorkerAction::restart, "", "host", 0})) ==
        Answers{{"w1", "ordered"}, {"w2", "unsupported"}});
  CHECK(broker.take<Drain>(worker) == std::vector<Drain>{Drain{true}});
  hello.resume = worker.session;
  hello.order = 2;
  worker = broker.connect(hello);  // the connection broke
  CHECK(broker.take<Drain>(worker) == std::vector<Drain>{Drain{true}});
  broker.send(worker, Credit{10});
  broker.submit(client, {task(1)});
  CHECK(broker.grants(worker).empty());
}

TEST_CASE("a worker that is granted nothing more since attempts ran over their timeout can be ordered to drain") {
  CoreOptions options;
  options.timeout_grace = 4s;
  Broker broker{options};
  const auto client = broker.client();
  Hello hello = named_worker("w1");
  auto worker = broker.connect(hello);
  broker.send(worker, Credit{10});
  Submission one = task(1);
  one.edit().options.timeout = 1s;
  one.edit().options.backoff = {0ms, 0ms, 0};
  broker.submit(client, {one});
  broker.advance_alive(16s, {client, worker});
  REQUIRE(broker.grants(worker).size() == 2);
  hello.resume = worker.session;
  hello.order = 2;
  worker = broker.connect(hello);
  broker.send(worker, Credit{10});
  CHECK(broker.grants(worker).empty());
  CHECK(has(query(broker, client, QueryKind::why_worker, "w1"), "has let 2 attempts run over their timeout"));
  CHECK(has(query(broker, client, QueryKind::why_task, id(1).to_string()), "is granted nothing more: restart it"));
  CHECK(answers(give(broker, client, SteerWorkers{WorkerAction::drain, "w1", "", 0})) == Answers{{"w1", "ordered"}});
  CHECK(broker.take<Drain>(worker).size() == 1);
}

TEST_CASE("a worker that is ordered to scale is told until it says that it has") {
  Broker broker;
  const auto client = broker.client();
  Hello hello = named_worker("w1");
  auto worker = broker.connect(hello);
  CHECK(answers(give(broker, client, SteerWorkers{WorkerAction::scale, "w1", "", 5})) == Answers{{"w1", "ordered"}});
  CHECK(broker.take<Scale>(worker).at(0).children == 5);
  hello.resume = worker.session;
  hello.order = 2;
  worker = broker.connect(hello);
  CHECK(broker.take<Scale>(worker).at(0).children == 5);
  broker.send(worker, Scaled{5});
  CHECK(has(query(broker, client, QueryKind::workers), "\"children\":5"));
  CHECK(answers(give(broker, client, SteerWorkers{WorkerAction::scale, "w1", "", 5})) == Answers{{"w1", "done"}});
  hello.resume = worker.session;
  hello.order = 3;
  hello.worker.children = 5;
  worker = broker.connect(hello);
  CHECK(broker.take<Scale>(worker).empty());
  CHECK(give(broker, client, SteerWorkers{WorkerAction::scale, "w1", "", 9}).code == Errc::bad_request);
  CHECK(give(broker, client, SteerWorkers{WorkerAction::scale, "w1", "", 0}).code == Errc::bad_request);
}

TEST_CASE("workers are selected by name, by host or all of them, and those in a child by their name only") {
  Broker broker;
  const auto client = broker.client();
  broker.connect(named_worker("w1", "h1"));
  broker.connect(named_worker("w2", "h2"));
  broker.connect(named_worker("old", "h2", 0));
  Hello inside = named_worker("inside", "h1");
  inside.child_of = named_worker("w1").instance;
  broker.connect(inside);
  const auto drain = [&](const std::string& name, const std::string& host) {
    return answers(give(broker, client, SteerWorkers{WorkerAction::drain, name, host, 0}));
  };
  CHECK(drain("inside", "") == Answers{{"inside", "ordered"}});
  CHECK(drain("", "h1") == Answers{{"w1", "ordered"}});
  CHECK(drain("", "") == Answers{{"w1", "done"}, {"w2", "ordered"}, {"old", "unsupported"}});
  CHECK(give(broker, client, SteerWorkers{WorkerAction::drain, "nobody", "", 0}).code == Errc::worker_unknown);
  CHECK(give(broker, client, SteerWorkers{WorkerAction::drain, "", "nowhere", 0}).code == Errc::worker_unknown);
}

TEST_CASE("a paused worker gets nothing until it is resumed, also a worker of an earlier version after a restart") {
  Lasting at;
  auto client = at.broker.client();
  auto worker = at.broker.connect(named_worker("w1", "host", 0));
  at.broker.send(worker, Credit{10});
  CHECK(answers(give(at.broker, client, SteerWorkers{WorkerAction::pause, "w1", "", 0})) == Answers{{"w1", "done"}});
  at.broker.submit(client, {task(1)});
  CHECK(at.broker.grants(worker).empty());
  CHECK(has(query(at.broker, client, QueryKind::workers), "\"held\":true"));
  at.broker.restart();
  client = at.broker.client();
  worker = at.broker.connect(named_worker("w1", "host", 0));
  at.broker.send(worker, Credit{10});
  CHECK(at.broker.grants(worker).empty());
  CHECK(at.broker.grants(at.broker.connect(named_worker("w2"))).empty());  // no credit yet
  give(at.broker, client, SteerWorkers{WorkerAction::resume, "", "", 0});
  CHECK(at.broker.grants(worker).size() == 1);
}

TEST_CASE("the pause of a worker that is gone can be ended by its name") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.connect(named_worker("w1"));
  give(broker, client, SteerWorkers{WorkerAction::pause, "w1", "", 0});
  broker.send(worker, Goodbye{});
  CHECK(give(broker, client, SteerWorkers{WorkerAction::resume, "w1", "another-host", 0}).code == Errc::worker_unknown);
  CHECK(answers(give(broker, client, SteerWorkers{WorkerAction::resume, "w1", "", 0})).empty());
  CHECK_FALSE(broker.core().state().controls.is_worker_paused("w1"));
  CHECK(give(broker, client, SteerWorkers{WorkerAction::resume, "w1", "", 0}).code == Errc::worker_unknown);
}

TEST_CASE("names that no queue can have are refused, and more controls than there may be") {
  Broker broker;
  const auto client = broker.client();
  for (const AnyCommand& command :
       {AnyCommand{PauseQueue{""}}, AnyCommand{PauseQueue{"a b"}}, AnyCommand{ResumeQueue{"a+process"}},
        AnyCommand{PauseName{"a b"}}, AnyCommand{LimitQueue{"a b", false, 1, 0, 0}}})
    CHECK(give(broker, client, command).code == Errc::name_invalid);
  for (std::size_t i = 0; i < Controls::kMax; ++i)
    CHECK(give(broker, client, PauseQueue{"q" + std::to_string(i)}).code == Errc::ok);
  CHECK(give(broker, client, PauseQueue{"one-more"}).code == Errc::bad_request);
  CHECK(give(broker, client, LimitQueue{"one-more", false, 1, 0, 0}).code == Errc::bad_request);
  CHECK(give(broker, client, LimitQueue{"q1", false, 1, 0, 0}).code == Errc::ok);
  CHECK(give(broker, client, PauseName{"one-more"}).code == Errc::ok);
}

TEST_CASE("a control that makes no sense is refused when it is read, and says which record it is") {
  using forkmill::broker::DurableState;
  using forkmill::broker::pack_record;
  using forkmill::broker::RecordType;
  const auto with_name = [](unsigned what, const std::string& name, unsigned max_running = 0) {
    return pack_record(RecordType::control, [&](DurableState::Packer& packer) {
      packer.pack(std::make_tuple(what, name, true, 0, 0, max_running));
    });
  };
  for (const std::string& record :
       {with_name(9, "a"), with_name(1, "a b"), with_name(2, "a", 5), with_name(3, "a", 5), std::string{"\x92\x04"},
        std::string{"\x92\x04\x01"}, std::string{"\x92\x04\x90"}}) {
    Broker broker;
    CHECK_THROWS_WITH_AS(broker.core().recover_record(TaskSeq{7}, record), doctest::Contains("record 7"),
                         std::runtime_error);
  }
}

}  // namespace steering_test
