// The audit log: its lines, its files, and what the core notes.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "broker/audit_log.h"
#include "broker/key_changes.h"
#include "proto/os/output/logging.h"
#include "tests/folder.h"
#include "tests/unit/broker/principals_kit.h"

namespace forkmill::broker::test::audit_test {

namespace {

std::string audit_path(const tests::Folder& folder) { return folder.path("audit"); }

std::string contents(const std::string& path) {
  std::ifstream file{path};
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

AuditLine numbered(int number) { return AuditLine{0ms, "test"}.add("number", number); }

AuditLog make_log(const std::string& path, std::uint64_t max_bytes = 1024, std::uint64_t files = 3) {
  return AuditLog{{path, max_bytes, files}, proto::make_logger("test", {"off", "text"})};
}

void write(AuditLog& log, int number) {
  log.note(numbered(number));
  log.flush(Instant{std::chrono::hours{number + 1}});
}

std::vector<std::string> about(const std::vector<std::string>& lines, const std::string& event) {
  std::vector<std::string> found;
  for (const std::string& line : lines)
    if (line.find("\"event\":\"" + event + "\"") != std::string::npos) found.push_back(line);
  return found;
}

// The lines about `event` of the rounds so far.
std::vector<std::string> lines_of(Broker& broker, const std::string& event) {
  return about(broker.drain_audit(), event);
}

bool has(const std::string& line, const std::string& part) { return line.find(part) != std::string::npos; }

CoreOptions audited() {
  CoreOptions options;
  options.audit = true;
  return options;
}

}  // namespace

TEST_CASE("a line of the audit log is a JSON object, with any names and texts") {
  const auto line = AuditLine{milliseconds{1'796'040'000'123}, "denied"}
                        .add("principal", "ali\"ce\\")
                        .add("text", "a\nb\x1b\xff")
                        .add("left_out", "")
                        .add("number", std::uint64_t{7})
                        .add("flag", true)
                        .add("list", std::vector<std::string>{"a", "b"});
  CHECK(line.text() ==
        R"({"time":"2026-11-30T12:00:00.123Z","event":"denied","principal":"ali\"ce\\","text":"a\\nb\\x1b\\xff",)"
        R"("number":7,"flag":true,"list":["a","b"]})");
  CHECK(AuditLine{0ms, "denied"}.add("text", std::string(100'000, 'x')).text().size() < 2 * AuditLine::kMaxText);
}

TEST_CASE("the audit log begins a new file when one is full, and keeps as many as it may") {
  const tests::Folder folder;
  const std::string path = audit_path(folder);
  auto log = make_log(path, 200);
  for (int i = 0; i < 20; ++i) write(log, i);
  CHECK(has(contents(path), "\"number\":19}"));
  CHECK(contents(path).size() <= 200);
  CHECK(contents(path + ".1").size() <= 200);
  CHECK(has(contents(path + ".2"), "\"number\":"));
  CHECK_FALSE(std::filesystem::exists(path + ".3"));
  struct stat found {};
  REQUIRE(::stat(path.c_str(), &found) == 0);
  CHECK((found.st_mode & 0777) == 0600);
}

TEST_CASE("an audit log that was moved away is made again, and one that is there is continued") {
  const tests::Folder folder;
  const std::string path = audit_path(folder);
  {
    auto log = make_log(path);
    write(log, 1);
    std::filesystem::rename(path, path + ".old");
    write(log, 2);
  }
  CHECK(has(contents(path + ".old"), "\"number\":1}\n"));
  CHECK(has(contents(path), "\"number\":2}\n"));
  std::ofstream{path, std::ios::app} << "{\"half of";  // a crash
  auto log = make_log(path);
  write(log, 3);
  CHECK(has(contents(path), "{\"half of\n{\"time\""));
}

TEST_CASE("an audit log is not written through a symbolic link, nor to what is no file") {
  const tests::Folder folder;
  const std::string path = audit_path(folder);
  std::ofstream{folder.path("other")} << "other";
  std::filesystem::create_symlink(folder.path("other"), path);
  CHECK_THROWS_AS(make_log(path), std::runtime_error);
  CHECK_THROWS_AS(make_log("/dev/null"), std::runtime_error);
}

TEST_CASE("lines that cannot be written do not end the broker, and later ones are written again") {
  const tests::Folder folder;
  const std::string path = audit_path(folder);
  auto log = make_log(path);
  write(log, 1);
  std::filesystem::remove(path);
  std::filesystem::create_directory(path);
  write(log, 2);
  std::filesystem::remove(path);
  write(log, 3);
  CHECK(contents(path).find("\"number\":3}") != std::string::npos);
}

TEST_CASE("a reload of keys says which principals are new, gone or changed") {
  const auto key = [](char digit) { return std::string(64, digit); };
  const auto parse = [](const std::string& text) { return proto::parse_authorized_keys(text, "keys").value(); };
  const auto before = parse("alice client " + key('a') + "\nbob client " + key('b') + "\ncarol client " + key('c'));
  const auto after =
      parse("alice client " + key('a') + "\nbob client " + key('b') + " max-queued=7\ndave worker " + key('d') + "\n");
  const KeyChanges changes = changes_between(before, after);
  CHECK(changes.added == std::vector<std::string>{"dave"});
  CHECK(changes.removed == std::vector<std::string>{"carol"});
  CHECK(changes.changed == std::vector<std::string>{"bob"});
}

TEST_CASE("commands of operators are noted once each, with what they name and how they ended") {
  Broker broker{audited()};
  const auto client = broker.client();
  broker.send(client, Command{1, PauseQueue{"mail"}});
  broker.send(client, Command{2, SteerWorkers{WorkerAction::drain, "nosuch", "", 0}});
  TaskFilter filter;
  filter.queue = "mail";
  broker.send(client, Command{3, ChangeTasks{id(7), TaskAction::move, filter, true, false, "other"}});
  const auto all = broker.drain_audit();
  const auto lines = about(all, "command");
  REQUIRE(lines.size() == 3);
  REQUIRE(about(all, "change_ended").size() == 1);
  CHECK(has(lines[2], R"("command":"tasks_move","change":")" + id(7).to_string() + "\""));
  CHECK(has(lines[2], R"("of_queue":"mail","to_queue":"other","dry_run":true,"outcome":"begun")"));
  CHECK(has(lines[0], R"("peer":"client")"));
  CHECK(has(lines[0], R"("command":"queue_pause","queue":"mail","outcome":"ok"})"));
  CHECK(has(lines[1], R"("command":"worker_drain","worker":"nosuch","outcome":")"));
  CHECK(has(lines[1], "no worker nosuch is connected"));
  const auto again = broker.client(client.session);  // repeats the command, whose reply was lost
  broker.send(again, Command{1, PauseQueue{"mail"}});
  CHECK(lines_of(broker, "command").empty());
}

TEST_CASE("a command about a task of another principal is noted with both principals, also if it is refused") {
  Principals site{nullptr, audited()};
  site.bob.manage = {"default"};
  const auto alice = site.client(Principals::kAlice);
  const auto worker = site.broker.worker(10);
  site.broker.submit(alice, {task(1), task(2)});
  for (const auto& granted : site.broker.grants(worker)) site.broker.fail(worker, granted.grant);
  const auto edit = [](std::uint64_t which, std::uint64_t fresh) {
    return Command{6, RetryEdited{id(which).to_string(), id(fresh), Payload::copy("other"), ""}};
  };
  CHECK(site.ask(site.client(Principals::kBob), edit(1, 11)) == Errc::not_permitted);
  CHECK(site.ask(site.client(Principals::kOperator), edit(1, 11)) == Errc::ok);
  CHECK(site.ask(alice, edit(2, 12)) == Errc::ok);
  const auto lines = lines_of(site.broker, "command");
  REQUIRE(lines.size() == 3);
  const std::string named =
      R"("command":"dead_retry_edited","task":")" + id(1).to_string() + R"(","new_task":")" + id(11).to_string() + '"';
  const std::string of_alice = R"(,"of_another":true,"of_principal":"alice","outcome":)";
  CHECK(has(lines[0], R"("principal":"bob")"));
  CHECK(has(lines[0], named + of_alice + R"("not_permitted","text":)"));
  CHECK(has(lines[1], R"("principal":"operator")"));
  CHECK(has(lines[1], named + of_alice + R"("ok"})"));
  CHECK(has(lines[2], R"("principal":"alice")"));
  CHECK_FALSE(has(lines[2], "of_another"));
}

TEST_CASE("the end of a change of many tasks is noted with its principal, also when its client is gone") {
  MemoryStore store{"s", true};
  CoreOptions options = audited();
  options.restart_grace = 0ms;
  options.principal_of = [](PeerId) { return "alice"; };
  Broker broker{options, &store};
  const auto client = broker.client();
  broker.submit(client, {task(1), task(2), task(3)});
  broker.hold_commits();
  broker.send(client, Command{1, ChangeTasks{id(7), TaskAction::cancel, {}, false, false, ""}});
  SUBCASE("there") {}
  SUBCASE("gone") { broker.send(client, Goodbye{}); }
  broker.release_commits();
  const auto lines = lines_of(broker, "change_ended");
  REQUIRE(lines.size() == 1);
  CHECK(has(lines[0], R"("principal":"alice","command":"tasks_cancel","change":")" + id(7).to_string() + "\""));
  CHECK(has(lines[0], R"(,"matched":3,"changed":3,"requested":0,"skipped":0})"));
}

TEST_CASE("the end of a backup is noted although the operator is gone by then") {
  MemoryStore store{"s", true};
  Broker broker{audited(), &store};
  const auto client = broker.client();
  broker.hold_commits();
  broker.send(client, Command{1, WriteBackup{"/backups/one"}});
  broker.send(client, Goodbye{});
  CHECK(lines_of(broker, "command").size() == 1);
  broker.release_commits();
  const auto lines = lines_of(broker, "command");
  REQUIRE(lines.size() == 1);
  CHECK(has(lines[0], R"("peer":"client")"));
  CHECK(has(lines[0], R"("command":"backup","path":"/backups/one","outcome":"ok"})"));
}

TEST_CASE("a session that goes on over another connection, or that another principal names, is noted") {
  CoreOptions options = audited();
  std::map<std::uint64_t, std::string> principals{{1, "alice"}, {2, "alice"}, {3, "bob"}};
  options.principal_of = [&](PeerId peer) { return principals[peer.value()]; };
  Broker broker{options};
  const auto alice = broker.client();
  CHECK(broker.drain_audit().empty());
  const auto again = broker.client(alice.session);
  const auto taken = lines_of(broker, "session_taken_over");
  REQUIRE(taken.size() == 1);
  CHECK(has(taken[0], R"("principal":"alice")"));
  CHECK(has(taken[0], R"("role":"client")"));
  (void)broker.client(again.session);
  const auto named = lines_of(broker, "foreign_session_named");
  REQUIRE(named.size() == 1);
  CHECK(has(named[0], R"("principal":"alice")"));
  CHECK(has(named[0], R"("by_principal":"bob")"));
}

TEST_CASE("floods that a peer can bring about leave other lines of the audit log in their files") {
  Broker broker{audited()};
  auto client = broker.client();
  for (int i = 0; i < 300; ++i) client = broker.client(client.session);
  for (std::uint64_t n = 1; n <= 300; ++n) broker.send(client, Command{n, DropDeadLetter{id(n).to_string()}});
  broker.send(client, Command{999, PauseQueue{"mail"}});
  const auto lines = broker.drain_audit();
  CHECK(lines.size() == 101);
  CHECK(has(lines.back(), R"("command":"queue_pause","queue":"mail","outcome":"ok"})"));
  broker.advance(2s);
  (void)broker.client(client.session);
  const auto later = lines_of(broker, "session_taken_over");
  REQUIRE(later.size() == 1);
  CHECK(has(later[0], R"("omitted_before":500})"));
}

TEST_CASE("sessions that end because a key is gone are noted") {
  Broker broker{audited()};
  const auto worker = broker.worker(1);
  broker.expel([](PeerId, Role role) { return role == Role::worker ? "the key is gone" : ""; });
  const auto lines = lines_of(broker, "session_ended");
  REQUIRE(lines.size() == 1);
  CHECK(has(lines[0], R"("peer":"worker")"));
  CHECK(has(lines[0], R"("code":"not_permitted","text":"the key is gone")"));
}

TEST_CASE("without an audit log nothing is noted") {
  Broker broker;
  broker.send(broker.client(), Command{1, PauseQueue{"mail"}});
  CHECK(broker.drain_audit().empty());
}

}  // namespace forkmill::broker::test::audit_test
