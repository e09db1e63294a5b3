// How the core answers questions and commands about the shards of a cluster, which its store carries out.
#include <msgpack.hpp>
#include <sstream>
#include <vector>

#include "broker/store/memory_store.h"
#include "tests/unit/broker/broker.h"

namespace division_answers_test {

using namespace forkmill;
using namespace forkmill::broker::test;
using forkmill::broker::ClusterRequest;
using forkmill::broker::ClusterView;
using forkmill::broker::CoreOptions;
using forkmill::broker::MemoryStore;

namespace {

struct Site {
  Site() {
    options.audit = true;
    broker = std::make_unique<Broker>(options, &store);
    broker->divide = [this](const ClusterRequest& request) -> proto::Result<ClusterView> {
      requests.push_back(request);
      if (!refusal.empty()) return proto::Failure{Errc::bad_request, refusal};
      return view;
    };
  }

  MemoryStore store{"s", true};
  CoreOptions options;
  std::vector<ClusterRequest> requests;
  std::string refusal;
  ClusterView view{{{"tcp://a:1"}, {"tcp://b:1", true}},
                   {{1, "tcp://a:1", "tcp://b:1", "tcp://a:2", 7, "tcp://a:1"}, {2, "", "", "", 3, "tcp://a:1"}},
                   {"tcp://c:1"}};
  std::unique_ptr<Broker> broker;
};

// The body as JSON. The printer escapes slashes, which is allowed but hard to read: they are given as they are.
std::string body_of(const Reply& reply) {
  const auto handle = msgpack::unpack(reply.body.view().data(), reply.body.size());
  std::ostringstream printed;
  printed << handle.get();
  std::string text = printed.str();
  std::erase(text, '\\');
  return text;
}

bool any_has(const std::vector<std::string>& lines, const std::string& part) {
  return std::ranges::any_of(lines, [&](const std::string& line) { return line.find(part) != std::string::npos; });
}

}  // namespace

TEST_CASE("the division of shards is told as the store knows it") {
  Site site;
  const auto client = site.broker->client();
  site.broker->send(client, Query{5, QueryKind::shards, {}});
  const auto reply = site.broker->take<Reply>(client).at(0);
  CHECK(reply.id == 5);
  CHECK(
      body_of(reply) ==
      R"({"shards":[{"shard":1,"broker":"tcp://a:1","address":"tcp://a:2","epoch":7,"pinned":"tcp://b:1",)"
      R"("chosen":"tcp://a:1"},{"shard":2,"broker":"","address":"","epoch":3,"pinned":"","chosen":"tcp://a:1"}],)"
      R"("brokers":[{"name":"tcp://a:1","draining":false,"shards":1},{"name":"tcp://b:1","draining":true,"shards":0}],)"
      R"("dead":["tcp://c:1"]})");
  CHECK(std::holds_alternative<std::monostate>(site.requests.at(0).change));
}

TEST_CASE("moves and drains go to the store, are answered with its answer, and stand in the audit log") {
  Site site;
  const auto client = site.broker->client();
  site.broker->send(client, Command{6, MoveShard{2, "tcp://a:1"}});
  CHECK(site.broker->take<Reply>(client).at(0).code == Errc::ok);
  CHECK(std::get<MoveShard>(site.requests.at(0).change) == MoveShard{2, "tcp://a:1"});
  site.broker->send(client, Command{7, DrainBroker{"tcp://a:1", true}});
  CHECK(site.broker->take<Reply>(client).at(0).code == Errc::ok);
  CHECK(std::get<DrainBroker>(site.requests.at(1).change) == DrainBroker{"tcp://a:1", true});
  site.refusal = "no such broker";
  site.broker->send(client, Command{8, MoveShard{2, "tcp://x:1"}});
  const auto refused = site.broker->take<Reply>(client).at(0);
  CHECK(refused.code == Errc::bad_request);
  CHECK(refused.text == "no such broker");
  const auto lines = site.broker->drain_audit();
  CHECK(any_has(lines, R"("command":"shard_move","shard":2,"to_broker":"tcp://a:1","outcome":"ok")"));
  CHECK(any_has(lines, R"("command":"shard_undrain","of_broker":"tcp://a:1","outcome":"ok")"));
  CHECK(any_has(lines, R"("to_broker":"tcp://x:1","outcome":"bad_request","text":"no such broker")"));
}

TEST_CASE("brokers without shards refuse questions and commands about them") {
  Broker memory;
  const auto client = memory.client();
  memory.send(client, Query{5, QueryKind::shards, {}});
  CHECK(memory.take<Reply>(client).at(0).code == Errc::bad_request);
  memory.send(client, Command{6, MoveShard{1, "tcp://a:1"}});
  CHECK(memory.take<Reply>(client).at(0).code == Errc::bad_request);
  MemoryStore store{"s", true};
  Broker durable{{}, &store};
  const auto other = durable.client();
  durable.send(other, Query{5, QueryKind::shards, {}});
  const auto refused = durable.take<Reply>(other).at(0);
  CHECK(refused.code == Errc::bad_request);
  CHECK(refused.text.find("no shards to divide") != std::string::npos);
}

}  // namespace division_answers_test
