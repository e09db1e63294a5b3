// Rows and records.
#include "broker/store/sqlite/row.h"

#include "tests/unit/store/rig.h"

namespace row_test {

using namespace forkmill;
using namespace forkmill::broker;
using namespace forkmill::broker::test;
using proto::TaskSeq;

TEST_CASE("every kind of row decodes to what was encoded") {
  RowCoder coder;
  const PutTask task = put(4);
  const std::string row{coder.encode(task)};
  PutTask read;
  CHECK(coder.decode(TaskSeq{4}, row, read) == "");
  CHECK(read == task);
  TaskSummary summary;
  CHECK(coder.decode(TaskSeq{4}, row, summary) == "");
  CHECK(summary.payload_bytes == task.payload.size());
  CHECK(summary.owner == task.owner);

  const Finish end = finish(9);
  const std::string outcome{coder.encode(end)};
  Finish read_end;
  CHECK(coder.decode(TaskSeq{9}, outcome, read_end) == "");
  CHECK(read_end == end);

  const Progression progression{proto::Attempt{3}, proto::milliseconds{77}, true};
  for (const auto& requeued : {std::optional<Requeue>{}, std::optional{Requeue{TaskSeq{9}, "other", -100}}}) {
    const std::string step{coder.encode(TaskSeq{9}, ProgressionRow{progression, requeued})};
    ProgressionRow read_progression{{}, Requeue{TaskSeq{9}, "before", 1}};
    CHECK(RowCoder::decode(TaskSeq{9}, step, read_progression) == "");
    CHECK(read_progression.progression == progression);
    CHECK(read_progression.requeued == requeued);
  }

  for (const std::string& bytes : {std::string{}, std::string("a\0b", 3), std::string(100'000, 'x')}) {
    const std::string piece{coder.encode(record(9, bytes))};
    std::string_view read_record = "before";
    CHECK(coder.decode(TaskSeq{9}, piece, read_record) == "");
    CHECK(read_record == bytes);
  }
}

TEST_CASE("equal specs share one object, and a repeated spec is encoded once") {
  RowCoder coder;
  const PutTask one = put(1);
  const PutTask three = put(3);  // another object, equal
  const std::string first{coder.encode(one)};
  const std::string second{coder.encode(three)};
  TaskSummary a;
  TaskSummary b;
  CHECK(coder.decode(TaskSeq{1}, first, a) == "");
  CHECK(coder.decode(TaskSeq{3}, second, b) == "");
  CHECK(a.spec == b.spec);
  CHECK(*a.spec == *one.spec);
  // More specs than are remembered, in turns.
  for (int round = 0; round < 3; ++round) {
    for (std::uint64_t n = 2; n < 1000; n += 2) {
      const PutTask task = put(n);
      TaskSummary read;
      CHECK(coder.decode(TaskSeq{n}, std::string{coder.encode(task)}, read) == "");
      CHECK(*read.spec == *task.spec);
    }
  }
}

namespace {

// `read` is something that a row decodes into.
void check_every_damage(RowCoder& coder, std::string row, auto& read) {
  for (std::size_t bit = 0; bit < row.size() * 8; ++bit) {
    row[bit / 8] = static_cast<char>(row[bit / 8] ^ 1 << bit % 8);
    CHECK(coder.decode(TaskSeq{4}, row, read) != "");
    row[bit / 8] = static_cast<char>(row[bit / 8] ^ 1 << bit % 8);
  }
  for (std::size_t size = 0; size < row.size(); ++size)
    CHECK(coder.decode(TaskSeq{4}, std::string_view{row}.substr(0, size), read) != "");
  CHECK(coder.decode(TaskSeq{5}, row, read) != "");
}

}  // namespace

TEST_CASE("a task's row with a flipped bit, truncated or moved is damaged") {
  RowCoder coder;
  const std::string row{coder.encode(put(4))};
  TaskSummary read;
  check_every_damage(coder, row, read);
  ProgressionRow progression;
  CHECK(RowCoder::decode(TaskSeq{4}, row, progression) != "");
  std::string_view piece;
  CHECK(coder.decode(TaskSeq{4}, row, piece) != "");
  CHECK(coder.decode(TaskSeq{4}, row, read) == "");
}

TEST_CASE("a record's row with a flipped bit, truncated or moved is damaged") {
  RowCoder coder;
  const std::string row{coder.encode(record(4, "a piece of something"))};
  std::string_view read;
  check_every_damage(coder, row, read);
  ProgressionRow progression;
  CHECK(RowCoder::decode(TaskSeq{4}, row, progression) != "");
  CHECK(coder.decode(TaskSeq{4}, row, read) == "");
}

TEST_CASE("the row of a requeued task with a flipped bit, truncated or moved is damaged") {
  RowCoder coder;
  const std::string row{coder.encode(TaskSeq{4}, ProgressionRow{{}, Requeue{TaskSeq{4}, "mail", 9}})};
  ProgressionRow read;
  check_every_damage(coder, row, read);
  TaskSummary task;
  CHECK(coder.decode(TaskSeq{4}, row, task) != "");
  CHECK(RowCoder::decode(TaskSeq{4}, row, read) == "");
}

}  // namespace row_test
