#include "worker/ipc/control.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "worker/ipc/shared_area.h"

namespace control_test {

using namespace forkmill::worker;

TEST_CASE("messages and descriptors pass between supervisor and link") {
  auto [a, b] = Control::make_pair();
  ControlMessage spawned;
  spawned.facts.kind = ControlKind::spawned;
  spawned.facts.child = {3, 14};
  spawned.shared_area = SharedArea::create();
  struct stat before {};
  REQUIRE(::fstat(spawned.shared_area.get(), &before) == 0);
  a.send(std::move(spawned));
  ControlMessage died;
  died.facts.kind = ControlKind::died;
  died.output = "last words";
  a.send(std::move(died));

  auto first = b.receive();
  REQUIRE(first);
  CHECK(first->facts.child == ChildKey{3, 14});
  struct stat after {};
  REQUIRE(::fstat(first->shared_area.get(), &after) == 0);
  CHECK(before.st_ino == after.st_ino);
  auto second = b.receive();
  REQUIRE(second);
  CHECK(second->facts.kind == ControlKind::died);
  CHECK(second->output == "last words");
  CHECK_FALSE(second->shared_area.valid());
  CHECK_FALSE(b.receive());
  CHECK_FALSE(b.closed());
}

TEST_CASE("messages wait in order while the other side has no room") {
  auto [a, b] = Control::make_pair();
  constexpr int kMessages = 5000;
  for (int i = 0; i < kMessages; ++i) {
    ControlMessage message;
    message.facts.pid = i;
    message.output = std::string(1000, 'x');
    a.send(std::move(message));
  }
  CHECK(a.congested());
  for (int i = 0; i < kMessages; ++i) {
    auto message = b.receive();
    if (!message) {
      a.flush();
      message = b.receive();
    }
    REQUIRE(message);
    CHECK(message->facts.pid == i);
  }
}

TEST_CASE("the end of the other side is noticed, and sending to it does no harm") {
  auto [a, b] = Control::make_pair();
  { const Control gone = std::move(b); }
  CHECK_FALSE(a.receive());
  CHECK(a.closed());
  a.send({});
  CHECK_FALSE(a.congested());
}

}  // namespace control_test
