// The rules of a store: one test case per rule, run for each kind of store. A rule that fails names its store. The
// kinds are those of a header, which a program may choose.
#include <string>

#ifndef STORE_KINDS_HEADER
#define STORE_KINDS_HEADER "tests/unit/store/local_kinds.h"
#endif
#include STORE_KINDS_HEADER
#include "tests/unit/store/store_samples.h"

namespace store_conformance_test {

using namespace forkmill::broker;
using namespace forkmill::broker::test;
using forkmill::proto::Attempt;
using forkmill::proto::CommitSeq;
using forkmill::proto::milliseconds;
using forkmill::proto::TaskSeq;

namespace {

const std::vector<StoreOp> kFiveTasks{put(1), put(2), put(3), put(4), put(5)};
const Finish kSuccess{
    TaskSeq{1},
    {forkmill::proto::OutcomeKind::succeeded, Attempt{1}, "w", forkmill::proto::Payload::copy("42"), {}},
    milliseconds{5000}};
const Finish kFailure = [] {
  forkmill::proto::ErrorReport report;
  report.code = forkmill::Errc::handler_error;
  report.message = "no such file";
  return Finish{TaskSeq{5}, {forkmill::proto::OutcomeKind::failed, Attempt{3}, "w", {}, report}, milliseconds{6000}};
}();
const std::vector<StoreOp> kChanges{kSuccess, Reschedule{TaskSeq{2}, Attempt{1}, milliseconds{9000}},
                                    Forget{TaskSeq{3}}, Dispatch{TaskSeq{4}, Attempt{1}}, kFailure};

// Checks what five tasks have become after kChanges.
void check_five_changed_tasks(Store& store) {
  const std::vector<StoredTask> kept =
      fetched(store, {TaskSeq{1}, TaskSeq{2}, TaskSeq{3}, TaskSeq{4}, TaskSeq{5}, TaskSeq{99}});
  REQUIRE(kept.size() == 4);
  CHECK(kept[0] == StoredTask{put(1), {}, kSuccess});
  CHECK(kept[1] == StoredTask{put(2), {Attempt{1}, milliseconds{9000}, false}, {}});
  CHECK(kept[2] == StoredTask{put(4), {Attempt{0}, {}, true}, {}});
  CHECK(kept[3] == StoredTask{put(5), {}, kFailure});
  CHECK(fetched(store, {TaskSeq{4}, TaskSeq{5}, TaskSeq{1}}).at(2) == kept[0]);
  CHECK(scanned(store, 100, 10) == std::vector<TaskSeq>{TaskSeq{5}, TaskSeq{4}, TaskSeq{2}, TaskSeq{1}});
  CHECK(scanned(store, 5, 2) == std::vector<TaskSeq>{TaskSeq{4}, TaskSeq{2}});
  const auto loaded = summaries(store);
  REQUIRE(loaded.size() == 4);
  REQUIRE(loaded[0].end);
  CHECK(*loaded[0].end == TaskSummary::End{forkmill::proto::OutcomeKind::succeeded, milliseconds{5000}, 2, 0});
  CHECK(loaded[1].progression == Progression{Attempt{1}, milliseconds{9000}, false});
  CHECK(loaded[2].progression == Progression{Attempt{0}, {}, true});
  REQUIRE(loaded[3].end);
  CHECK(*loaded[3].end == TaskSummary::End{forkmill::proto::OutcomeKind::failed, milliseconds{6000}, 0, 12});
}

const std::string kLargeRecord = std::string(100'000, 'x') + std::string("\0\xFF", 2);

}  // namespace

#define STORE_RULE(sentence) TEST_CASE_TEMPLATE(sentence, Kind, STORE_KINDS)

// ---- Tasks ----------------------------------------------------------------------------------------------------------

STORE_RULE("a new store has a name, and no tasks, records or numbers") {
  Kind tested;
  const auto identity = tested.open();
  CHECK_FALSE(identity.id.empty());
  CHECK(identity.last_seq == TaskSeq{});
  CHECK(summaries(tested.store()).empty());
  CHECK(records(tested.store()).empty());
  CHECK(scanned(tested.store(), 100, 10).empty());
}

STORE_RULE("tasks that were applied are seen before they are committed") {
  Kind tested;
  tested.open();
  tested.apply(kFiveTasks);
  CHECK(fetched(tested.store(), {TaskSeq{4}, TaskSeq{2}}) ==
        std::vector<StoredTask>{{put(4), {}, {}}, {put(2), {}, {}}});
  CHECK(scanned(tested.store(), 3, 10) == std::vector<TaskSeq>{TaskSeq{2}, TaskSeq{1}});
}

STORE_RULE("tasks are loaded by rising number, each as it was submitted") {
  Kind tested;
  tested.open();
  tested.commit(kFiveTasks);
  const auto tasks = summaries(tested.store());
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
}

STORE_RULE("tasks are fetched whole, in the order asked for, without those that are not there") {
  Kind tested;
  tested.open();
  tested.commit(kFiveTasks);
  CHECK(fetched(tested.store(), {TaskSeq{5}, TaskSeq{99}, TaskSeq{3}, TaskSeq{4}}) ==
        std::vector<StoredTask>{{put(5), {}, {}}, {put(3), {}, {}}, {put(4), {}, {}}});
}

STORE_RULE("a scan visits the tasks below a number, newest first, until the visitor returns false") {
  Kind tested;
  tested.open();
  tested.commit(kFiveTasks);
  CHECK(scanned(tested.store(), 4, 10) == std::vector<TaskSeq>{TaskSeq{3}, TaskSeq{2}, TaskSeq{1}});
  CHECK(scanned(tested.store(), 100, 2) == std::vector<TaskSeq>{TaskSeq{5}, TaskSeq{4}});
}

STORE_RULE("an outcome is kept with its task") {
  Kind tested;
  tested.open();
  tested.commit(kFiveTasks);
  tested.commit({kSuccess, kFailure});
  CHECK(fetched(tested.store(), {TaskSeq{1}, TaskSeq{5}}) ==
        std::vector<StoredTask>{{put(1), {}, kSuccess}, {put(5), {}, kFailure}});
  const auto tasks = summaries(tested.store());
  REQUIRE(tasks.size() == 5);
  REQUIRE(tasks[0].end);
  CHECK(*tasks[0].end == TaskSummary::End{forkmill::proto::OutcomeKind::succeeded, milliseconds{5000}, 2, 0});
  REQUIRE(tasks[4].end);
  CHECK(tasks[4].end->kind == forkmill::proto::OutcomeKind::failed);
}

STORE_RULE("the first outcome of a task stays; a second one changes nothing") {
  Kind tested;
  tested.open();
  tested.commit(kFiveTasks);
  tested.commit({kSuccess});
  Finish second = kSuccess;
  second.outcome.value = forkmill::proto::Payload::copy("43");
  tested.commit({second});
  CHECK(fetched(tested.store(), {TaskSeq{1}}) == std::vector<StoredTask>{{put(1), {}, kSuccess}});
}

STORE_RULE("a rescheduled task keeps its attempts and the time when it is due") {
  Kind tested;
  tested.open();
  tested.commit(kFiveTasks);
  tested.commit({Reschedule{TaskSeq{2}, Attempt{1}, milliseconds{9000}}});
  const Progression expected{Attempt{1}, milliseconds{9000}, false};
  CHECK(fetched(tested.store(), {TaskSeq{2}}) == std::vector<StoredTask>{{put(2), expected, {}}});
  CHECK(summaries(tested.store()).at(1).progression == expected);
}

STORE_RULE("a dispatched task keeps that it was dispatched, and the attempts before") {
  Kind tested;
  tested.open();
  tested.commit(kFiveTasks);
  tested.commit({Dispatch{TaskSeq{4}, Attempt{1}}});
  const Progression expected{Attempt{0}, {}, true};
  CHECK(fetched(tested.store(), {TaskSeq{4}}) == std::vector<StoredTask>{{put(4), expected, {}}});
  CHECK(summaries(tested.store()).at(3).progression == expected);
}

STORE_RULE("a requeued task is in its new queue, also when it is tried again or ends") {
  Kind tested;
  tested.open();
  tested.commit(kFiveTasks);
  const auto moved = [](std::uint64_t n, const char* queue, std::int8_t priority) {
    PutTask task = put(n);
    set_queue(task.spec, {task.seq, queue, priority});
    return task;
  };
  tested.commit({Requeue{TaskSeq{1}, "other", -100}, Requeue{TaskSeq{2}, "first", 1}, Requeue{TaskSeq{3}, "gone", 1},
                 Dispatch{TaskSeq{4}, Attempt{1}}, kFailure});
  tested.commit({Reschedule{TaskSeq{2}, Attempt{1}, milliseconds{9000}}, Requeue{TaskSeq{2}, "second", 100},
                 Forget{TaskSeq{3}}, Requeue{TaskSeq{4}, "third", 7}, Requeue{TaskSeq{5}, "dead", 0}, kSuccess,
                 Requeue{TaskSeq{99}, "none", 0}});
  const std::vector<StoredTask> expected{{moved(1, "other", -100), {}, kSuccess},
                                         {moved(2, "second", 100), {Attempt{1}, milliseconds{9000}, false}, {}},
                                         {moved(4, "third", 7), {Attempt{0}, {}, true}, {}},
                                         {moved(5, "dead", 0), {}, kFailure}};
  const auto check = [&] {
    CHECK(fetched(tested.store(), {TaskSeq{1}, TaskSeq{2}, TaskSeq{3}, TaskSeq{4}, TaskSeq{5}}) == expected);
    const auto loaded = summaries(tested.store());
    REQUIRE(loaded.size() == expected.size());
    for (std::size_t i = 0; i < loaded.size(); ++i) {
      CHECK(*loaded[i].spec == *expected[i].put.spec);
      CHECK(loaded[i].progression == expected[i].progression);
    }
    std::vector<StoredTask> all;
    REQUIRE(tested.store()
                .scan(TaskSeq{99},
                      [&](StoredTask task) {
                        all.push_back(std::move(task));
                        return true;
                      })
                .ok());
    CHECK(all == std::vector<StoredTask>(expected.rbegin(), expected.rend()));
  };
  check();
  tested.open();
  check();
  tested.commit({put(6)});
  tested.commit({Requeue{TaskSeq{6}, "other", 2}});
  CHECK(fetched(tested.store(), {TaskSeq{6}}) == std::vector<StoredTask>{{moved(6, "other", 2), {}, {}}});
}

STORE_RULE("a forgotten task is gone") {
  Kind tested;
  tested.open();
  tested.commit(kFiveTasks);
  tested.commit({Forget{TaskSeq{3}}});
  CHECK(fetched(tested.store(), {TaskSeq{3}}).empty());
  CHECK(scanned(tested.store(), 100, 10) == std::vector<TaskSeq>{TaskSeq{5}, TaskSeq{4}, TaskSeq{2}, TaskSeq{1}});
  CHECK(summaries(tested.store()).size() == 4);
}

STORE_RULE("a change of a task that is not there changes nothing") {
  Kind tested;
  tested.open();
  tested.commit(kFiveTasks);
  tested.commit(kChanges);
  tested.commit({Forget{TaskSeq{99}}, Reschedule{TaskSeq{3}, Attempt{2}, {}}, Dispatch{TaskSeq{3}, Attempt{2}}});
  check_five_changed_tasks(tested.store());
}

// ---- Openings -------------------------------------------------------------------------------------------------------

STORE_RULE("a store that is opened again has the same tasks and outcomes") {
  Kind tested;
  tested.open();
  tested.commit(kFiveTasks);
  tested.commit(kChanges);
  check_five_changed_tasks(tested.store());
  tested.open();
  check_five_changed_tasks(tested.store());
}

STORE_RULE("a store that is opened again has the same name and a higher epoch") {
  Kind tested;
  const auto first = tested.open();
  tested.commit(kFiveTasks);
  const auto second = tested.open();
  CHECK(second.id == first.id);
  CHECK(second.epoch > first.epoch);
}

STORE_RULE("a store knows its last commit; the numbers of commits may leap") {
  Kind tested;
  const auto first = tested.open();
  tested.apply(kFiveTasks);
  tested.commit(CommitSeq{first.last.value() + 1});
  tested.apply(kChanges);
  tested.commit(CommitSeq{first.last.value() + 7});
  CHECK(tested.open().last == CommitSeq{first.last.value() + 7});
  check_five_changed_tasks(tested.store());
}

STORE_RULE("an opening leaves out numbers above the highest one, even when that task is gone") {
  Kind tested;
  tested.open();
  tested.commit(kFiveTasks);
  CHECK(tested.open().last_seq == TaskSeq{5 + Store::kLeftOut});
  tested.commit({Forget{TaskSeq{5}}, Forget{TaskSeq{4}}});
  CHECK(tested.open().last_seq == TaskSeq{5 + 2 * Store::kLeftOut});
}

STORE_RULE("an opening leaves out numbers that the broker before may have given out without a commit") {
  Kind tested;
  tested.open();
  tested.commit(kFiveTasks);
  tested.open();
  tested.open();
  CHECK(tested.open().last_seq == TaskSeq{5 + 3 * Store::kLeftOut});
}

// ---- Records --------------------------------------------------------------------------------------------------------

STORE_RULE("records that were applied are seen before they are committed, by rising number") {
  Kind tested;
  tested.open();
  tested.apply({record(22, "second"), record(21, "first"), record(23, ""), record(24, "fourth")});
  CHECK(records(tested.store()) ==
        std::vector<PutRecord>{record(21, "first"), record(22, "second"), record(23, ""), record(24, "fourth")});
}

STORE_RULE("a record that is put again has its latest bytes") {
  Kind tested;
  tested.open();
  tested.commit({record(22, "second"), record(24, "fourth")});
  tested.commit({record(22, kLargeRecord), record(24, ""), record(24, "4")});
  CHECK(records(tested.store()) == std::vector<PutRecord>{record(22, kLargeRecord), record(24, "4")});
}

STORE_RULE("an erased record is gone; to erase one that is not there changes nothing") {
  Kind tested;
  tested.open();
  tested.apply({record(21, "first"), record(22, "second")});
  tested.commit({EraseRecord{TaskSeq{21}}, EraseRecord{TaskSeq{20}}});
  tested.commit({EraseRecord{TaskSeq{21}}, EraseRecord{TaskSeq{99}}});
  CHECK(records(tested.store()) == std::vector<PutRecord>{record(22, "second")});
}

STORE_RULE("within one commit a record can be erased and put again, or put and erased") {
  Kind tested;
  tested.open();
  tested.commit({record(23, "")});
  tested.commit({EraseRecord{TaskSeq{23}}, record(23, "third"), record(50, "short"), EraseRecord{TaskSeq{50}}});
  CHECK(records(tested.store()) == std::vector<PutRecord>{record(23, "third")});
}

STORE_RULE("records are no tasks") {
  Kind tested;
  tested.open();
  tested.commit(kFiveTasks);
  tested.commit({record(22, "second"), record(23, "third")});
  CHECK(summaries(tested.store()).size() == 5);
  CHECK(fetched(tested.store(), {TaskSeq{22}, TaskSeq{23}}).empty());
  CHECK(scanned(tested.store(), 100, 10).size() == 5);
}

STORE_RULE("a store that is opened again has the same records beside its tasks") {
  Kind tested;
  tested.open();
  tested.commit(kFiveTasks);
  tested.commit(kChanges);
  tested.apply({record(22, "second"), record(21, "first"), record(23, ""), record(24, "fourth")});
  tested.commit({record(22, kLargeRecord), record(24, ""), record(24, "4"), EraseRecord{TaskSeq{21}}});
  tested.commit({EraseRecord{TaskSeq{23}}, record(23, "third")});
  const std::vector<PutRecord> expected{record(22, kLargeRecord), record(23, "third"), record(24, "4")};
  CHECK(records(tested.store()) == expected);
  tested.open();
  CHECK(records(tested.store()) == expected);
  check_five_changed_tasks(tested.store());
}

STORE_RULE("the number of a record counts as used, even when it was erased in the same commit") {
  Kind tested;
  tested.open();
  tested.commit(kFiveTasks);
  tested.commit({record(35, "short"), EraseRecord{TaskSeq{35}}});
  CHECK(tested.open().last_seq == TaskSeq{35 + Store::kLeftOut});
}

STORE_RULE("a record can be overwritten in many commits") {
  Kind tested;
  tested.open();
  for (int round = 0; round < 50; ++round) tested.commit({record(24, std::to_string(round)), record(22, kLargeRecord)});
  const std::vector<PutRecord> expected{record(22, kLargeRecord), record(24, "49")};
  CHECK(records(tested.store()) == expected);
  tested.open();
  CHECK(records(tested.store()) == expected);
}

STORE_RULE("to erase a record takes no task, and to forget a task takes no record") {
  Kind tested;
  tested.open();
  tested.commit({record(24, "fourth")});
  tested.commit({put(40), EraseRecord{TaskSeq{40}}, Forget{TaskSeq{24}}});
  CHECK(records(tested.store()) == std::vector<PutRecord>{record(24, "fourth")});
  CHECK(fetched(tested.store(), {TaskSeq{40}}) == std::vector<StoredTask>{{put(40), {}, {}}});
}

STORE_RULE("when all records are erased, the next opening finds none, and the tasks and numbers stay") {
  Kind tested;
  const auto first = tested.open();
  tested.commit(kFiveTasks);
  tested.commit({record(22, "second"), record(23, "third")});
  const std::uint64_t high = tested.open().last_seq.value() + 1;
  CHECK(high == first.last_seq.value() + 23 + Store::kLeftOut + 1);
  tested.commit({put(high)});
  tested.commit({EraseRecord{TaskSeq{22}}, EraseRecord{TaskSeq{23}}});
  CHECK(tested.open().last_seq == TaskSeq{high + Store::kLeftOut});
  CHECK(records(tested.store()).empty());
  CHECK(summaries(tested.store()).size() == 6);
}

}  // namespace store_conformance_test
