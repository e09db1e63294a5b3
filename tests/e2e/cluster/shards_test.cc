// Brokers that divide the shards of a cluster among them, with real clients and workers that know their doors.
#include <doctest/doctest.h>
#include <forkmill/client.h>
#include <forkmill/pipe.h>
#include <forkmill/queue.h>
#include <forkmill/sync.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "proto/os/descriptor.h"
#include "tests/e2e/cluster/postgres_server.h"
#include "tests/e2e/worker/cluster.h"
#include "tests/e2e/worker/rogue_tasks.h"
#include "tests/folder.h"

namespace shards_test {

using namespace forkmill;
using namespace forkmill::test;

namespace {

constexpr auto kLong = 120s;
constexpr int kShards = 4;

// Handlers of toolkit-program (tests/e2e/toolkit/process_tasks.h).
constexpr Task<void(Connection<std::string>, std::string)> kGreet{"p.greet"};
constexpr Task<Connection<std::string>()> kMakePipe{"p.make_pipe"};

// Returns a socket that is bound to the address, which gets its port if it has none; no socket: the port is taken.
proto::Descriptor bound_socket(sockaddr_in& address) {
  proto::Descriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  auto* its = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  if (::bind(socket.get(), its, size) != 0 || ::getsockname(socket.get(), its, &size) != 0) socket.reset();
  return socket;
}

// Returns the first of some TCP ports in a row that are free.
int free_ports(int count) {
  constexpr int kMaxPort = 65535;
  for (;;) {
    std::vector<proto::Descriptor> sockets;
    int first = 0;
    for (int port = 0; std::cmp_less(sockets.size(), count) && port <= kMaxPort; ++port) {
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      address.sin_port = htons(static_cast<std::uint16_t>(port));
      sockets.push_back(bound_socket(address));
      if (!sockets.back()) break;
      port = ntohs(address.sin_port);
      if (first == 0) first = port;
    }
    if (std::cmp_equal(sockets.size(), count) && sockets.back()) return first;
  }
}

class ShardedCluster {
 public:
  explicit ShardedCluster(std::string session_timeout = "2s") : session_timeout_{std::move(session_timeout)} {
    server_.start();
  }

  std::string endpoint(const std::string& name) const { return "ipc://" + folder_.path(name); }
  std::string endpoints() const { return endpoint("a") + "," + endpoint("b"); }
  std::string log(const std::string& name) const { return folder_.read(name + ".log"); }
  std::string path(const std::string& name) const { return folder_.path(name); }
  PostgresServer& server() { return server_; }

  void start(const std::string& name, const std::vector<std::string>& more = {}) {
    std::filesystem::remove(folder_.path(name + ".log"));
    std::vector<std::string> argv{FORKMILL_BROKER_PROGRAM, "--listen",     endpoint(name), "--store",
                                  server_.url(),           "--durability", "local",        "--shards",
                                  std::to_string(kShards), "--heartbeat",  "200ms",        "--session-timeout",
                                  session_timeout_};
    argv.insert(argv.end(), more.begin(), more.end());
    brokers_.insert_or_assign(name, std::make_unique<Process>(std::move(argv), folder_.path(name + ".log")));
  }
  Process& operator[](const std::string& name) { return *brokers_.at(name); }
  // How many shards each broker owns now.
  std::string owned(const std::string& name) const {
    if (server_.sql("SELECT to_regclass('forkmill.lease')").empty()) return "0";  // the first broker has just started
    return server_.sql(
        "SELECT count(*) FROM forkmill.shard s JOIN forkmill.lease l ON l.shard = s.id WHERE l.lease_until > "
        "clock_timestamp() AND split_part(s.owner, ' ', 1) = '" +
        endpoint(name) + "'");
  }
  void await_owned(const std::string& name, const std::string& count) const {
    REQUIRE_MESSAGE(eventually([&] { return owned(name) == count; }), log(name));
  }
  std::unique_ptr<Process> worker(const std::string& queues, const char* program = ROGUE_WORKER_PROGRAM) const {
    return std::make_unique<Process>(std::vector<std::string>{program, "--broker", endpoints(), "--processes", "2",
                                                              "--queues", queues, "--kill-grace", "200ms"},
                                     folder_.path("worker.log"));
  }
  struct Ended {
    int status = -1;
    std::string printed;
  };
  // Runs a program, which must end.
  Ended run_program(std::vector<std::string> argv) const {
    const std::string file = folder_.path("command.log");
    std::filesystem::remove(file);
    Process command{std::move(argv), file};
    return {command.exit_code(), folder_.read("command.log")};
  }
  // Runs `forkmill WORDS` in the same way.
  Ended run(std::vector<std::string> words) const {
    words.insert(words.begin(), {FORKMILL_PROGRAM, "--broker", endpoints(), "--connect-timeout", "60s"});
    return run_program(std::move(words));
  }
  Ended shard(std::vector<std::string> words) const {
    words.insert(words.begin(), "shard");
    return run(std::move(words));
  }
  std::string owner(int shard) const {
    return server_.sql("SELECT split_part(owner, ' ', 1) FROM forkmill.shard WHERE id = " + std::to_string(shard));
  }
  std::string tasks_of(int shard) const {
    return server_.sql("SELECT last_seq FROM forkmill.shard WHERE id = " + std::to_string(shard));
  }

