// Sealed payloads between real clients and workers: what the broker keeps, which keys a task needs, and what a forging
// broker can do.
#include <doctest/doctest.h>
#include <forkmill/client.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <numeric>

#include "proto/transport/keys/seal_file.h"
#include "tests/e2e/client/fake_worker.h"
#include "tests/e2e/worker/cluster.h"
#include "tests/e2e/worker/rogue_tasks.h"

namespace sealed_test {

using namespace forkmill;
using namespace forkmill::test;
namespace fs = std::filesystem;

namespace {

constexpr auto kLong = 60s;
const std::string kSecret = "account-4711-of-the-customer";

// Returns the id of the one key in a new file.
std::string make_keys(const Cluster& cluster, const std::string& name, const std::string& queues) {
  const auto id = proto::create_seal_file(cluster.path(name), queues);
  REQUIRE(id.ok());
  return id.value();
}

// Writes a file with the lines of others, in this order.
void join_keys(const Cluster& cluster, const std::string& name, const std::vector<std::string>& files) {
  std::string text;
  for (const auto& file : files) text += cluster.contents(file);
  REQUIRE(proto::create_key_file(cluster.path(name), 0600, text).ok());
}

ClientOptions with_keys(const Cluster& cluster, const std::string& name) {
  ClientOptions options;
  options.endpoint = cluster.endpoint();
  if (!name.empty()) options.seal_keys = cluster.path(name);
  return options;
}

bool stands_in(const fs::path& folder, const std::string& text) {
  for (const auto& entry : fs::recursive_directory_iterator{folder}) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file{entry.path(), std::ios::binary};
    const std::string content{std::istreambuf_iterator<char>{file}, {}};
    if (content.find(text) != std::string::npos) return true;
  }
  return false;
}

template <class T>
Errc code_of(Future<T> future) {
  try {
    future.get_for(kLong);
  } catch (const Error& error) {
    return error.code();
  }
  return Errc::ok;
}

const SubmitOptions kSealed{.queue = "pay", .max_attempts = 1};

}  // namespace

TEST_CASE("neither arguments, results nor errors of sealed tasks stand in the files of a broker") {
  Cluster cluster;
  cluster.stop_broker();
  fs::create_directory(cluster.path("store"));
  Process broker{{FORKMILL_BROKER_PROGRAM, "--listen", cluster.endpoint(), "--data", cluster.path("store")},
                 cluster.path("broker.log")};
  make_keys(cluster, "keys", "pay");
  cluster.start_worker({"--seal-keys", cluster.path("keys"), "--queues", "pay,open"});
  Client client{with_keys(cluster, "keys")};
  Client open{with_keys(cluster, "")};
  CHECK(client.with(kSealed).submit(kEcho, kSecret).get_for(kLong) == kSecret);
  auto failing = client.with(kSealed).submit(kThrow, kSecret, 1);
  try {
    failing.get_for(kLong);
    FAIL("the handler throws");
  } catch (const RemoteError& error) {
    CHECK(std::string{error.what()}.find(kSecret) != std::string::npos);
  }
  const std::string clear = "in-the-clear-0815";
  CHECK(open.with({.queue = "open"}).submit(kEcho, clear).get_for(kLong) == clear);
  CHECK(eventually([&] { return stands_in(cluster.path("store"), clear); }));
  CHECK_FALSE(stands_in(cluster.path("store"), kSecret));
  CHECK(cluster.contents("broker.log").find(kSecret) == std::string::npos);
}

TEST_CASE("a worker without the key names it, and one that has it runs the task") {
  Cluster cluster;
  const auto id = make_keys(cluster, "keys", "pay");
  Client client{with_keys(cluster, "keys")};
  auto& keyless = cluster.start_worker({"--queues", "pay"});
  try {
    client.with(kSealed).submit(kEcho, kSecret).get_for(kLong);
    FAIL("the worker has no key");
  } catch (const RemoteError& error) {
    CHECK(error.code() == Errc::seal_key_missing);
    CHECK(std::string{error.what()}.find(id) != std::string::npos);
  }
  SubmitOptions patient = kSealed;
  patient.max_attempts = 1000;
  patient.backoff = 20ms;
  auto later = client.with(patient).submit(kEcho, kSecret);
  keyless.signal(SIGTERM);
  cluster.start_worker({"--seal-keys", cluster.path("keys"), "--queues", "pay"});
  CHECK(later.get_for(kLong) == kSecret);
  CHECK_THROWS_AS(client.submit(kEcho, "for a queue without a key"), Error);
}

TEST_CASE("a client seals a queue on a shard that is named, and says so, as it does the queue") {
  Cluster cluster;
  make_keys(cluster, "keys", "pay");
  Client client{with_keys(cluster, "keys")};
  for (const char* queue : {"pay", "pay@1", "pay@*"}) CHECK_MESSAGE(client.seals(queue), queue);
  CHECK_FALSE(client.seals("payroll@1"));
  CHECK_FALSE(Client{with_keys(cluster, "")}.seals("pay@1"));
}

TEST_CASE("keys are turned while tasks are under way") {
  Cluster cluster;
  make_keys(cluster, "old", "pay");
  make_keys(cluster, "new", "pay");
  join_keys(cluster, "both", {"old", "new"});
  join_keys(cluster, "turned", {"new", "old"});
  Client before{with_keys(cluster, "old")};
  auto& first = cluster.start_worker({"--seal-keys", cluster.path("both"), "--queues", "pay"});
  auto held = before.with(kSealed).submit(kHold, cluster.path("up"), cluster.path("go"), false);
  REQUIRE(eventually([&] { return cluster.has("up"); }));
  Client turned{with_keys(cluster, "turned")};
  CHECK(turned.with(kSealed).submit(kEcho, "new key").get_for(kLong) == "new key");
  cluster.touch("go");
  CHECK(held.get_for(kLong) == "went on");
  first.signal(SIGTERM);
  CHECK(first.exit_code() == 0);
  auto waiting = before.with(kSealed).submit(kEcho, "old key");
  cluster.start_worker({"--seal-keys", cluster.path("turned"), "--queues", "pay"});
  CHECK(waiting.get_for(kLong) == "old key");
}

