// Joining with an invitation, against a socket that answers as a broker does.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "proto/os/real_env.h"
#include "proto/os/waiter.h"
#include "proto/transport/joining/join.h"
#include "proto/transport/keys/invitation.h"
#include "proto/transport/router.h"
#include "proto/transport/zap_authenticator.h"
#include "tests/folder.h"

namespace joining_test {

using namespace forkmill::proto;
using namespace std::chrono_literals;
using forkmill::Errc;

namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// Desk: a broker's socket on a thread of its own, which knows one invitation and answers each ENROL as `answer` says.
class Desk {
 public:
  using Answer = std::function<std::optional<Enrolled>(const Enrol&)>;  // none: says nothing
  explicit Desk(Answer answer, bool knows = true) : answer_{std::move(answer)} {
    if (knows) authenticator_.invite({own_.public_key});
    endpoint_ = router_.bind("tcp://127.0.0.1:*");
    thread_ = std::thread{[this] { run(); }};
  }
  ~Desk() {
    stopped_ = true;
    thread_.join();
  }
  // From now on, it knows the invitation.
  void learn() {
    learns_ = true;
    learns_.wait(true);
  }
  Desk(const Desk&) = delete;
  Desk& operator=(const Desk&) = delete;

  // `others`: endpoints of brokers that stand by for it.
  std::string invitation(const std::string& others = {}) const {
    return to_string(Invitation{endpoint_ + (others.empty() ? "" : "," + others), broker_.public_key, own_});
  }
  // The keys that were presented.
  std::vector<std::string> presented() const {
    const std::lock_guard lock{mutex_};
    return presented_;
  }

 private:
  void run() {
    Waiter waiter;
    for (const int fd : router_.descriptors()) waiter.add(fd, 1);
    while (!stopped_) {
      if (learns_) {
        authenticator_.invite({own_.public_key});
        learns_ = false;
        learns_.notify_all();
      }
      while (auto incoming = router_.receive()) {
        if (!incoming->envelope.ok()) continue;
        const auto* enrol = std::get_if<Enrol>(&incoming->envelope->message);
        if (enrol == nullptr) continue;
        {
          const std::lock_guard lock{mutex_};
          presented_.push_back(enrol->key);
        }
        if (auto enrolled = answer_(*enrol)) router_.send(incoming->peer, {{}, std::move(*enrolled)});
      }
      if (!router_.pending()) waiter.wait(10ms);
    }
  }

  const KeyPair broker_ = make_key_pair();
  const KeyPair own_ = make_key_pair();
  ZapAuthenticator authenticator_{{broker_}};
  Router router_{&authenticator_};
  const Answer answer_;
  std::string endpoint_;
  mutable std::mutex mutex_;
  std::vector<std::string> presented_;  // guarded by mutex_
  std::atomic<bool> stopped_{false};
  std::atomic<bool> learns_{false};
  std::thread thread_;
};

std::optional<Enrolled> accept(const Enrol& enrol) { return Enrolled{enrol.nonce, Errc::ok, "", "mail", "worker"}; }

std::string public_key_in(const std::string& file) { return to_string(read_key_pair(file).value().public_key); }

JoinRequest request(const std::string& invitation, const std::string& file, milliseconds patience = 60s) {
  return {invitation, file, patience, {}};
}

}  // namespace

TEST_CASE("a machine makes a key of its own, has it enrolled, and needs no broker afterwards") {
  const forkmill::tests::Folder folder;
  const auto file = folder.path("worker.key");
  std::string invitation;
  {
    Desk desk{accept};
    invitation = desk.invitation();
    const auto joined = join(request(invitation, file));
    REQUIRE_MESSAGE(joined.ok(), (joined.ok() ? "" : joined.failure().text));
    CHECK(joined->is_new);
    CHECK(joined->file == file);
    CHECK(invitation.ends_with(joined->endpoints));
    CHECK(desk.presented() == std::vector<std::string>{public_key_in(file)});
    CHECK(folder.files() == 1);
    struct stat found {};
    REQUIRE(::stat(file.c_str(), &found) == 0);
    CHECK((found.st_mode & 0777) == 0600);
  }
  const auto again = join(request(invitation, file));
  REQUIRE(again.ok());
  CHECK_FALSE(again->is_new);
}

