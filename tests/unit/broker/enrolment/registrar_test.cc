// The broker's office for invitations: who is answered what, and when.
#include "broker/enrolment/registrar.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/stat.h>

#include "broker/enrolment/book_file.h"
#include "proto/os/output/logging.h"
#include "tests/folder.h"
#include "tests/unit/broker/enrolment/kit.h"

namespace registrar_test {

using namespace enrolment_kit;
using proto::Now;
using proto::PeerId;

namespace {

constexpr PeerId kOperator{1};
constexpr PeerId kMachine{2};
const Now kThen{proto::Instant{1}, kNow};

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::shared_ptr<spdlog::logger> silent_log() {
  proto::LogOptions options;
  options.level = "off";
  return proto::make_logger("registrar", options);
}

// Office: a registrar, and what it has sent and noted.
struct Office {
  explicit Office(std::unique_ptr<BookStore> store, milliseconds poll = milliseconds{0})
      : registrar{std::move(store), poll, key(200), [this](const AuditLine& line) { audit += line.text() + "\n"; },
                  silent_log()} {
    registrar.set_endpoints("tcp://192.0.2.1:7117");
    registrar.set_authorized(
        {{key(100), make_invitation(key(1), kNow, "x", {"bob", "admin,worker", ""}).value().principal}});
  }

