// The worker's side of the conversation (PROTOCOL.md, Sessions), with messages made by hand.
#include "worker/rules/session/session.h"

#include <doctest/doctest.h>

#include <limits>
#include <utility>

#include "proto/wire/codec.h"

namespace session_test {

using namespace forkmill;
using namespace forkmill::worker;
using namespace std::chrono_literals;
using proto::Instant;

namespace {

constexpr Instant kNow = 1000s;

proto::Grant grant_of(std::uint64_t seq) { return {proto::Epoch{1}, proto::TaskSeq{seq}, proto::Attempt{1}}; }

proto::OutcomeRecord outcome_of(std::uint64_t seq) {
  proto::OutcomeRecord record;
  record.grant = grant_of(seq);
  return record;
}

// A session, and a broker that keeps what it hears.
struct World {
  World() {
    proto::Hello hello;
    hello.role = proto::Role::worker;
    hello.name = "w";
    hello.instance = 4711;
    session.emplace(hello, 42);
  }

  // ---- What happens to the session; its effects are carried out
  void connect(Instant now) {
    session->greet(now, holding);
    follow(now);
  }
  void receive(Instant now, proto::Envelope envelope) {
    if (session->handle(now, envelope)) std::visit([this](const auto& one) { keep(one); }, envelope.message);
    follow(now);
  }
  void tick(Instant now) {
    session->tick(now);
    follow(now);
  }
  void flush(Instant now) {
    session->flush(now);
    follow(now);
  }
  void follow(Instant now) {
    SessionEffects effects;
    session->take_effects(effects);
    sent.insert(sent.end(), effects.send.begin(), effects.send.end());
    reconnects += effects.reconnect ? 1 : 0;
    if (!effects.warning.empty()) warnings.push_back(effects.warning);
    if (session->wants_greeting()) connect(now);
  }
  void keep(const proto::Welcome& welcome) {
    ++welcomes;
    abandoned.insert(abandoned.end(), welcome.abandon.begin(), welcome.abandon.end());
  }
  void keep(const proto::Grants& grants) {
    for (const auto& task : grants.tasks) granted.push_back(task.grant);
  }
  void keep(const proto::Revoke& revoke) { revoked.insert(revoked.end(), revoke.grants.begin(), revoke.grants.end()); }
  void keep(const proto::Signals& note) {
    for (const auto& one : note.notes) signals.emplace_back(one.grant, one.signal);
  }
  void keep(const proto::ErrorMessage& error) {
    ++errors;
    if (session->handshake().refused()) refusal = error.code;
  }
  template <class Other>
  void keep(const Other&) {
    FAIL("this message is not for the worker");
  }

  // The message of that kind among those sent since the last call; all are forgotten.
  template <class T>
  std::optional<T> said() {
    std::optional<T> found;
    for (auto& envelope : std::exchange(sent, {})) {
      if (auto* body = std::get_if<T>(&envelope.message)) found = std::move(*body);
    }
    return found;
  }

  proto::Hello hello() {
    auto found = said<proto::Hello>();
    REQUIRE(found);
    return *found;
  }
  void welcome(Instant now, std::uint64_t id, std::uint64_t granted_before = 0, std::vector<proto::Grant> abandon = {},
               const std::string& store = {}) {
    proto::Welcome welcome;
    welcome.nonce = hello().nonce;
    welcome.store = store;
    welcome.session = proto::SessionId{id};
    welcome.heartbeat = 1000ms;
    welcome.session_timeout = 10'000ms;
    welcome.granted = granted_before;
    welcome.abandon = std::move(abandon);
    receive(now, {{}, welcome});
  }
  void establish() {
    connect(kNow);
    welcome(kNow, 7);
    sent.clear();
  }
  template <class T>
  void hear(Instant now, T body, std::uint64_t id = 7) {
    receive(now, {{proto::SessionId{id}, proto::MessageSeq{1}}, std::move(body)});
  }

