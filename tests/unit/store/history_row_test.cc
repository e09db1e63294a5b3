// Rows of the history of finished tasks.
#include "broker/store/history/finished_row.h"
#include "tests/unit/store/history_samples.h"

namespace history_row_test {

using namespace forkmill;
using namespace forkmill::broker;
using namespace forkmill::broker::test;
using forkmill::proto::TaskSeq;

namespace {

FinishedTask full_task() {
  FinishedTask task = finished(7);
  auto spec = std::make_shared<TaskSpec>(*task.spec);
  spec->owners_id = finished_id(8);
  spec->options.priority = -3;
  spec->options.max_attempts = 5;
  spec->options.at_most_once = true;
  spec->options.label = "a label";
  spec->options.headers = {{"other", "x"}, {"traceparent", "00-1-2-01"}};
  task.spec = std::move(spec);
  task.outcome.kind = proto::OutcomeKind::failed;
  proto::ErrorReport& error = task.outcome.error.emplace();
  error.code = Errc::handler_error;
  error.type = "E";
  error.message = "it broke";
  task.result_bytes = 12;
  AttemptEnd end;
  end.attempt = proto::Attempt{1};
  end.kind = proto::OutcomeKind::lost;
  end.code = Errc::worker_lost;
  end.worker = "w0";
  end.message = "gone";
  end.at = milliseconds{5};
  end.run_us = 3;
  task.earlier = {end};
  return task;
}

}  // namespace

TEST_CASE("a finished task survives its row, but for headers other than its trace") {
  const FinishedTask task = full_task();
  FinishedRowCoder coder;
  const auto back = FinishedRowCoder::decode(TaskSeq{3}, coder.encode(task, TaskSeq{3}));
  REQUIRE(back);
  CHECK(back->number == TaskSeq{3});
  CHECK(back->id == task.id);
  TaskSpec expected = *task.spec;
  expected.options.headers = {{"traceparent", "00-1-2-01"}};
  CHECK(*back->spec == expected);
  CHECK(back->outcome == task.outcome);
  CHECK(back->submitted_at == task.submitted_at);
  CHECK(back->finished_at == task.finished_at);
  CHECK(back->result_bytes == 12);
  CHECK(back->earlier == task.earlier);
}

TEST_CASE("a row with a flipped bit, a part of one, and a row under another number are damaged") {
  FinishedRowCoder coder;
  const std::string row{coder.encode(full_task(), TaskSeq{3})};
  for (std::size_t at = 0; at < row.size(); ++at) {
    std::string flipped = row;
    flipped[at] = static_cast<char>(flipped[at] ^ 4);
    CHECK(!FinishedRowCoder::decode(TaskSeq{3}, flipped));
    CHECK(!FinishedRowCoder::decode(TaskSeq{3}, row.substr(0, at)));
  }
  CHECK(!FinishedRowCoder::decode(TaskSeq{4}, row));
  CHECK(FinishedRowCoder::decode(TaskSeq{3}, row));
}

}  // namespace history_row_test