 private:
  const std::string session_timeout_;
  PostgresServer server_;
  tests::Folder folder_;
  std::map<std::string, std::unique_ptr<Process>> brokers_;
};

// Submits tasks to a queue on all shards, and checks that each ends once, with its own value.
class Load {
 public:
  explicit Load(const std::string& endpoints) : client_{endpoints}, spread_{client_.with({.queue = "work@*"})} {}
  void submit(int count) {
    for (int i = 0; i < count; ++i)
      futures_.push_back(spread_.submit(kEcho, "task " + std::to_string(futures_.size())));
  }
  void check() {
    for (std::size_t i = 0; i < futures_.size(); ++i) CHECK(futures_[i].get_for(kLong) == "task " + std::to_string(i));
    futures_.clear();
  }
  Client& client() { return client_; }

 private:
  Client client_;
  Submitter spread_;
  std::vector<Future<std::string>> futures_;
};

}  // namespace

TEST_CASE("one client and one worker use all shards as one broker") {
  ShardedCluster cluster;
  cluster.start("a");
  cluster.await_owned("a", "4");
  const auto worker = cluster.worker("default,images,thumbnails@4,work@*");
  Load load{cluster.endpoints()};
  load.submit(400);
  load.check();
  Client& client = load.client();
  CHECK(client.submit(kEcho, "one").get_for(kLong) == "one");
  CHECK(client.with({.queue = "images"}).submit(kEcho, "two").get_for(kLong) == "two");
  CHECK(client.with({.queue = "thumbnails@4"}).submit(kEcho, "four").get_for(kLong) == "four");
  for (int shard = 1; shard <= kShards; ++shard) CHECK(cluster.tasks_of(shard) != "0");

  SUBCASE("a task is found by its id, wherever it is") {
    auto future = client.with({.queue = "images", .result_ttl = std::chrono::hours{1}}).submit(kEcho, "found");
    const TaskId id = future.id();
    CHECK(future.get_for(kLong) == "found");
    Client other{cluster.endpoints()};
    CHECK(other.attach<std::string>(id).get_for(kLong) == "found");
    CHECK(other.cancel(id).get_for(kLong) == CancelState::finished);
    const TaskId none = *TaskId::parse("0190163d-8694-739b-aea5-966c26f8ad91");
    CHECK(other.cancel(none).get_for(kLong) == CancelState::unknown);
  }
  SUBCASE("the events of all shards are told once, and go on behind a cursor") {
    const auto ends_of = [&](EventStream& events, std::size_t count) {
      std::set<std::string> ended;
      while (ended.size() < count) {
        const auto event = events.next_for(kLong);
        REQUIRE(event);
        CHECK(event->kind == TaskEventKind::succeeded);
        CHECK(ended.insert(event->id.to_string()).second);
      }
      return events.cursor();
    };
    auto events = client.events({.queue = "work", .state = "succeeded"});
    REQUIRE(events.begin_within(kLong));
    load.submit(40);
    load.check();
    const std::string cursor = ends_of(events, 40);
    load.submit(12);
    load.check();
    auto later = client.events({.queue = "work", .state = "succeeded", .after = cursor});
    ends_of(later, 12);
  }
  SUBCASE("views name the shards and their broker") {
    CHECK(cluster.run({"status"}).printed.find("4: 1,2,3,4 of " + cluster.endpoint("a")) != std::string::npos);
    CHECK(cluster.run({"submit", "-d", "--queue", "images", "--delay", "1h", "nobody.has", "1"}).status == 0);
    const auto why = cluster.run({"why", "queue", "images"});
    CHECK_MESSAGE(why.printed.find("; shard 2, of " + cluster.endpoint("a")) != std::string::npos, why.printed);
  }
  SUBCASE("what the cluster does not have is refused") {
    try {
      auto future = client.with({.queue = "images@9"}).submit(kEcho, "lost");
      future.get_for(kLong);
      FAIL("it was taken");
    } catch (const Error& error) {
      CHECK(std::string{error.what()}.find("this cluster has 4 shards") != std::string::npos);
    }
  }
}

TEST_CASE("brokers share the shards, and no acknowledged task is lost when one dies, stops or joins") {
  ShardedCluster cluster;
  cluster.start("a");
  cluster.await_owned("a", "4");
  const auto worker = cluster.worker("work@*");
  Load load{cluster.endpoints()};
  load.submit(200);
  load.check();
  load.submit(500);
  cluster.start("b");  // gets its share by hand-overs
  cluster.await_owned("b", "2");
  load.submit(500);
  load.check();
  SUBCASE("kill -9") {
    load.submit(500);
    cluster["a"].signal(SIGKILL);
    cluster["a"].wait();
    load.submit(500);
    cluster.await_owned("b", "4");
    load.check();
    cluster.start("a");
    cluster.await_owned("a", "2");
  }
  SUBCASE("stop") {
    load.submit(500);
    cluster["b"].signal(SIGTERM);
    CHECK(cluster["b"].exit_code() == 0);
    CHECK(cluster.server().sql("SELECT count(*) FROM forkmill.broker") == "1");
    load.submit(500);
    cluster.await_owned("a", "4");
    load.check();
  }
  load.submit(200);
  load.check();
}

TEST_CASE("operators move shards, drain a broker and undo it under load, and no acknowledged task is lost") {
  ShardedCluster cluster;
  cluster.start("a");
  cluster.start("b");
  cluster.await_owned("a", "2");
  cluster.await_owned("b", "2");
  const auto worker = cluster.worker("work@*");
  Load load{cluster.endpoints()};
  const std::string from = cluster.owner(2);
  const std::string to = from == cluster.endpoint("a") ? cluster.endpoint("b") : cluster.endpoint("a");
  const std::string emptied = to.ends_with("/a") ? "a" : "b";
  load.submit(500);
  const auto moved = cluster.shard({"move", "2", to, "--wait", "-o", "json"});
  REQUIRE_MESSAGE(moved.status == 0, moved.printed);
  CHECK(cluster.owner(2) == to);
  CHECK(moved.printed.find("\"pinned\": \"" + to + "\"") != std::string::npos);
  load.submit(500);
  load.check();

  load.submit(500);
  const auto drained = cluster.shard({"drain", to, "--wait"});
  REQUIRE_MESSAGE(drained.status == 0, drained.printed);
  CHECK(cluster.owned(emptied) == "0");
  load.submit(500);
  load.check();
  CHECK(cluster.shard({"brokers"}).printed.find("draining  -") != std::string::npos);

  SUBCASE("what cannot be carried out is refused, and changes nothing") {
    const auto refused = [&](const std::vector<std::string>& words, const std::string& why) {
      const auto ended = cluster.shard(words);
      CHECK(ended.status == 2);
      CHECK_MESSAGE(ended.printed.find(why) != std::string::npos, ended.printed);
    };
    refused({"move", "3", to}, "is draining");
    refused({"move", "9", from}, "no shard 9");
    refused({"move", "3", "tcp://nowhere:1"}, "no broker tcp://nowhere:1");
    refused({"drain", from}, "no other broker could take the shards");
    refused({"drain", "tcp://nowhere:1"}, "no broker tcp://nowhere:1");
    cluster[emptied].signal(SIGKILL);
    cluster[emptied].wait();
    REQUIRE(eventually([&] {
      return cluster.server().sql("SELECT lease_until < clock_timestamp() FROM forkmill.broker WHERE name = '" + to +
                                  "'") == "t";
    }));
    refused({"move", "3", to}, "is dead");
    CHECK(cluster.server().sql("SELECT count(*) FROM forkmill.placement") == "1");
  }
  SUBCASE("the end of a drain gives the broker its share again, with the shard that was moved to it") {
    load.submit(500);
    const auto undone = cluster.shard({"drain", to, "--undo", "--wait"});
    REQUIRE_MESSAGE(undone.status == 0, undone.printed);
    CHECK(cluster.owned(emptied) == "2");
    CHECK(cluster.owner(2) == to);
    load.submit(500);
    const auto unpinned = cluster.shard({"unpin", "2", "--wait"});
    REQUIRE_MESSAGE(unpinned.status == 0, unpinned.printed);
    CHECK(cluster.server().sql("SELECT count(*) FROM forkmill.placement") == "0");
    load.check();
  }
  load.submit(200);
  load.check();
}

TEST_CASE("named objects live on all shards, are found there by every program, and outlive their owners") {
  ShardedCluster cluster{"30s"};  // holdings are kept for as long after a takeover
  cluster.start("a");
  cluster.start("b");
  cluster.await_owned("a", "2");
  cluster.await_owned("b", "2");
  Client one{cluster.endpoints()};
  Client other{cluster.endpoints()};
  const auto name = [](int i) { return "stock-" + std::to_string(i); };
  constexpr int kObjects = 8;
  for (int i = 0; i < kObjects; ++i) CHECK(Queue<int>{name(i), 0, ObjectOptions{one}.durable()}.empty());
  for (int shard = 1; shard <= kShards; ++shard)
    Queue<int>{"pinned@" + std::to_string(shard), 0, ObjectOptions{one}.durable()}.put(shard);
  for (int shard = 1; shard <= kShards; ++shard)
    CHECK(Queue<int>{"pinned@" + std::to_string(shard), 0, other}.get() == shard);

  CHECK_FALSE(Queue<int>{"pinned@1", 0, one} == Queue<int>{"pinned@2", 0, one});
  CHECK(Queue<int>{"pinned@2", 0, one} == Queue<int>{"pinned@2", 0, other});

  Lock lock{"door@3", ObjectOptions{one}.durable()};
  REQUIRE(lock.acquire());
  const auto token = lock.token();
  Lock same{"door@3", other};
  CHECK_FALSE(same.try_acquire());
  auto waiting = std::async(std::launch::async, [&] { return Queue<int>{name(1), 0, other}.get(); });

  const auto listed = cluster.run({"object", "ls"});
  for (int i = 0; i < kObjects; ++i) CHECK_MESSAGE(listed.printed.find(name(i)) != std::string::npos, listed.printed);
  CHECK_MESSAGE(listed.printed.find("pinned@") != std::string::npos, listed.printed);
  CHECK(cluster.run({"object", "show", "door@3"}).printed.find("holder") != std::string::npos);

  SUBCASE("what spans two shards is refused, and what belongs together is in one place") {
    Condition changed{"changed", lock};
    changed.notify_all();
    CHECK_THROWS_WITH_AS(Condition("changed@2", lock), doctest::Contains("is on shard 2"), Error);
    const auto ends = pipe<std::string>(true, ObjectOptions{one}.placed("2"));
    Queue<Connection<std::string>> beside{"beside@2", 0, one};
    beside.put(ends.first);
    auto taken = beside.get();
    taken.send("hello");
    auto there = ends.second;
    CHECK(there.recv() == "hello");
    Queue<Connection<std::string>> away{"away@1", 0, one};
    CHECK_THROWS_WITH_AS(away.put(ends.second), doctest::Contains("the end of a pipe is on shard 2"), Error);
  }
  SUBCASE("operators remove an object by the name that the list shows") {
    CHECK(cluster.run({"object", "rm", "--yes", "pinned@2"}).status == 0);
    CHECK(cluster.run({"object", "show", "pinned@2"}).status == 4);
    CHECK(cluster.run({"object", "show", "pinned@3"}).status == 0);
  }
  cluster["b"].signal(SIGKILL);
  cluster["b"].wait();
  cluster.await_owned("a", "4");
  Queue<int>{name(1), 0, one}.put(7);
  CHECK(waiting.get() == 7);
  CHECK_FALSE(same.try_acquire());
  CHECK(lock.token() == token);
  lock.release();
  REQUIRE(same.acquire());
  CHECK(same.token() > token);
  for (int i = 0; i < kObjects; ++i) CHECK(Queue<int>{name(i), 0, ObjectOptions{other}.must_exist()}.empty());
}

TEST_CASE("ends of pipes travel with tasks and results of their own shard, where handlers make them as well") {
  ShardedCluster cluster{"30s"};
  cluster.start("a");
  cluster.await_owned("a", "4");
  const auto worker = cluster.worker("default,images", TOOLKIT_PROGRAM);
  Client client{cluster.endpoints()};
  const auto images = client.with({.queue = "images"});  // on shard 2; `default` is on shard 1
  auto made = images.submit(kMakePipe).get_for(kLong);
  CHECK(made.recv() == "made here");
  auto beside = pipe<std::string>(true, ObjectOptions{client}.placed("images"));
  auto greeted = images.submit(kGreet, beside.second, "/dev/null");
  beside.second.close();
  CHECK(beside.first.recv() == "hello");
  greeted.get_for(kLong);
  auto plain = pipe<std::string>(true, client);
  client.submit(kGreet, plain.second, "/dev/null").get_for(kLong);
  CHECK(plain.first.recv() == "hello");
  auto away = images.submit(kGreet, plain.first, "/dev/null");
  CHECK_THROWS_WITH_AS(away.get_for(kLong), doctest::Contains("Pipes called '@images'"), Error);
}

TEST_CASE("each task of a group for a queue on all shards goes to the shard of the pipe in its arguments") {
  ShardedCluster cluster{"30s"};
  cluster.start("a");
  cluster.await_owned("a", "4");
  const auto worker = cluster.worker("greet@*", TOOLKIT_PROGRAM);
  Client client{cluster.endpoints()};
  std::vector<Connection<std::string>> here;
  std::vector<std::tuple<Connection<std::string>, std::string>> there;
  for (int shard = 1; shard <= kShards; ++shard) {
    auto ends = pipe<std::string>(true, ObjectOptions{client}.placed(std::to_string(shard)));
    here.push_back(std::move(ends.first));
    there.emplace_back(std::move(ends.second), "/dev/null");
  }
  auto greeted = client.with({.queue = "greet@*"}).map(kGreet, there);
  there.clear();
  for (auto& end : here) CHECK(end.recv() == "hello");
  for (auto& one : greeted) one.get_for(kLong);
}

TEST_CASE("the key of an invitation is accepted by all brokers of a cluster, and by none once it is revoked") {
  ShardedCluster cluster;
  const std::string broker_key = cluster.path("broker.key");
  const std::string authorized = cluster.path("authorized");
  REQUIRE(cluster.run_program({FORKMILL_PROGRAM, "keygen", broker_key}).status == 0);
  std::ofstream{authorized} << "# no keys\n";
  std::filesystem::permissions(authorized, std::filesystem::perms{0644});
  std::vector<std::string> doors;
  const auto start = [&](const std::string& name) {
    doors.push_back("tcp://127.0.0.1:" + std::to_string(free_ports(1 + kShards)));
    cluster.start(name, {"--listen", doors.back(), "--server-key", broker_key, "--authorized-keys", authorized});
  };
  start("a");
  cluster.await_owned("a", "4");
  start("b");
  cluster.await_owned("b", "2");

  const auto invited = cluster.run({"invite", "client", "--name", "carol", "--at", doors[0] + "," + doors[1]});
  REQUIRE_MESSAGE(invited.status == 0, invited.printed);
  const auto begin = invited.printed.find("forkmill-1.");
  REQUIRE_MESSAGE(begin != std::string::npos, invited.printed);
  const std::string line = invited.printed.substr(begin, invited.printed.find('\n', begin) - begin);
  const std::string config = cluster.path("config");
  const auto login =
      cluster.run_program({"/usr/bin/env", "XDG_CONFIG_HOME=" + config, FORKMILL_PROGRAM, "login", line});
  REQUIRE_MESSAGE(login.status == 0, login.printed);
  std::string key;
  for (const auto& file : std::filesystem::recursive_directory_iterator{config})
    if (file.path().extension() == ".key") key = file.path().string();
  REQUIRE(!key.empty());

  const auto ping = [&](const std::string& door, const char* patience) {
    return cluster.run_program({FORKMILL_PROGRAM, "--broker", door, "--server-public-key", broker_key + ".pub", "--key",
                                key, "--connect-timeout", patience, "ping"});
  };
  for (const std::string& door : doors) CHECK(eventually([&] { return ping(door, "20s").status == 0; }));
  REQUIRE(cluster.run({"invite", "revoke", "carol"}).status == 0);
  for (const std::string& door : doors) CHECK(eventually([&] { return ping(door, "5s").status == 3; }));
}

TEST_CASE("commands about shards say that the database is away, and go on when it is back") {
  ShardedCluster cluster;
  cluster.start("a");
  cluster.await_owned("a", "4");
  REQUIRE(cluster.shard({"brokers"}).status == 0);
  cluster.server().stop();
  const auto away = cluster.shard({"brokers"});
  CHECK_MESSAGE(away.status == 3, away.printed);
  CHECK_MESSAGE(away.printed.find("database_unavailable") != std::string::npos, away.printed);
  cluster.server().start();
  CHECK(eventually([&] { return cluster.shard({"brokers"}).status == 0; }));
}

}  // namespace shards_test