TEST_CASE("maps, chunks, keys and chains are sealed as single tasks are") {
  Cluster cluster;
  make_keys(cluster, "keys", "*");
  cluster.start_worker({"--seal-keys", cluster.path("keys"), "--queues", "pay"});
  Client client{with_keys(cluster, "keys")};
  const auto pay = client.with(kSealed);
  const std::vector<std::string> words{"a", "b", "c"};
  std::vector<std::string> echoed;
  for (auto& future : pay.map(kEcho, words)) echoed.push_back(future.get_for(kLong));
  CHECK(echoed == words);
  CHECK(pay.map_chunked(kEcho, words).get(kLong) == words);
  auto chained =
      pay.submit(kEcho, "first").then([pay](std::string text) { return pay.submit(kEcho, text + " second"); });
  CHECK(chained.get_for(kLong) == "first second");
  SubmitOptions once = kSealed;
  once.key = "order 1";
  auto one = client.with(once).submit(kEcho, "once");
  auto two = client.with(once).submit(kEcho, "once");
  CHECK(one.id() == two.id());
  CHECK(one.get_for(kLong) == "once");
  CHECK(two.get_for(kLong) == "once");
  Client other{with_keys(cluster, "keys")};
  CHECK(other.with(once).submit(kEcho, "once").get_for(kLong) == "once");
  CHECK(other.attach<std::string>(one.id()).get_for(kLong) == "once");
}

TEST_CASE("a forging broker is found out by the client") {
  Cluster cluster;
  make_keys(cluster, "keys", "pay");
  const auto seals = proto::read_seal_keys(cluster.path("keys"));
  REQUIRE(seals.ok());
  // Stands for the broker: what it answers, a broker could put in the place of any answer.
  std::mutex mutex;
  std::string how = "honest";
  proto::Outcome earlier;
  tests::FakeWorker forger{cluster.endpoint(), {"pay"}};
  forger.on_raw(std::string{kEcho.name()}, kEcho.signature(), [&](tests::FakeWorker&, const proto::GrantedTask& task) {
    const std::lock_guard hold{mutex};
    if (how == "replay") return earlier;
    proto::Outcome outcome;
    const auto opened = seals.value()->open_arguments(*task.spec, task.payload);
    outcome.value = proto::Payload::own(pack_value<std::string>("forged"));
    if (how == "clear" || !opened.ok()) return outcome;
    if (how == "echo") {
      outcome.value = task.payload;
      return outcome;
    }
    if (how == "error") {
      outcome = proto::Outcome::ended(proto::OutcomeKind::failed, Errc::handler_error, "forged");
      return outcome;
    }
    seals.value()->seal_outcome(*opened->origin, outcome);
    if (how == "changed") {
      std::string bytes{outcome.value.view()};
      bytes[bytes.size() / 2 + 20] = static_cast<char>(bytes[bytes.size() / 2 + 20] ^ 4);
      outcome.value = proto::Payload::own(bytes);
    }
    return earlier = outcome;
  });
  forger.start();
  Client client{with_keys(cluster, "keys")};
  const auto answer = [&](const std::string& kind) {
    {
      const std::lock_guard hold{mutex};
      how = kind;
    }
    return client.with(kSealed).submit(kEcho, kSecret);
  };
  CHECK(answer("honest").get_for(kLong) == "forged");
  CHECK(code_of(answer("replay")) == Errc::seal_broken);
  CHECK(code_of(answer("changed")) == Errc::seal_broken);
  CHECK(code_of(answer("echo")) == Errc::seal_broken);
  CHECK(code_of(answer("clear")) == Errc::seal_required);
  CHECK(code_of(answer("error")) == Errc::seal_required);
  CHECK(answer("honest").get_for(kLong) == "forged");
}

TEST_CASE("a forging broker is found out by the worker") {
  Cluster cluster;
  make_keys(cluster, "keys", "pay,refund");
  const auto seals = proto::read_seal_keys(cluster.path("keys"));
  REQUIRE(seals.ok());
  cluster.start_worker({"--seal-keys", cluster.path("keys"), "--queues", "pay,refund"});
  Client forger{with_keys(cluster, "")};
  const auto submit = [&](const std::string& queue, std::string_view name, std::string_view payload) {
    return forger.with({.queue = queue, .max_attempts = 1}).submit_raw(name, payload);
  };
  proto::TaskSpec spec;
  spec.queue = "pay";
  spec.name = kEcho.name();
  const auto good = seals.value()->seal_arguments(TaskId::make(1, 2, 3), spec, pack_value(std::tuple{kSecret}));
  REQUIRE(good.ok());
  std::string changed{good->view()};
  changed.back() = static_cast<char>(changed.back() ^ 1);
  CHECK(code_of(submit("pay", kEcho.name(), pack_value(std::tuple{kSecret}))) == Errc::seal_required);
  CHECK(code_of(submit("pay", kEcho.name(), changed)) == Errc::seal_broken);
  CHECK(code_of(submit("refund", kEcho.name(), good->view())) == Errc::seal_broken);
  CHECK(code_of(submit("pay", kThrow.name(), good->view())) == Errc::seal_broken);
  // A repeated grant of the same task is no forgery; the result is for holders of the key.
  CHECK(code_of(submit("pay", kEcho.name(), good->view())) == Errc::seal_key_missing);
}

}  // namespace sealed_test
