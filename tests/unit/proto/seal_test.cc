// Sealed payloads: boxes, key rings, and what a broker could change or exchange.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "proto/limits.h"
#include "proto/seal/task_seals.h"
#include "proto/transport/keys/seal_file.h"
#include "tests/folder.h"

namespace seal_test {

using namespace forkmill;
using namespace forkmill::proto;
namespace fs = std::filesystem;

namespace {

const std::string kOld(64, 'a');
const std::string kNew(64, 'b');
const std::string kOther(64, 'c');

SealRing ring_of(const std::string& text) {
  auto ring = SealRing::parse(text, "keys");
  REQUIRE_MESSAGE(ring.ok(), (ring.ok() ? "" : ring.failure().text));
  return std::move(ring).value();
}

TaskSeals seals_of(const std::string& text) { return TaskSeals{ring_of(text)}; }

std::string error_of(const std::string& text) {
  const auto ring = SealRing::parse(text, "keys");
  return ring.ok() ? "" : ring.failure().text;
}

TaskId id_of(std::uint64_t number) { return TaskId::make(1, 2, number); }

TaskSpec spec_of(std::string queue = "pay", std::string name = "pay.send", std::uint64_t signature = 7) {
  TaskSpec spec;
  spec.queue = std::move(queue);
  spec.name = std::move(name);
  spec.signature = signature;
  return spec;
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

Payload sealed_arguments(const TaskSeals& seals, std::string_view clear = "secret arguments",
                         const TaskSpec& spec = spec_of(), const TaskId& id = id_of(1)) {
  auto sealed = seals.seal_arguments(id, spec, clear);
  REQUIRE(sealed.ok());
  return std::move(sealed).value();
}

SealOrigin origin_of(const TaskSeals& seals, const Payload& arguments, const TaskSpec& spec = spec_of()) {
  auto opened = seals.open_arguments(spec, arguments);
  REQUIRE(opened.ok());
  REQUIRE(opened->origin.has_value());
  return *opened->origin;
}

Outcome success(std::string value) {
  Outcome outcome;
  outcome.value = Payload::own(std::move(value));
  return outcome;
}

Outcome failure(OutcomeKind kind = OutcomeKind::failed) {
  Outcome outcome = Outcome::ended(kind, Errc::handler_error, "no account 4711");
  outcome.error->type = "BadAccount";
  outcome.error->backtrace = "at account 4711";
  outcome.error->cause = "because of 4711";
  outcome.error->forensics.output = "printed 4711";
  return outcome;
}

Errc code_of(const Outcome& outcome) { return outcome.error ? outcome.error->code : Errc::ok; }

// One task with keys on both sides.
struct Exchange {
  TaskSeals seals = seals_of("seal pay " + kOld);
  Payload arguments = sealed_arguments(seals);
  SealOrigin origin = origin_of(seals, arguments);
  SealExpectation expected{id_of(1), nonce_of_arguments(arguments.view())};

  Outcome answered(Outcome outcome) const {
    seals.seal_outcome(origin, outcome);
    return outcome;
  }
  Outcome opened(Outcome outcome) const {
    open_outcome(&seals, expected, outcome);
    return outcome;
  }
};

}  // namespace

TEST_CASE("sealed arguments are opened by a key of their queue, and say nothing in the open") {
  for (const std::size_t size : {0, 1, 71, 72, 73, 5000}) {
    const TaskSeals seals = seals_of("seal pay " + kOld);
    const std::string clear(size, 'x');
    const Payload sealed = sealed_arguments(seals, clear);
    CHECK(is_sealed(sealed.view()));
    CHECK(sealed.size() == 57 + 8 + 1 + 3 + 1 + 8 + size + 16);
    if (size > 4) CHECK_FALSE(contains(sealed.view(), "xxxx"));
    const auto opened = seals.open_arguments(spec_of(), sealed);
    REQUIRE(opened.ok());
    CHECK(opened->arguments.view() == clear);
    CHECK(opened->origin->task == id_of(1));
  }
}

TEST_CASE("equal arguments are sealed differently, but for those of one idempotency key") {
  const TaskSeals seals = seals_of("seal pay " + kOld);
  CHECK_FALSE(sealed_arguments(seals) == sealed_arguments(seals));
  TaskSpec keyed = spec_of();
  keyed.options.key = "order 1";
  CHECK(sealed_arguments(seals, "a", keyed) == sealed_arguments(seals, "a", keyed));
  CHECK_FALSE(nonce_of_arguments(sealed_arguments(seals, "a", keyed).view()) ==
              nonce_of_arguments(sealed_arguments(seals, "b", keyed).view()));
  CHECK_FALSE(nonce_of_arguments(sealed_arguments(seals, "a", keyed, id_of(1)).view()) ==
              nonce_of_arguments(sealed_arguments(seals, "a", keyed, id_of(2)).view()));
}

TEST_CASE("a change of any byte, and any cut, is refused") {
  const Exchange site;
  const std::string good{site.arguments.view()};
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    const auto opened = site.seals.open_arguments(spec_of(), Payload::copy(bad));
    CHECK_MESSAGE(!opened.ok(), "byte " << at);
    const auto cut = site.seals.open_arguments(spec_of(), Payload::copy(std::string_view{good}.substr(0, at)));
    CHECK_MESSAGE(!cut.ok(), "cut at " << at);
  }
  CHECK(site.seals.open_arguments(spec_of(), Payload::copy(good + "x")).code() == Errc::seal_broken);
}

TEST_CASE("arguments are refused under another queue, name or signature") {
  const TaskSeals seals = seals_of("seal pay,refund " + kOld);
  const Payload sealed = sealed_arguments(seals);
  CHECK(seals.open_arguments(spec_of(), sealed).ok());
  const auto moved = seals.open_arguments(spec_of("refund"), sealed);
  CHECK(moved.code() == Errc::seal_broken);
  CHECK(contains(moved.failure().text, "sealed for task pay.send in queue pay: they were moved"));
  CHECK(seals.open_arguments(spec_of("pay", "pay.undo"), sealed).code() == Errc::seal_broken);
  CHECK(seals.open_arguments(spec_of("pay", "pay.send", 0), sealed).code() == Errc::seal_broken);
}

TEST_CASE("the queue of a process task is that of its submitter") {
  const TaskSeals seals = seals_of("seal pay " + kOld);
  TaskSpec granted = spec_of("pay+process");
  CHECK_FALSE(seals.open_arguments(granted, sealed_arguments(seals)).ok());
  granted.options.process = true;
  CHECK(seals.open_arguments(granted, sealed_arguments(seals)).ok());
  CHECK(seals.open_arguments(granted, Payload::copy("clear")).code() == Errc::seal_required);
}

TEST_CASE("neither side takes the clear for the sealed") {
  const Exchange site;
  const auto clear = site.seals.open_arguments(spec_of(), Payload::copy("clear"));
  CHECK(clear.code() == Errc::seal_required);
  CHECK(site.seals.open_arguments(spec_of("other"), Payload::copy("clear")).ok());
  CHECK(code_of(site.opened(success("forged"))) == Errc::seal_required);
  CHECK(code_of(site.opened(failure())) == Errc::seal_required);
  CHECK(site.opened(success("forged")).value.empty());
  // Ends that a broker may bring about by itself.
  for (const auto kind :
       {OutcomeKind::lost, OutcomeKind::cancelled, OutcomeKind::expired, OutcomeKind::timed_out, OutcomeKind::rejected})
    CHECK(site.opened(Outcome::ended(kind, Errc::cancelled, "so")).kind == kind);
  CHECK(code_of(site.opened(Outcome::ended(OutcomeKind::failed, Errc::seal_key_missing, "no key"))) ==
        Errc::seal_key_missing);
}

TEST_CASE("a result answers its own arguments, and no others") {
  const Exchange site;
  const Outcome result = site.answered(success("balance 12"));
  CHECK_FALSE(contains(result.value.view(), "balance"));
  CHECK(site.opened(result).value.view() == "balance 12");

  SUBCASE("another task's") {
    SealExpectation other = site.expected;
    other.task = id_of(2);
    Outcome outcome = result;
    open_outcome(&site.seals, other, outcome);
    CHECK(code_of(outcome) == Errc::seal_broken);
    CHECK(outcome.value.empty());
  }
  SUBCASE("an earlier submission's under the same id") {
    const Payload again = sealed_arguments(site.seals);
    Outcome outcome = result;
    open_outcome(&site.seals, {id_of(1), nonce_of_arguments(again.view())}, outcome);
    CHECK(code_of(outcome) == Errc::seal_broken);
  }
  SUBCASE("arguments, an error or a note in its place") {
    Outcome outcome = success(std::string{site.arguments.view()});
    CHECK(code_of(site.opened(outcome)) == Errc::seal_broken);
    outcome.value = site.answered(failure()).value;
    CHECK(code_of(site.opened(outcome)) == Errc::seal_broken);
  }
  SUBCASE("a result as the arguments of a task") {
    CHECK(site.seals.open_arguments(spec_of(), result.value).code() == Errc::seal_broken);
  }
  SUBCASE("a waiter by id alone") {
    Outcome outcome = result;
    open_outcome(&site.seals, {id_of(1), std::nullopt}, outcome);
    CHECK(outcome.value.view() == "balance 12");
    outcome = result;
    open_outcome(&site.seals, {id_of(2), std::nullopt}, outcome);
    CHECK(code_of(outcome) == Errc::seal_broken);
  }
  SUBCASE("a client without keys") {
    Outcome outcome = result;
    open_outcome(nullptr, {id_of(1), std::nullopt}, outcome);
    CHECK(code_of(outcome) == Errc::seal_key_missing);
    CHECK(contains(outcome.error->message, to_string(site.origin.key)));
  }
}

TEST_CASE("the bytes of a result keep the sealed ones alive, whose owner may hold more") {
  const Exchange site;
  Outcome result = site.answered(success(std::string(100, 'r')));
  auto owner = std::make_shared<const std::string>(result.value.view());
  const std::weak_ptr<const std::string> alive = owner;
  const std::string_view bytes = *owner;
  result.value = Payload::share(std::move(owner), bytes);
  Outcome opened = site.opened(std::move(result));
  CHECK(opened.value.view() == std::string(100, 'r'));
  CHECK_FALSE(alive.expired());
  opened = {};
  CHECK(alive.expired());
}

TEST_CASE("texts of an error are sealed, and its code and kind are not") {
  const Exchange site;
  for (const auto kind : {OutcomeKind::failed, OutcomeKind::retry, OutcomeKind::timed_out, OutcomeKind::cancelled}) {
    const Outcome sealed = site.answered(failure(kind));
    CHECK(sealed.kind == kind);
    CHECK(code_of(sealed) == Errc::handler_error);
    CHECK(sealed.error->message == "sealed with key " + to_string(site.origin.key));
    for (const auto* text : {&sealed.error->type, &sealed.error->message, &sealed.error->backtrace,
                             &sealed.error->cause, &sealed.error->forensics.output})
      CHECK_FALSE(contains(*text, "4711"));
    Outcome opened = site.opened(sealed);
    CHECK(opened.value.empty());
    CHECK(*opened.error == *failure().error);
  }
}

TEST_CASE("a lost process shows how it ended, and its output to holders of the key only") {
  const Exchange site;
  Outcome lost = Outcome::ended(OutcomeKind::lost, Errc::worker_lost, "child 12 was killed by signal 9");
  lost.error->forensics.signal = 9;
  lost.error->forensics.output = "printed 4711";
  const Outcome sealed = site.answered(lost);
  CHECK(sealed.error->message == "child 12 was killed by signal 9");
  CHECK(sealed.error->forensics.output.empty());
  CHECK(sealed.error->forensics.signal == 9);
  CHECK(*site.opened(sealed).error == *lost.error);
}

TEST_CASE("notes of progress are sealed, and fit in their field") {
  const Exchange site;
  const std::string note = site.seals.seal_note(site.origin, std::string(limits::kMaxProgressNote, 'n'));
  CHECK(note.size() <= limits::kMaxProgressNote);
  CHECK_FALSE(contains(note, "nnn"));
  CHECK(is_sealed_note(note));
  std::string opened = note;
  open_note(&site.seals, site.expected, opened);
  CHECK(opened.size() > 600);
  CHECK(opened == std::string(opened.size(), 'n'));
  SealExpectation other = site.expected;
  other.arguments->front() ^= 1;
  opened = note;
  open_note(&site.seals, other, opened);
  CHECK(opened.empty());
  opened = "forged";
  open_note(&site.seals, site.expected, opened);
  CHECK(opened.empty());
  opened = "clear";
  open_note(nullptr, {id_of(1), std::nullopt}, opened);
  CHECK(opened == "clear");
}

TEST_CASE("the first key of a queue seals, and all of them open") {
  const TaskSeals before = seals_of("seal pay " + kOld);
  const TaskSeals during = seals_of("seal pay " + kOld + "\nseal pay " + kNew);
  const TaskSeals turned = seals_of("seal pay " + kNew + "\nseal pay " + kOld);
  const TaskSeals after = seals_of("seal pay " + kNew);
  const Payload old_one = sealed_arguments(before);
  CHECK(during.open_arguments(spec_of(), old_one).ok());
  CHECK(before.open_arguments(spec_of(), sealed_arguments(during)).ok());
  CHECK(turned.open_arguments(spec_of(), old_one).ok());
  CHECK(during.open_arguments(spec_of(), sealed_arguments(turned)).ok());
  const auto gone = after.open_arguments(spec_of(), old_one);
  CHECK(gone.code() == Errc::seal_key_missing);
  CHECK(contains(gone.failure().text, to_string(before.ring().entries()[0].key.id())));
  // The answer is sealed as the arguments were: its reader has that key.
  Outcome answer = success("yes");
  turned.seal_outcome(origin_of(turned, old_one), answer);
  open_outcome(&before, {id_of(1), nonce_of_arguments(old_one.view())}, answer);
  CHECK(answer.value.view() == "yes");
}

TEST_CASE("a key of one queue opens nothing of another one") {
  const TaskSeals client = seals_of("seal pay,logs " + kOld);
  const TaskSeals worker = seals_of("seal logs " + kOld + "\nseal pay " + kNew);
  const auto opened = worker.open_arguments(spec_of(), sealed_arguments(client));
  CHECK(opened.code() == Errc::seal_key_missing);
  CHECK(contains(opened.failure().text, "no key of queue pay"));
}

TEST_CASE("a client sends nothing in the clear but to queues that its keys name so") {
  const TaskSeals seals = seals_of("seal pay.* " + kOld + "\nclear logs.*,pay.*\n");
  CHECK(is_sealed(sealed_arguments(seals, "x", spec_of("pay.eu")).view()));
  CHECK(sealed_arguments(seals, "x", spec_of("logs.eu")).view() == "x");
  const auto refused = seals.seal_arguments(id_of(1), spec_of("mail"), "x");
  CHECK(refused.code() == Errc::seal_key_missing);
  CHECK(contains(refused.failure().text, "queue mail"));
  // A waiter by id alone cannot know whether the task was sealed: only a ring without `clear` refuses all.
  Outcome outcome = success("x");
  open_outcome(&seals, {id_of(1), std::nullopt}, outcome);
  CHECK(outcome.kind == OutcomeKind::succeeded);
  const TaskSeals strict = seals_of("seal pay.* " + kOld);
  open_outcome(&strict, {id_of(1), std::nullopt}, outcome);
  CHECK(code_of(outcome) == Errc::seal_required);
}

TEST_CASE("files of seal keys that make no sense are refused with the line") {
  CHECK(error_of("") == "keys has no key; make one with `forkmill keygen --seal`");
  CHECK(contains(error_of("clear logs\n"), "has no key"));
  CHECK(contains(error_of("\nseal pay\n"), "keys, line 2: write `seal QUEUES KEY`"));
  CHECK(contains(error_of("seal pay " + kOld.substr(1)), "64 hexadecimal digits"));
  CHECK(contains(error_of("seal pay " + kOld + "0"), "64 hexadecimal digits"));
  CHECK(contains(error_of("seal pay " + std::string(64, 'g')), "64 hexadecimal digits"));
  CHECK(contains(error_of("seal pay,,x " + kOld), "write queues"));
  CHECK(contains(error_of("seal p*y " + kOld), "write queues"));
  CHECK(contains(error_of("seal a " + kOld + "\nseal b " + kOld), "line 2: this key is already on an earlier line"));
  CHECK(error_of("# all\r\nseal * " + kOld + " # id\r\n").empty());
}

TEST_CASE("a file of seal keys is made once, trusted only as a secret, and turned step by step") {
  const forkmill::tests::Folder folder;
  const auto path = folder.path("pay.seal");
  CHECK_FALSE(create_seal_file(path, "pay,,").ok());
  CHECK_FALSE(create_seal_file(path, "pay " + kOld + " #").ok());
  CHECK(folder.files() == 0);
  const auto first = create_seal_file(path, "pay.*");
  REQUIRE(first.ok());
  CHECK(fs::status(path).permissions() == fs::perms{0600});
  CHECK_FALSE(create_seal_file(path, "pay.*").ok());
  const auto sealing = [&] {
    const auto seals = read_seal_keys(path);
    REQUIRE(seals.ok());
    return to_string(seals.value()->ring().sealing("pay.eu")->id());
  };
  CHECK(sealing() == first.value());
  const auto no_queues = add_seal_key(path, "pay .x");
  REQUIRE_FALSE(no_queues.ok());
  CHECK(contains(no_queues.failure().text, "--queues pay .x: write names"));
  const auto second = add_seal_key(path, "pay.*");
  REQUIRE(second.ok());
  CHECK(sealing() == first.value());
  CHECK(put_seal_key_first(path, second.value()).ok());
  CHECK(sealing() == second.value());
  CHECK(contains(folder.read("pay.seal"), "# Seal keys of forkmill"));
  CHECK_FALSE(drop_seal_key(path, "0000000000000000").ok());
  CHECK(drop_seal_key(path, first.value()).ok());
  const auto last = drop_seal_key(path, second.value());
  REQUIRE_FALSE(last.ok());
  CHECK(contains(last.failure().text, second.value() + " is the only key of " + path));
  CHECK(sealing() == second.value());
  CHECK(fs::status(path).permissions() == fs::perms{0600});

  ::chmod(path.c_str(), 0644);
  const auto open_to_all = read_seal_keys(path);
  REQUIRE_FALSE(open_to_all.ok());
  CHECK(contains(open_to_all.failure().text, "chmod 600"));
  ::chmod(path.c_str(), 0600);
  fs::create_symlink(path, folder.path("link"));
  CHECK_FALSE(read_seal_keys(folder.path("link")).ok());
  CHECK(read_seal_keys("").value() == nullptr);
}

TEST_CASE("the text for people names the key, and nothing for bytes in the clear") {
  const Exchange site;
  CHECK(seal_text(site.arguments.view()) == "sealed with key " + to_string(site.origin.key));
  CHECK(seal_text("\x91\x01").empty());
  CHECK(contains(seal_text(site.arguments.view().substr(0, 20)), "does not know"));
}

}  // namespace seal_test
