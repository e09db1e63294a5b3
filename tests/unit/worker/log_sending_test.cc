// Logs of attempts on their way to the broker: how much of them goes, and when.
#include "worker/rules/logs/log_sending.h"

#include <doctest/doctest.h>

namespace log_sending_test {

using namespace forkmill;
using namespace forkmill::worker;
using namespace std::chrono_literals;
using proto::LogSource;

namespace {

proto::Grant grant(std::uint64_t seq) { return {proto::Epoch{1}, proto::TaskSeq{seq}, proto::Attempt{1}}; }

struct Notes : LogSending {
  Notes() { begin_session(64 * 1024); }
  void print(std::uint64_t serial, std::string_view text, LogSource source = LogSource::output,
             std::uint64_t missing = 0) {
    if (!is_open(serial)) open(serial, grant(serial), "default");
    add(serial, {source, 1, missing, text});
  }
  std::vector<proto::LogNote> due(proto::Instant now) {
    std::vector<proto::LogNote> notes;
    pop_due(now, notes);
    return notes;
  }
};

}  // namespace

TEST_CASE("quick output goes out in one piece, at most every 50 ms") {
  Notes notes;
  notes.print(1, "a");
  CHECK(notes.next_wakeup() <= 1s);
  auto first = notes.due(1s);
  REQUIRE(first.size() == 1);
  CHECK(first[0].pieces[0].text == "a");
  notes.print(1, "b");
  notes.print(1, "c");
  CHECK(notes.due(1s + 49ms).empty());
  CHECK(notes.next_wakeup() == 1s + 50ms);
  const auto second = notes.due(1s + 50ms);
  REQUIRE(second.size() == 1);
  REQUIRE(second[0].pieces.size() == 1);
  CHECK(second[0].pieces[0] == proto::LogPiece{1, LogSource::output, 1, "bc"});
  CHECK(second[0].end == 3);
  CHECK(notes.next_wakeup() == proto::kNever);
}

TEST_CASE("streams and lines are pieces of their own, in order") {
  Notes notes;
  notes.print(1, "out");
  notes.print(1, "err", LogSource::errors);
  notes.print(1, "line", LogSource::lines);
  notes.print(1, "line", LogSource::lines);
  const auto due = notes.due(1s);
  REQUIRE(due.size() == 1);
  REQUIRE(due[0].pieces.size() == 4);
  CHECK(due[0].pieces[3].position == 10);
}

TEST_CASE("the end of an attempt goes out at once, and the attempt is forgotten") {
  Notes notes;
  notes.print(1, "a");
  CHECK(notes.due(1s).size() == 1);
  notes.print(1, "z");
  notes.end(1);
  const auto last = notes.due(1s);
  REQUIRE(last.size() == 1);
  CHECK(last[0].last);
  CHECK_FALSE(notes.is_open(1));
  CHECK(notes.due(2s).empty());
}

TEST_CASE("of a flood the first bytes and the newest stay, and the positions tell what is missing") {
  Notes notes;
  std::string all;
  for (int i = 0; i < 20'000; ++i) {
    const std::string line = std::to_string(i) + "\n";
    all += line;
    notes.print(1, line);
  }
  const auto due = notes.due(1s);
  REQUIRE(due.size() == 1);
  CHECK(due[0].end == all.size());
  std::size_t bytes = 0;
  for (const auto& piece : due[0].pieces) {
    CHECK(piece.text == all.substr(piece.position, piece.text.size()));
    bytes += piece.text.size();
  }
  CHECK(bytes <= LogSending::kMaxPending);
  CHECK(bytes > LogSending::kMaxPending / 2);
  CHECK(due[0].pieces.front().position == 0);
  CHECK(due[0].pieces.back().position + due[0].pieces.back().text.size() == all.size());
}

TEST_CASE("many small pieces leave room for the newest") {
  Notes notes;
  for (int i = 0; i < 10'000; ++i) notes.print(1, "x\n", i % 2 == 0 ? LogSource::output : LogSource::errors);
  const auto due = notes.due(1s);
  REQUIRE(due.size() == 1);
  CHECK(due[0].pieces.front().position == 0);
  CHECK(due[0].pieces.back().position == 2 * 9999);
}

TEST_CASE("all attempts together send a bounded number of bytes in a pause; each has its turn") {
  Notes notes;
  const std::string text(16 * 1024, 'x');
  for (std::uint64_t serial = 1; serial <= 40; ++serial) notes.print(serial, text);
  const auto first = notes.due(1s);
  CHECK(first.size() <= LogSending::kBytesAtOnce / text.size() + 1);
  CHECK(notes.due(1s).empty());
  CHECK(notes.next_wakeup() == 1s + LogSending::kPause);
  std::size_t sent = first.size();
  for (int round = 1; round <= 10; ++round) sent += notes.due(1s + round * LogSending::kPause).size();
  CHECK(sent == 40);
}

TEST_CASE("without a session, attempts that have ended hold a bounded amount of memory") {
  Notes notes;
  const std::string text(16 * 1024, 'x');
  for (std::uint64_t serial = 1; serial <= 5000; ++serial) {
    notes.print(serial, text);
    notes.end(serial);
  }
  std::vector<proto::LogNote> all;
  notes.pop_all(all);
  CHECK(all.size() == 5000);
  std::size_t bytes = 0;
  for (const auto& note : all) {
    CHECK(note.end == text.size());
    for (const auto& piece : note.pieces) bytes += piece.text.size();
  }
  CHECK(bytes <= LogSending::kMuch + 5000 * LogSending::kFew);
}

TEST_CASE("a queue without logs has none, and limits end with the session") {
  Notes notes;
  notes.set_limits({{{"quiet", 0}}});
  CHECK_FALSE(notes.wants("quiet"));
  CHECK(notes.wants("default"));
  notes.begin_session(0);
  CHECK_FALSE(notes.wants("default"));
}

}  // namespace log_sending_test