  std::optional<Session> session;
  std::vector<proto::Envelope> sent;
  std::vector<proto::Grant> holding, granted, revoked, abandoned;
  std::vector<std::pair<proto::Grant, int>> signals;
  std::vector<std::string> warnings;
  int reconnects = 0;
  int welcomes = 0;
  int errors = 0;
  std::optional<Errc> refusal;
};

proto::Grants grants_of(std::initializer_list<std::uint64_t> seqs) {
  proto::Grants grants;
  for (const auto seq : seqs) grants.tasks.emplace_back().grant = grant_of(seq);
  return grants;
}

}  // namespace

TEST_CASE("grants of processes need no credit, signals come through, and deaths and births are told in a session") {
  World world;
  world.establish();
  world.session->set_load(3, {});
  auto grants = grants_of({1, 2});
  grants.tasks[0].edit().options.process = true;
  world.hear(kNow, grants);
  CHECK(world.granted.size() == 2);
  world.flush(kNow);
  const auto credit = world.said<proto::Credit>();
  REQUIRE(credit);
  CHECK(credit->total == 4);  // three more than the one of the pool

  world.hear(kNow, proto::Signals{{{grant_of(1), 15}}});
  REQUIRE(world.signals.size() == 1);
  CHECK(world.signals[0] == std::pair{grant_of(1), 15});

  world.session->disconnected();
  world.session->outbox().deaths.add(50);
  world.session->outbox().report.emplace();
  world.flush(kNow);
  CHECK(world.sent.empty());
  world.connect(kNow);
  world.welcome(kNow, 8);
  world.session->outbox().started.push_back({TaskId{}, grant_of(1), 51, "here"});
  world.flush(kNow);
  const auto sent = world.sent;
  const auto gone = world.said<proto::ChildrenGone>();
  REQUIRE(gone);
  CHECK(gone->pids == std::vector<std::uint32_t>{50});
  world.sent = sent;
  const auto started = world.said<proto::Started>();
  REQUIRE(started);
  CHECK(started->notes[0].pid == 51);
}

TEST_CASE("nothing is said before WELCOME; only the WELCOME to the last HELLO counts") {
  World world;
  world.session->outbox().outcomes.push(outcome_of(1));
  world.flush(kNow);
  CHECK(world.sent.empty());
  world.connect(kNow);
  const auto nonce = world.hello().nonce;
  proto::Welcome welcome;
  welcome.nonce = nonce + 1;
  world.receive(kNow, {{}, welcome});
  CHECK_FALSE(world.session->handshake().established());
  world.hear(kNow, grants_of({1}));
  CHECK(world.granted.empty());
}

TEST_CASE("HELLO says who the worker is, and whose grants it holds: those of the store that the last WELCOME named") {
  World world;
  world.holding = {grant_of(1)};
  world.connect(kNow);
  auto hello = world.hello();
  CHECK(hello.instance == 4711);
  CHECK(hello.worker.holding_store.empty());  // there was no WELCOME so far
  for (const std::string store : {"first", "first", "second"}) {
    world.session->disconnected();
    world.connect(kNow);
    world.welcome(kNow, 7, 0, {}, store);
    world.session->disconnected();
    world.connect(kNow);
    hello = world.hello();
    CHECK(hello.instance == 4711);
    CHECK(hello.worker.holding_store == store);
    CHECK(hello.worker.holding == world.holding);
  }
}

TEST_CASE("credit goes on from the broker's count, and is repeated only when it changes") {
  World world;
  world.connect(kNow);
  world.welcome(kNow, 7, 100);
  world.session->set_load(5, {});
  world.flush(kNow);
  CHECK(world.said<proto::Credit>()->total == 105);
  world.flush(kNow);
  CHECK(world.sent.empty());
  world.hear(kNow, grants_of({1, 2}));
  world.session->set_load(3, {});
  world.flush(kNow);
  CHECK(world.sent.empty());  // still 105
  world.session->outbox().outcomes.push(outcome_of(1));
  world.session->set_load(4, {});
  world.flush(kNow);
  REQUIRE(world.sent.size() == 1);  // the outcome carries the credit
  CHECK(world.said<proto::Outcomes>()->credit == 106);
}

TEST_CASE("outcomes are kept until acknowledged and sent again, first, in the next session") {
  World world;
  world.establish();
  world.session->outbox().outcomes.push(outcome_of(1));
  world.flush(kNow);
  const auto first = world.sent.back().header.seq;
  world.session->outbox().outcomes.push(outcome_of(2));
  world.flush(kNow);
  CHECK(world.session->outbox().outcomes.size() == 2);
  world.hear(kNow, proto::OutcomeAck{{first}});
  CHECK(world.session->outbox().outcomes.size() == 1);
  world.session->disconnected();
  world.session->outbox().outcomes.push(outcome_of(3));
  world.flush(kNow);
  world.sent.clear();

  world.holding = {grant_of(4)};
  world.connect(kNow);
  const auto hello = std::get<proto::Hello>(world.sent.back().message);
  CHECK(hello.resume == proto::SessionId{7});
  CHECK(hello.worker.holding == std::vector{grant_of(4), grant_of(2), grant_of(3)});
  world.welcome(kNow, 8);
  world.flush(kNow);
  REQUIRE(world.sent.size() == 1);
  CHECK(world.sent[0].header.session == proto::SessionId{8});
  CHECK(world.sent[0].header.seq == proto::MessageSeq{1});
  const auto again = world.said<proto::Outcomes>();
  REQUIRE(again->outcomes.size() == 2);
  CHECK(again->outcomes[0].grant == grant_of(2));
  CHECK(again->outcomes[1].grant == grant_of(3));
}

TEST_CASE("outcomes of grants that the broker abandons are dropped") {
  World world;
  world.establish();
  world.session->outbox().outcomes.push(outcome_of(1));
  world.session->outbox().outcomes.push(outcome_of(2));
  world.session->disconnected();
  world.connect(kNow);
  world.welcome(kNow, 8, 0, {grant_of(1), grant_of(5)});
  CHECK(world.abandoned == std::vector{grant_of(1), grant_of(5)});
  CHECK(world.session->outbox().outcomes.size() == 1);
}

TEST_CASE("notes on a grant that WELCOME abandons are not sent for a later grant with the same name") {
  World world;
  world.connect(kNow);
  world.session->outbox().started.push_back({TaskId{}, grant_of(1), 50, "here"});
  world.session->outbox().progress.push_back({TaskId{}, grant_of(1), 0.5, "half"});
  world.session->outbox().progress.push_back({TaskId{}, grant_of(2), 0.7, "more"});
  world.welcome(kNow, 7, 0, {grant_of(1)});
  world.hear(kNow, grants_of({1}));
  world.flush(kNow);
  const auto sent = world.sent;
  CHECK_FALSE(world.said<proto::Started>());
  world.sent = sent;
  const auto progress = world.said<proto::Progress>();
  REQUIRE(progress);
  REQUIRE(progress->notes.size() == 1);
  CHECK(progress->notes[0].grant == grant_of(2));
}

TEST_CASE("a broker that was deposed is left for the one that has taken over, and decides nothing") {
  World world;
  Instant now = kNow;
  const auto meet = [&](std::uint64_t epoch, std::vector<proto::Grant> abandon = {}) {
    world.session->disconnected();
    world.connect(now);
    proto::Welcome welcome;
    welcome.nonce = world.hello().nonce;
    welcome.store = "s";
    welcome.epoch = proto::Epoch{epoch};
    welcome.session = proto::SessionId{epoch};
    welcome.abandon = std::move(abandon);
    world.receive(now, {{}, welcome});
  };
  meet(2);
  meet(3);
  CHECK(world.welcomes == 2);
  world.session->outbox().outcomes.push(outcome_of(1));
  meet(2, {grant_of(1)});
  CHECK(world.welcomes == 2);
  CHECK(world.abandoned.empty());
  CHECK_FALSE(world.session->handshake().established());
  CHECK(world.warnings == std::vector<std::string>{"the broker does not know yet that another one has taken over"});
  world.hear(now, grants_of({9}), 2);
  CHECK(world.granted.empty());
  now += 1s;
  world.tick(now);
  CHECK(world.reconnects == 1);
  SUBCASE("the one that has taken over gets what the worker has to say") {
    meet(3);
    world.flush(now);
    CHECK(world.said<proto::Outcomes>());
  }
  SUBCASE("a store that was restored from a backup goes on after a minute") {
    for (int i = 0; i < 6; ++i) {
      CHECK(world.welcomes == 2);
      now += 10s;
      meet(2);
    }
    CHECK(world.welcomes == 3);
    CHECK(world.session->handshake().established());
    CHECK(world.warnings.back().find("was a backup restored?") != std::string::npos);
  }
}

TEST_CASE("messages of another session are stale") {
  World world;
  world.establish();
  world.hear(kNow, grants_of({1}), 6);
  CHECK(world.granted.empty());
  world.hear(kNow, proto::Revoke{{grant_of(1)}}, 6);
  CHECK(world.revoked.empty());
}

TEST_CASE("returns and answers that were not sent are left to the list in HELLO") {
  World world;
  world.establish();
  world.session->disconnected();
  world.session->outbox().returns.push_back(grant_of(1));
  world.session->outbox().revoke_answers.push_back({grant_of(2), proto::RevokeState::returned});
  world.connect(kNow);
  world.welcome(kNow, 8);
  world.flush(kNow);
  CHECK(world.sent.empty());
}

TEST_CASE("many outcomes are sent in few messages") {
  World world;
  world.establish();
  for (std::uint64_t seq = 1; seq <= 1000; ++seq) world.session->outbox().outcomes.push(outcome_of(seq));
  world.flush(kNow);
  CHECK(world.sent.size() == 4);
  auto large = outcome_of(1);
  large.outcome.value = proto::Payload::own(std::string(200'000, 'x'));
  world.sent.clear();
  for (int i = 0; i < 4; ++i) world.session->outbox().outcomes.push(proto::OutcomeRecord{large});
  world.flush(kNow);
  CHECK(world.sent.size() == 2);
}

TEST_CASE("a worker whose messages are not answered asks for a sign of life, and keeps its broker") {
  World world;
  world.establish();
  int beats = 0;
  for (Instant now = kNow; now < kNow + 60s; now += 1000ms) {
    world.session->outbox().report.emplace();
    world.session->outbox().progress.push_back({});
    world.tick(now);
    world.flush(now);
    if (!world.said<proto::Heartbeat>()) continue;
    ++beats;
    world.hear(now, proto::Heartbeat{});
  }
  CHECK(world.reconnects == 0);
  CHECK(beats >= 50);
}

TEST_CASE("a broker's heartbeat of any length breaks no clock") {
  for (const auto length : {std::int64_t{-5}, std::int64_t{0}, std::numeric_limits<std::int64_t>::max(),
                            std::numeric_limits<std::int64_t>::min()}) {
    World world;
    world.connect(kNow);
    proto::Welcome welcome;
    welcome.nonce = world.hello().nonce;
    welcome.session = proto::SessionId{7};
    welcome.heartbeat = welcome.session_timeout = proto::milliseconds{length};
    world.receive(kNow, {{}, welcome});
    CHECK(world.session->handshake().established());
    CHECK(world.session->handshake().next_wakeup() > kNow);
  }
}

TEST_CASE("a quiet worker sends heartbeats, and leaves a silent broker with growing pauses") {
  World world;
  world.establish();
  CHECK(world.session->handshake().next_wakeup() == kNow + 1s);
  world.session->set_load(0, {2, 3});
  world.tick(kNow + 1s);
  CHECK(world.said<proto::Heartbeat>() == proto::Heartbeat{2, 3});
  world.hear(kNow + 5s, proto::Heartbeat{});
  world.tick(kNow + 14s);
  CHECK(world.reconnects == 0);
  world.tick(kNow + 15s);
  CHECK(world.reconnects == 1);
  CHECK_FALSE(world.session->handshake().established());

  Instant now = kNow + 15s;
  Instant longest{0};
  for (int i = 0; i < 8; ++i) {
    world.connect(now);
    const Instant patience = world.session->handshake().next_wakeup() - now;
    CHECK(patience >= 1500ms);
    CHECK(patience <= 30s);
    longest = std::max(longest, patience);
    now = world.session->handshake().next_wakeup();
    world.tick(now);
  }
  CHECK(world.reconnects == 9);
  CHECK(longest > 10s);
}

TEST_CASE("an error makes the worker say HELLO again, come back later or give up") {
  World world;
  world.establish();
  SUBCASE("the broker forgot the session") {
    world.receive(kNow, {{}, proto::ErrorMessage{{}, Errc::session_unknown, ""}});
    CHECK(world.hello().resume == proto::SessionId{7});
  }
  SUBCASE("another error changes nothing") {
    world.hear(kNow, proto::ErrorMessage{{}, Errc::malformed, ""});
    CHECK(world.errors == 1);
    CHECK(world.session->handshake().established());
  }
  SUBCASE("no version in common") {
    world.connect(kNow);
    world.receive(kNow, {{}, proto::ErrorMessage{{}, Errc::version_unsupported, ""}});
    CHECK(world.refusal == Errc::version_unsupported);
  }
  SUBCASE("shutting down") {
    world.connect(kNow);
    world.sent.clear();
    world.receive(kNow, {{}, proto::ErrorMessage{{}, Errc::shutting_down, ""}});
    CHECK_FALSE(world.refusal);
    world.tick(world.session->handshake().next_wakeup());
    CHECK(world.said<proto::Hello>());
  }
  SUBCASE("GOODBYE") {
    world.hear(kNow, proto::Goodbye{});
    CHECK_FALSE(world.session->handshake().established());
    world.tick(world.session->handshake().next_wakeup());
    CHECK(world.said<proto::Hello>());
  }
}

TEST_CASE("a drain is told again in a new session") {
  World world;
  world.establish();
  world.session->drain(kNow);
  world.follow(kNow);
  CHECK(world.said<proto::Drain>());
  world.session->disconnected();
  world.connect(kNow);
  world.welcome(kNow, 8);
  CHECK(world.said<proto::Drain>());
}

TEST_CASE("returns, answers and progress are sent") {
  World world;
  world.establish();
  world.session->outbox().returns.push_back(grant_of(1));
  world.session->outbox().revoke_answers.push_back({grant_of(2), proto::RevokeState::stopping});
  world.session->outbox().progress.push_back({{}, grant_of(3), 0.5, "half"});
  world.flush(kNow);
  CHECK(world.sent.size() == 3);
  CHECK(world.said<proto::Return>()->grants == std::vector{grant_of(1)});
}

TEST_CASE("deaths of children are told again in a session that comes soon, and not in later ones") {
  World world;
  world.establish();
  world.session->outbox().deaths.add(50);
  world.flush(kNow);
  REQUIRE(world.said<proto::ChildrenGone>());
  world.session->disconnected();
  world.connect(kNow + 2s);
  world.welcome(kNow + 2s, 8);
  world.session->outbox().deaths.add(51, true);
  world.flush(kNow + 2s);
  const auto again = world.said<proto::ChildrenGone>();
  REQUIRE(again);
  CHECK(again->pids == std::vector<std::uint32_t>{50, 51});
  CHECK(again->in_order == std::vector<std::uint32_t>{51});
  world.session->disconnected();
  world.connect(kNow + 21s);
  world.welcome(kNow + 21s, 9);
  world.flush(kNow + 21s);
  const auto last = world.said<proto::ChildrenGone>();
  REQUIRE(last);
  CHECK(last->pids == std::vector<std::uint32_t>{51});
  CHECK(last->in_order == std::vector<std::uint32_t>{51});
}

TEST_CASE("a signal that comes again is passed on once") {
  World world;
  world.establish();
  world.hear(kNow, proto::Signals{{{grant_of(1), 15, 1}, {grant_of(1), 10, 2}}});
  CHECK(world.signals.size() == 2);
  world.session->disconnected();
  world.connect(kNow);
  const auto hello = world.hello();
  CHECK(hello.worker.signals_heard == 2);
  proto::Welcome welcome;
  welcome.nonce = hello.nonce;
  welcome.session = proto::SessionId{8};
  world.receive(kNow, {{}, welcome});
  world.hear(kNow, proto::Signals{{{grant_of(1), 10, 2}, {grant_of(1), 10, 3}}}, 8);
  CHECK(world.signals.size() == 3);
}

TEST_CASE("the broker is told at once which signals have come") {
  World world;
  world.establish();
  world.hear(kNow, proto::Signals{{{grant_of(1), 15, 1}, {grant_of(1), 10, 2}}});
  world.flush(kNow);
  const auto told = world.said<proto::Heartbeat>();
  REQUIRE(told);
  CHECK(told->signals_heard == 2);
  world.flush(kNow);
  CHECK_FALSE(world.said<proto::Heartbeat>());
  world.tick(kNow + 1s);
  CHECK(world.said<proto::Heartbeat>()->signals_heard == 2);
}

TEST_CASE("of deaths without a session the last ones are told, as many as one message may have") {
  World world;
  for (std::uint32_t pid = 1; pid <= 20'000; ++pid) world.session->outbox().deaths.add(pid);
  world.establish();
  world.flush(kNow);
  const auto gone = world.said<proto::ChildrenGone>();
  REQUIRE(gone);
  CHECK(gone->pids.size() == proto::limits::kMaxRecords);
  CHECK(gone->pids.back() == 20'000);
}

TEST_CASE("outcomes with long error texts go out in messages that the broker can read") {
  World world;
  world.establish();
  auto failed = outcome_of(1);
  proto::ErrorReport& error = failed.outcome.error.emplace();
  error.type = error.message = error.backtrace = error.cause = std::string(proto::limits::kMaxErrorText, 'x');
  for (int i = 0; i < 300; ++i) world.session->outbox().outcomes.push(proto::OutcomeRecord{failed});
  world.flush(kNow);
  for (const auto& envelope : world.sent) CHECK(proto::decode(proto::encode(envelope).envelope).ok());
}

}  // namespace session_test
