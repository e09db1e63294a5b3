// What every store must do. `reopen` gives the same store as a new process would find it.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <vector>

#include "broker/store/store.h"

namespace forkmill::broker::test {

inline std::vector<TaskSummary> summaries(Store& store) {
  std::vector<TaskSummary> tasks;
  REQUIRE_FALSE(store.load([&](const TaskSummary& task) { tasks.push_back(task); }));
  return tasks;
}

inline std::vector<PutRecord> records(Store& store) {
  std::vector<PutRecord> all;
  REQUIRE_FALSE(store.load_records([&](proto::TaskSeq seq, std::string_view bytes) {
    all.push_back({seq, std::string{bytes}});
  }));
  return all;
}

inline std::vector<StoredTask> fetched(Store& store, std::vector<proto::TaskSeq> seqs) {
  std::vector<StoredTask> tasks;
  REQUIRE_FALSE(store.fetch(seqs, [&](StoredTask task) { tasks.push_back(std::move(task)); }));
  return tasks;
}

inline std::vector<proto::TaskSeq> scanned(Store& store, std::uint64_t before, std::size_t most) {
  std::vector<proto::TaskSeq> seqs;
  REQUIRE_FALSE(store.scan(proto::TaskSeq{before}, [&](const StoredTask& task) {
    seqs.push_back(task.put.seq);
    return seqs.size() < most;
  }));
  return seqs;
}

inline PutTask put(std::uint64_t n) {
  TaskSpec spec{"default", "t.echo", 7, {}};
  spec.options.priority = 3;
  spec.options.key = n % 2 == 0 ? "key " + std::to_string(n) : "";
  return {proto::TaskSeq{n},
          TaskId::make(1, n, n),
          std::make_shared<const TaskSpec>(std::move(spec)),
          proto::Payload::copy(n == 3 ? std::string(100'000, 'x') : "body " + std::to_string(n)),
          n * 11,
          proto::milliseconds{1000 + static_cast<std::int64_t>(n)}};
}

inline PutRecord record(std::uint64_t n, std::string bytes) { return {proto::TaskSeq{n}, std::move(bytes)}; }

// Records beside the tasks of a store that is open, with numbers above theirs.
inline void check_records(Store* store, const std::function<Store&()>& reopen, const Store::Identity& opened) {
  using proto::TaskSeq;
  proto::CommitSeq last = opened.last;
  const std::uint64_t high = opened.last_seq.value() + 30;
  const auto commit = [&](const std::vector<StoreOp>& ops) {
    REQUIRE_FALSE(store->apply(ops));
    last = last.next();
    REQUIRE_FALSE(store->commit(last));
  };
  const std::size_t tasks = summaries(*store).size();
  CHECK(records(*store).empty());
  const std::string large = std::string(100'000, 'x') + std::string("\0\xFF", 2);
  const std::vector<StoreOp> puts{record(22, "second"), record(21, "first"), record(23, ""), record(24, "fourth")};
  REQUIRE_FALSE(store->apply(puts));
  // What was applied is seen before it is safe.
  CHECK(records(*store) ==
        std::vector<PutRecord>{record(21, "first"), record(22, "second"), record(23, ""), record(24, "fourth")});
  commit({record(22, large), record(24, ""), record(24, "4"), EraseRecord{TaskSeq{21}}, EraseRecord{TaskSeq{20}}});
  // Erased and made again, made and erased; an erased one is not there a second time.
  commit({EraseRecord{TaskSeq{23}}, record(23, "third"), record(high, "short"), EraseRecord{TaskSeq{high}},
          EraseRecord{TaskSeq{21}}, EraseRecord{TaskSeq{99}}});
  const std::vector<PutRecord> expected{record(22, large), record(23, "third"), record(24, "4")};
  CHECK(records(*store) == expected);
  // They are no tasks.
  CHECK(summaries(*store).size() == tasks);
  CHECK(fetched(*store, {TaskSeq{22}, TaskSeq{23}}).empty());
  CHECK(scanned(*store, 100, 10).size() == tasks);

  store = &reopen();
  auto identity = store->open();
  REQUIRE(identity.ok());
  CHECK(identity->last == last);
  CHECK(identity->last_seq == TaskSeq{high + Store::kLeftOut});
  CHECK(summaries(*store).size() == tasks);
  CHECK(records(*store) == expected);

  // Overwritten often, a task among them; then all are erased.
  for (int round = 0; round < 50; ++round) commit({record(24, std::to_string(round)), record(22, large)});
  const std::uint64_t higher = high + 1 + Store::kLeftOut;
  commit({put(higher), EraseRecord{TaskSeq{higher}}, Forget{TaskSeq{24}}});
  CHECK(records(*store) == std::vector<PutRecord>{record(22, large), record(23, "third"), record(24, "49")});
  CHECK(fetched(*store, {TaskSeq{higher}}) == std::vector<StoredTask>{{put(higher), {}, {}}});
  commit({EraseRecord{TaskSeq{22}}, EraseRecord{TaskSeq{23}}, EraseRecord{TaskSeq{24}}});
  store = &reopen();
  identity = store->open();
  REQUIRE(identity.ok());
  CHECK(identity->last_seq == TaskSeq{high + 1 + 2 * Store::kLeftOut});
  CHECK(summaries(*store).size() == tasks + 1);
  CHECK(records(*store).empty());
}

inline void check_store(const std::function<Store&()>& reopen) {
  using proto::Attempt;
  using proto::CommitSeq;
  using proto::milliseconds;
  using proto::TaskSeq;
  Store* store = &reopen();
  const auto first = store->open();
  REQUIRE(first.ok());
  CHECK_FALSE(first->id.empty());
  CHECK(first->last_seq == TaskSeq{});
  CHECK(summaries(*store).empty());
  CHECK(scanned(*store, 100, 10).empty());

  const std::vector<StoreOp> puts{put(1), put(2), put(3), put(4), put(5)};
  REQUIRE_FALSE(store->apply(puts));
  // What was applied is seen before it is safe.
  CHECK(fetched(*store, {TaskSeq{4}, TaskSeq{2}}) == std::vector<StoredTask>{{put(4), {}, {}}, {put(2), {}, {}}});
  REQUIRE_FALSE(store->commit(CommitSeq{first->last.value() + 1}));
  const auto tasks = summaries(*store);
  REQUIRE(tasks.size() == 5);
  for (std::uint64_t n = 1; n <= 5; ++n) {
    const TaskSummary& task = tasks[n - 1];
    const PutTask expected = put(n);
    CHECK(task.seq == expected.seq);
    CHECK(task.id == expected.id);
    CHECK(*task.spec == *expected.spec);
    CHECK(task.payload_bytes == expected.payload.size());
    CHECK(task.owner == expected.owner);
    CHECK(task.submitted_at == expected.submitted_at);
    CHECK(task.progression == Progression{});
    CHECK_FALSE(task.end);
  }

  const Finish finish{
      TaskSeq{1}, {proto::OutcomeKind::succeeded, Attempt{1}, "w", proto::Payload::copy("42"), {}}, milliseconds{5000}};
  proto::ErrorReport report;
  report.code = Errc::handler_error;
  report.message = "no such file";
  const Finish failure{TaskSeq{5}, {proto::OutcomeKind::failed, Attempt{3}, "w", {}, report}, milliseconds{6000}};
  const std::vector<StoreOp> changes{finish, Reschedule{TaskSeq{2}, Attempt{1}, milliseconds{9000}}, Forget{TaskSeq{3}},
                                     Dispatch{TaskSeq{4}, Attempt{1}}, failure};
  REQUIRE_FALSE(store->apply(changes));
  // Several commits of the broker may become one of the store: their numbers leap.
  REQUIRE_FALSE(store->commit(CommitSeq{first->last.value() + 7}));

  // Finished once: a second outcome changes nothing. Unknown tasks neither.
  Finish other = finish;
  other.outcome.value = proto::Payload::copy("43");
  const std::vector<StoreOp> late{other, Forget{TaskSeq{99}}, Reschedule{TaskSeq{3}, Attempt{2}, {}},
                                  Dispatch{TaskSeq{3}, Attempt{2}}};
  REQUIRE_FALSE(store->apply(late));
  REQUIRE_FALSE(store->commit(CommitSeq{first->last.value() + 8}));

  const auto check_kept = [&] {
    const std::vector<StoredTask> kept =
        fetched(*store, {TaskSeq{1}, TaskSeq{2}, TaskSeq{3}, TaskSeq{4}, TaskSeq{5}, TaskSeq{99}});
    REQUIRE(kept.size() == 4);
    CHECK(kept[0] == StoredTask{put(1), {}, finish});
    CHECK(kept[1] == StoredTask{put(2), {Attempt{1}, milliseconds{9000}, false}, {}});
    CHECK(kept[2] == StoredTask{put(4), {Attempt{0}, {}, true}, {}});
    CHECK(kept[3] == StoredTask{put(5), {}, failure});
    CHECK(fetched(*store, {TaskSeq{4}, TaskSeq{5}, TaskSeq{1}}).at(2) == kept[0]);
    CHECK(scanned(*store, 100, 10) == std::vector<TaskSeq>{TaskSeq{5}, TaskSeq{4}, TaskSeq{2}, TaskSeq{1}});
    CHECK(scanned(*store, 5, 2) == std::vector<TaskSeq>{TaskSeq{4}, TaskSeq{2}});
    const auto loaded = summaries(*store);
    REQUIRE(loaded.size() == 4);
    REQUIRE(loaded[0].end);
    CHECK(*loaded[0].end == TaskSummary::End{proto::OutcomeKind::succeeded, milliseconds{5000}, 2});
    CHECK(loaded[1].progression == Progression{Attempt{1}, milliseconds{9000}, false});
    CHECK(loaded[2].progression == Progression{Attempt{0}, {}, true});
    REQUIRE(loaded[3].end);
    CHECK(loaded[3].end->kind == proto::OutcomeKind::failed);
  };
  check_kept();

  store = &reopen();
  const auto second = store->open();
  REQUIRE(second.ok());
  CHECK(second->id == first->id);
  CHECK(second->epoch > first->epoch);
  CHECK(second->last == CommitSeq{first->last.value() + 8});
  CHECK(second->last_seq == TaskSeq{5 + Store::kLeftOut});
  check_kept();

  // A number is never used again, even when the tasks are gone.
  REQUIRE_FALSE(store->apply(std::vector<StoreOp>{Forget{TaskSeq{5}}, Forget{TaskSeq{4}}}));
  REQUIRE_FALSE(store->commit(second->last.next()));
  store = &reopen();
  const auto third = store->open();
  REQUIRE(third.ok());
  CHECK(third->last_seq == TaskSeq{5 + 2 * Store::kLeftOut});
  // Nor is one that a broker may have used which committed nothing.
  store = &reopen();
  const auto fourth = store->open();
  REQUIRE(fourth.ok());
  CHECK(fourth->last_seq == TaskSeq{5 + 3 * Store::kLeftOut});
  check_records(store, reopen, fourth.value());
}

}  // namespace forkmill::broker::test
