// The rings and the ends of a shared area, within one process: two threads play link and child.
#include "worker/ipc/ring.h"

#include <doctest/doctest.h>

#include <array>
#include <memory>
#include <thread>

#include "proto/limits.h"
#include "proto/wire/task_headers.h"
#include "tests/unit/worker/ring_kit.h"
#include "worker/child/stop_watcher.h"
#include "worker/link/child_rings.h"
#include "worker/rules/session/shard_sessions.h"

namespace ring_test {

using namespace forkmill::worker;
using namespace forkmill::worker::test;

namespace {

struct Ring {
  Ring() : shared_area{SharedArea::map(SharedArea::create().get())} {}
  SharedArea shared_area;
  RingWriter writer{shared_area.head().tasks, shared_area.task_bytes()};
  RingReader reader{shared_area.head().tasks, shared_area.task_bytes()};

  bool push(const std::string& text, std::uint8_t kind = 7) {
    std::size_t from = 0;
    const std::array<std::string_view, 1> pieces{text};
    return writer.push(kind, pieces, from, RecordState::none).has_value();
  }
  std::string pop() {
    Record record;
    REQUIRE(reader.look(record) == RingReader::Look::record);
    std::string text{record.bytes};
    reader.consume();
    return text;
  }
};

std::string pattern(std::size_t size, std::size_t seed) {
  std::string text(size, ' ');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + (i * 7 + seed) % 26);
  return text;
}

}  // namespace

TEST_CASE("a ring gives records of any size back in order, round after round") {
  Ring ring;
  std::size_t pushed = 0;
  std::size_t popped = 0;
  const auto size_of = [](std::size_t i) { return (i * 37) % 3000; };
  while (popped < 5000) {
    while (pushed < 5000 && ring.push(pattern(size_of(pushed), pushed))) ++pushed;
    for (int i = 0; i < 11 && popped < pushed; ++i, ++popped) CHECK(ring.pop() == pattern(size_of(popped), popped));
  }
  Record record;
  CHECK(ring.reader.look(record) == RingReader::Look::empty);
}

TEST_CASE("a full ring accepts no record until one is consumed") {
  Ring ring;
  const std::string text = pattern(kMaxFragment, 1);
  int count = 0;
  while (ring.push(text)) ++count;
  CHECK(count == 4);
  CHECK_FALSE(ring.push("x"));
  CHECK(ring.pop() == text);
  CHECK(ring.push("x"));
  for (int i = 1; i < count; ++i) CHECK(ring.pop() == text);
  CHECK(ring.pop() == "x");
}