  // Waits for the thread until an answer has come, or, without one, until the keys have changed.
  void settle(bool wants_answer = true) {
    const int changes_before = changes;
    while (wants_answer ? !last : changes == changes_before) {
      pollfd one{registrar.fd(), POLLIN, 0};
      REQUIRE(::poll(&one, 1, 60'000) == 1);
      registrar.take_news(
          kThen, [this] { ++changes; }, send);
    }
  }
  proto::Invited ask(proto::Invite question, const proto::Principal& by, Now now = kThen) {
    last.reset();
    question.nonce = 7;
    registrar.handle(kOperator, by, question, now, send);
    settle();
    CHECK(to == kOperator);
    return std::get<proto::Invited>(*last);
  }
  proto::Enrolled enrol(std::uint8_t invitation, std::uint8_t own, Now now = kThen) {
    last.reset();
    proto::Principal bearer{"invitation", {}};
    bearer.invitation = to_string(key(invitation));
    registrar.handle(kMachine, bearer, proto::Enrol{8, to_string(key(own)), "host"}, now, send);
    settle();
    CHECK(to == kMachine);
    return std::get<proto::Enrolled>(*last);
  }

  std::string audit;
  int changes = 0;
  std::optional<proto::Message> last;
  PeerId to;
  Registrar::Send send = [this](PeerId peer, proto::Message message) {
    to = peer;
    last = std::move(message);
  };
  Registrar registrar;
};

proto::Principal owner() { return {"uid:1000", {true, true, true}, {}, false, true}; }
proto::Principal bob() { return {"bob", {false, true, true}}; }

proto::Invite making(std::uint8_t number, const std::string& principal = "mail", const std::string& roles = "worker",
                     const std::string& rights = "serve=mail.*") {
  proto::Invite question;
  question.verb = proto::InviteVerb::make;
  question.key = to_string(key(number));
  question.principal = principal;
  question.roles = roles;
  question.rights = rights;
  question.lifetime = kHour;
  return question;
}

proto::Invite revoking(const std::string& which) {
  proto::Invite question;
  question.verb = proto::InviteVerb::revoke;
  question.which = which;
  return question;
}

}  // namespace

TEST_CASE("an invitation is made, taken once, listed and revoked, and the audit log says by whom") {
  SharedText shared;
  Office office{std::make_unique<TextStore>(shared)};
  const auto made = office.ask(making(1), owner());
  CHECK(made.code == Errc::ok);
  CHECK(made.nonce == 7);
  CHECK(made.broker == to_string(key(200)));
  CHECK(made.endpoints == "tcp://192.0.2.1:7117");
  CHECK(office.registrar.invitations() == std::set<proto::Key>{key(1)});
  CHECK(office.registrar.keys().size() == 1);
  const auto enrolled = office.enrol(1, 2);
  CHECK(enrolled == proto::Enrolled{8, Errc::ok, "", "mail", "worker"});
  CHECK(office.registrar.keys().contains(key(2)));
  CHECK(office.enrol(1, 2).code == Errc::ok);
  CHECK(office.enrol(1, 3).code == Errc::invitation_spent);
  proto::Invite listing;
  const auto rows = office.ask(listing, owner()).rows;
  REQUIRE(rows.size() == 1);
  CHECK(rows.front() == proto::InvitationRow{to_string(key(1)).substr(0, 16), "enrolled", "mail", "worker",
                                             "serve=mail.*", "uid:1000", kNow + kHour, to_string(key(2))});
  CHECK(office.ask(revoking("nobody"), owner()).code == Errc::invitation_unknown);
  CHECK(office.ask(revoking("mail"), owner()).rows.size() == 1);
  CHECK_FALSE(office.registrar.keys().contains(key(2)));
  CHECK(office.enrol(1, 2).code == Errc::invitation_revoked);
  for (const char* part :
       {R"("event":"invitation_made","principal":"uid:1000","invitation":"0101010101010101","invited":"mail")",
        R"("host":"host","outcome":"ok","principal":"mail","roles":"worker","by":"uid:1000")",
        R"("outcome":"invitation_spent")", R"("event":"invitation_revoked","principal":"uid:1000","which":"mail")"})
    CHECK_MESSAGE(contains(office.audit, part), office.audit);
}

TEST_CASE("an invitation gives no more than the operator may grant, when it is made and when it is taken") {
  SharedText shared;
  Office office{std::make_unique<TextStore>(shared)};
  CHECK(office.ask(making(1, "x", "client", ""), {"alice", {true, false, false}}).code == Errc::not_permitted);
  proto::Principal limited = bob();
  limited.rights.serve = {"news.*"};
  CHECK(office.ask(making(1), limited).code == Errc::right_missing);
  CHECK(office.ask(making(1, "mail", "boss"), owner()).code == Errc::option_out_of_range);
  CHECK(office.registrar.invitations().empty());
  CHECK(office.ask(making(1), bob()).code == Errc::ok);
  office.registrar.set_authorized({});  // bob has lost its key
  const auto refused = office.enrol(1, 2);
  CHECK(refused.code == Errc::invitation_revoked);
  CHECK(contains(refused.text, "bob, who has made this invitation"));
}

TEST_CASE("an invitation that has expired is refused without a change of the book") {
  SharedText shared;
  Office office{std::make_unique<TextStore>(shared)};
  REQUIRE(office.ask(making(1), owner()).code == Errc::ok);
  const std::string before = shared.text;
  CHECK(office.enrol(1, 2, {proto::Instant{1}, kNow + kHour}).code == Errc::invitation_expired);
  CHECK(office.enrol(9, 2).code == Errc::invitation_unknown);
  CHECK(shared.text == before);
}

TEST_CASE("a machine whose answer was lost repeats the enrolment, at a broker that has been restarted too") {
  SharedText shared;
  {
    Office office{std::make_unique<TextStore>(shared)};
    REQUIRE(office.ask(making(1), owner()).code == Errc::ok);
    shared.fault = SharedText::Fault::before;
    CHECK(office.enrol(1, 2).code == Errc::disconnected);
    shared.fault = SharedText::Fault::after;
    const auto lost = office.enrol(1, 2);
    CHECK(lost.code == Errc::disconnected);
    CHECK(contains(lost.text, "do it again: the answer is lost"));
    CHECK(office.enrol(1, 2).code == Errc::ok);
    CHECK(office.enrol(1, 3).code == Errc::invitation_spent);
  }
  Office office{std::make_unique<TextStore>(shared)};
  CHECK(office.registrar.keys().contains(key(2)));
  CHECK(office.enrol(1, 2).code == Errc::ok);
  CHECK(office.enrol(1, 3).code == Errc::invitation_spent);
}

TEST_CASE("a repeated enrolment or revocation is confirmed when it is safe, and then without work for the store") {
  SharedText shared;
  {
    Office office{std::make_unique<TextStore>(shared)};
    REQUIRE(office.ask(making(1), owner()).code == Errc::ok);
    REQUIRE(office.ask(making(4, "other"), owner()).code == Errc::ok);
    shared.fault = SharedText::Fault::after;
    REQUIRE(office.enrol(1, 2).code == Errc::disconnected);
    REQUIRE(office.registrar.keys().contains(key(2)));  // and a failover may take the key away
    const int before = shared.written;
    CHECK(office.enrol(1, 2).code == Errc::ok);
    CHECK(shared.written == before + 1);
    CHECK(office.enrol(1, 2).code == Errc::ok);
    CHECK(shared.written == before + 1);
  }
  Office later{std::make_unique<TextStore>(shared)};  // a broker that has read what another one has left
  const int before = shared.written;
  CHECK(later.enrol(1, 2).code == Errc::ok);
  CHECK(shared.written == before + 1);
  shared.fault = SharedText::Fault::after;
  CHECK(later.ask(revoking("other"), owner()).code == Errc::disconnected);
  CHECK(later.ask(revoking("other"), owner()).code == Errc::invitation_unknown);
  CHECK(shared.written == before + 2);
  // A peer that is refused causes no work.
  CHECK(later.enrol(1, 3).code == Errc::invitation_spent);
  CHECK(later.enrol(1, 1).code != Errc::ok);
  CHECK(shared.written == before + 2);
}

TEST_CASE("a peer that asks very often with an invitation does not keep operators from revoking it") {
  SharedText shared;
  Office office{std::make_unique<TextStore>(shared)};
  REQUIRE(office.ask(making(1), owner()).code == Errc::ok);
  std::optional<proto::Invited> invited;
  int put_off = 0;
  const Registrar::Send send = [&](PeerId, proto::Message message) {
    if (const auto* one = std::get_if<proto::Invited>(&message))
      invited = *one;
    else
      put_off += std::get<proto::Enrolled>(message).code == Errc::too_many_waiting ? 1 : 0;
  };
  proto::Principal bearer{"invitation", {}};
  bearer.invitation = to_string(key(1));
  // The key of the invitation is never enrolled, so that the invitation stays as it is.
  for (int i = 0; i < 100; ++i)
    office.registrar.handle(kMachine, bearer, proto::Enrol{8, to_string(key(1)), "host"}, kThen, send);
  CHECK(put_off == 68);
  office.registrar.handle(kOperator, owner(), revoking("mail"), kThen, send);
  while (!invited) {
    pollfd one{office.registrar.fd(), POLLIN, 0};
    REQUIRE(::poll(&one, 1, 60'000) == 1);
    office.registrar.take_news(
        kThen, [] {}, send);
  }
  CHECK(invited->code == Errc::ok);
  CHECK(office.enrol(1, 2).code == Errc::invitation_revoked);
}

TEST_CASE("a key whose removal took place although its answer was lost is not accepted any longer") {
  SharedText shared;
  Office office{std::make_unique<TextStore>(shared)};
  REQUIRE(office.ask(making(1), owner()).code == Errc::ok);
  REQUIRE(office.enrol(1, 2).code == Errc::ok);
  shared.fault = SharedText::Fault::before;
  CHECK(office.ask(revoking("mail"), owner()).code == Errc::disconnected);
  CHECK(office.registrar.keys().contains(key(2)));
  shared.fault = SharedText::Fault::after;
  CHECK(office.ask(revoking("mail"), owner()).code == Errc::disconnected);
  CHECK_FALSE(office.registrar.keys().contains(key(2)));
  const auto again = office.ask(revoking("mail"), owner());
  CHECK(again.code == Errc::invitation_unknown);
  CHECK(contains(again.text, "or it was revoked before"));
}

TEST_CASE("a book that cannot be read at first is known as soon as it can") {
  const forkmill::tests::Folder folder;
  const auto path = folder.path("keys.enrolled");
  {
    Office office{std::make_unique<BookFile>(path)};
    REQUIRE(office.ask(making(1), owner()).code == Errc::ok);
    REQUIRE(office.enrol(1, 2).code == Errc::ok);
  }
  REQUIRE(::chmod(path.c_str(), 0666) == 0);
  Office office{std::make_unique<BookFile>(path)};
  CHECK(office.registrar.keys().size() == 1);
  CHECK(office.enrol(1, 2).code == Errc::invitation_unknown);
  REQUIRE(::chmod(path.c_str(), 0600) == 0);
  office.settle(false);
  CHECK(office.registrar.keys().contains(key(2)));
}

TEST_CASE("a book that makes no sense is read again until it is mended") {
  // MendedText: a text with a version, as in a database, that an operator mends before the third look.
  class MendedText final : public BookStore {
   public:
    void read(const Take& take) override {
      const std::string text = ++reads_ < 3 ? "nonsense\n" : KeyBook{}.text();
      if (taken_ == text) return;
      take(text);
      taken_ = text;
    }
    void change(const Edit& edit) override { static_cast<void>(edit(KeyBook{}.text())); }
    std::string name() const override { return "text"; }

   private:
    int reads_ = 0;
    std::optional<std::string> taken_;
  };
  Office office{std::make_unique<MendedText>()};
  office.settle(false);
  CHECK(office.changes == 1);
}

TEST_CASE("brokers that share a book learn what the others have enrolled, and refuse what is spent before that") {
  SharedText shared;
  Office one{std::make_unique<TextStore>(shared)};
  REQUIRE(one.ask(making(1), owner()).code == Errc::ok);
  Office other{std::make_unique<TextStore>(shared)};
  REQUIRE(one.enrol(1, 2).code == Errc::ok);
  CHECK_FALSE(other.registrar.keys().contains(key(2)));
  CHECK(other.enrol(1, 3).code == Errc::invitation_spent);
  other.registrar.reread();
  other.settle(false);
  CHECK(other.registrar.keys().contains(key(2)));
}

TEST_CASE("a broker that refuses an operator's change learns what another one has changed before") {
  SharedText shared;
  Office one{std::make_unique<TextStore>(shared)};
  REQUIRE(one.ask(making(1), owner()).code == Errc::ok);
  REQUIRE(one.enrol(1, 2).code == Errc::ok);
  Office other{std::make_unique<TextStore>(shared)};
  REQUIRE(other.registrar.keys().contains(key(2)));
  REQUIRE(one.ask(revoking("mail"), owner()).code == Errc::ok);
  // The operator got no answer, and gives the command again.
  CHECK(other.ask(revoking("mail"), owner()).code == Errc::invitation_unknown);
  CHECK_FALSE(other.registrar.keys().contains(key(2)));
}

TEST_CASE("a book in a file is for its owner, and one that cannot be written leaves no invitation") {
  const forkmill::tests::Folder folder;
  const auto path = folder.path("keys.enrolled");
  {
    Office office{std::make_unique<BookFile>(path)};
    REQUIRE(office.ask(making(1), owner()).code == Errc::ok);
    REQUIRE(office.enrol(1, 2).code == Errc::ok);
  }
  struct stat found {};
  REQUIRE(::stat(path.c_str(), &found) == 0);
  CHECK((found.st_mode & 0777) == 0600);
  CHECK(folder.files() == 1);
  Office office{std::make_unique<BookFile>(path)};
  CHECK(office.registrar.keys().contains(key(2)));
  Office lost{std::make_unique<BookFile>(folder.path("none/keys.enrolled"))};
  const auto refused = lost.ask(making(1), owner());
  CHECK(refused.code == Errc::disconnected);
  CHECK(contains(refused.text, "none"));
  CHECK(contains(refused.text, "give --enrolled-keys a file in another one"));
  CHECK(lost.registrar.invitations().empty());
}

}  // namespace registrar_test
