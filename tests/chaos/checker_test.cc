// Tests of the chaos ring's checker with journals written by hand: it accepts valid histories and finds violations.
#include "tests/chaos/checker.h"
#include "tests/chaos/tasks.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <stdexcept>

using namespace forkmill;
using namespace forkmill::chaos;

namespace {

const std::string kOne = "01a1ff93-eee0-7f89-b929-7d38b486da9d";
const std::string kValue = "da9d 1-7-1";  // the result of its first attempt

// A folder of journals written by hand. A broker starts at time 1.
class Written {
 public:
  Written() {
    if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error{"mkdtemp"};
    write("ring", 1, "R");
  }
  ~Written() { std::filesystem::remove_all(path_); }
  Written(const Written&) = delete;
  Written& operator=(const Written&) = delete;

  Written& write(const std::string& who, std::int64_t when, const std::string& words) {
    Journal{path_ + "/" + who + ".journal"}.append(when, words);
    return *this;
  }
  // Records the submission of task kOne. `options`: the words for its options, as in a journal.
  Written& submit(const std::string& options = "10 0 0 0 0 0 0 0 -", const std::string& kind = "short") {
    return write("client-1.1", 10, "S 1 " + kOne + " " + kind + " " + options);
  }
  // Records an execution of task kOne that starts at `when`.
  Written& run(std::int64_t when, const std::string& token = "1-7-1") {
    return write("worker-1", when, "B " + kOne + " " + token + " 1")
        .write("worker-1", when + 1, "E " + kOne + " " + token);
  }
  Written& end(std::int64_t when, const std::string& how) { return write("client-1.1", when, "T 1 " + how); }
  Verdict verdict() const {
    const Journals journals{path_};
    return Checker{journals}.check();
  }

 private:
  std::string path_ = std::filesystem::temp_directory_path() / "forkmill-checker-XXXXXX";
};

const std::string kSucceeded = "succeeded ok 1 " + kValue;

}  // namespace

TEST_CASE("a task that is submitted, runs and succeeds") {
  Written written;
  const auto verdict = written.submit().run(20).end(30, kSucceeded).verdict();
  CHECK(verdict.good());
  CHECK(verdict.counts.succeeded == 1);
  CHECK(verdict.counts.executions == 1);
}

TEST_CASE("a handler may start before its client has recorded the submission") {
  Written written;
  written.run(5);
  CHECK(written.submit().end(30, kSucceeded).verdict().good());
}

TEST_CASE("lost: a task that was accepted and then forgotten") {
  Written written;
  written.submit();
  SUBCASE("seen by its future") { written.write("client-1.1", 15, "A 1").end(30, "forgotten disconnected 0"); }
  SUBCASE("seen by the successor of a killed client") {
    written.write("client-1.1", 15, "A 1").write("ring", 16, "D client-1.1");
    written.write("client-1.2", 20, "H 1 " + kOne).write("client-1.2", 21, "T 1 rejected task_unknown 0");
  }
  const auto verdict = written.verdict();
  CHECK(verdict.lost == 1);
  CHECK_FALSE(verdict.good());
}

TEST_CASE("tasks kept in memory may be lost with their broker, and in no other way") {
  Written written;
  written.submit("10 0 0 0 1 0 0 0 -").write("client-1.1", 15, "A 1");
  SUBCASE("the broker was restarted") {
    CHECK(written.write("ring", 20, "R").end(30, "forgotten disconnected 0").verdict().good());
  }
  SUBCASE("the broker was not restarted") { CHECK(written.end(30, "forgotten disconnected 0").verdict().lost == 1); }
}

TEST_CASE("double: a future that ends twice, or a task with two outcomes") {
  Written written;
  written.submit().run(20).end(30, kSucceeded);
  SUBCASE("a future ends twice") { written.end(31, kSucceeded); }
  SUBCASE("a task has two outcomes") {
    written.run(40, "1-7-2");
    written.write("client-2.1", 50, "H 1 " + kOne).write("client-2.1", 51, "T 1 succeeded ok 2 da9d 1-7-2");
  }
  CHECK(written.verdict().doubled == 1);
}

TEST_CASE("hung: a future that still waits at the end, unless its client was killed") {
  Written written;
  written.submit();
  CHECK(written.verdict().hung == 1);
  CHECK(written.write("ring", 20, "D client-1.1").verdict().good());
}

