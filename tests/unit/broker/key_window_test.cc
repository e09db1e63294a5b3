// Keys: a key names its task, and the result of it, until its window ends.
#include <string>
#include <utility>

#include "tests/unit/broker/paged_kit.h"

namespace key_window_test {

using namespace forkmill;
using namespace forkmill::broker::test;
using forkmill::broker::CoreOptions;

namespace {

// Results end after a minute, and keys after ten.
CoreOptions with_windows() {
  CoreOptions options = tiny();
  options.result_ttl = 1min;
  options.key_window = 10min;
  return options;
}

TaskOptions under(std::string key) {
  TaskOptions options;
  options.key = std::move(key);
  return options;
}

}  // namespace

TEST_CASE("a key names its task and result until its window ends, and other arguments are refused") {
  Paged paged{with_windows()};
  const TaskOptions keyed = under("order-17");
  paged.submit(1, 1, keyed);
  const auto worker = paged.broker.worker(10);
  paged.broker.succeed(worker, paged.broker.grants(worker).at(0).grant, "shipped");
  CHECK(paged.broker.results(paged.client).size() == 1);
  paged.broker.send(paged.client, ResultAck{{paged.broker.last_taken()}});
  paged.broker.advance_alive(9min, {paged.client, worker});
  paged.submit(1, 1, keyed);
  CHECK(paged.broker.results(paged.client).at(0).outcome.value.view() == "shipped");
  paged.broker.send(paged.client, ResultAck{{paged.broker.last_taken()}});
  Submission other = task(1, keyed);
  other.payload = Payload::copy("other arguments");
  const auto rejection = paged.broker.submit_rejected(paged.client, other);
  CHECK(rejection.code == Errc::duplicate_task);
  CHECK(rejection.text.find("order-17") != std::string::npos);
  paged.broker.restart();
  const auto back = paged.broker.client();
  paged.broker.submit(back, {task(1, keyed)});
  CHECK(paged.broker.results(back).at(0).outcome.value.view() == "shipped");
}

TEST_CASE("a dead letter releases its key at the end of the window") {
  Paged paged{with_windows()};
  const TaskOptions keyed = under("order-18");
  paged.submit(1, 1, keyed);
  const auto worker = paged.broker.worker(10);
  paged.broker.fail(worker, paged.broker.grants(worker).at(0).grant);
  paged.broker.send(paged.client, Goodbye{});
  const auto other = paged.broker.client();
  paged.broker.advance_alive(9min, {other, worker});
  paged.broker.submit(other, {task(1, keyed)});
  CHECK(paged.broker.results(other).at(0).outcome.kind == OutcomeKind::failed);
  paged.broker.send(other, ResultAck{{paged.broker.last_taken()}});
  paged.broker.advance_alive(11min, {other, worker});
  CHECK(paged.resident() + paged.paged_out() == 1);
  paged.broker.submit(other, {task(1, keyed)});
  REQUIRE(paged.broker.grants(worker).size() == 1);
  CHECK(paged.resident() + paged.paged_out() == 1);
}

}  // namespace key_window_test
