// wait() over queues, connections, events, futures and processes at once.
#include <forkmill/wait_ready.h>

#include <map>
#include <thread>

#include "tests/e2e/toolkit/object_rig.h"

namespace wait_test {

using namespace forkmill;
using namespace forkmill::tests;

namespace {

using Indices = std::vector<std::size_t>;

// How many operations wait for the object at the broker.
std::int64_t waiting_for(Client& client, const std::string& name) {
  const auto body = client.query(QueryKind::object, name).get_for(30s);
  const auto handle = msgpack::unpack(body.bytes.data(), body.bytes.size());
  const auto shown = handle.get().as<std::map<std::string, msgpack::object>>();
  return shown.at("object").as<std::map<std::string, msgpack::object>>().at("waiting").as<std::int64_t>();
}

}  // namespace

TEST_CASE("wait gives all things that are ready, of any kind, in their order") {
  Rig rig;
  Queue<int> jobs{"jobs", 0, rig.a};
  auto [reader, writer] = pipe<std::string>(false, rig.a);
  Event stop{"stop", rig.a};
  auto answer = rig.a.query(QueryKind::ping);
  answer.wait();
  auto never = rig.a.with({.delay = 1h}).submit(Task<int(int)>{"never"}, 1);
  CHECK(wait({jobs, reader, stop, never}, 0s).empty());
  CHECK(wait({jobs, reader, stop, never}, 5ms).empty());
  jobs.put(1);
  writer.send("text");
  CHECK(wait({never, reader, stop, jobs, answer}) == Indices{1, 3, 4});
  CHECK(wait({never, reader, stop, jobs, answer}, 1h) == Indices{1, 3, 4});  // nothing was taken
  CHECK(jobs.get() == 1);
  CHECK(reader.recv() == "text");
  stop.set();
  CHECK(wait({never, reader, stop, jobs}, 0s) == Indices{2});
  CHECK(wait(std::vector<Waitable>{}).empty());
  never.cancel();
  CHECK(wait({never, jobs}) == Indices{0});
}

TEST_CASE("wait ends with the first thing that becomes ready, and leaves nothing behind at the broker") {
  Rig rig;
  Queue<int> jobs{"jobs", 0, rig.a};
  Event stop{"stop", rig.a};
  auto [reader, writer] = pipe<int>(true, rig.a);
  Future<RawResult> last;
  const auto when_waiting = [&](auto&& act) {
    return std::thread{[&rig, act] {
      REQUIRE(eventually([&] { return waiting_for(rig.b, "jobs") == 1 && waiting_for(rig.b, "stop") == 1; }));
      act();
    }};
  };
  const auto all_gone = [&] { return waiting_for(rig.b, "jobs") == 0 && waiting_for(rig.b, "stop") == 0; };
  {
    auto puts = when_waiting([&rig] { Queue<int>{"jobs", 0, rig.b}.put(7); });
    CHECK(wait({stop, reader, jobs}) == Indices{2});
    puts.join();
    CHECK(jobs.get() == 7);
    CHECK(eventually(all_gone));
  }
  {
    auto sets = when_waiting([&rig] { Event{"stop", rig.b}.set(); });
    CHECK(wait({stop, reader, jobs}, 1h) == Indices{0});
    sets.join();
    stop.clear();
    CHECK(eventually(all_gone));
  }
  {
    auto closes = when_waiting([end = &writer] { end->close(); });
    CHECK(wait({stop, reader, jobs}, 1h) == Indices{1});
    closes.join();
    CHECK_THROWS_AS((void)reader.recv(), EndOfStream);
    CHECK(eventually(all_gone));
  }
  {
    auto task = rig.a.with({.delay = 1h}).submit(Task<int(int)>{"never"}, 1);
    auto cancels = when_waiting([&rig, id = task.id()] { rig.b.cancel(id).get(); });
    CHECK(wait({stop, task, jobs}, 1h) == Indices{1});
    cancels.join();
    CHECK(eventually(all_gone));
  }
  CHECK(wait({stop, jobs}, 5ms).empty());
  CHECK(eventually(all_gone));
}

TEST_CASE("a thing whose object is removed counts as ready, and one that can never be is refused") {
  Rig rig;
  Queue<int> jobs{"jobs", 0, rig.a};
  Event stop{"stop", rig.a};
  auto [reader, writer] = pipe<int>(false, rig.a);
  CHECK_THROWS_AS((void)wait({stop, writer}, 0s), Error);
  std::thread removes{[&] {
    REQUIRE(eventually([&] { return waiting_for(rig.b, "jobs") == 1; }));
    Queue<int>{"jobs", 0, rig.b}.remove();
  }};
  CHECK(wait({stop, jobs}) == Indices{1});
  removes.join();
  CHECK_THROWS_AS((void)jobs.get(), Error);
  reader.close();
  CHECK_THROWS_AS((void)wait({stop, reader}, 0s), Error);
}

TEST_CASE("an item that a wait has announced may go to a faster reader, and readers go before waits") {
  Rig rig;
  Queue<int> jobs{"jobs", 0, rig.a};
  std::thread waits{[&] { CHECK(wait({jobs}, 1h) == Indices{0}); }};
  REQUIRE(eventually([&] { return waiting_for(rig.b, "jobs") == 1; }));
  Queue<int> theirs{"jobs", 0, rig.b};
  auto got = theirs.get_async();
  REQUIRE(eventually([&] { return waiting_for(rig.b, "jobs") == 2; }));
  jobs.put(1);
  CHECK(got.get() == 1);
  CHECK(waiting_for(rig.b, "jobs") == 1);
  jobs.put(2);
  waits.join();
  CHECK(theirs.get() == 2);
}

}  // namespace wait_test