TEST_CASE("pieces are joined, and a message above the fragment size is split and joined again") {
  Ring ring;
  const std::string first = pattern(100'000, 1);
  const std::string second = pattern(50'000, 2);
  const std::array<std::string_view, 3> pieces{first, "", second};
  std::size_t from = 0;
  while (from < 150'000) REQUIRE(ring.writer.push(9, pieces, from, RecordState::none));
  Assembler assembler;
  Record record;
  auto added = Assembler::Added::part;
  while (added == Assembler::Added::part) {
    REQUIRE(ring.reader.look(record) == RingReader::Look::record);
    added = assembler.add(record);
    ring.reader.consume();
  }
  CHECK(added == Assembler::Added::whole);
  CHECK(assembler.kind() == 9);
  CHECK(assembler.message() == first + second);
}

TEST_CASE("the writing of a damaged or hostile producer is recognised") {
  Ring ring;
  RingCursor& cursor = ring.shared_area.head().tasks;
  Record record;
  SUBCASE("a head that goes back") {
    CHECK(ring.push("x"));
    ring.pop();
    cursor.head.store(0);
    CHECK(ring.reader.look(record) == RingReader::Look::corrupt);
  }
  SUBCASE("a head further than the ring is long") {
    cursor.head.store(kRingBytes + kRecordAlignment);
    CHECK(ring.reader.look(record) == RingReader::Look::corrupt);
  }
  SUBCASE("a head between records") {
    cursor.head.store(24);
    CHECK(ring.reader.look(record) == RingReader::Look::corrupt);
  }
  SUBCASE("a length beyond what was published") {
    CHECK(ring.push("x"));
    reinterpret_cast<RecordHeader*>(ring.shared_area.task_bytes())->length = 100;
    CHECK(ring.reader.look(record) == RingReader::Look::corrupt);
  }
  SUBCASE("a length beyond the ring") {
    CHECK(ring.push("x"));
    reinterpret_cast<RecordHeader*>(ring.shared_area.task_bytes())->length = 0xFFFFFFFF;
    CHECK(ring.reader.look(record) == RingReader::Look::corrupt);
  }
  SUBCASE("padding without end is not followed beyond what was published") {
    for (int i = 0; i < 4; ++i) CHECK(ring.push("", kPadRecord));
    CHECK(ring.reader.look(record) == RingReader::Look::empty);
  }
}

TEST_CASE("a hostile consumer cannot make the producer overwrite or leave the ring") {
  Ring ring;
  CHECK(ring.push("x"));
  SUBCASE("a tail ahead of the head") { ring.shared_area.head().tasks.tail.store(1'000'000); }
  SUBCASE("a tail further back than the ring is long") { ring.shared_area.head().tasks.tail.store(~std::uint64_t{0}); }
  int count = 0;
  while (count < 10'000 && ring.push(pattern(1000, 1))) ++count;
  CHECK(count < 300);
  CHECK(ring.writer.corrupt());
}

TEST_CASE("fragments that do not fit together are refused") {
  const std::string text = "abcdef";
  const auto record = [&](std::uint8_t kind, bool more, std::uint32_t total) {
    Record made;
    made.kind = kind;
    made.more = more;
    made.total = total;
    made.bytes = text;
    return made;
  };
  Assembler assembler;
  CHECK(assembler.add(record(kRestRecord, false, 6)) == Assembler::Added::corrupt);  // a rest of nothing
  CHECK(assembler.add(record(1, false, 7)) == Assembler::Added::corrupt);            // shorter than announced
  CHECK(assembler.add(record(1, true, 0xFFFFFFFF)) == Assembler::Added::corrupt);    // more than any message
  CHECK(assembler.add(record(1, true, 11)) == Assembler::Added::part);
  CHECK(assembler.add(record(kRestRecord, false, 11)) == Assembler::Added::corrupt);  // longer than announced
}

TEST_CASE("a task that was not started can be revoked, once and for good") {
  Pair pair;
  ChildEnd child{SharedArea::map(pair.memory.get()), pair.bell.writer()};
  for (std::uint64_t serial = 1; serial <= 4; ++serial) pair.link.send(task_head(serial), "q", {});
  CHECK(pair.link.revoke(2));
  CHECK_FALSE(pair.link.revoke(2));
  CHECK(child.next().head.serial == 1);
  CHECK(pair.link.started() == std::vector<std::uint64_t>{1});
  CHECK_FALSE(pair.link.revoke(1));
  CHECK(pair.link.revoke(4));
  CHECK(child.next().head.serial == 3);
  CHECK(pair.link.started() == std::vector<std::uint64_t>{1, 3});
}

TEST_CASE("the parent of a handler is the span that the gateway makes, whichever shard has the task") {
  const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  Pair pair;
  ChildRings rings{true};
  rings.add({0, 1}, 1, SharedArea::map(pair.memory.get()));
  ChildEnd child{SharedArea::map(pair.memory.get()), pair.bell.writer()};
  forkmill::proto::GrantedTask task;
  task.id = *forkmill::TaskId::parse("0190163d-8694-739b-aea5-966c26f8ad91");
  task.edit().options.headers = {{"traceparent", "00-" + trace + "-00f067aa0ba902b7-01"}};
  for (const std::uint64_t shard : {1, 2, 3}) {
    task.grant = {forkmill::proto::Epoch{3}, forkmill::proto::TaskSeq{(shard - 1) << 56 | 1042},
                  forkmill::proto::Attempt{1}};
    CHECK(shard_of(task.grant) == shard);
    rings.assign({{0, 1}, task_head(shard)}, task);
    const auto headers = forkmill::proto::headers_in(child.next().headers);
    CHECK(forkmill::proto::header(headers, "traceparent") == "00-" + trace + "-1be354694a677ae4-01");
    child.finish(shard);
  }
}

TEST_CASE("a large task can be revoked while it streams in") {
  Pair pair;
  ChildEnd child{SharedArea::map(pair.memory.get()), pair.bell.writer()};
  const std::string large = pattern(1'000'000, 3);
  pair.link.send(task_head(1), "q", forkmill::proto::Payload::copy(large));
  pair.link.send(task_head(2), "q", forkmill::proto::Payload::copy("small"));
  CHECK(pair.link.revoke(1));
  std::thread feeder{[&] {
    for (int i = 0; i < 20; ++i) {
      pair.link.flush();
      std::this_thread::yield();
      pair.wait(10);
    }
  }};
  const StartedTask task = child.next();
  CHECK(task.head.serial == 2);
  CHECK(task.arguments == "small");
  feeder.join();
}

TEST_CASE("condemning meets the attempt that runs now, or nothing") {
  Pair pair;
  ChildEnd child{SharedArea::map(pair.memory.get()), pair.bell.writer()};
  pair.link.send(task_head(1), "q", {});
  pair.link.send(task_head(2), "q", {});
  CHECK_FALSE(pair.link.condemn(1));  // has not started
  CHECK(child.next().head.serial == 1);
  CHECK_FALSE(pair.link.condemn(2));
  CHECK(child.finish(1));
  CHECK_FALSE(pair.link.condemn(1));  // is over
  CHECK(child.next().head.serial == 2);
  CHECK(pair.link.condemn(2));
  CHECK_FALSE(child.finish(2));  // the child must start no other
}

TEST_CASE("a result is believed only for a task that this child was given") {
  Pair pair;
  ChildEnd child{SharedArea::map(pair.memory.get()), pair.bell.writer()};
  Ear ear;
  StartedTask forged;
  SUBCASE("never given") { forged.head.serial = 99; }
  SUBCASE("given, but not started") {
    pair.link.send(task_head(1), "q", {});
    forged.head.serial = 1;
  }
  say_echo(child, forged);
  CHECK_FALSE(ear.read(pair.link));
  CHECK(ear.results.empty());
}

TEST_CASE("a result that is larger than a message to the broker may be is refused") {
  Pair pair;
  ChildEnd child{SharedArea::map(pair.memory.get()), pair.bell.writer()};
  Ear ear;
  pair.link.send(task_head(1), "q", {});
  ResultHead head{};
  head.serial = child.next().head.serial;
  head.verdict = static_cast<std::uint8_t>(Verdict::failed);
  SUBCASE("a text that just fits") {
    head.cause_length = forkmill::proto::limits::kMaxErrorText;
    const std::string text(head.cause_length, 'x');
    const std::array<std::string_view, 2> pieces{bytes_of(head), text};
    child.say(kResultRecord, pieces);
    CHECK(ear.read(pair.link));
  }
  SUBCASE("a text that does not") {
    head.message_length = forkmill::proto::limits::kMaxErrorText + 1;
    const std::string text(head.message_length, 'x');
    const std::array<std::string_view, 2> pieces{bytes_of(head), text};
    child.say(kResultRecord, pieces);
    CHECK_FALSE(ear.read(pair.link));
  }
  SUBCASE("a value") {
    head.verdict = static_cast<std::uint8_t>(Verdict::succeeded);
    const std::string value(forkmill::proto::limits::kMaxPayload + 1, 'x');
    const std::array<std::string_view, 2> pieces{bytes_of(head), value};
    std::jthread talker{[&] { child.say(kResultRecord, pieces); }};
    bool sound = true;
    while (sound && ear.results.empty()) {
      CHECK(pair.wait());
      sound = ear.read(pair.link);
      pair.link.flush();
    }
    CHECK_FALSE(sound);
  }
}

TEST_CASE("records that are too short or of an unknown kind are refused") {
  Pair pair;
  ChildEnd child{SharedArea::map(pair.memory.get()), pair.bell.writer()};
  Ear ear;
  const std::array<std::string_view, 1> pieces{"abc"};
  SUBCASE("result") { child.say(kResultRecord, pieces); }
  SUBCASE("progress") { child.say(kProgressRecord, pieces); }
  SUBCASE("log") { child.say(kLogRecord, pieces); }
  SUBCASE("unknown") { child.say(77, pieces); }
  CHECK_FALSE(ear.read(pair.link));
}

TEST_CASE("a log record with an unknown source is refused") {
  Pair pair;
  ChildEnd child{SharedArea::map(pair.memory.get()), pair.bell.writer()};
  Ear ear;
  for (const auto source :
       {forkmill::proto::LogSource::output, forkmill::proto::LogSource::errors, forkmill::proto::LogSource::lines}) {
    const LogHead head{1, 0, static_cast<std::uint32_t>(source), 0, {}};
    const std::array<std::string_view, 2> pieces{bytes_of(head), "text"};
    child.say(kLogRecord, pieces);
  }
  CHECK(ear.read(pair.link));
  CHECK(ear.logs.size() == 3);
  LogHead head{1, 0, 0, 0, {}};
  SUBCASE("below") { head.source = 0; }
  SUBCASE("above") { head.source = 4; }
  const std::array<std::string_view, 2> pieces{bytes_of(head), "text"};
  child.say(kLogRecord, pieces);
  CHECK_FALSE(ear.read(pair.link));
}

TEST_CASE("100,000 tasks of all sizes pass between two threads that sleep and wake each other") {
  Pair pair;
  constexpr std::uint64_t kTasks = 100'000;
  std::thread child_thread{[&] {
    ChildEnd child{SharedArea::map(pair.memory.get()), pair.bell.writer()};
    child.born();
    for (std::uint64_t i = 0; i < kTasks; ++i) {
      const StartedTask task = child.next();
      say_echo(child, task);
      child.finish(task.head.serial);
    }
  }};
  Ear ear;
  std::uint64_t sent = 0;
  std::size_t checked = 0;
  const auto payload = [](std::uint64_t serial) {
    return pattern(serial % 1000 == 0 ? 300'000 : serial % 200, serial);
  };
  while (checked < kTasks) {
    while (sent < kTasks && sent - checked < 64) {
      ++sent;
      pair.link.send(task_head(sent), "queue", forkmill::proto::Payload::own(payload(sent)));
    }
    REQUIRE(ear.read(pair.link));
    pair.link.flush();
    if (ear.results.empty()) {
      REQUIRE(pair.wait());
      continue;
    }
    for (const auto& result : ear.results) {
      ++checked;
      REQUIRE(result.serial == checked);
      REQUIRE(result.payload == payload(checked));
    }
    ear.results.clear();
  }
  CHECK(ear.born == 1);
  child_thread.join();
}

TEST_CASE("each task is either started by the child or revoked by the link, also when both try at once") {
  Pair pair;
  constexpr std::uint64_t kTasks = 20'000;
  std::vector<std::uint64_t> run;
  std::thread child_thread{[&] {
    ChildEnd child{SharedArea::map(pair.memory.get()), pair.bell.writer()};
    for (;;) {
      const StartedTask task = child.next();
      if (task.head.serial > kTasks) return;
      run.push_back(task.head.serial);
      say_echo(child, task);
      child.finish(task.head.serial);
    }
  }};
  Ear ear;
  std::uint64_t taken_back = 0;
  for (std::uint64_t serial = 1; serial <= kTasks; ++serial) {
    pair.link.send(task_head(serial), "q", {});
    pair.link.flush();
    if (serial % 3 == 0 && pair.link.revoke(serial - 1)) ++taken_back;
    REQUIRE(ear.read(pair.link));
  }
  pair.link.send(task_head(kTasks + 1), "q", {});
  pair.link.flush();
  while (ear.results.size() + taken_back < kTasks) {
    pair.wait(100);
    REQUIRE(ear.read(pair.link));
    pair.link.flush();
  }
  child_thread.join();
  CHECK(run.size() + taken_back == kTasks);
  CHECK(ear.results.size() == run.size());
}

TEST_CASE("a soft stop reaches the token of the attempt that it is meant for, early or late, and no other") {
  Pair pair;
  SharedArea shared_area = SharedArea::map(pair.memory.get());
  StopWatcher stop_watcher{shared_area.head()};
  const auto first = stop_watcher.token(1);
  CHECK_FALSE(first.stop_requested());
  pair.link.request_stop(1);
  while (!first.stop_requested()) std::this_thread::yield();
  stop_watcher.forget();
  const auto second = stop_watcher.token(2);
  CHECK_FALSE(second.stop_requested());
  stop_watcher.forget();
  pair.link.request_stop(3);
  const auto third = stop_watcher.token(3);  // asked for before the handler asked for its token
  CHECK(third.stop_requested());
  CHECK_FALSE(second.stop_requested());
}

}  // namespace ring_test
