#include "broker/store/memory_store.h"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "broker/store/requests.h"

namespace memory_store_test {

using namespace forkmill::broker;

TEST_CASE("the later one of two stores in memory has the later epochs") {
  using forkmill::proto::milliseconds;
  constexpr milliseconds kNow{1'795'297'922'072};
  MemoryStore first{"memory-1", false, MemoryStore::epoch_before(kNow)};
  MemoryStore second{"memory-2", false, MemoryStore::epoch_before(kNow + milliseconds{100})};
  const auto one = first.open();
  const auto other = second.open();
  REQUIRE(one.ok());
  REQUIRE(other.ok());
  CHECK(one->epoch < other->epoch);
  CHECK(MemoryStore::epoch_before(milliseconds{0}).value() == 0);
}

TEST_CASE("a fetch of large tasks is answered in parts, which are no larger than they must be") {
  MemoryStore store{"memory", true};
  REQUIRE(store.open().ok());
  constexpr std::size_t kMiB = 1024 * 1024;
  constexpr std::uint64_t kTasks = 100;
  const auto spec = std::make_shared<const TaskSpec>(TaskSpec{"q", "t", 0, {}});
  const auto large = forkmill::proto::Payload::copy(std::string(4 * kMiB, 'x'));
  std::vector<StoreOp> ops;
  FetchRequest wanted;
  for (std::uint64_t n = 1; n <= kTasks; ++n) {
    const auto& payload = n <= kTasks / 2 ? large : forkmill::proto::Payload{};
    ops.emplace_back(PutTask{forkmill::proto::TaskSeq{n}, forkmill::TaskId::make(1, 1, n), spec, payload, 0, {}});
    wanted.seqs.push_back(forkmill::proto::TaskSeq{n});
  }
  REQUIRE(store.apply(ops).ok());
  const auto done = [&] {
    const auto answer = serve(store, {1, wanted});
    REQUIRE(answer.ok());
    return std::get<FetchAnswer>(answer.value().what).done;
  };
  CHECK(done() <= 8);
  wanted.seqs.erase(wanted.seqs.begin(), wanted.seqs.begin() + kTasks / 2);
  CHECK(done() == kTasks / 2);
}

TEST_CASE("a scan looks at no more than some tasks, and at few that are large, and says where to go on") {
  using forkmill::proto::milliseconds;
  using forkmill::proto::TaskSeq;
  MemoryStore store{"memory", true};
  REQUIRE(store.open().ok());
  constexpr std::size_t kMiB = 1024 * 1024;
  // Task n was submitted at this hour.
  const auto at = [](std::int64_t hour) { return milliseconds{1'795'297'922'072} + std::chrono::hours{hour}; };
  const auto spec = std::make_shared<const TaskSpec>(TaskSpec{"q", "t", 0, {}});
  const auto large = forkmill::proto::Payload::copy(std::string(4 * kMiB, 'x'));
  std::vector<StoreOp> ops;
  for (unsigned n = 1; n <= 40; ++n) {
    const auto& payload = n <= 20 ? large : forkmill::proto::Payload{};
    ops.emplace_back(PutTask{TaskSeq{n}, forkmill::TaskId::make(1, 1, n), spec, payload, 0, at(n)});
  }
  REQUIRE(store.apply(ops).ok());
  const auto scan = [&](std::uint64_t before, milliseconds since = milliseconds{0}) {
    ScanRequest wanted;
    wanted.before = TaskSeq{before};
    wanted.most = 50;
    wanted.most_visited = 10;
    wanted.since = since;
    wanted.passes = [](const StoredTask& task) { return task.put.seq == TaskSeq{1} || task.put.seq == TaskSeq{35}; };
    const auto answer = serve(store, {1, std::move(wanted)});
    REQUIRE(answer.ok());
    return std::get<ScanAnswer>(answer.value().what);
  };
  const auto first = scan(100);
  CHECK(first.tasks.size() == 1);
  CHECK(first.next == TaskSeq{31});
  CHECK(first.reached == at(31));
  // Eight tasks of 4 MiB are as much as one request looks at.
  const auto among_large = scan(21);
  CHECK(among_large.tasks.empty());
  CHECK(among_large.next == TaskSeq{13});
  const auto last = scan(3);
  CHECK(last.tasks.size() == 1);
  CHECK(last.next == TaskSeq{});
  CHECK(last.reached == at(1));
  // Older tasks than those that are looked for end the scan.
  const auto recent = scan(100, at(35));
  CHECK(recent.tasks.size() == 1);
  CHECK(recent.next == TaskSeq{});
  CHECK(recent.reached == at(35));
}

}  // namespace memory_store_test