TEST_CASE("other violations of the rules for tasks") {
  Written written;
  std::string rule;
  SUBCASE("a result that no attempt returned") {
    written.submit().end(30, kSucceeded);
    rule = "invariant 4";
  }
  SUBCASE("a grant that starts twice") {
    written.submit().run(20).run(25).end(30, kSucceeded);
    rule = "invariant 4";
  }
  SUBCASE("an attempt that starts after the cancellation") {
    written.submit().write("client-1.1", 11, "c " + kOne).write("client-1.1", 12, "C " + kOne + " 1");
    written.run(20).end(30, kSucceeded);
    rule = "invariant 5";
  }
  SUBCASE("an at-most-once task that starts twice") {
    written.submit("10 0 0 0 0 0 1 0 -").run(20).run(25, "1-7-2").end(30, "succeeded ok 2 da9d 1-7-2");
    rule = "invariant 7";
  }
  SUBCASE("more attempts than allowed") {
    written.submit("1 0 0 0 0 0 0 0 -").run(20, "1-7-2").end(30, "succeeded ok 2 da9d 1-7-2");
    rule = "invariant 10";
  }
  SUBCASE("an attempt that starts before the delay is over") {
    written.submit("10 5 0 0 0 0 0 0 -").run(1000).end(9000, kSucceeded);
    rule = "invariant 10";
  }
  SUBCASE("a failure without a cause") {
    written.submit().run(20).end(30, "failed handler_error 1");
    rule = "invariant 4";
  }
  SUBCASE("a task given up as lost before its attempts are used up") {
    written.submit().end(30, "lost worker_lost 1");
    rule = "invariant 10";
  }
  const auto verdict = written.verdict();
  CHECK(verdict.others == 1);
  REQUIRE(verdict.violations.size() == 1);
  CHECK(verdict.violations[0].find(rule) == 0);
}

TEST_CASE("a worker that was unreachable may start a task that was cancelled meanwhile") {
  Written written;
  written.submit().write("client-1.1", 11, "c " + kOne).write("client-1.1", 12, "C " + kOne + " 1");
  written.write("ring", 13, "K 1 13 1000").run(20).end(30, "cancelled cancelled 0");
  CHECK(written.verdict().good());
}

TEST_CASE("named objects: valid histories are accepted, violations are found") {
  Written written;
  const auto op = [&](std::int64_t when, const std::string& who, const std::string& words, const std::string& answer) {
    written.write("client-1.1", when, "o " + who + " " + words)
        .write("client-1.1", when + 1, "O " + who + " " + answer);
  };
  SUBCASE("a valid history") {
    op(10, "a.1.1", "lock-1 acquire 0 0 100", "ok 1");
    op(20, "a.1.2", "lock-1 release 1 0 0", "ok 0");
    op(30, "a.2.1", "lock-1 acquire 0 0 100", "ok 2");
    op(40, "a.2.2", "queue-1 put 0 0 0 x", "ok 0");
    op(50, "a.2.3", "queue-1 get 1 0 0", "ok 0 x");
    CHECK(written.verdict().good());
    return;
  }
  SUBCASE("a lock's token is given twice") {
    op(10, "a.1.1", "lock-1 acquire 0 0 100", "ok 1");
    op(20, "a.2.1", "lock-1 acquire 0 0 100", "ok 1");
  }
  SUBCASE("an item is lost") { op(10, "a.1.1", "queue-1 put 0 0 0 x", "ok 0"); }
  SUBCASE("an item is received twice") {
    op(10, "a.1.1", "queue-1 put 0 0 0 x", "ok 0");
    op(20, "a.1.2", "queue-1 get 1 0 0", "ok 0 x");
    op(30, "a.2.1", "queue-1 get 1 0 0", "ok 0 x");
  }
  SUBCASE("a counter returns the same sum twice") {
    op(10, "a.1.1", "counter-1 add 1 0 0", "ok 1");
    op(20, "a.2.1", "counter-1 add 1 0 0", "ok 1");
  }
  SUBCASE("more units of a semaphore are held than it has") {
    for (const char* who : {"a", "b", "c", "d"}) {
      op(10, std::string{who} + ".1.1", "semaphore-1 acquire 0 0 0", "ok 0");
      op(100, std::string{who} + ".1.2", "semaphore-1 release 0 0 0", "ok 0");
    }
  }
  SUBCASE("a lock is held after all clients have ended") { op(10, "sweep.1", "lock-1 look 0 0 0", "ok 1"); }
  SUBCASE("a semaphore lacks a unit after all clients have ended") {
    op(10, "sweep.1", "semaphore-1 look 0 0 0", "ok 2");
  }
  SUBCASE("a semaphore has a unit too many after all clients have ended") {
    op(10, "a.1.1", "semaphore-1 acquire 0 0 0", "ok 0");
    op(100, "a.1.2", "semaphore-1 release 0 0 0", "ok 0");
    op(200, "sweep.1", "semaphore-1 look 0 0 0", "ok 4");
  }
  SUBCASE("two clients write a guarded file at once") {
    written.write("client-1.1", 10, "g lock-1 written 1").write("client-2.1", 11, "g lock-1 written 1");
  }
  CHECK(written.verdict().others == 1);
}