TEST_CASE("a machine that has crashed, or got no answer, presents the same key again") {
  const forkmill::tests::Folder folder;
  const auto file = folder.path("worker.key");
  std::atomic<bool> answers{false};
  Desk desk{[&](const Enrol& enrol) { return answers ? accept(enrol) : std::nullopt; }};
  const auto failed = join(request(desk.invitation(), file, 2s));
  CHECK(failed.code() == Errc::disconnected);
  CHECK_FALSE(folder.has("worker.key"));
  REQUIRE(folder.has("worker.key.joining"));
  const auto made = public_key_in(file + ".joining");
  answers = true;
  REQUIRE(join(request(desk.invitation(), file)).ok());
  CHECK(public_key_in(file) == made);
  for (const std::string& key : desk.presented()) CHECK(key == made);
}

TEST_CASE("what the broker says of an invitation is the error, and no key is left of one that is of no use") {
  const forkmill::tests::Folder folder;
  for (const Errc code : {Errc::invitation_spent, Errc::invitation_expired, Errc::invitation_revoked}) {
    Desk desk{[&](const Enrol& enrol) { return Enrolled{enrol.nonce, code, "so it is", "", ""}; }};
    const auto refused = join(request(desk.invitation(), folder.path("worker.key")));
    CHECK(refused.code() == code);
    CHECK(refused.failure().text == "so it is");
    CHECK(folder.files() == 0);
  }
}

TEST_CASE("the key for an invitation that a broker does not know stays, and is enrolled once the broker knows it") {
  const forkmill::tests::Folder folder;
  const auto file = folder.path("worker.key");
  Desk desk{accept, false};
  const auto refused = join(request(desk.invitation(), file));
  CHECK(refused.code() == Errc::invitation_unknown);
  CHECK(contains(refused.failure().text, "does not know this invitation"));
  CHECK(contains(refused.failure().text, "repeat this with the same line"));
  CHECK(contains(refused.failure().text, file + ".joining keeps its key"));
  REQUIRE(folder.files() == 1);
  const auto made = public_key_in(file + ".joining");
  desk.learn();
  REQUIRE(join(request(desk.invitation(), file)).ok());
  CHECK(public_key_in(file) == made);
  CHECK(folder.files() == 1);
}

TEST_CASE("of several brokers, those that do not answer are named when the others do not know an invitation") {
  const forkmill::tests::Folder folder;
  Desk desk{accept, false};
  const std::string silent = "tcp://127.0.0.1:1";
  const auto refused = join(request(desk.invitation(silent), folder.path("worker.key"), 2s));
  CHECK(refused.code() == Errc::invitation_unknown);
  CHECK(contains(refused.failure().text, "no broker answers at " + silent + ", which may know it"));
  CHECK(contains(refused.failure().text, "repeat this with the same line when that does"));
}

TEST_CASE("existing keys are never overwritten, and a text that is no invitation makes none") {
  const forkmill::tests::Folder folder;
  const auto file = folder.path("worker.key");
  Desk desk{accept};
  CHECK(join(request("nonsense", file)).code() == Errc::option_out_of_range);
  CHECK(folder.files() == 0);
  REQUIRE(write_key_pair(file, make_key_pair()).ok());
  const auto before = public_key_in(file);
  CHECK(join(request(desk.invitation(), file)).code() == Errc::option_out_of_range);
  std::filesystem::remove(file);
  const Invitation other{"tcp://192.0.2.1:7117", make_key_pair().public_key, make_key_pair()};
  REQUIRE(create_key_file(file, 0600, connection_file(other, make_key_pair().secret_key)).ok());
  CHECK(contains(join(request(desk.invitation(), file)).failure().text, "come of another invitation"));
  CHECK(desk.presented().empty());
}

TEST_CASE("processes that join at the same time get one key") {
  const forkmill::tests::Folder folder;
  const auto file = folder.path("worker.key");
  std::string enrolled;
  Desk desk{[&](const Enrol& enrol) {
    if (enrolled.empty()) enrolled = enrol.key;
    return enrol.key == enrolled ? accept(enrol) : Enrolled{enrol.nonce, Errc::invitation_spent, "spent", "", ""};
  }};
  std::vector<std::thread> processes;
  std::atomic<int> joined{0};
  for (int i = 0; i < 4; ++i)
    processes.emplace_back([&] { joined += join(request(desk.invitation(), file)).ok() ? 1 : 0; });
  for (std::thread& one : processes) one.join();
  CHECK(joined == 4);
  CHECK(public_key_in(file) == desk.presented().front());
}

}  // namespace joining_test
