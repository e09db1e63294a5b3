#include "broker/store/memory_store.h"

#include <doctest/doctest.h>

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

}  // namespace memory_store_test
