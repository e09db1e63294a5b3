// The context of a real attempt.
#include <forkmill/context.h>

#include <doctest/doctest.h>

#include <cmath>

#include "tests/unit/worker/ring_kit.h"
#include "worker/child/attempt_context.h"

namespace context_test {

using namespace forkmill;
using namespace forkmill::worker;
using namespace forkmill::worker::test;

TEST_CASE("fencing tokens rise with epoch, sequence and attempt, and read as text") {
  const FencingToken token{3, 1042, 1};
  CHECK(token.to_string() == "3-1042-1");
  CHECK(token < FencingToken{3, 1042, 2});
  CHECK(FencingToken{3, 1042, 9} < FencingToken{4, 1042, 1});
  CHECK(token == FencingToken{3, 1042, 1});
}

TEST_CASE("a context knows its attempt and passes on what the handler says") {
  Pair pair;
  ChildEnd end{SharedArea::map(pair.memory.get()), pair.bell.writer()};
  StopWatcher stop_watcher{end.head()};
  TaskHead head = task_head(5);
  head.epoch = 2;
  head.seq = 9;
  head.attempt = 3;
  head.id[0] = 0xAB;
  pair.link.send(head, "text", forkmill::proto::Payload::copy("arguments"), "tenant\na\ntraceparent\n00-1-2-01\n");
  const StartedTask task = end.next();
  const OutputWatch output{end.head(), 1};
  AttemptContext context{end, stop_watcher, output, task};
  CHECK(context.fencing_token() == FencingToken{2, 9, 3});
  CHECK(context.attempt() == 3);
  CHECK(context.queue() == "text");
  CHECK(task.arguments == "arguments");
  CHECK(context.headers() == std::map<std::string, std::string>{{"tenant", "a"}, {"traceparent", "00-1-2-01"}});
  CHECK(context.task_id().bytes()[0] == 0xAB);
  CHECK(context.random_seed() != context.random_seed());

  context.progress(0.5, "half");
  context.progress(7, "too much");
  context.progress(std::nan(""), std::string(5000, 'x'));
  context.log("a line");
  Ear ear;
  REQUIRE(ear.read(pair.link));
  REQUIRE(ear.progress.size() == 3);
  CHECK(ear.progress[0] == "0.50 half");
  CHECK(ear.progress[1] == "1.00 too much");
  CHECK(ear.progress[2] == "0.00 " + std::string(1024, 'x'));
  CHECK(ear.logs == std::vector<std::string>{"a line"});
}

}  // namespace context_test
