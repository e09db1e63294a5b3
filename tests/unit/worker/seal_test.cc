// Sealed arguments in the rules of a worker: what its children get, and what the broker hears.
#include <csignal>

#include "tests/unit/worker/foreman_world.h"

namespace seal_test {

using namespace forkmill;
using namespace forkmill::worker;
using namespace forkmill::worker::tests;

namespace {

std::shared_ptr<const proto::TaskSeals> seals_of(char digit) {
  auto ring = proto::SealRing::parse("seal pay " + std::string(64, digit), "keys");
  REQUIRE(ring.ok());
  return std::make_shared<const proto::TaskSeals>(std::move(ring).value());
}

TaskId id_of(std::uint64_t seq) { return TaskId::make(1, 2, seq); }

proto::Payload sealed(const proto::TaskSeals& seals, std::uint64_t seq) {
  proto::TaskSpec spec;
  spec.queue = "pay";
  spec.name = "short";
  auto payload = seals.seal_arguments(id_of(seq), spec, "account 4711");
  REQUIRE(payload.ok());
  return std::move(payload).value();
}

void grant(World& world, std::uint64_t seq, proto::Payload payload, bool process = false) {
  proto::Grants grants;
  auto& task = grants.tasks.emplace_back();
  task.grant = grant_of(seq);
  task.id = TaskId::make(9, 9, seq);  // the broker may have given it another id than its submitter
  task.edit().queue = process ? "pay+process" : "pay";
  task.edit().name = "short";
  task.edit().options.process = process;
  task.payload = std::move(payload);
  world.hear(grants);
  world.settle();
}

// Opens what the broker has heard, as the client would.
proto::Outcome opened(const World& world, const proto::TaskSeals& seals, std::uint64_t seq,
                      const proto::Payload& arguments) {
  proto::Outcome outcome = world.outcomes.at(seq).outcome;
  proto::open_outcome(&seals, {id_of(seq), proto::nonce_of_arguments(arguments.view())}, outcome);
  return outcome;
}

}  // namespace

TEST_CASE("a child gets opened arguments, and the broker sealed results, errors, notes and outputs") {
  const auto seals = seals_of('a');
  World world{1, 0, seals};
  const auto arguments = sealed(*seals, 1);
  grant(world, 1, arguments);
  world.start(0);
  const auto serial = world.serials.at(1);
  CHECK(world.foreman.attempts().at(serial).task.payload.view() == "account 4711");
  world.progress(serial, 0.5, "at 4711");
  world.settle();
  REQUIRE(world.notes.size() == 1);
  CHECK(world.notes[0].find("4711") == std::string::npos);
  proto::open_note(seals.get(), {id_of(1), proto::nonce_of_arguments(arguments.view())}, world.notes[0]);
  CHECK(world.notes[0] == "at 4711");
  world.finish(0);
  world.settle();
  CHECK(proto::is_sealed(world.outcomes.at(1).outcome.value.view()));
  CHECK(opened(world, *seals, 1, arguments).value.view() == "value");

  const auto failing = sealed(*seals, 2);
  grant(world, 2, failing);
  world.start(0);
  world.finish(0, 100, Verdict::failed);
  world.settle();
  CHECK(world.outcomes.at(2).outcome.error->message.find("in words") == std::string::npos);
  CHECK(opened(world, *seals, 2, failing).error->message == "in words");

  const auto dying = sealed(*seals, 3);
  grant(world, 3, dying);
  world.start(0);
  world.die(0, SIGSEGV);
  world.settle();
  CHECK(world.outcomes.at(3).outcome.error->forensics.output.empty());
  CHECK(opened(world, *seals, 3, dying).error->forensics.output == "last words");
}

TEST_CASE("what a sealed task prints, logs, and lets a command print stays with its worker") {
  const auto seals = seals_of('a');
  World world{1, 0, seals};
  grant(world, 1, sealed(*seals, 1));
  world.start(0);
  const auto serial = world.serials.at(1);
  world.print(0, 0, "printed 4711\n");
  world.say(0, ChildLog{serial, 1, "logged 4711", {}});
  world.say(0, ChildLog{serial, 0, "of a command 4711", {}, proto::LogSource::errors, 7});
  world.settle();
  world.finish(0, 100, Verdict::succeeded, Leaving::no, {13, 0});
  world.settle();
  CHECK(world.logs.empty());
  CHECK_FALSE(world.outcomes.at(1).logs_follow);
}

TEST_CASE("a task whose key is missing is asked for again, elsewhere; forged ones fail for good") {
  const auto seals = seals_of('a');
  World world{1, 0, seals};
  const auto other = seals_of('b');
  grant(world, 1, sealed(*other, 1));
  const auto& missing = world.outcomes.at(1).outcome;
  CHECK(missing.kind == proto::OutcomeKind::retry);
  CHECK(missing.error->code == Errc::seal_key_missing);
  CHECK(missing.error->message.find(to_string(other->ring().entries()[0].key.id())) != std::string::npos);
  grant(world, 2, proto::Payload::copy("in the clear"));
  CHECK(world.outcomes.at(2).outcome.kind == proto::OutcomeKind::failed);
  CHECK(world.outcomes.at(2).outcome.error->code == Errc::seal_required);
  std::string changed{sealed(*seals, 3).view()};
  changed.back() = static_cast<char>(changed.back() ^ 1);
  grant(world, 3, proto::Payload::copy(changed));
  CHECK(world.outcomes.at(3).outcome.error->code == Errc::seal_broken);
  CHECK(world.children[0].ring.empty());
}

TEST_CASE("a worker without keys refuses what is sealed, and names the key") {
  const auto seals = seals_of('a');
  World world{1};
  grant(world, 1, sealed(*seals, 1));
  CHECK(world.outcomes.at(1).outcome.kind == proto::OutcomeKind::retry);
  CHECK(world.outcomes.at(1).outcome.error->code == Errc::seal_key_missing);
  CHECK(world.foreman.attempts().empty());
}

TEST_CASE("a process of its own answers sealed arguments by a sealed outcome") {
  const auto seals = seals_of('a');
  World world{1, 0, seals};
  const auto arguments = sealed(*seals, 1);
  grant(world, 1, arguments, true);
  CHECK(world.outcomes.empty());
  world.stop();
  CHECK(opened(world, *seals, 1, arguments).error->message == "its worker was stopped at once");
}

}  // namespace seal_test
