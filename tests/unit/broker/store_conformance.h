// What every store must do. `reopen` gives the same store as a new process would find it.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <vector>

#include "broker/store/store.h"

namespace forkmill::broker::test {

inline std::vector<StoredTask> loaded(const Store& store) {
  std::vector<StoredTask> tasks;
  store.load([&](StoredTask task) { tasks.push_back(std::move(task)); });
  return tasks;
}

inline PutTask put(std::uint64_t n) {
  proto::Submission submission{
      TaskId::make(1, n, n), "default", "t.echo", 7, {}, proto::Payload::copy("body " + std::to_string(n))};
  submission.options.priority = 3;
  return {proto::TaskSeq{n}, submission, proto::milliseconds{1000 + static_cast<std::int64_t>(n)}};
}

inline void check_store(const std::function<Store&()>& reopen) {
  Store* store = &reopen();
  const auto first = store->open();
  REQUIRE(first.ok());
  CHECK_FALSE(first->id.empty());
  CHECK(loaded(*store).empty());

  const std::vector<StoreOp> puts{put(1), put(2), put(3)};
  const auto commit = store->commit(puts);
  REQUIRE(commit.ok());
  CHECK(commit.value() == first->last.next());
  const auto tasks = loaded(*store);
  REQUIRE(tasks.size() == 3);
  for (std::uint64_t n = 1; n <= 3; ++n) CHECK(tasks[n - 1] == StoredTask{put(n), {}, {}, {}});

  const Finish finish{proto::TaskSeq{1},
                      {proto::OutcomeKind::succeeded, proto::Attempt{1}, "w", proto::Payload::copy("42"), {}},
                      proto::milliseconds{5000}};
  const std::vector<StoreOp> changes{
      finish, Reschedule{proto::TaskSeq{2}, proto::Attempt{1}, proto::milliseconds{9000}}, Forget{proto::TaskSeq{3}}};
  REQUIRE(store->commit(changes).value() == commit.value().next());

  // Finished once: a second outcome changes nothing. Unknown tasks neither.
  Finish other = finish;
  other.outcome.value = proto::Payload::copy("43");
  const std::vector<StoreOp> late{other, Forget{proto::TaskSeq{99}},
                                  Reschedule{proto::TaskSeq{3}, proto::Attempt{2}, {}}};
  REQUIRE(store->commit(late).ok());

  store = &reopen();
  const auto second = store->open();
  REQUIRE(second.ok());
  CHECK(second->id == first->id);
  CHECK(second->epoch > first->epoch);
  CHECK(second->last == proto::CommitSeq{first->last.value() + 3});
  const auto kept = loaded(*store);
  REQUIRE(kept.size() == 2);
  CHECK(kept[0] == StoredTask{put(1), {}, {}, finish});
  CHECK(kept[1] == StoredTask{put(2), proto::Attempt{1}, proto::milliseconds{9000}, {}});
}

}  // namespace forkmill::broker::test
